#include "crypto/merkle.h"

#include <string.h>

struct digest merkle_leaf(struct slice entry)
{
    static const uint8_t mark = 0;
    return digest_two(slice_over(&mark, 1), entry);
}

struct digest merkle_node(const struct digest *left, const struct digest *right)
{
    uint8_t both[1 + 2 * sizeof left->octets] = {1};
    memcpy(both + 1, left->octets, sizeof left->octets);
    memcpy(both + 1 + sizeof left->octets, right->octets, sizeof right->octets);
    return digest_plain(slice_over(both, sizeof both));
}

void merkle_append(struct merkle_edge *edge, const struct digest *leaf)
{
    struct digest hash = *leaf;
    for (uint64_t bits = edge->size; (bits & 1) != 0; bits >>= 1)
        hash = merkle_node(&edge->nodes[--edge->count], &hash);
    edge->nodes[edge->count++] = hash;
    edge->size++;
}

struct digest merkle_root(const struct merkle_edge *edge)
{
    if (edge->count == 0)
        return digest_plain(slice_over(NULL, 0));
    struct digest hash = edge->nodes[edge->count - 1];
    for (unsigned i = edge->count - 1; i > 0; i--)
        hash = merkle_node(&edge->nodes[i - 1], &hash);
    return hash;
}

struct slice merkle_edge_slice(const struct merkle_edge *edge)
{
    return slice_over(edge->nodes, edge->count * sizeof edge->nodes[0]);
}

bool merkle_edge_read(uint64_t size, struct slice nodes, struct merkle_edge *ret_edge)
{
    unsigned count = 0;
    for (uint64_t bits = size; bits != 0; bits &= bits - 1)
        count++;
    if (size > MERKLE_MAX_SIZE || nodes.length != count * sizeof ret_edge->nodes[0])
        return false;
    *ret_edge = (struct merkle_edge){.size = size, .count = count};
    if (count > 0)
        memcpy(ret_edge->nodes, nodes.at, nodes.length);
    return true;
}
