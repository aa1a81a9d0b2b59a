#ifndef COMITY_PKI_H
#define COMITY_PKI_H

/* A context's certificates and what they are judged by, for the nouns pki and check. */

#include <jansson.h>

#include "comity/invocation.h"
#include "crypto/authority.h"
#include "schema/directory.h"

#define PKI_PATH_BYTES 512
#define PKI_LISTS_MAX  32

/** What an own certificate is for. */
enum pki_use { PKI_TLS, PKI_SEALING, PKI_USES };

/** A file of revocation lists. */
struct pki_list {
    const char *path;
    struct crls crls;
};

struct pki {
    struct comity_context context;
    struct directory *directory;
    struct certificate *certificates[PKI_USES]; /* own; NULL until pki_load_own */
    struct pki_list lists[PKI_LISTS_MAX];
    size_t list_count;
    struct arena *arena; /* for texts */
    uint64_t now_ms;
};

/** Reads context and directory. To be closed, also after a failure. */
enum comity_exit pki_open(const struct invocation *invocation, struct pki *ret_pki,
                          struct comity_fault *reterr);

void pki_close(struct pki *pki);

/** Reads both own certificates. COMITY_IDENTITY */
enum comity_exit pki_load_own(struct pki *pki, struct comity_fault *reterr);

/** Reads one certificate in PEM. COMITY_IDENTITY */
enum comity_exit pki_load(const char *path, struct certificate **ret_certificate,
                          struct comity_fault *reterr);

/** Reads the context's revocation lists - the gateway's, its own State's - and those of every
 * --crl. COMITY_IDENTITY */
enum comity_exit pki_load_lists(struct pki *pki, const struct invocation *invocation,
                                struct comity_fault *reterr);

/** "tls", "sealing" */
const char *pki_use_name(enum pki_use use);

/** Reads --for. COMITY_INPUT where it is missing or something else. */
enum comity_exit pki_use_asked(const struct invocation *invocation, enum pki_use *ret_use,
                               struct comity_fault *reterr);

/** The files of a context's certificate and key: members of it. */
char *pki_certificate_path(struct comity_context *context, enum pki_use use);
char *pki_key_path(struct comity_context *context, enum pki_use use);

/** Whole days until then, below 0 when it has passed. */
int64_t pki_days_left(uint64_t until_ms, uint64_t now_ms);

/** The row of the directory that lists an own sealing certificate in force now, whoever's it is:
 * the party's, or the officer's of its identity. NULL if there is none. */
const struct dated_certificate *pki_row(const struct pki *pki,
                                        const struct certificate *certificate);

/** All there is to say of one certificate: file, identity, serial, sha256, subject, issuer, from,
 * until, days_left, validity, algorithm. */
json_t *pki_describe(const struct pki *pki, const char *path,
                     const struct certificate *certificate);

/** "ES256", "EdDSA", "other" */
const char *pki_algorithm(const struct certificate *certificate);

/** "valid", "expired", "not yet valid" */
const char *pki_validity(const struct certificate *certificate, uint64_t now_ms);

/* ---- findings: a certificate judged as a gateway would ---- */

#define FINDINGS_MAX 16

enum finding_state { FINDING_BAD, FINDING_UNKNOWN, FINDING_GOOD };

struct finding {
    const char *name; /* "identity", "issuer", ... */
    enum finding_state state;
    char words[256];
};

struct findings {
    struct finding at[FINDINGS_MAX];
    size_t count;
};

/** What is judged, and what is asked of it. */
struct subject {
    const struct certificate *certificate;
    const char *key;   /* the file of its key; NULL: not asked */
    const char *party; /* whom it has to speak for; NULL: anybody */
    enum pki_use use;  /* PKI_USES: any one */
};

/** Judges a certificate by directory, revocation lists and the clock of this machine. */
void findings_of(const struct pki *pki, const struct subject *subject, struct findings *findings);

[[gnu::format(printf, 4, 5)]] void finding_add(struct findings *findings, const char *name,
                                               enum finding_state state, const char *format, ...);

/** The first bad one; NULL if there is none. */
const struct finding *finding_bad(const struct findings *findings);

void findings_print(const struct invocation *invocation, const struct findings *findings);

/** [{"name","state","message"}]; state is "good", "bad" or "unknown". */
json_t *findings_json(const struct findings *findings);

#endif
