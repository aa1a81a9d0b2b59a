#include "support/check.h"
#include "support/vectors.h"

#include "crypto/merkle.h"

#include <string.h>

#define LEAVES 70

/* A store of leaf hashes that answers for subtrees and counts how often it is asked. */
struct store {
    struct digest leaves[LEAVES];
    unsigned asked;
};

static struct status subtree(void *arg, unsigned level, uint64_t index, struct digest *ret_hash)
{
    struct store *store = arg;
    uint64_t width = UINT64_C(1) << level, begin = index << level;
    store->asked++;
    if (begin + width > LEAVES)
        return FAIL(ABSENT);
    *ret_hash = merkle_root_of(store->leaves + begin, width);
    return OK;
}

static struct store *numbered(void)
{
    static struct store store;
    for (unsigned i = 0; i < LEAVES; i++) {
        uint8_t octet = (uint8_t)i;
        store.leaves[i] = merkle_leaf(slice_over(&octet, 1));
    }
    store.asked = 0;
    return &store;
}

static struct slices slices_of(const struct digest *path, size_t count, struct slice *room)
{
    for (size_t i = 0; i < count; i++)
        room[i] = digest_slice(&path[i]);
    return (struct slices){room, count};
}

static void check_digest(struct digest got, const char *want)
{
    CHECK_BYTES(digest_slice(&got), hex(want));
}

static void roots_are_those_of_rfc_6962(void)
{
    static const char *const leaves[] = {"",
                                         "00",
                                         "10",
                                         "2021",
                                         "3031",
                                         "40414243",
                                         "5051525354555657",
                                         "606162636465666768696a6b6c6d6e6f"};
    static const char *const roots[] = {
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
    struct merkle_edge edge = {0};
    struct digest hashes[8];
    check_digest(merkle_root(&edge), roots[0]);
    for (size_t i = 0; i < 8; i++) {
        hashes[i] = merkle_leaf(hex(leaves[i]));
        merkle_append(&edge, &hashes[i]);
        check_digest(merkle_root(&edge), roots[i + 1]);
        check_digest(merkle_root_of(hashes, i + 1), roots[i + 1]);
    }
    check_digest(merkle_root_of(hashes, 0), roots[0]);
}

static void a_log_gives_the_roots_and_proofs_of_the_vectors(void)
{
    json_t *log = vectors("log.json");
    const json_t *entries = json_object_get(log, "entries");
    struct merkle_edge edge = {0};
    struct store store = {0};
    size_t size = json_array_size(entries), count = 0;
    CHECK_U64(size, 8);
    for (size_t i = 0; i < size; i++) {
        store.leaves[i] = merkle_leaf(vector_octets(json_array_get(entries, i)));
        merkle_append(&edge, &store.leaves[i]);
        struct digest root = merkle_root(&edge);
        CHECK_BYTES(digest_slice(&root),
                    vector_octets(json_array_get(json_object_get(log, "roots"), i + 1)));
    }
    for (size_t i = 0; i < size; i++) {
        struct digest path[MERKLE_MAX_PATH];
        const json_t *want = json_array_get(json_object_get(log, "inclusion"), i);
        CHECK_OK(merkle_inclusion(subtree, &store, i, size, path, &count));
        CHECK_U64(count, json_array_size(want));
        for (size_t k = 0; k < count; k++)
            CHECK_BYTES(digest_slice(&path[k]), vector_octets(json_array_get(want, k)));
    }
    const json_t *proofs = json_object_get(log, "consistency");
    CHECK(json_array_size(proofs) > 0);
    for (size_t i = 0; i < json_array_size(proofs); i++) {
        const json_t *proof = json_array_get(proofs, i), *want = json_object_get(proof, "path");
        struct digest path[MERKLE_MAX_CONSISTENCY];
        CHECK_OK(merkle_consistency(
            subtree, &store, (uint64_t)json_integer_value(json_object_get(proof, "old")),
            (uint64_t)json_integer_value(json_object_get(proof, "new")), path, &count));
        CHECK_U64(count, json_array_size(want));
        for (size_t k = 0; k < count; k++)
            CHECK_BYTES(digest_slice(&path[k]), vector_octets(json_array_get(want, k)));
    }
    json_decref(log);
}

/* Any one change of a good proof must make it fail. */
static void check_inclusion(const struct digest *leaf, uint64_t index, uint64_t size,
                            struct slices path, const struct digest *root)
{
    struct digest other = merkle_node(leaf, leaf), led = other;
    CHECK(merkle_path_root(leaf, index, size, path, &led));
    CHECK_BYTES(digest_slice(&led), digest_slice(root));
    CHECK(!merkle_path_root(leaf, size, size, path, &led));
    CHECK(!merkle_path_root(leaf, index, UINT64_MAX, path, &led));
    CHECK(merkle_included(leaf, index, size, path, root));
    CHECK(!merkle_included(&other, index, size, path, root));
    CHECK(!merkle_included(leaf, index, size, path, &other));
    CHECK(!merkle_included(leaf, size, size, path, root));
    if (size > 1)
        CHECK(!merkle_included(leaf, index == 0 ? 1 : index - 1, size, path, root));
    for (size_t i = 0; i < path.count; i++) {
        struct slice kept = path.at[i];
        path.at[i] = digest_slice(&other);
        CHECK(!merkle_included(leaf, index, size, path, root));
        path.at[i] = slice_part(kept, 0, 31);
        CHECK(!merkle_included(leaf, index, size, path, root));
        path.at[i] = kept;
    }
    path.at[path.count] = digest_slice(&other);
    CHECK(!merkle_included(leaf, index, size, (struct slices){path.at, path.count + 1}, root));
    if (path.count > 0)
        CHECK(!merkle_included(leaf, index, size, (struct slices){path.at, path.count - 1}, root));
}

static void every_inclusion_proof_holds_and_every_change_of_it_fails(void)
{
    struct store *store = numbered();
    for (uint64_t size = 1; size <= LEAVES; size++) {
        struct digest root = merkle_root_of(store->leaves, size);
        for (uint64_t index = 0; index < size; index++) {
            struct digest path[MERKLE_MAX_PATH];
            struct slice room[MERKLE_MAX_PATH + 1];
            size_t count = 0;
            CHECK_OK(merkle_inclusion(subtree, store, index, size, path, &count));
            check_inclusion(&store->leaves[index], index, size, slices_of(path, count, room),
                            &root);
        }
    }
}

static void check_consistency(uint64_t old, uint64_t size, const struct digest *old_root,
                              const struct digest *root, struct slices path)
{
    struct digest other = merkle_node(root, root);
    bool is_complete = (old & (old - 1)) == 0;
    CHECK(merkle_consistent(old, size, old_root, root, path));
    CHECK(merkle_leads(old, size, root, path) == (old < size));
    CHECK(merkle_leads(old, size, &other, path) == (old < size && is_complete));
    CHECK(!merkle_leads(0, size, root, path));
    CHECK(!merkle_consistent(old, size, &other, root, path));
    CHECK(!merkle_consistent(old, size, old_root, &other, path));
    CHECK(!merkle_consistent(0, size, old_root, root, path));
    for (size_t i = 0; i < path.count; i++) {
        struct slice kept = path.at[i];
        path.at[i] = digest_slice(&other);
        CHECK(!merkle_consistent(old, size, old_root, root, path));
        CHECK(merkle_leads(old, size, root, path) == is_complete);
        path.at[i] = slice_over(NULL, 0);
        CHECK(!merkle_consistent(old, size, old_root, root, path));
        CHECK(!merkle_leads(old, size, root, path));
        path.at[i] = kept;
    }
    path.at[path.count] = digest_slice(&other);
    CHECK(!merkle_consistent(old, size, old_root, root, (struct slices){path.at, path.count + 1}));
    CHECK(!merkle_leads(old, size, root, (struct slices){path.at, path.count + 1}));
    if (path.count > 0) {
        CHECK(!merkle_consistent(old, size, old_root, root,
                                 (struct slices){path.at, path.count - 1}));
        CHECK(!merkle_leads(old, size, root, (struct slices){path.at, path.count - 1}));
    }
}

static void every_consistency_proof_holds_and_every_change_of_it_fails(void)
{
    struct store *store = numbered();
    for (uint64_t size = 1; size <= LEAVES; size++) {
        struct digest root = merkle_root_of(store->leaves, size);
        for (uint64_t old = 1; old <= size; old++) {
            struct digest old_root = merkle_root_of(store->leaves, old);
            struct digest path[MERKLE_MAX_CONSISTENCY];
            struct slice room[MERKLE_MAX_CONSISTENCY + 1];
            size_t count = 0;
            CHECK_OK(merkle_consistency(subtree, store, old, size, path, &count));
            check_consistency(old, size, &old_root, &root, slices_of(path, count, room));
        }
    }
}

/* x/mod and RFC 9162 leave it open; here the empty tree is no beginning that can be proved. */
static void nothing_is_consistent_with_an_empty_tree(void)
{
    struct store *store = numbered();
    struct digest path[MERKLE_MAX_CONSISTENCY];
    struct digest root = merkle_root_of(store->leaves, 5), empty = merkle_root_of(NULL, 0);
    size_t count = 1;
    CHECK_OK(merkle_consistency(subtree, store, 0, 5, path, &count));
    CHECK_U64(count, 0);
    CHECK(!merkle_consistent(0, 5, &empty, &root, (struct slices){NULL, 0}));
    CHECK(!merkle_consistent(0, 0, &empty, &empty, (struct slices){NULL, 0}));
    CHECK(!merkle_consistent(5, 4, &root, &root, (struct slices){NULL, 0}));
}

static void proofs_outside_the_tree_are_absent_and_a_store_s_failure_is_passed_on(void)
{
    struct store *store = numbered();
    struct digest path[MERKLE_MAX_CONSISTENCY];
    size_t count = 0;
    CHECK_STATUS(merkle_inclusion(subtree, store, 5, 5, path, &count), FAIL(ABSENT));
    CHECK_STATUS(merkle_inclusion(subtree, store, 0, UINT64_MAX, path, &count), FAIL(ABSENT));
    CHECK_STATUS(merkle_consistency(subtree, store, 6, 5, path, &count), FAIL(ABSENT));
    CHECK_U64(store->asked, 0);
    CHECK_STATUS(merkle_inclusion(subtree, store, 0, LEAVES + 1, path, &count), FAIL(ABSENT));
    CHECK_STATUS(merkle_consistency(subtree, store, 1, LEAVES + 1, path, &count), FAIL(ABSENT));
    CHECK(store->asked > 0);
}

static struct status same_subtree(void *asked, unsigned level, uint64_t index,
                                  struct digest *ret_hash)
{
    (void)level, (void)index;
    ++*(unsigned *)asked;
    *ret_hash = digest_plain(slice_over(NULL, 0));
    return OK;
}

static void the_largest_tree_has_the_longest_proofs_and_asks_for_few_subtrees(void)
{
    struct digest path[MERKLE_MAX_CONSISTENCY];
    size_t count = 0;
    unsigned asked = 0;
    CHECK_OK(merkle_inclusion(same_subtree, &asked, 0, MERKLE_MAX_SIZE, path, &count));
    CHECK_U64(count, MERKLE_MAX_PATH);
    CHECK(asked <= 63 * 63);
    CHECK_OK(merkle_consistency(same_subtree, &asked, 1, MERKLE_MAX_SIZE, path, &count));
    CHECK(count <= MERKLE_MAX_CONSISTENCY);
}

static void an_edge_is_read_only_with_as_many_nodes_as_its_size_has_bits(void)
{
    struct store *store = numbered();
    struct merkle_edge edge = {0}, again;
    for (unsigned i = 0; i < 13; i++)
        merkle_append(&edge, &store->leaves[i]);
    struct slice nodes = merkle_edge_slice(&edge);
    CHECK_U64(nodes.length, 3 * 32);
    CHECK(merkle_edge_read(13, nodes, &again));
    merkle_append(&again, &store->leaves[13]);
    struct digest got = merkle_root(&again), want = merkle_root_of(store->leaves, 14);
    CHECK_BYTES(digest_slice(&got), digest_slice(&want));
    CHECK(!merkle_edge_read(12, nodes, &again));
    CHECK(!merkle_edge_read(13, slice_part(nodes, 0, 95), &again));
    CHECK(!merkle_edge_read(UINT64_C(1) << 63, slice_part(nodes, 0, 32), &again));
    CHECK(merkle_edge_read(0, slice_over(NULL, 0), &again));
    CHECK_U64(merkle_edge_slice(&again).length, 0);
}

TESTS(crypto_merkle, {"roots are those of RFC 6962", roots_are_those_of_rfc_6962},
      {"a log gives the roots and proofs of the vectors",
       a_log_gives_the_roots_and_proofs_of_the_vectors},
      {"every inclusion proof holds and every change of it fails",
       every_inclusion_proof_holds_and_every_change_of_it_fails},
      {"every consistency proof holds and every change of it fails",
       every_consistency_proof_holds_and_every_change_of_it_fails},
      {"nothing is consistent with an empty tree", nothing_is_consistent_with_an_empty_tree},
      {"proofs outside the tree are absent and a store's failure is passed on",
       proofs_outside_the_tree_are_absent_and_a_store_s_failure_is_passed_on},
      {"the largest tree has the longest proofs and asks for few subtrees",
       the_largest_tree_has_the_longest_proofs_and_asks_for_few_subtrees},
      {"an edge is read only with as many nodes as its size has bits",
       an_edge_is_read_only_with_as_many_nodes_as_its_size_has_bits})
