#include "support/world.h"

#include <ctype.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exchange/aside.h"
#include "exchange/gaps.h"
#include "exchange/peer_notes.h"
#include "support/client.h"
#include "support/pki.h"
#include "support/trunk.h"
#include "support/world_parts.h"

#define FOLDER_READINGS 20
#define QUEUE_BYTES     ((size_t)64 << 20)
#define TEXT_BYTES      65536

void world_need(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "test world: %s\n", what);
    exit(1);
}

/* Random octets that are the same in every repeatable world: digests of a counter. */
static uint64_t drawn;

static struct status entropy_repeat(void *octets, size_t length)
{
    uint8_t *at = octets;
    for (size_t done = 0; done < length;) {
        struct digest digest = digest_plain(slice_over(&drawn, sizeof drawn));
        size_t part = length - done < sizeof digest.octets ? length - done : sizeof digest.octets;
        memcpy(at + done, digest.octets, part);
        done += part;
        drawn++;
    }
    return OK;
}

static void note_announced(void *workers, struct slice party)
{
    struct world *w = workers;
    buffer_put(&w->announced, party);
    buffer_u8(&w->announced, '\n');
}

static void note_dirty(void *owner)
{
    (void)owner; /* clients are looked after whenever the exchange was called */
}

static void keep_diagnostic(void *out, const struct diagnostics_line *line)
{
    struct world *w = out;
    diagnostics_json(line, &w->diagnostics);
}

static void open_journal(struct world *w)
{
    char path[96], lock[96], log[96], error[256] = "";
    snprintf(path, sizeof path, "%s/journal", w->folder);
    snprintf(lock, sizeof lock, "%s/lock.db", w->folder);
    snprintf(log, sizeof log, "%s/log", w->folder);
    world_need(!failed(folder_make(path, 0700)) && !failed(folder_make(log, 0755)), "folders");
    const struct journal_settings settings = {
        .path = path,
        .lock_path = lock,
        .log_path = log,
        .origin = w->origin,
        .gateway = w->gateway,
        .rulebook = w->rulebook->digest,
        .log_key = w->log_key,
        .keyring = w->keyring,
        .floor_bytes = w->settings.floor_bytes,
        .queue_max_bytes = w->settings.queue_bytes == 0 ? QUEUE_BYTES : w->settings.queue_bytes,
    };
    struct status s = journal_open(&settings, w->now.wall_ms, &w->journal, error, sizeof error);
    if (failed(s))
        fprintf(stderr, "journal_open: %s: %s\n", code_name(s.code), error);
    world_need(!failed(s) && !failed(journal_reader_open(w->journal, &w->reader)), "journal");
}

void world_start(struct world *w)
{
    open_journal(w);
    world_need(!failed(gaps_new(&w->gaps)) && !failed(asides_new(&w->asides)) &&
                   !failed(peer_notes_new(&w->notes)),
               "tables");
    w->says = (struct diagnostics){.sink = keep_diagnostic, .out = w, .gateway = w->gateway};
    const struct exchange_settings settings = {
        .gateway = slice_text(w->gateway),
        .limits = w->settings.limits,
        .journal = w->journal,
        .done = world_mailbox_put,
        .done_owner = w->mailbox,
        .keyring = w->keyring,
        .entropy = w->settings.repeatable ? entropy_repeat : entropy_fill,
        .announce = note_announced,
        .workers = w,
        .dirty = note_dirty,
        .diagnostics = &w->says,
        .offered = w->settings.offered,
        .offered_owner = w->settings.offered_owner,
        .gaps = w->gaps,
        .notes = w->notes,
        .asides = w->asides,
    };
    world_need(!failed(exchange_new(&settings, w->snapshot, &w->exchange)), "exchange");
}

/* "XC-GW-01", "xc-gw-01.comity.example/audit/2026" */
static void name_gateway(struct world *w)
{
    const char *id = w->settings.gateway == NULL ? WORLD_GATEWAY : w->settings.gateway;
    char lower[16] = "";
    for (size_t i = 0; id[i] != '\0' && i < sizeof lower - 1; i++)
        lower[i] = (char)tolower(id[i]);
    snprintf(w->gateway, sizeof w->gateway, "%s", id);
    snprintf(w->origin, sizeof w->origin, "%s.comity.example/audit/2026", lower);
}

struct world *world_new(const struct world_settings *settings)
{
    static const uint8_t kek[32] = "keys of a gateway in a test....";
    struct world *w = calloc(1, sizeof *w);
    world_need(w != NULL && !failed(crypto_thread_start()), "memory");
    w->settings = *settings;
    name_gateway(w);
    w->now.wall_ms = settings->start_ms == 0 ? WORLD_START_MS : settings->start_ms;
    w->now.mono_ms = 1000000;
    w->announced = buffer_new(TEXT_BYTES);
    /* Room beforehand: tests let allocations fail while the exchange announces. */
    buffer_grow(&w->announced, TEXT_BYTES);
    buffer_clear(&w->announced);
    w->revoked = buffer_new(TEXT_BYTES);
    w->diagnostics = buffer_new((size_t)TEXT_BYTES * 64);
    w->mailbox = world_mailbox_new();
    drawn = 0;
    snprintf(w->folder, sizeof w->folder, "/tmp/comity-world-XXXXXX");
    world_need(mkdtemp(w->folder) != NULL, "folder");
    world_need(!failed(keyring_new(kek, &w->keyring)), "keys");
    w->log_key = world_log_key(w->gateway);
    world_snapshot(w, NULL);
    world_start(w);
    return w;
}

void world_stop(struct world *w)
{
    if (w->trunk != NULL)
        trunk_cut(w->trunk);
    for (struct client *c = w->clients; c != NULL; c = c->next)
        client_cut(c);
    exchange_free(w->exchange);
    gaps_free(w->gaps);
    asides_free(w->asides);
    peer_notes_free(w->notes);
    journal_reader_close(w->reader);
    (void)journal_close(w->journal, w->now.wall_ms);
    exchange_discard(world_mailbox_take(w->mailbox));
    w->exchange = NULL;
    w->reader = NULL;
    w->journal = NULL;
}

static int remove_file(const char *path, const struct stat *stat, int kind, struct FTW *ftw)
{
    (void)stat, (void)kind, (void)ftw;
    return remove(path);
}

static void remove_folder(const struct world *w)
{
    nftw(w->folder, remove_file, 16, FTW_DEPTH | FTW_PHYS);
}

void world_start_anew(struct world *w)
{
    remove_folder(w);
    world_need(!failed(folder_make(w->folder, 0700)), "folder");
    w->laws = 0;
    world_start(w);
}

void world_free(struct world *w)
{
    if (w == NULL)
        return;
    if (w->exchange != NULL)
        world_stop(w);
    while (w->clients != NULL)
        client_free(w->clients);
    snapshot_drop(w->snapshot);
    keyring_free(w->keyring);
    key_free(w->log_key);
    world_mailbox_free(w->mailbox);
    buffer_done(&w->announced);
    buffer_done(&w->revoked);
    buffer_done(&w->diagnostics);
    remove_folder(w);
    free(w);
    crypto_thread_stop();
}

void world_pass(struct world *w, uint64_t ms)
{
    w->now.wall_ms += ms;
    w->now.mono_ms += ms;
}

static void deliver_announced(struct world *w)
{
    while (w->announced.length > 0) {
        char party[64];
        size_t length = slice_find(buffer_slice(&w->announced), '\n');
        world_need(slice_copy_text(slice_part(buffer_slice(&w->announced), 0, length), party,
                                   sizeof party),
                   "announced party");
        buffer_drop(&w->announced, length + 1);
        exchange_mail(w->exchange, slice_text(party), w->now);
    }
}

static struct journal_result *count_results(struct world *w)
{
    struct journal_result *results = world_mailbox_take(w->mailbox);
    for (struct journal_result *r = results; r != NULL; r = r->next)
        w->results++;
    return results;
}

struct journal_result *world_take_results(struct world *w)
{
    return world_mailbox_wait(w->mailbox) ? count_results(w) : NULL;
}

void world_turn_alone(struct world *w)
{
    if (w->exchange == NULL)
        return;
    struct journal_result *results = count_results(w);
    exchange_results(w->exchange, results, w->now);
    deliver_announced(w);
    for (struct client *c = w->clients; c != NULL; c = c->next)
        client_drain(c);
}

void world_turn(struct world *w)
{
    if (w->trunk == NULL)
        world_turn_alone(w);
    else
        trunk_turn(w->trunk);
}

bool world_await_results(struct world *w, uint64_t results)
{
    for (;;) {
        uint64_t answers = world_answers();
        world_turn(w);
        if (w->results >= results)
            return true;
        if (!world_wait(answers))
            return false;
    }
}

void world_fence(struct world *w)
{
    static const uint8_t id[UUID_BYTES] = {[6] = 0x40, [8] = 0x80};
    bool done = false;
    const struct posting nothing = {
        .kind = POSTING_NOTICE_TAKEN,
        .at_ms = w->now.wall_ms,
        .key = {slice_text("XA-CA-01"), slice_over(id, sizeof id), slice_text("XA-CA-01")},
        .stage = STAGE_DELIVERED,
        .owner = &done,
    };
    world_need(!failed(journal_post(w->journal, &nothing, world_fence_done)), "posting a fence");
    for (uint64_t answers = world_answers(); !world_fence_passed(&done); answers = world_answers())
        world_need(world_fence_passed(&done) || world_wait(answers), "an answer of the journal");
}

/* Twice: of one batch, each owner is answered in turn. */
void world_settle(struct world *w)
{
    world_fence(w);
    world_fence(w);
    world_turn(w);
}

bool world_await_log(struct world *w, uint64_t size)
{
    while (world_log_size(w) < size)
        if (!world_await_results(w, w->results + 1))
            return false;
    return true;
}

uint64_t world_log_size(struct world *w)
{
    struct arena *arena = arena_new(TEXT_BYTES);
    struct slice note;
    uint64_t size = 0;
    world_need(arena != NULL && !failed(journal_checkpoint(w->reader, arena, &note, &size)),
               "checkpoint");
    arena_free(arena);
    return size;
}

uint64_t world_log_acts(struct world *w)
{
    return world_log_size(w) - w->laws;
}

bool slice_holds(struct slice in, struct slice octets)
{
    return memmem(in.at, in.length, octets.at, octets.length) != NULL;
}

/* The publisher renames and removes files meanwhile, so that one reading may miss what it listed.
 */
static bool folder_seen(const struct world *w, struct arena *arena, struct text_files *files)
{
    for (unsigned i = 0; i < FOLDER_READINGS; i++)
        if (!failed(folder_read(arena, w->folder, 4096, files)) && files->count > 0)
            return true;
    return false;
}

bool world_keeps(const struct world *w, struct slice octets)
{
    struct text_files files;
    struct arena *arena = arena_new((size_t)256 << 20);
    bool found = false;
    world_need(arena != NULL && folder_seen(w, arena, &files), "reading the folder");
    for (size_t i = 0; i < files.count; i++)
        found = found || slice_holds(files.at[i].text, octets);
    arena_free(arena);
    return found;
}
