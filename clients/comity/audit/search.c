#include "comity/audit/mirror.h"
#include "comity/audit/rows.h"
#include "comity/audit/wanted.h"
#include "comity/commands.h"
#include "comity/output.h"
#include "mirror/marks.h"

#define ARENA_BYTES (8U << 20)
#define ROW_BYTES   (24U << 20)

/* A search at work. */
struct asking {
    const struct invocation *invocation;
    struct arena *arena;
    struct series *series;
    struct audit_wanted wanted;
    struct series_place before; /* where the page ends */
};

/* How many entries of the same time nothing can be said of. */
static struct status count_hidden(const struct asking *a, uint64_t *ret_count)
{
    static const char *const opened[] = {"outer", "inner", "closed"};
    struct search_wanted w = {.from_ms = a->wanted.search.from_ms,
                              .until_ms = a->wanted.search.until_ms};
    uint64_t all = 0, some = 0;
    struct status s = series_search_count(a->series, &w, a->before, &all);
    for (size_t i = 0; i < sizeof opened / sizeof opened[0] && !failed(s); i++) {
        struct slice mark = mark_make(a->arena, "opened", slice_text(opened[i]));
        w.marks = (struct slices){&mark, 1};
        if (mark.at == NULL)
            return FAIL(MEMORY);
        s = series_search_count(a->series, &w, a->before, &some);
        all -= some;
    }
    *ret_count = all;
    return s;
}

static struct status print_entry(const struct asking *a, struct series_place place)
{
    struct mirror_entry entry;
    const struct audit_line line = {a->series, place.log, &entry};
    struct arena *arena = arena_new(ROW_BYTES);
    struct status s = arena == NULL ? FAIL(MEMORY) : series_entry(a->series, arena, place, &entry);
    if (failed(s)) {
        arena_free(arena);
        return s;
    }
    if (a->invocation->json)
        put_json(audit_row_json(arena, &line));
    else
        s = invocation_has(a->invocation, FLAG_CSV) ? audit_row_csv(stdout, arena, &line)
                                                    : audit_row_print(a->invocation, arena, &line);
    arena_free(arena);
    return s;
}

static bool is_oldest(struct series_place place)
{
    return place.log == 0 && place.index == 0;
}

static void tell_rest(const struct asking *a, const struct series_place *places, size_t count)
{
    uint64_t hidden = 0;
    if (count == 0)
        say(a->invocation, "Nothing is found.");
    if (count == a->wanted.search.limit && !is_oldest(places[count - 1]))
        say(a->invocation, "Older ones: the same with --before %s/%llu",
            series_log(a->series, places[count - 1].log)->name,
            (unsigned long long)places[count - 1].index);
    if (!failed(count_hidden(a, &hidden)) && hidden > 0)
        say(a->invocation,
            "Of %llu entries of this time nothing can be said: confidential, erased or not "
            "fetched yet.",
            (unsigned long long)hidden);
}

static struct status print_page(const struct asking *a)
{
    struct series_place *places = NULL;
    size_t count = 0;
    struct status s =
        series_search(a->series, a->arena, &a->wanted.search, a->before, &places, &count);
    if (failed(s))
        return s;
    if (invocation_has(a->invocation, FLAG_CSV))
        audit_head_csv(stdout);
    else if (!a->invocation->json && count > 0)
        audit_head_print(a->invocation, a->series);
    for (size_t i = 0; i < count && !failed(s); i++)
        s = print_entry(a, places[i]);
    if (!failed(s))
        tell_rest(a, places, count);
    return s;
}

static struct status print_count(const struct asking *a)
{
    uint64_t count = 0, hidden = 0;
    struct status s = series_search_count(a->series, &a->wanted.search, a->before, &count);
    if (!failed(s))
        s = count_hidden(a, &hidden);
    if (failed(s))
        return s;
    if (a->invocation->json)
        put_json(json_pack("{s:I,s:I}", "count", (json_int_t)count, "hidden", (json_int_t)hidden));
    else
        printf("%llu found; of %llu entries of this time nothing can be said\n",
               (unsigned long long)count, (unsigned long long)hidden);
    return OK;
}

static enum comity_exit search(const struct invocation *inv, struct comity_fault *reterr)
{
    struct asking a = {.invocation = inv, .arena = arena_new(ARENA_BYTES)};
    enum comity_exit exit = a.arena == NULL ? fail(reterr, COMITY_FAILED, "MEMORY", "out of memory")
                                            : audit_wanted_read(inv, a.arena, &a.wanted, reterr);
    if (exit == COMITY_DONE && inv->json && invocation_has(inv, FLAG_CSV))
        exit = fail_usage(reterr, "--csv and --json exclude each other");
    if (exit == COMITY_DONE)
        exit = audit_mirror_open(inv, &a.series, reterr);
    if (exit == COMITY_DONE)
        exit = audit_mirror_log(a.series, a.wanted.before_log, &a.before.log, reterr);
    if (exit == COMITY_DONE) {
        a.before.index = a.wanted.search.before;
        struct status s = invocation_has(inv, FLAG_COUNT) ? print_count(&a) : print_page(&a);
        exit = failed(s) ? audit_mirror_fail(reterr, s) : COMITY_DONE;
    }
    series_close(a.series);
    arena_free(a.arena);
    return exit;
}

static const struct argp_option options[] = {
    MIRROR_OPTION,
    MIRROR_GATEWAY_OPTION,
    {"since", FLAG_SINCE, "TIME", 0, "Not before this date, or time (UTC)", 2},
    {"until", FLAG_UNTIL, "TIME", 0, "Until the end of this date, or before this time (UTC)", 2},
    {"from", FLAG_FROM, "PARTY", 0, "Messages of this party, or State", 3},
    {"to", FLAG_TO, "PARTY", 0, "Messages to this party, or State", 3},
    {"pair", FLAG_PAIR, "A,B", 0, "Messages between these two", 3},
    {"type", FLAG_TYPE, "TYPE", 0, "Type of message: mla.request, ...", 3},
    {"id", FLAG_ID, "MSGID", 0, "One message", 3},
    {"kind", FLAG_KIND, "KIND", 0, "disclosure, consultation, refusal, hold, erasure, ...", 4},
    {"stage", FLAG_STAGE, "STAGE", 0, "accepted, relayed, delivered, retrieved, rejected, ...", 4},
    {"code", FLAG_CODE, "CODE", 0, "Why it was refused: E_PURPOSE, ...", 4},
    {"op", FLAG_OP, "OP", 0, "DISCLOSE, CONSULT, ERASE, AUDIT_READ, ...", 4},
    {"related", FLAG_RELATED, "INDEX", 0, "What corrects, erases or replaces this entry", 4},
    {"actor", FLAG_ACTOR, "PARTY", 0, "Who asked for it", 5},
    {"officer", FLAG_OFFICER, "ID", 0, "Which officer did", 5},
    {"purpose", FLAG_PURPOSE, "CODE", 0, "EVIDENCE, ...", 6},
    {"instrument", FLAG_INSTRUMENT, "CODE", 0, "Treaty or law: UNTOC18, ...", 6},
    {"basis", FLAG_BASIS, "TEXT", 0, "Legal basis, or the code that it begins with; repeatable", 6},
    {"tier", FLAG_TIER, "CODE", 0, "Of the transfer: T0 to T4", 6},
    {"transfer", FLAG_TRANSFER, "CODE", 0, "What the transfer rests on: LED38_VITAL, ...", 6},
    {"ground", FLAG_GROUND, "CODE", 0, "Ground of a refusal", 6},
    {"field", FLAG_FIELD, "PATH", 0, "A field, or a part of the document; repeatable", 7},
    {"category", FLAG_CATEGORY, "CODE", 0, "ID, HLT, LOC, ...; repeatable", 7},
    {"level", FLAG_LEVEL, "LEVEL", 0, "clear, mask, generalise, ..., silent; repeatable", 7},
    {"rule", FLAG_RULE, "TEXT", 0, "A rule that decided, by its title; repeatable", 7},
    {"rulebook", FLAG_RULEBOOK, "HEX", 0, "Under the rulebook of this digest", 7},
    {"case", FLAG_CASE, "HEX", 0, "A case, as the log calls it", 8},
    {"subject", FLAG_SUBJECT, "HEX", 0, "A person, as the log calls them; repeatable", 8},
    {"text", FLAG_TEXT, "WORDS", 0, "All of these words in the justification", 8},
    {"before", FLAG_BEFORE, "[LOG/]INDEX", 0, "The next page: entries before this one", 9},
    {"limit", FLAG_LIMIT, "N", 0, "So many at most: 50, or up to 1000", 9},
    {"count", FLAG_COUNT, NULL, 0, "Only how many", 9},
    {"csv", FLAG_CSV, NULL, 0, "As comma-separated values, for spreadsheets", 9},
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command audit_search_command = {
    .noun = "audit",
    .verb = "search",
    .arguments = "",
    .summary = "Finds entries in the mirror of an audit log",
    .help =
        "What the ministry was given of its State's log (comity audit sync), newest first. All "
        "that is asked for has to hold. Nobody but this mirror is asked. An index never "
        "changes, so pages stay what they were: --before takes the last one shown, with the log "
        "that has it, as in 2026/1042, where the gateway has had several. Of what is "
        "confidential, erased or not fetched there is only a count. With --json one object a "
        "line: {\"log\",\"index\",\"time\",\"opened\",\"kind\",\"stage\",\"id\",\"from\",\"to\","
        "\"type\",\"purpose\",\"actor\",\"legal_basis\",\"released\",\"withheld\"}; with "
        "--count {\"count\",\"hidden\"}.\n\n"
        "Examples:\n"
        "  comity audit search --kind disclosure --to XC-CA-01 --since 2026-09-01\n"
        "  comity audit search --transfer LED38_VITAL --csv > art38.csv\n"
        "  comity audit search --field persons.health --level clear --count\n",
    .options = options,
    .run = search,
};
