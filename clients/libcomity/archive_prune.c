#include <string.h>

#include "libcomity/archive_walk.h"
#include "libcomity/record_parts.h"

#define PRUNABLE ((unsigned)(COMITY_SUBMISSION | COMITY_RECEIPT | COMITY_MESSAGE))

struct pruning {
    struct comity *comity;
    const struct comity_pruning *what;
    bool over; /* who sees what was removed has seen enough */
};

/* Only what was answered for good can be missed: what is unsent is there to be sent again, what is
 * held may still be let go. */
static bool may_go(const struct pruning *p, const struct comity_archived *a)
{
    bool settled = a->kind != COMITY_SUBMISSION || strcmp(a->state, "accepted") == 0 ||
                   strcmp(a->state, "refused") == 0;
    return settled && a->time_ms < p->what->before_ms;
}

static struct status remove_submission(struct archive *archive, const struct archived *a)
{
    /* first: without it an answer means nothing, but not the other way round */
    struct status s = archive_remove(archive, ARCHIVE_SUBMISSION, a->id);
    return failed(s) ? s : archive_remove(archive, ARCHIVE_ANSWER, a->id);
}

static struct status remove_receipt(struct archive *archive, const struct archived *a)
{
    uint8_t room[RECORD_NAME_BYTES];
    const struct receipt_place place = {a->id, a->stage, a->hop};
    struct status s = archive_remove(archive, ARCHIVE_COSE, receipt_name(room, &place));
    return failed(s) ? s : archive_remove(archive, ARCHIVE_RECEIPT, receipt_name(room, &place));
}

/* Of the own gateway's disclosure, whichever hop it was. */
static struct status remove_cose(struct archive *archive, struct slice id)
{
    uint8_t room[RECORD_NAME_BYTES];
    struct status s = OK;
    for (uint64_t hop = 1; hop <= HOPS_MAX && !failed(s); hop++) {
        const struct receipt_place place = {id, (enum stage)hop, hop};
        s = archive_remove(archive, ARCHIVE_COSE, receipt_name(room, &place));
    }
    return s;
}

/* The message last, because the other two are found by it. Its id belongs to its sender, unless
 * another one was first with it. */
static struct status remove_message(struct archive *archive, const struct archived *a)
{
    uint8_t room[RECORD_NAME_BYTES];
    struct slice from = slice_text(a->shown.party), sender = {0};
    struct status s = record_get(archive, a->arena, ARCHIVE_SENDER, a->id, &sender);
    if (failed(s) && s.code != CODE_ABSENT)
        return s;
    if (slice_equal(sender, from)) {
        s = archive_remove(archive, ARCHIVE_SENDER, a->id);
        if (!failed(s))
            s = remove_cose(archive, a->id);
        if (!failed(s))
            s = archive_remove(archive, ARCHIVE_REPLY, a->id);
        if (failed(s))
            return s;
    }
    return archive_remove(archive, ARCHIVE_MESSAGE, record_name(room, a->id, from));
}

static struct status remove_record(struct archive *archive, const struct archived *a)
{
    switch (a->shown.kind) {
    case COMITY_SUBMISSION:
        return remove_submission(archive, a);
    case COMITY_RECEIPT:
        return remove_receipt(archive, a);
    case COMITY_MESSAGE:
        return remove_message(archive, a);
    case COMITY_CHECKPOINT:
    case COMITY_CONTRADICTION:
        break;
    }
    return FAIL(CONFIG);
}

static struct status prune(void *owner, const struct archived *a)
{
    struct pruning *p = owner;
    if (!may_go(p, &a->shown))
        return OK;
    struct status s = p->what->dry_run ? OK : remove_record(p->comity->archive, a);
    if (failed(s) || p->what->visit == NULL)
        return s;
    p->over = !p->what->visit(p->what->owner, &a->shown);
    return p->over ? FAIL(NONE) : OK; /* a failure is what ends a walk */
}

enum comity_exit comity_archive_prune(struct comity *c, const struct comity_pruning *what,
                                      struct comity_fault *reterr)
{
    struct pruning p = {c, what, false};
    size_t unsound = 0;
    struct status s = client_begin(c, 0, reterr);
    if (!failed(s) && (what->kinds == 0 || (what->kinds & ~PRUNABLE) != 0))
        s = fault_set(reterr, FAIL(CONFIG),
                      "only own messages, receipts and received messages can be removed");
    else if (!failed(s) && failed(s = archive_walk(c, what->kinds, prune, &p, &unsound)) && !p.over)
        s = fault_set(reterr, s, "the archive %s cannot be pruned", c->context.archive);
    else if (!failed(s))
        s = client_unsound(c, unsound, reterr);
    return fault_exit(reterr, p.over ? OK : s);
}
