#ifndef WITNESS_BOOK_H
#define WITNESS_BOOK_H

/* Whom the witness knows: the directory of the rulebook's States, with their logs and keys, and a
 * TLS context with the States' CAs. Read whole, at the start and at each reload; it never changes.
 */

#include "schema/directory.h"
#include "tls/context.h"

#define BOOK_ERROR_BYTES 512

struct book {
    struct directory *directory;
    struct tls_context *context;
    char without[128]; /* States whose CA is not there: "XB XD"; nobody of them can connect */
};

struct book_settings {
    const char *rulebook;          /* the folder */
    const char *authorities;       /* a folder that has for each State XA/ca.crt and XA/crl.pem */
    const char *certificate, *key; /* of TLS, in PEM: a party's */
};

/**
 * Reads all files.
 *
 * previous  the book in use, whose revocation lists must not be newer; or NULL
 * CONFIG, MEMORY with a sentence in error
 */
struct status book_load(const struct book_settings *settings, const struct book *previous,
                        char error[static BOOK_ERROR_BYTES], struct book **ret_book);

/** NULL does nothing. */
void book_free(struct book *book);

/** The gateway and the row of the log with this origin that is in force, or closed. False where
 * none is. */
bool book_log(const struct book *book, struct slice origin, uint64_t now_ms,
              const struct gateway_row **ret_gateway, const struct log_row **ret_log);

/** Whether the directory lists who this is: a gateway or a party itself, none of its officers. */
bool book_knows(const struct book *book, const struct identity *identity, uint64_t now_ms);

#endif
