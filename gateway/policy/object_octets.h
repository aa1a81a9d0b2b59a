#ifndef POLICY_OBJECT_OCTETS_H
#define POLICY_OBJECT_OCTETS_H

/*
 * The octets in which gateways hand each other, and parties, an object of the rulebook: what they
 * hold, and which digest they have (PROTOCOL.md 4.5):
 *
 *     law, states, parties:XA   a folder: CBOR array of two, its files, an array of [relative path,
 *                               the file's octets], sorted, and its signatures, an array of bstr
 *                               (policy/signed_object.h), none where it is not signed
 *     revocations:XA            the lists of a State's CAs: CBOR array of bstr, each a list as DER
 *
 * The digest of a folder is the one that the rulebook computes (comity-object-1 over paths and
 * digests of files), so that who has the octets can compute it again. Signatures are outside of it,
 * but travel inside the object, so that no text ever arrives without them.
 */

#include "base/file.h"
#include "policy/signatures.h"

#define OBJECT_MAX_BYTES      (16U << 20)
#define OBJECT_FILE_MAX_BYTES (4U << 20) /* as of any file that is read */
#define OBJECT_MAX_FILES      4096U
#define OBJECT_MAX_LISTS      64U
#define OBJECT_PATH_MAX_BYTES 255U
#define OBJECT_PATH_MAX_NAMES 7U /* a rulebook is read no deeper */

/** Whether these may be the paths of an object's files. REFUSED object.path */
struct status object_paths_judge(const struct text_files *files);

/** Whether this is the name of an object: of a folder, or of a State's revocation lists. */
bool object_is_folder(struct slice name);
bool object_is_revocations(struct slice name);

/**
 * Computes the digest of an object from its octets.
 *
 * REFUSED  as objects_folder and objects_lists; query.unknown for any other name;  MEMORY
 */
struct status objects_digest(struct slice octets, struct slice name, struct digest *ret_digest);

/**
 * The files of a folder's octets, paths relative to it, and its signatures, which nobody has looked
 * at. All are borrowed from octets, the arrays live in the arena. Paths are made of names of
 * [A-Za-z0-9._-] that do not begin with a dot, with "/" between them, ascend, and none is a folder
 * of another.
 *
 * REFUSED  object.size, cbor.*, object.shape, object.path;  MEMORY
 */
struct status objects_folder(struct arena *arena, struct slice octets, struct text_files *ret_files,
                             struct slices *ret_signatures);

/** The lists of a revocations object, borrowed from octets. REFUSED object.size, cbor.*,
 * object.shape;  MEMORY */
struct status objects_lists(struct arena *arena, struct slice octets, struct slices *ret_lists);

#endif
