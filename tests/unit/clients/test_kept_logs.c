/* More logs than HELLO can name, as an archive has them after some years. */

#include "libcomity/kept_logs.h"

#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "libcomity/records.h"
#include "wire/msgpack.h"

#define MANY   (HELLO_LIST_MAX + 20)
#define CLOSED 30 /* the first of them by name, but for the own one's */
#define END    9  /* entries, of each of those */
#define OWN    (MANY - 1)

static char origins[MANY][32];
static struct log_row logs[MANY];
static struct gateway_row gateways[2];
static struct directory directory = {.gateways = gateways, .gateway_count = 2};
static struct rulebook rulebook = {.directory = &directory};
static struct comity comity = {.rulebook = &rulebook, .home = &gateways[1]};
static struct comity_fault fault;
static struct arena *arena;
static const uint8_t root[DIGEST_BYTES] = {9};
static size_t crowd; /* records that a walk gives in place of the archive's; 0: none */

/* ---- what is wrapped ---- */

struct status __wrap_archive_each(struct archive *archive, enum archive_kind kind,
                                  archive_visit *visit, void *owner, size_t *unsound),
    __real_archive_each(struct archive *archive, enum archive_kind kind, archive_visit *visit,
                        void *owner, size_t *unsound);

static struct status visit_made(archive_visit *visit, void *owner, size_t number)
{
    char origin[32];
    struct buffer b = buffer_new(256);
    snprintf(origin, sizeof origin, "log %06zu", number);
    mp_put_array(&b, 4);
    mp_put_text(&b, slice_text(origin));
    mp_put_uint(&b, END);
    mp_put_bytes(&b, slice_over(root, sizeof root));
    mp_put_text(&b, (struct slice){0});
    struct status s = visit(owner, buffer_slice(&b));
    buffer_done(&b);
    return s;
}

struct status __wrap_archive_each(struct archive *archive, enum archive_kind kind,
                                  archive_visit *visit, void *owner, size_t *unsound)
{
    struct status s = OK;
    if (crowd == 0)
        return __real_archive_each(archive, kind, visit, owner, unsound);
    for (size_t i = crowd; i > 0 && !failed(s); i--)
        s = visit_made(visit, owner, i - 1);
    return s;
}

/* ---- what they stand on ---- */

/* The last one is the own gateway's. */
static void begin(void)
{
    for (size_t i = 0; i < MANY; i++) {
        snprintf(origins[i], sizeof origins[i], "log %04zu", i);
        logs[i] = (struct log_row){
            .origin = slice_text(origins[i]), .is_closed = i < CLOSED, .closed_size = END};
    }
    gateways[0] = (struct gateway_row){.id = slice_text("XB"), .logs = logs, .log_count = OWN};
    gateways[1] = (struct gateway_row){.id = slice_text("XA"), .logs = &logs[OWN], .log_count = 1};
    crowd = 0;
    arena = arena_new(CLIENT_ARENA_BYTES);
    CHECK_OK(crypto_thread_start());
    CHECK_OK(archive_open(fresh_folder(), &comity.archive, &fault));
}

static void keep(size_t from, size_t until, uint64_t size)
{
    for (size_t i = from; i < until; i++) {
        const struct known_checkpoint known = {logs[i].origin, size, slice_over(root, sizeof root)};
        CHECK_OK(record_checkpoint(comity.archive, &known, (struct slice){0}));
    }
}

static void end(void)
{
    archive_close(comity.archive);
    arena_free(arena);
}

static bool is_named(const struct hello *hello, size_t log)
{
    for (size_t i = 0; i < hello->checkpoints_count; i++)
        if (slice_equal(hello->checkpoints[i].origin, logs[log].origin))
            return true;
    return false;
}

static size_t named_of(const struct hello *hello, size_t from, size_t until)
{
    size_t count = 0;
    for (size_t i = from; i < until; i++)
        count += is_named(hello, i);
    return count;
}

static struct hello name(void)
{
    struct hello hello = {0};
    CHECK_OK(kept_logs_name(&comity, arena, &hello, &fault));
    for (size_t i = 1; i < hello.checkpoints_count; i++)
        CHECK(slice_compare(hello.checkpoints[i - 1].origin, hello.checkpoints[i].origin) < 0);
    return hello;
}

static void all_are_loaded_and_those_that_go_on_are_named_first(void)
{
    struct kept_logs kept;
    begin();
    keep(0, MANY, END);
    CHECK_OK(kept_logs_load(&comity, arena, &kept, &fault));
    CHECK_U64(kept.count, MANY);
    CHECK_U64(kept_logs_growing(&comity, &kept), MANY - CLOSED);
    for (size_t i = 0; i < MANY; i++) {
        const struct kept_checkpoint *found = kept_logs_find(&kept, logs[i].origin);
        if (CHECK(found != NULL))
            CHECK_U64(found->size, END);
    }
    const struct hello hello = name();
    CHECK_U64(hello.checkpoints_count, HELLO_LIST_MAX);
    CHECK_U64(named_of(&hello, CLOSED, MANY), MANY - CLOSED);
    CHECK_U64(named_of(&hello, 0, CLOSED), HELLO_LIST_MAX - (MANY - CLOSED));
    end();
}

static size_t growing(void)
{
    struct kept_logs kept;
    CHECK_OK(kept_logs_load(&comity, arena, &kept, &fault));
    return kept_logs_growing(&comity, &kept);
}

/* What lies between there and the end is still to be proved, but nothing comes behind it. */
static void a_closed_log_grows_no_more_although_its_end_is_not_kept(void)
{
    begin();
    keep(0, CLOSED, END - 1);
    CHECK_U64(growing(), 0);
    CHECK_U64(name().checkpoints_count, CLOSED);
    keep(CLOSED, MANY, END);
    CHECK_U64(growing(), MANY - CLOSED);
    struct hello hello = name();
    CHECK_U64(named_of(&hello, CLOSED, MANY), MANY - CLOSED);
    keep(0, CLOSED / 2, END);
    hello = name();
    CHECK_U64(named_of(&hello, CLOSED, MANY), MANY - CLOSED);
    CHECK_U64(named_of(&hello, CLOSED / 2, CLOSED), HELLO_LIST_MAX - (MANY - CLOSED));
    end();
}

/* Its former stays listed for some days before anybody closes it. */
static void a_log_grows_until_the_one_that_succeeds_it_is_kept(void)
{
    const size_t half = OWN / 2;
    begin();
    for (size_t i = 0; i < OWN; i++)
        logs[i].is_closed = false;
    for (size_t i = 0; i < half; i++)
        logs[half + i].succeeds = logs[i].origin;
    keep(0, half, END);
    CHECK_U64(growing(), half);
    keep(half, half + 1, END);
    CHECK_U64(growing(), half);
    keep(half + 1, 2 * half, END);
    CHECK_U64(growing(), half);
    const struct hello hello = name();
    CHECK_U64(hello.checkpoints_count, HELLO_LIST_MAX);
    CHECK_U64(named_of(&hello, half, 2 * half), half);
    end();
}

/* Of a gateway that has left, say. They come even after those of others that ended. */
static void what_the_directory_has_no_more_comes_last(void)
{
    const size_t gone = CLOSED / 2;
    begin();
    gateways[0].logs = &logs[gone];
    gateways[0].log_count = OWN - gone;
    keep(0, MANY, END);
    CHECK_U64(growing(), MANY - CLOSED);
    const struct hello hello = name();
    CHECK_U64(hello.checkpoints_count, HELLO_LIST_MAX);
    CHECK_U64(named_of(&hello, CLOSED, MANY), MANY - CLOSED);
    CHECK_U64(named_of(&hello, gone, CLOSED), HELLO_LIST_MAX - (MANY - CLOSED));
    CHECK_U64(named_of(&hello, 0, gone), 0);
    end();
}

/* Although it is the last by name. */
static void the_own_gateway_s_is_named_where_too_many_go_on(void)
{
    begin();
    for (size_t i = 0; i < MANY; i++)
        logs[i].is_closed = false;
    keep(0, MANY, END);
    const struct hello hello = name();
    CHECK_U64(hello.checkpoints_count, HELLO_LIST_MAX);
    CHECK(is_named(&hello, OWN));
    CHECK(!is_named(&hello, OWN - 1));
    end();
}

static void an_archive_without_logs_names_none(void)
{
    struct kept_logs kept;
    begin();
    CHECK_OK(kept_logs_load(&comity, arena, &kept, &fault));
    CHECK_U64(kept.count, 0);
    CHECK_U64(name().checkpoints_count, 0);
    end();
}

static void check_refused(struct status s)
{
    char wanted[64];
    snprintf(wanted, sizeof wanted, "keeps checkpoints of more than %d logs", CHECKPOINTS_MAX);
    CHECK(s.code == CODE_STORE);
    CHECK_TEXT(fault.code, "STORE");
    CHECK_U64(fault.exit, COMITY_FAILED);
    CHECK(strstr(fault.message, wanted) != NULL);
    fault = (struct comity_fault){0};
}

static void an_archive_has_room_for_as_many_as_is_said_and_says_where_there_are_more(void)
{
    struct kept_logs kept;
    struct hello hello = {0};
    begin();
    crowd = CHECKPOINTS_MAX;
    CHECK_OK(kept_logs_load(&comity, arena, &kept, &fault));
    CHECK_U64(kept.count, CHECKPOINTS_MAX);
    CHECK_U64(name().checkpoints_count, HELLO_LIST_MAX);
    crowd = CHECKPOINTS_MAX + 1;
    check_refused(kept_logs_load(&comity, arena, &kept, &fault));
    check_refused(kept_logs_name(&comity, arena, &hello, &fault));
    CHECK_U64(hello.checkpoints_count, 0);
    end();
}

TESTS(clients_kept_logs,
      {"all are loaded, and those that go on are named first",
       all_are_loaded_and_those_that_go_on_are_named_first},
      {"a closed log grows no more, although its end is not kept",
       a_closed_log_grows_no_more_although_its_end_is_not_kept},
      {"a log grows until the one that succeeds it is kept",
       a_log_grows_until_the_one_that_succeeds_it_is_kept},
      {"what the directory has no more comes last", what_the_directory_has_no_more_comes_last},
      {"the own gateway's is named where too many go on",
       the_own_gateway_s_is_named_where_too_many_go_on},
      {"an archive without logs names none", an_archive_without_logs_names_none},
      {"an archive has room for as many as is said, and says where there are more",
       an_archive_has_room_for_as_many_as_is_said_and_says_where_there_are_more})
