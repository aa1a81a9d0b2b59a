#include <string.h>

#include "comity/archive/rows.h"
#include "comity/commands.h"
#include "comity/contexts.h"

struct listing {
    const struct invocation *invocation;
    const char *only; /* id of a message; NULL: all */
    size_t count;
};

static bool list_record(void *owner, const struct comity_archived *record)
{
    struct listing *listing = owner;
    if (listing->only != NULL && strcmp(record->id, listing->only) != 0)
        return true;
    archive_put_row(listing->invocation, record);
    listing->count++;
    return true;
}

static enum comity_exit walk(const struct invocation *inv, unsigned kinds, struct listing *listing,
                             struct comity_fault *reterr)
{
    struct comity *comity = NULL;
    enum comity_exit exit = context_open(inv, &comity, reterr);
    if (exit == COMITY_DONE)
        exit = comity_archive_each(comity, kinds, list_record, listing, reterr);
    comity_close(comity);
    return exit;
}

static enum comity_exit list(const struct invocation *inv, struct comity_fault *reterr)
{
    unsigned kinds = 0;
    struct listing listing = {.invocation = inv};
    enum comity_exit exit = archive_kinds(inv, ARCHIVE_KINDS_ALL, &kinds, reterr);
    if (exit == COMITY_DONE)
        exit = walk(inv, kinds, &listing, reterr);
    if (exit == COMITY_DONE && listing.count == 0)
        say(inv, "The archive has no such record.");
    return exit;
}

static enum comity_exit show(const struct invocation *inv, struct comity_fault *reterr)
{
    struct listing listing = {.invocation = inv, .only = inv->words[0]};
    enum comity_exit exit = walk(inv, ARCHIVE_KINDS_ALL, &listing, reterr);
    if (exit != COMITY_DONE || listing.count > 0)
        return exit;
    return fail(reterr, COMITY_UNKNOWN, "E_UNKNOWN", "the archive has nothing of a message %s",
                listing.only);
}

static const struct argp_option list_options[] = {
    {"kind", FLAG_KIND, "KIND", 0,
     "Only submission, receipt, message, checkpoint or contradiction; repeatable", 1},
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command archive_list_command = {
    .noun = "archive",
    .verb = "list",
    .arguments = "",
    .summary = "Lists the records that this party keeps",
    .help = "Submissions are own messages as they were sealed, with what became of them; receipts "
            "prove that; messages were received and verified; checkpoints are the last verified "
            "state of each audit log. The gateway is not asked. One object a line with --json.\n\n"
            "Examples:\n"
            "  comity archive list\n"
            "  comity archive list --kind submission --json\n",
    .options = list_options,
    .run = list,
};

const struct command archive_show_command = {
    .noun = "archive",
    .verb = "show",
    .arguments = "ID",
    .summary = "Lists the records of one message",
    .help = "comity request show ID shows the message itself.\n\n"
            "Example:\n"
            "  comity archive show 7d0e6f0a-52d3-4f4e-9a53-0a4be1d7b0c1\n",
    .words_min = 1,
    .words_max = 1,
    .run = show,
};
