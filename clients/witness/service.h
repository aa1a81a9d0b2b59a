#ifndef WITNESS_SERVICE_H
#define WITNESS_SERVICE_H

/*
 * What the witness answers over HTTP:
 *
 *   POST /add-checkpoint                  gateways of the directory, of their own logs
 *   GET  /SHA-256 OF ORIGIN/checkpoint    everybody in the directory
 *   GET  /SHA-256 OF ORIGIN/evidence      MIN, DPA and gateways: a page, one JSON object a line;
 *                                         with ?from=NUMBER from that piece on
 */

#include "http/server.h"
#include "witness/book.h"
#include "witness/kept.h"
#include "witness/lines.h"

#define SERVICE_ROUTES 2

struct service {
    struct kept *kept;
    struct lines *lines;
    void (*broke)(void); /* called when nothing can be kept any more */
    struct book *book;   /* with the mutex held */
    pthread_mutex_t turn;
};

/** The routes, for the server; the service must outlive it. */
void service_routes(struct service *service, struct http_route routes[static SERVICE_ROUTES]);

/** Puts another book in the place of the one in use, which is freed. */
void service_renew(struct service *service, struct book *book);

#endif
