#include "policy/needles.h"

#include <stdlib.h>

#include "policy/list.h"

struct needles needles_new(struct arena *arena)
{
    return (struct needles){.arena = arena};
}

void needles_add(struct needles *n, struct slice folded)
{
    struct slice *at = list_grow(n->arena, n->at, n->count, &n->room, sizeof *at);
    n->starved = n->starved || folded.at == NULL || at == NULL;
    if (n->starved)
        return;
    n->at = at;
    n->at[n->count++] = folded;
}

static int compare(const void *a, const void *b)
{
    return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

void needles_sort(struct needles *n)
{
    if (n->count > 1)
        qsort(n->at, n->count, sizeof *n->at, compare);
}

/* How many needles do not stand after the text. */
static size_t not_after(const struct needles *n, struct slice text)
{
    size_t low = 0;
    for (size_t high = n->count; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (slice_compare(n->at[middle], text) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_among(const struct needles *n, struct slice folded)
{
    size_t found = not_after(n, folded);
    return found > 0 && slice_equal(n->at[found - 1], folded);
}

void needles_settle(struct needles *n, const struct needles *shown)
{
    size_t kept = 0;
    needles_sort(n);
    for (size_t i = 0; i < n->count; i++) {
        if (is_among(shown, n->at[i]))
            continue;
        if (kept == 0 || !slice_begins(n->at[i], n->at[kept - 1]))
            n->at[kept++] = n->at[i];
    }
    n->count = kept;
    for (size_t i = 0; i < kept; i++)
        n->leads[n->at[i].at[n->at[i].at[0] == ' ']] = true;
}

/*
 * No needle begins another, so if one begins the text it is the last that does not stand after it:
 * any between the two would begin with it.
 */
static bool begins(const struct needles *n, struct slice text)
{
    size_t found = not_after(n, text);
    return found > 0 && slice_begins(text, n->at[found - 1]);
}

bool needles_in_words(const struct needles *n, struct slice words)
{
    for (size_t i = 0; i + 1 < words.length; i++)
        if (words.at[i] == ' ' && n->leads[words.at[i + 1]] &&
            begins(n, slice_part(words, i, SIZE_MAX)))
            return true;
    return false;
}

bool needles_in_number(const struct needles *n, struct slice number)
{
    for (size_t i = 0; i < number.length; i++)
        if (n->leads[number.at[i]] && begins(n, slice_part(number, i, SIZE_MAX)))
            return true;
    return false;
}
