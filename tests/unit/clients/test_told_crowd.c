/* The first checkpoint that is told of a log, where very many others are kept already. */

#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "home.h"
#include "ledger.h"
#include "libcomity/client.h"
#include "libcomity/clock.h"
#include "libcomity/kept_logs.h"
#include "libcomity/reading.h"
#include "libcomity/records.h"

#define ROOM     256 /* for logs that grow */
#define GATEWAYS 4
#define SIZE     7

static struct comity *comity;
static struct comity_fault fault;
static struct arena *arena;
static struct ledger far; /* the log of XC-GW-01 */

/* The directory as it was loaded, and as the test makes it of that. */
static struct rulebook *loaded, made;
static struct directory directory;
static struct gateway_row gateways[GATEWAYS], *owner;
static char origins[ROOM][32];
static struct log_row logs[ROOM + 1];

static void copy_directory(void)
{
    loaded = comity->rulebook;
    made = *loaded;
    directory = *made.directory;
    CHECK(directory.gateway_count <= GATEWAYS);
    memcpy(gateways, directory.gateways, directory.gateway_count * sizeof *gateways);
    directory.gateways = gateways;
    made.directory = &directory;
    comity->rulebook = &made;
    for (size_t i = 0; i < directory.gateway_count; i++)
        if (slice_is(gateways[i].id, "XC-GW-01"))
            owner = &gateways[i];
}

/* The archive keeps so many logs that the directory does not have. */
static void begin(void)
{
    static const uint8_t root[DIGEST_BYTES] = {9};
    CHECK_OK(crypto_thread_start());
    far = ledger_far();
    ledger_grow(&far, SIZE, 0);
    arena = arena_new(CLIENT_ARENA_BYTES);
    struct comity_options options = {.home = home_make_two("127.0.0.1:1"), .context = "xa-ca-01"};
    CHECK_U64(comity_open(&options, &comity, &fault), COMITY_DONE);
    CHECK_OK(client_begin(comity, 0, &fault));
    copy_directory();
    for (size_t i = 0; i < ROOM; i++) {
        snprintf(origins[i], sizeof origins[i], "log %03zu", i);
        logs[i] = (struct log_row){.origin = slice_text(origins[i]), .closed_size = SIZE};
        const struct known_checkpoint known = {logs[i].origin, 5, slice_over(root, sizeof root)};
        CHECK_OK(record_checkpoint(comity->archive, &known, (struct slice){0}));
    }
}

/* They are other logs of the same gateway. */
static void list_logs(void)
{
    CHECK_U64(owner->log_count, 1);
    logs[ROOM] = owner->logs[0];
    owner->logs = logs;
    owner->log_count = ROOM + 1;
}

static void end(void)
{
    comity->rulebook = loaded;
    comity_close(comity);
    arena_free(arena);
}

static void tell(void)
{
    static const uint8_t no_message[UUID_BYTES];
    struct buffer note = buffer_new(NOTE_MAX_BYTES);
    struct digest root = ledger_root(&far, SIZE);
    struct proved proved = {.outer.id = slice_over(no_message, sizeof no_message)};
    CHECK_OK(note_sign(far.key, far.origin, SIZE, &root, &note));
    CHECK_OK(
        checkpoint_prove(buffer_slice(&note), owner, clock_wall_ms(), &proved.note, &proved.log));
    CHECK_OK(reading_told(comity, arena, &proved, &fault));
    buffer_done(&note);
}

static bool is_kept(void)
{
    struct known_checkpoint *known;
    size_t count = 0, unsound = 0;
    CHECK_OK(checkpoints_load(comity->archive, arena, &known, &count, &unsound));
    for (size_t i = 0; i < count; i++)
        if (slice_is(known[i].origin, far.origin))
            return true;
    return false;
}

static void where_too_many_grow_it_is_left(void)
{
    begin();
    list_logs();
    tell();
    CHECK(!is_kept());
    end();
}

/* It is not kept to its end, but it grows no more. */
static void one_that_was_closed_takes_no_room(void)
{
    begin();
    list_logs();
    logs[3].is_closed = true;
    tell();
    CHECK(is_kept());
    end();
}

/* Nobody has closed it yet. */
static void one_that_was_succeeded_takes_no_room(void)
{
    begin();
    list_logs();
    logs[4].succeeds = logs[3].origin;
    tell();
    CHECK(is_kept());
    end();
}

static void what_left_the_directory_takes_no_room(void)
{
    begin();
    tell();
    CHECK(is_kept());
    end();
}

/* Told on each link again, where HELLO has no room for it. */
static void one_that_is_kept_already_costs_no_reading_of_the_others(void)
{
    struct kept_logs all;
    begin();
    tell();
    CHECK_OK(archive_put(comity->archive, ARCHIVE_CHECKPOINT, slice_text("spoiled"),
                         slice_text("no checkpoint")));
    CHECK(failed(kept_logs_load(comity, arena, &all, &fault)));
    tell();
    end();
}

TESTS(clients_told_crowd, {"where too many grow it is left", where_too_many_grow_it_is_left},
      {"one that was closed takes no room", one_that_was_closed_takes_no_room},
      {"one that was succeeded takes no room", one_that_was_succeeded_takes_no_room},
      {"what left the directory takes no room", what_left_the_directory_takes_no_room},
      {"one that is kept already costs no reading of the others",
       one_that_is_kept_already_costs_no_reading_of_the_others})
