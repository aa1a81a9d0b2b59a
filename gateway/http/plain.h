#ifndef HTTP_PLAIN_H
#define HTTP_PLAIN_H

/* Octets over TCP without TLS, with the outcomes of tls/link.h: TLS_WANT_READ, TLS_WANT_WRITE and
 * TLS_CLOSED mean what they mean there; TLS_FAILED leaves why in errno. No signal is raised. */

#include "base/slice.h"
#include "tls/link.h"

enum tls_step plain_read(int fd, void *octets, size_t room, size_t *ret_length);
enum tls_step plain_write(int fd, struct slice octets, size_t *ret_length);

#endif
