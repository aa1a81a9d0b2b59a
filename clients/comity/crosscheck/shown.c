#include "comity/crosscheck/shown.h"

static const struct {
    const char *words;
    bool compares;
} kinds[SHOWN_KINDS] = {
    [SHOWN_RIGHTLY] = {"as it has to", true},
    [SHOWN_FOREIGN] = {"which is no log of its own", false},
    [SHOWN_FORMER] = {"from which another log went on", true},
    [SHOWN_OTHER] = {"which is not the log that it was asked for", false},
    [SHOWN_SHORT] = {"and less of it than it ended with by the directory", true},
};

const char *crosscheck_shown_words(enum crosscheck_shown shown)
{
    return kinds[shown].words;
}

bool crosscheck_shown_compares(enum crosscheck_shown shown)
{
    return kinds[shown].compares;
}

static bool is_in_force(const struct log_row *row, uint64_t now_ms)
{
    return row->from_ms <= now_ms && now_ms < row->until_ms;
}

static bool is_in_book(const struct crosscheck_book *book, struct slice origin)
{
    for (size_t i = 0; i < book->log_count; i++)
        if (slice_is(origin, book->logs[i].origin))
            return true;
    return false;
}

static bool is_former(const struct crosscheck_asked *asked, const struct crosscheck_book *book,
                      const struct log_row *row)
{
    const bool is_over = row->is_closed || !is_in_force(row, asked->now_ms);
    const struct log_row *later = directory_successor(asked->gateway, row->origin);
    for (; later != NULL; later = directory_successor(asked->gateway, later->origin))
        if (is_in_book(book, later->origin) || (is_over && is_in_force(later, asked->now_ms)))
            return true;
    return false;
}

enum crosscheck_shown crosscheck_shown(const struct crosscheck_asked *asked,
                                       const struct crosscheck_book *book, const struct note *note)
{
    const struct log_row *row = directory_log(asked->gateway, note->origin);
    if (row == NULL)
        return SHOWN_FOREIGN;
    if (asked->ended != NULL && !slice_is(note->origin, asked->ended))
        return SHOWN_OTHER;
    if (asked->ended == NULL && is_former(asked, book, row))
        return SHOWN_FORMER;
    return row->is_closed && note->size < row->closed_size ? SHOWN_SHORT : SHOWN_RIGHTLY;
}
