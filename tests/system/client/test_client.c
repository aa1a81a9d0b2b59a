/* What is pushed: a message and its sender's receipts go through two clients and a real gateway. */

#include <fcntl.h>
#include <jansson.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libcomity/comity.h"
#include "support/check.h"
#include "support/folder.h"
#include "wire/frame.h"

#define ROOM 256

extern char **environ;

static char place[ROOM], home[ROOM + 8];
static struct comity_fault fault;
static bool running;

/* Runs comity demo VERB --dir ..., silently; whether it said that all is well. */
static bool run_demo(const char *verb)
{
    char *const up[] = {COMITY_PROGRAM, "demo",          "up", "--dir", place, "--quiet",
                        "--comityd",    COMITYD_PROGRAM, NULL};
    char *const down[] = {COMITY_PROGRAM, "demo", "down", "--dir", place, "--quiet", NULL};
    bool starts = strcmp(verb, "up") == 0;
    posix_spawn_file_actions_t actions;
    pid_t pid = 0;
    int status = 1;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (posix_spawn(&pid, COMITY_PROGRAM, &actions, NULL, starts ? up : down, environ) == 0)
        waitpid(pid, &status, 0);
    posix_spawn_file_actions_destroy(&actions);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void demo_stop(void)
{
    if (running && !run_demo("down"))
        fprintf(stderr, "the demo in %s is left running\n", place);
    running = false;
}

static void demo_up(void)
{
    snprintf(place, sizeof place, "%s/demo", fresh_folder());
    snprintf(home, sizeof home, "%s/home", place);
    atexit(demo_stop); /* also where a test gives up, and before the folder goes */
    running = true;
    if (!run_demo("up"))
        exit(1);
}

/* All frames that a client was sent, after TLS. */
struct recording {
    struct buffer octets;
    unsigned deliveries, receipts; /* pushed ones */
};

static void record(void *owner, const uint8_t *frame, size_t length)
{
    struct recording *r = owner;
    struct arena *arena = arena_new(4U << 20);
    struct frame f;
    if (!failed(frame_parse(arena, slice_over(frame, length), &f))) {
        r->deliveries += f.kind == FRAME_DELIVER;
        r->receipts += f.kind == FRAME_RECEIPT && f.as.receipt.answers == 0;
    }
    buffer_put(&r->octets, slice_over(frame, length));
    arena_free(arena);
}

static bool holds(struct slice octets, const char *text)
{
    size_t length = strlen(text);
    for (size_t i = 0; i + length <= octets.length; i++)
        if (memcmp(octets.at + i, text, length) == 0)
            return true;
    return false;
}

static struct comity *open_as(const char *context, struct recording *r)
{
    struct comity *c = NULL;
    struct comity_options options = {.home = home, .context = context, .timeout_ms = 10000};
    if (r != NULL) {
        options.record = record;
        options.record_owner = r;
    }
    if (!CHECK_U64(comity_open(&options, &c, &fault), COMITY_DONE)) {
        fprintf(stderr, "%s\n", fault.message);
        exit(1);
    }
    return c;
}

static void send_a3(struct comity *c, char id[static 37])
{
    static const char *const to[] = {"XC-CA-01"};
    struct slice document = file_octets(tests_path("cases/a3-sent.json"));
    struct comity_sent *sent = NULL;
    struct comity_letter letter = {
        .document = (const char *)document.at, .length = document.length, .to = to, .to_count = 1};
    CHECK_U64(comity_send(c, &letter, &sent, &fault), COMITY_DONE);
    if (!CHECK(sent != NULL))
        exit(1);
    snprintf(id, 37, "%s", sent->recipients[0].id);
    comity_sent_free(sent);
}

static void stage_is(struct comity *c, const char *id, const char *stage)
{
    struct comity_sent *sent = NULL;
    if (!CHECK_U64(comity_status(c, id, &sent, &fault), COMITY_DONE)) {
        fprintf(stderr, "%s\n", fault.message);
        return;
    }
    CHECK_TEXT(sent->recipients[0].stage, stage);
    CHECK_TEXT(sent->recipients[0].outcome, "accepted");
    CHECK(sent->recipients[0].proved && sent->recipients[0].reported);
    CHECK_U64(sent->recipients[0].withheld, 31);
    comity_sent_free(sent);
}

static void receives(struct comity *c, size_t want)
{
    size_t count = 0;
    if (!CHECK_U64(comity_receive(c, 1000, &count, &fault), COMITY_DONE))
        fprintf(stderr, "%s\n", fault.message);
    CHECK_U64(count, want);
}

static void shows_a3(struct comity *c, const char *id, bool mark)
{
    struct comity_shown *shown = NULL;
    if (!CHECK_U64(comity_show(c, id, mark, &shown, &fault), COMITY_DONE)) {
        fprintf(stderr, "%s\n", fault.message);
        return;
    }
    json_t *got = json_loads(shown->json, 0, NULL);
    json_t *want = json_load_file(tests_path("cases/a3-delivered.json"), 0, NULL);
    CHECK(json_equal(json_object_get(got, "document"), want));
    CHECK_U64(shown->count, 69 + 3 + 7);
    json_decref(got);
    json_decref(want);
    comity_shown_free(shown);
}

static void what_is_pushed_is_kept_and_told(void)
{
    static const char *const secrets[] = {"Dostan",  "Lindfjord", "Redik",
                                          "PENDING", "asylum",    "Blue Lantern"};
    struct recording r = {.octets = buffer_new(64U << 20)}, sender = r;
    char id[37];
    demo_up();
    struct comity *xa = open_as("xa-ca-01", &sender), *xc = open_as("xc-ca-01", &r);
    send_a3(xa, id);
    stage_is(xa, id, "accepted");
    receives(xc, 1);
    CHECK_U64(r.deliveries, 1);
    CHECK(holds(buffer_slice(&r.octets), "Halmar"));
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
        CHECK(!holds(buffer_slice(&r.octets), secrets[i]));

    receives(xa, 0);
    CHECK_U64(sender.receipts, 1); /* of stage delivered */
    stage_is(xa, id, "delivered");
    shows_a3(xc, id, true);
    receives(xa, 0);
    CHECK_U64(sender.receipts, 2);
    stage_is(xa, id, "retrieved");
    receives(xc, 0);
    comity_close(xa);
    comity_close(xc);

    xa = open_as("xa-ca-01", &sender);
    xc = open_as("xc-ca-01", &r);
    receives(xa, 0);
    receives(xc, 0);
    CHECK_U64(sender.receipts, 2); /* what was taken does not come again, on no link */
    CHECK_U64(r.deliveries, 1);
    comity_close(xa);
    comity_close(xc);

    demo_stop();
    xc = open_as("xc-ca-01", NULL);
    shows_a3(xc, id, false); /* from the archive, while the gateway is away */
    struct comity_shown *shown = NULL;
    CHECK_U64(comity_show(xc, id, true, &shown, &fault), COMITY_UNAVAILABLE);
    comity_close(xc);
    buffer_done(&r.octets);
    buffer_done(&sender.octets);
}

TESTS(system_client, {"what is pushed is kept and told", what_is_pushed_is_kept_and_told})
