/*
 * Links of one party that send, and of both parties that take what is pushed, all at the same time,
 * for tests that end the gateway meanwhile:
 *
 *     load HOME DOCUMENT SENDERS
 *
 * Orders come as lines; each is answered by lines and, once every link is done with it, by "idle":
 *
 *     go       all links work until the gateway is gone
 *     resume   senders send again what is in doubt, octet by octet
 *     collect  both parties take what is pushed until nothing comes any more
 *
 *     accepted ID FRAME   the RECEIPT frame that said so, in hex
 *     doubt ID            nothing is known
 *     failed WHAT         what must not happen
 */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "libcomity/comity.h"

#define SENDERS_MAX 16
#define DOUBTS_MAX  16
#define FRAME_MAX   32768
#define KIND_AT     1 /* frames are arrays of less than 16 elements: one octet before the kind */
#define RECEIPT     4
#define PATIENCE_MS 200

struct link;
typedef void work(struct link *link);

/* One link, used by one thread at a time. */
struct link {
    struct comity *comity;
    bool sends;
    char doubts[DOUBTS_MAX][37];
    size_t doubt_count;
    uint8_t receipt[FRAME_MAX]; /* the last RECEIPT frame */
    size_t receipt_length;
};

static char document[65536];
static struct link links[SENDERS_MAX + 2];
static size_t link_count;

static void stop(const char *why)
{
    fprintf(stderr, "load: %s\n", why);
    exit(1);
}

static void record(void *owner, const uint8_t *frame, size_t length)
{
    struct link *l = owner;
    if (length <= KIND_AT || frame[KIND_AT] != RECEIPT || length > sizeof l->receipt)
        return;
    memcpy(l->receipt, frame, length);
    l->receipt_length = length;
}

static void tell_accepted(struct link *l, const char *id)
{
    flockfile(stdout);
    printf("accepted %s ", id);
    for (size_t i = 0; i < l->receipt_length; i++)
        printf("%02x", l->receipt[i]);
    printf("\n");
    funlockfile(stdout);
}

static void tell_failed(const char *what, const char *id, const struct comity_fault *fault)
{
    printf("failed %s %s %s: %s\n", what, id, fault->code, fault->message);
}

/* Whether the next one may be sent. */
static bool take_outcome(struct link *l, const struct comity_sent *sent, enum comity_exit exit,
                         const struct comity_fault *fault)
{
    const char *id = sent == NULL ? "-" : sent->recipients[0].id;
    if (exit == COMITY_DONE && l->receipt_length > 0) {
        tell_accepted(l, id);
        return true;
    }
    bool doubtful = sent != NULL && (exit == COMITY_DOUBT || exit == COMITY_UNAVAILABLE);
    if (!doubtful || l->doubt_count == DOUBTS_MAX) {
        tell_failed("send", id, fault);
        return false;
    }
    printf("doubt %s\n", id);
    snprintf(l->doubts[l->doubt_count++], sizeof l->doubts[0], "%s", id);
    return false;
}

static void send_on(struct link *l)
{
    static const char *const to[] = {"XC-CA-01"};
    const struct comity_letter letter = {
        .document = document, .length = strlen(document), .to = to, .to_count = 1};
    bool more = true;
    while (more) {
        struct comity_sent *sent = NULL;
        struct comity_fault fault = {0};
        l->receipt_length = 0;
        enum comity_exit exit = comity_send(l->comity, &letter, &sent, &fault);
        more = take_outcome(l, sent, exit, &fault);
        comity_sent_free(sent);
    }
}

static void receive_on(struct link *l)
{
    struct comity_fault fault = {0};
    enum comity_exit exit = COMITY_DONE;
    while (exit == COMITY_DONE)
        exit = comity_receive(l->comity, PATIENCE_MS, NULL, &fault);
    if (exit != COMITY_UNAVAILABLE && exit != COMITY_DOUBT)
        tell_failed("receive", "-", &fault);
}

static void go(struct link *l)
{
    if (l->sends)
        send_on(l);
    else
        receive_on(l);
}

static void resume(struct link *l)
{
    size_t count = l->doubt_count;
    l->doubt_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct comity_sent *sent = NULL;
        struct comity_fault fault = {0};
        char id[37];
        snprintf(id, sizeof id, "%s", l->doubts[i]);
        l->receipt_length = 0;
        enum comity_exit exit = comity_resume(l->comity, id, &sent, &fault);
        (void)take_outcome(l, sent, exit, &fault);
        comity_sent_free(sent);
    }
}

static void collect(struct link *l)
{
    struct comity_fault fault = {0};
    if (!l->sends && comity_receive(l->comity, PATIENCE_MS, NULL, &fault) != COMITY_DONE)
        tell_failed("collect", "-", &fault);
}

static const struct order {
    const char *name;
    work *work;
} orders[] = {{"go\n", go}, {"resume\n", resume}, {"collect\n", collect}};

struct task {
    pthread_t thread;
    struct link *link;
    work *work;
};

static void *run(void *task)
{
    const struct task *t = task;
    t->work(t->link);
    return NULL;
}

static void obey(const struct order *order)
{
    struct task tasks[SENDERS_MAX + 2];
    for (size_t i = 0; i < link_count; i++) {
        tasks[i].link = &links[i];
        tasks[i].work = order->work;
        if (pthread_create(&tasks[i].thread, NULL, run, &tasks[i]) != 0)
            stop("no thread");
    }
    for (size_t i = 0; i < link_count; i++)
        pthread_join(tasks[i].thread, NULL);
    printf("idle\n");
}

static void open_link(const char *home, const char *context, bool sends)
{
    struct link *l = &links[link_count++];
    struct comity_fault fault = {0};
    const struct comity_options options = {
        .home = home,
        .context = context,
        .timeout_ms = 20000,
        .record = record,
        .record_owner = l,
    };
    l->sends = sends;
    if (comity_open(&options, &l->comity, &fault) != COMITY_DONE)
        stop(fault.message);
}

static void read_document(const char *path)
{
    FILE *f = fopen(path, "re");
    size_t length = f == NULL ? 0 : fread(document, 1, sizeof document - 1, f);
    if (length == 0)
        stop("no document");
    fclose(f);
}

int main(int count, char **words)
{
    char line[16];
    long senders = count == 4 ? strtol(words[3], NULL, 10) : 0;
    if (senders < 1 || senders > SENDERS_MAX)
        stop("load HOME DOCUMENT SENDERS");
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    read_document(words[2]);
    for (long i = 0; i < senders; i++)
        open_link(words[1], "xa-ca-01", true);
    open_link(words[1], "xa-ca-01", false);
    open_link(words[1], "xc-ca-01", false);
    printf("idle\n");
    while (fgets(line, sizeof line, stdin) != NULL)
        for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
            if (strcmp(line, orders[i].name) == 0)
                obey(&orders[i]);
    for (size_t i = 0; i < link_count; i++)
        comity_close(links[i].comity);
    return 0;
}
