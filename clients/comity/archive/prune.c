#include <string.h>

#include "base/instant.h"
#include "comity/archive/rows.h"
#include "comity/commands.h"
#include "comity/contexts.h"

struct pruning {
    const struct invocation *invocation;
    size_t count;
};

static bool tell(void *owner, const struct comity_archived *record)
{
    struct pruning *p = owner;
    archive_put_row(p->invocation, record);
    p->count++;
    return true;
}

static enum comity_exit read_before(const struct invocation *inv, uint64_t *ret_before_ms,
                                    struct comity_fault *reterr)
{
    const char *text = invocation_value(inv, FLAG_BEFORE);
    if (text == NULL)
        return fail_usage(reterr, "say how old: --before DATE");
    if (!date_read(slice_text(text), ret_before_ms) &&
        !instant_read(slice_text(text), ret_before_ms))
        return fail_usage(reterr, "--before %s is no date like 2026-01-31", text);
    return COMITY_DONE;
}

static enum comity_exit prune_all(const struct invocation *inv, struct comity_pruning what,
                                  struct comity_fault *reterr)
{
    struct comity *comity = NULL;
    struct pruning p = {.invocation = inv};
    what.visit = tell;
    what.owner = &p;
    enum comity_exit exit = context_open(inv, &comity, reterr);
    if (exit == COMITY_DONE)
        exit = comity_archive_prune(comity, &what, reterr);
    comity_close(comity);
    if (exit == COMITY_DONE || exit == COMITY_VERIFY)
        say(inv, inv->dry_run ? "%zu records would be removed." : "%zu records were removed.",
            p.count);
    return exit;
}

static enum comity_exit prune(const struct invocation *inv, struct comity_fault *reterr)
{
    struct comity_pruning what = {.dry_run = inv->dry_run};
    enum comity_exit exit = archive_kinds(inv, COMITY_SUBMISSION | COMITY_RECEIPT | COMITY_MESSAGE,
                                          &what.kinds, reterr);
    if (exit == COMITY_DONE)
        exit = read_before(inv, &what.before_ms, reterr);
    if (exit == COMITY_DONE && !inv->dry_run && !inv->yes) {
        fail_usage(reterr, "this removes records for good");
        return advise(reterr, "--dry-run shows which; --yes removes them");
    }
    return exit == COMITY_DONE ? prune_all(inv, what, reterr) : exit;
}

static const struct argp_option prune_options[] = {
    {"before", FLAG_BEFORE, "DATE", 0, "Records older than this day (2026-01-31) or instant", 1},
    {"kind", FLAG_KIND, "KIND", 0, "Only submission, receipt or message; repeatable", 1},
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command archive_prune_command = {
    .noun = "archive",
    .verb = "prune",
    .arguments = "--before DATE",
    .summary = "Removes old records for good and says which",
    .help =
        "Own messages that are unsent or held are never removed: they can still be sent, or let "
        "go. Nor are checkpoints: by them a rewritten log is noticed. After an own message is "
        "removed nothing more is learnt of it. Times are those inside the records.\n\n"
        "Examples:\n"
        "  comity archive prune --before 2026-01-31 --dry-run\n"
        "  comity archive prune --before 2026-01-31 --kind message --yes\n",
    .options = prune_options,
    .run = prune,
};
