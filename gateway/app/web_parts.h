#ifndef APP_WEB_PARTS_H
#define APP_WEB_PARTS_H

/* What the routes share. All of it runs on the server's thread. */

#include <pthread.h>

#include "app/web.h"
#include "edge/lines.h"
#include "http/server.h"
#include "journal/openings.h"

#define WEB_ROUTES  7
#define WEB_DENIALS 64

/** When somebody who is not entitled asked for what oversight may read last, of what became an
 * entry. */
struct web_denial {
    char who[64]; /* "": nobody yet */
    uint64_t at_ms;
};

struct web {
    const char *gateway, *log_path;
    struct journal *journal;
    struct journal_reader *reader;
    const struct keyring *keyring;
    struct web_denial denials[WEB_DENIALS];
    struct http_route routes[WEB_ROUTES];
    struct http_server *server;
    struct lines lines;
    pthread_mutex_t lock; /* of the snapshot */
    struct snapshot *snapshot;
};

/** Who somebody is to this gateway. */
enum web_standing {
    WEB_STRANGER, /* the directory does not know them now */
    WEB_LISTED,   /* a party whose row is in force, or a gateway */
    WEB_MINISTRY, /* this State's oversight, which may read entries: MIN, */
    WEB_PROTECTOR /* and DPA */
};

/** By the directory in force. Officers and who has no row in force are strangers. */
enum web_standing web_standing(struct web *web, const struct http_request *request);

/** Says to the operator, in a line with the caller's name, that somebody was turned away. */
void web_say_denied(struct web *web, const struct http_request *request, const char *sentence);

/** The same, and answers with this status and sentence. */
void web_deny(struct web *web, const struct http_request *request, struct http_answer *answer,
              unsigned status, const char *sentence);

/** Answers with a status and its sentence as the body. */
void web_say(struct http_answer *answer, unsigned status, const char *sentence);

/** Somebody's act, of whom the request comes. */
struct auditor_act web_act(const struct http_request *request, enum auditor_wish wish);

/** Turns away who is not this State's oversight: nobody learns that there is anything. The refusal
 * is an entry, once a minute for each who asks. */
void web_deny_oversight(struct web *web, const struct http_request *request, enum auditor_wish wish,
                        struct http_answer *answer);

/** Enters what oversight is about to be given and waits until that is signed. False where nothing
 * may be given: there is no entry, or who asks is no longer what they were. It is answered then. */
bool web_enter(struct web *web, const struct http_request *request, enum web_standing standing,
               const struct auditor_act *act, struct http_answer *answer);

/** What is said of a file: Content-Type and Cache-Control, as struct http_answer has them. */
struct web_file {
    const char *type, *cache;
};

/** A timestamp, which never changes. */
extern const struct web_file web_timestamp_file;

/** Answers with a file. name is ours, never what was asked for. */
void web_give_file(const char *folder, const char *name, const struct web_file *kind,
                   struct http_answer *answer);

/** Answers with a timestamp of the log in a folder, "timestamp/70000.tsr", or for "timestamp/" with
 * a list of the sizes from the query's on that there are any of. */
void web_give_timestamps(const char *folder, struct slice name, struct slice query,
                         struct http_answer *answer);

/** Routes: web_log.c, web_openings.c, web_pseudonym.c */
http_serve web_checkpoint, web_tile, web_entries, web_timestamp, web_ended, web_openings,
    web_pseudonym;

#endif
