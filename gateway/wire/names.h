#ifndef WIRE_NAMES_H
#define WIRE_NAMES_H

/* The identifiers of the wire format, as patterns (PROTOCOL.md 1). All functions are pure checks.
 */

#include "base/slice.h"

#define PARTY_MAX_BYTES   10 /* "XA-LABI-01" */
#define PATH_MAX_BYTES    160
#define PATH_MAX_SEGMENTS 8

/** "XA-CA-01": State, role, number; a gateway's id "XA-GW-01" is one too. */
bool name_is_party(struct slice s);
/** "XA-GW-01" */
bool name_is_gateway(struct slice s);
/** "XA-POL-01/2207", an officer under a party; or a plain party or gateway. */
bool name_is_identity(struct slice s);
/** Two capitals. */
bool name_is_state(struct slice s);
/** [A-Z][A-Z0-9_]{0,23} */
bool name_is_code(struct slice s);
/** [A-Z0-9./-]{1,64} */
bool name_is_ref(struct slice s);
/** "mla.request" */
bool name_is_type(struct slice s);
/** A legal basis: a code, then optionally up to four words: "UNTOC18 para 3(e)(f)(g)". */
bool name_is_basis(struct slice s);
/** An obligation: "retain-until=2027-01-31". */
bool name_is_obligation(struct slice s);
/** Three lower-case letters. */
bool name_is_language(struct slice s);
/** A path: at most 8 segments, element names never first and never twice running. */
bool name_is_path(struct slice s);
/** An element name: ~ and 16 lower-case hex digits. */
bool name_is_element(struct slice s);
/** Whether path is one of the reserved ones (claims and envelope names). */
bool name_is_reserved(struct slice path);
/** Whether b is a or lies below a, judged by whole segments. */
bool path_covers(struct slice a, struct slice b);
/** The State of a party or gateway: its first two letters. */
struct slice party_state(struct slice party);
/** The role of a party: "CA" of "XA-CA-01". */
struct slice party_role(struct slice party);
/** The next segment of *rest, which is moved behind it; false when nothing is left. */
bool path_next(struct slice *rest, struct slice *ret_segment);

#endif
