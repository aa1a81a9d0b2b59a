#include "fixture.h"

#include "journal/crypt.h"
#include "journal/lock.h"
#include "journal/tree.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"

#define ORIGIN "gw1.xa.example/log"

static void a_lock_moves_only_from_where_it_is(void)
{
    struct fixture f;
    struct lock *lock = NULL, *second = NULL;
    struct lock_state empty = {.size = 0}, one = {.size = 5}, two = {.size = 9}, got;
    memset(one.root.octets, 1, 32);
    memset(two.root.octets, 2, 32);
    fixture_make(&f);
    CHECK_OK(lock_open(f.lock, &lock));
    CHECK_STATUS(lock_last(lock, ORIGIN, &got), FAIL(ABSENT));
    CHECK_OK(lock_start(lock, ORIGIN, &empty));
    CHECK_STATUS(lock_start(lock, ORIGIN, &one), FAIL(STORE));
    CHECK_OK(lock_move(lock, ORIGIN, &empty, &one, (struct slice){0}));
    CHECK_STATUS(lock_move(lock, ORIGIN, &empty, &two, (struct slice){0}), FAIL(FORK));
    struct lock_state other = one;
    other.root.octets[31] ^= 1;
    CHECK_STATUS(lock_move(lock, ORIGIN, &other, &two, (struct slice){0}), FAIL(FORK));
    CHECK_STATUS(lock_move(lock, "another log", &one, &two, (struct slice){0}), FAIL(FORK));
    CHECK_OK(lock_move(lock, ORIGIN, &one, &two, (struct slice){0}));
    CHECK_STATUS(lock_open(f.lock, &second), FAIL(STORE));
    lock_close(lock);
    CHECK_OK(lock_open(f.lock, &lock));
    CHECK_OK(lock_last(lock, ORIGIN, &got));
    CHECK_U64(got.size, 9);
    CHECK_BYTES(digest_slice(&got.root), digest_slice(&two.root));
    lock_close(lock);
    fixture_end(&f);
}

/* One that was begun and is empty may follow one other, and that for good. */
static void a_log_has_one_before_it_and_one_behind(void)
{
    const struct lock_state empty = {.size = 0}, one = {.size = 5};
    struct fixture f;
    struct lock *lock = NULL;
    fixture_make(&f);
    CHECK_OK(lock_open(f.lock, &lock));
    CHECK_OK(lock_start(lock, "b", &empty));
    CHECK_OK(lock_succeed(lock, "a", &one, "b"));
    CHECK_STATUS(lock_succeed(lock, "other", &one, "b"), FAIL(FORK));
    CHECK_STATUS(lock_succeed(lock, "b", &empty, "a"), FAIL(FORK));
    CHECK_STATUS(lock_succeed(lock, "a", &one, "c"), FAIL(STORE));
    CHECK_OK(lock_succeed(lock, "b", &empty, "c"));
    CHECK_STATUS(lock_succeed(lock, "c", &empty, "b"), FAIL(FORK));
    lock_close(lock);
    fixture_end(&f);
}

static struct status law_of(struct lock *lock, struct arena *a, struct slice *ret_objects)
{
    return lock_law(lock, a, ORIGIN, ret_objects);
}

/* With the state or not at all, and of each log its own. */
static void what_was_in_force_moves_with_the_lock(void)
{
    const struct slice four = slice_text("law 4"), five = slice_text("law 5"), none = {NULL, 0};
    const struct lock_state empty = {.size = 0}, one = {.size = 5}, two = {.size = 9};
    struct fixture f;
    struct lock *lock = NULL;
    struct slice got = none;
    struct arena *a = arena_new(1 << 16);
    fixture_make(&f);
    CHECK_OK(lock_open(f.lock, &lock));
    CHECK_OK(lock_start(lock, ORIGIN, &empty));
    CHECK_STATUS(law_of(lock, a, &got), FAIL(ABSENT));
    CHECK_OK(lock_move(lock, ORIGIN, &empty, &one, four));
    CHECK_STATUS(lock_move(lock, ORIGIN, &empty, &two, five), FAIL(FORK));
    CHECK_OK(law_of(lock, a, &got));
    CHECK_BYTES(got, four);
    CHECK_OK(lock_move(lock, ORIGIN, &one, &two, none));
    CHECK_OK(lock_start(lock, "another log", &empty));
    CHECK_OK(lock_move(lock, "another log", &empty, &one, five));
    lock_close(lock);
    CHECK_OK(lock_open(f.lock, &lock));
    CHECK_OK(law_of(lock, a, &got));
    CHECK_BYTES(got, four);
    lock_close(lock);
    arena_free(a);
    fixture_end(&f);
}

static void a_slot_opens_only_where_it_was_written(void)
{
    struct fixture f;
    struct slice plain[2] = {slice_text("body"), {NULL, 0}};
    struct slice sealed[2], wrapped, opened;
    const struct place place = {"message", 7}, other_row = {"message", 8}, other = {"entry", 7};
    fixture_make(&f);
    struct arena *a = arena_new(1 << 16);
    CHECK_OK(slots_seal(a, f.keyring, &place, (struct slices){plain, 2}, sealed, &wrapped));
    CHECK(sealed[1].at == NULL);
    CHECK_OK(slot_open(a, f.keyring, &place, wrapped, 0, sealed[0], &opened));
    CHECK_BYTES(opened, plain[0]);
    CHECK_STATUS(slot_open(a, f.keyring, &place, wrapped, 1, sealed[0], &opened), FAIL(CRYPTO));
    CHECK_STATUS(slot_open(a, f.keyring, &other_row, wrapped, 0, sealed[0], &opened), FAIL(CRYPTO));
    CHECK_STATUS(slot_open(a, f.keyring, &other, wrapped, 0, sealed[0], &opened), FAIL(CRYPTO));
    CHECK_STATUS(slot_open(a, f.keyring, &place, wrapped, 1, sealed[1], &opened), FAIL(ABSENT));
    CHECK_STATUS(slot_open(a, f.keyring, &place, (struct slice){NULL, 0}, 0, sealed[0], &opened),
                 FAIL(ABSENT)); /* the key was destroyed */
    CHECK_STATUS(slot_open(a, f.keyring, &place, wrapped, 0, slice_text("short"), &opened),
                 FAIL(CRYPTO));
    arena_free(a);
    fixture_end(&f);
}

/* A store with entries that are only numbers, and the tree over them. */
static void store_fill(struct store *store, struct tree *tree, struct digest *leaves,
                       uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        uint8_t entry[ENTRY_BYTES] = {0};
        memcpy(entry, &i, sizeof i);
        leaves[i] = merkle_leaf(slice_over(entry, sizeof entry));
        const struct entry_row row = {
            .index = i,
            .kind = ENTRY_OPERATOR,
            .entry = slice_over(entry, sizeof entry),
            .leaf = leaves[i],
        };
        CHECK_OK(store_entry_add(store, &row));
        CHECK_OK(tree_append(store, tree, &leaves[i]));
    }
}

static void both_ways_to_the_root_agree_at_every_size(void)
{
    enum { COUNT = 150 };
    struct digest leaves[COUNT], root;
    struct tree tree = {0};
    struct store *store = NULL;
    struct fixture f;
    fixture_make(&f);
    CHECK_OK(store_open(f.root, STORE_WRITER, &store));
    CHECK_OK(store_begin(store));
    store_fill(store, &tree, leaves, COUNT);
    CHECK_OK(store_commit(store));
    for (uint64_t size = 0; size <= COUNT; size++) {
        const struct digest want = merkle_root_of(leaves, size);
        for (uint64_t trusted = 0; trusted <= size; trusted += 1 + size / 4) {
            CHECK_OK(tree_root(store, 0, trusted, size, &root));
            CHECK_BYTES(digest_slice(&root), digest_slice(&want));
        }
    }
    root = merkle_root(&tree.edge);
    const struct digest want = merkle_root_of(leaves, COUNT);
    CHECK_BYTES(digest_slice(&root), digest_slice(&want));
    CHECK_STATUS(tree_root(store, 0, 0, COUNT + 1, &root), FAIL(FORK));
    store_close(store);
    fixture_end(&f);
}

static void what_was_undone_is_not_in_any_proof(void)
{
    struct digest leaves[4], kept, got;
    struct tree tree = {0};
    struct store *store = NULL;
    struct fixture f;
    fixture_make(&f);
    CHECK_OK(store_open(f.root, STORE_WRITER, &store));
    CHECK_OK(store_begin(store));
    memset(kept.octets, 0xee, sizeof kept.octets);
    CHECK_OK(store_node_add(store, 1, 0, &kept));
    CHECK_OK(store_node(store, 1, 0, &got));
    store_rollback(store);
    CHECK_OK(store_begin(store));
    CHECK_STATUS(store_node(store, 1, 0, &got), FAIL(ABSENT));
    store_fill(store, &tree, leaves, 4);
    CHECK_OK(store_commit(store));
    CHECK_OK(store_node(store, 1, 0, &got));
    const struct digest want = merkle_node(&leaves[0], &leaves[1]);
    CHECK_BYTES(digest_slice(&got), digest_slice(&want));
    store_close(store);
    fixture_end(&f);
}

/* The database's header holds the version at octet 60. */
static void version_put(struct fixture *f, uint8_t version)
{
    char path[160];
    struct buffer text = buffer_new(64U << 20);
    snprintf(path, sizeof path, "%s/journal.db", f->path);
    CHECK_OK(file_read(path, &text));
    text.at[63] = version;
    CHECK_OK(file_write(path, buffer_slice(&text), 0600));
    buffer_done(&text);
}

static void a_journal_of_another_version_is_refused(void)
{
    static const uint8_t others[] = {1, 10};
    struct fixture f;
    fixture_begin(&f);
    for (size_t i = 0; i < sizeof others; i++) {
        fixture_close(&f);
        version_put(&f, others[i]);
        CHECK_STATUS(fixture_open(&f, T0), FAIL(STORE));
        CHECK(strstr(f.error, "was made by another version of comityd") != NULL);
    }
    version_put(&f, 9);
    CHECK_OK(fixture_open(&f, T0));
    fixture_end(&f);
}

TESTS(journal_parts, {"a lock moves only from where it is", a_lock_moves_only_from_where_it_is},
      {"a log has one before it and one behind", a_log_has_one_before_it_and_one_behind},
      {"what was in force moves with the lock", what_was_in_force_moves_with_the_lock},
      {"a slot opens only where it was written", a_slot_opens_only_where_it_was_written},
      {"both ways to the root agree at every size", both_ways_to_the_root_agree_at_every_size},
      {"what was undone is not in any proof", what_was_undone_is_not_in_any_proof},
      {"a journal of another version is refused", a_journal_of_another_version_is_refused})
