#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

/*
 * The heads of HTTP/1.1 messages, RFC 9112, read from untrusted octets into slices of them.
 * Stricter than it has to be, since what two readers may read in two ways is how requests are
 * smuggled: lines end in CRLF, a field stands on one line, names are tokens, there is one Host, one
 * Content-Length or none, no Transfer-Encoding, and a target begins with "/".
 */

#include "http/server.h"

#define HEAD_FIELDS_MAX   64
#define TARGET_PATH_BYTES 1024 /* of a decoded path */

struct http_head {
    size_t bytes;            /* of the head, with the empty line */
    enum http_method method; /* of a request */
    struct slice target;     /* of a request: from "/" on, with query */
    unsigned code;           /* of an answer: 100..999 */
    uint64_t length;         /* of the body; 0 where nothing is said */
    bool has_length;
    bool keeps;   /* the connection may go on after the message */
    bool expects; /* 100-continue is waited for before the body is sent */
};

/**
 * The head of a request at the beginning of in.
 *
 * 0: it has not ended yet, and has no more than max octets. 200: ret_head is written. Otherwise the
 * status with which it is refused: 400, 417, 431, 501 (another method, or a coding), 505.
 */
unsigned http_request_head(struct slice in, size_t max, struct http_head *ret_head);

/** The same for the head of an answer: 0, 200, or anything else where it is none. */
unsigned http_answer_head(struct slice in, size_t max, struct http_head *ret_head);

/**
 * Splits a target and decodes its path once. False for escapes that are none, or stand for "/" or a
 * control character, for segments that are empty (but at the end), "." or "..", for what is not
 * UTF-8 or longer than TARGET_PATH_BYTES, for "\", "#" and anything invisible.
 *
 * ret_path lies in room, ret_query in target
 */
bool http_target_read(struct slice target, uint8_t room[static TARGET_PATH_BYTES],
                      struct slice *ret_path, struct slice *ret_query);

#endif
