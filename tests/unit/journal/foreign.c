#include "foreign.h"

#include <stdio.h>
#include <string.h>

static const uint8_t release_1[32] = {0x52, 0x31};
static const uint8_t leaf[32] = {0x4c}, root[32] = {0x52};

void desk_begin(struct desk *d)
{
    fixture_begin(&d->f);
    d->a = arena_new(8 << 20);
    d->reader = NULL;
    CHECK_OK(journal_reader_open(d->f.journal, &d->reader));
}

void desk_end(struct desk *d)
{
    journal_reader_close(d->reader);
    arena_free(d->a);
    fixture_end(&d->f);
}

void desk_again(struct desk *d)
{
    journal_reader_close(d->reader);
    fixture_close(&d->f);
    d->reader = NULL;
    CHECK_OK(fixture_open(&d->f, T0 + 100000));
    CHECK_OK(journal_reader_open(d->f.journal, &d->reader));
}

size_t desk_undelivered(struct desk *d, const char *box)
{
    struct delivery *rows;
    size_t count = 99;
    const struct journal_page page = {.party = slice_text(box), .limit = 10};
    CHECK_OK(journal_undelivered(d->reader, d->a, &page, &rows, &count));
    return count;
}

size_t desk_notices(struct desk *d, const char *box, uint64_t after, struct notice **ret_rows)
{
    size_t count = 99;
    const struct journal_page page = {.party = slice_text(box), .after = after, .limit = 10};
    CHECK_OK(journal_notices(d->reader, d->a, &page, ret_rows, &count));
    return count;
}

void letter_out(struct letter *l, uint64_t n)
{
    letter_write(l, n, 1);
    l->posting.message.box = slice_text("XC-GW-01");
}

void letter_in(struct letter *l, uint64_t n)
{
    letter_write(l, n, 1);
    struct posting *p = &l->posting;
    l->from = slice_text("XC-CA-01");
    l->to = slice_text("XA-CA-01");
    p->message.from = p->release.from = p->outer.from = p->inner.actor = l->from;
    p->message.to = p->release.to = p->outer.to = l->to;
    p->message.origin = slice_text("XC-GW-01");
    p->release.hop = p->outer.hop = 2;
    p->release.previous_leaf = slice_over(leaf, sizeof leaf);
    p->release.previous_root = slice_over(root, sizeof root);
    p->release.previous_size = 7;
    p->relayed.release = letter_in_release();
    memset(&p->relayed.keys, (int)(0x80 + n % 0x40), sizeof p->relayed.keys);
}

struct slice letter_in_release(void)
{
    return slice_over(release_1, sizeof release_1);
}

void letter_remote(struct letter *l, enum stage stage, const char *receipt)
{
    letter_stage(l, stage);
    l->posting.kind = POSTING_REMOTE_STAGE;
    l->posting.receipt = slice_text(receipt);
}

void foreign_log_make(struct foreign_log *log, uint64_t other_from)
{
    for (uint64_t i = 0; i < FOREIGN_LEAVES; i++) {
        const uint8_t entry[] = {(uint8_t)i, i >= other_from};
        log->leaves[i] = merkle_leaf(slice_over(entry, sizeof entry));
    }
}

static struct status subtree(void *log, unsigned level, uint64_t index, struct digest *ret_hash)
{
    const struct foreign_log *l = log;
    *ret_hash = merkle_root_of(&l->leaves[index << level], UINT64_C(1) << level);
    return OK;
}

void foreign_checkpoint(const struct foreign_log *log, uint64_t old_size, uint64_t size,
                        struct foreign_checkpoint *ret)
{
    struct foreign_log leaves = *log;
    struct peer_checkpoint *c = &ret->checkpoint;
    memset(ret, 0, sizeof *ret);
    c->origin = slice_text(FOREIGN_ORIGIN);
    c->size = size;
    c->root = merkle_root_of(log->leaves, size);
    c->old_size = old_size;
    c->path.at = ret->slices;
    if (old_size <= size)
        CHECK_OK(merkle_consistency(subtree, &leaves, old_size, size, ret->path, &c->path.count));
    for (size_t i = 0; i < c->path.count; i++)
        ret->slices[i] = digest_slice(&ret->path[i]);
    snprintf(ret->note, sizeof ret->note, FOREIGN_ORIGIN "\n%llu\n%02x%02x\n\nsigned\n",
             (unsigned long long)size, c->root.octets[0], c->root.octets[1]);
    c->note = slice_text(ret->note);
}
