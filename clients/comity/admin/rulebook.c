/* comity admin rulebook: what peers offer of the rulebook, and accepting it. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "comity/admin/admin.h"
#include "comity/commands.h"
#include "comity/output.h"
#include "comity/policy/rulebook_install.h"

/* ---- list ---- */

static void print_object(const struct invocation *inv, const json_t *row)
{
    printf("  ");
    put_painted(inv, PAINT_STRONG, admin_text(row, "object"));
    printf(" %" PRId64 "  ", admin_number(row, "number"));
    put_text(stdout, admin_text(row, "digest"));
}

static void print_offer(const struct invocation *inv, const json_t *row)
{
    print_object(inv, row);
    fputs("\n    from ", stdout);
    put_text(stdout, admin_text(row, "peer"));
    fputs(", since ", stdout);
    put_text(stdout, admin_text(row, "since"));
    fputc('\n', stdout);
}

static void print_list(const struct invocation *inv, const json_t *answer)
{
    const json_t *used = json_object_get(answer, "in_use");
    const json_t *offers = json_object_get(answer, "offers");
    fputs("in use, from ", stdout);
    put_text(stdout, admin_text(answer, "rulebook"));
    fputc('\n', stdout);
    for (size_t i = 0; i < json_array_size(used); i++) {
        print_object(inv, json_array_get(used, i));
        fputc('\n', stdout);
    }
    puts(json_array_size(offers) == 0 ? "nothing is offered" : "offered by peers");
    for (size_t i = 0; i < json_array_size(offers); i++)
        print_offer(inv, json_array_get(offers, i));
}

static enum comity_exit list(const struct invocation *inv, struct comity_fault *reterr)
{
    json_t *answer = NULL;
    enum comity_exit exit = admin_ask(inv, "rulebook", NULL, NULL, false, &answer, reterr);
    if (exit != COMITY_DONE)
        return exit;
    if (inv->json) {
        put_json(answer);
        return COMITY_DONE;
    }
    print_list(inv, answer);
    json_decref(answer);
    return COMITY_DONE;
}

/* ---- accept: which one ---- */

/* What was given on the command line. */
struct wanted {
    const char *object, *begin; /* begin: of the digest, "" for any */
    int64_t number;
};

static enum comity_exit read_wanted(const struct invocation *inv, struct wanted *ret_wanted,
                                    struct comity_fault *reterr)
{
    char *end = NULL;
    struct wanted w = {inv->words[1], inv->word_count == 4 ? inv->words[3] : "", 0};
    w.number = strtoll(inv->words[2], &end, 10);
    if (*end != '\0' || w.number < 1)
        return fail_usage(reterr, "%s is not the number of an object", inv->words[2]);
    *ret_wanted = w;
    return COMITY_DONE;
}

static bool is_wanted(const struct wanted *w, const json_t *row)
{
    return strcmp(admin_text(row, "object"), w->object) == 0 &&
           admin_number(row, "number") == w->number &&
           strncmp(admin_text(row, "digest"), w->begin, strlen(w->begin)) == 0;
}

/* Several peers may offer the same. */
static bool is_same(const json_t *found, const json_t *row)
{
    return found != NULL && strcmp(admin_text(found, "digest"), admin_text(row, "digest")) == 0;
}

static enum comity_exit choose(const struct wanted *w, const json_t *answer,
                               const json_t **ret_offer, struct comity_fault *reterr)
{
    const json_t *offers = json_object_get(answer, "offers"), *found = NULL;
    char digests[64 * 18] = "";
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(offers); i++) {
        const json_t *row = json_array_get(offers, i);
        if (!is_wanted(w, row) || is_same(found, row))
            continue;
        found = row;
        size_t at = strlen(digests);
        snprintf(digests + at, sizeof digests - at, "%s%.16s", count++ == 0 ? "" : ", ",
                 admin_text(row, "digest"));
    }
    if (count == 0) {
        fail(reterr, COMITY_UNKNOWN, "E_UNKNOWN", "nobody offers %s number %" PRId64 "%s%s",
             w->object, w->number, w->begin[0] == '\0' ? "" : " with a digest from ", w->begin);
        return advise(reterr, "comity admin rulebook list shows what is offered");
    }
    if (count > 1) {
        fail_usage(reterr, "there are %zu offers of %s number %" PRId64 ": %s", count, w->object,
                   w->number, digests);
        return advise(reterr, "ask their peers which one is right, and add its digest's beginning");
    }
    *ret_offer = found;
    return COMITY_DONE;
}

/* ---- accept: doing it ---- */

static json_t *outcome_json(const struct rulebook_change *c, const json_t *offer)
{
    json_t *json = rulebook_change_json(c);
    json_object_set(json, "object", json_object_get(offer, "object"));
    json_object_set(json, "number", json_object_get(offer, "number"));
    json_object_set(json, "digest", json_object_get(offer, "digest"));
    return json;
}

/* What the reload would take into use beside the object: drafts. used: what is in use */
static enum comity_exit refuse_drafts(const struct rulebook_change *c, const char *object,
                                      const json_t *used, struct comity_fault *reterr)
{
    for (size_t i = 0; i < json_array_size(used); i++) {
        const json_t *row = json_array_get(used, i);
        const char *name = admin_text(row, "object");
        if (strcmp(name, object) == 0 ||
            rulebook_files_have(&c->now, name, admin_text(row, "digest")))
            continue;
        fail(reterr, COMITY_CONFLICT, "E_CONFLICT", "%s holds another %s than is in use", c->folder,
             name);
        return advise(reterr, "comity admin reload takes that into use; or put it back first");
    }
    return COMITY_DONE;
}

static enum comity_exit change(const struct invocation *inv, const json_t *answer,
                               const json_t *offer, struct comity_fault *reterr)
{
    char files[RULEBOOK_PATH_BYTES], signatures[RULEBOOK_PATH_BYTES];
    struct rulebook_change c;
    const struct rulebook_exchange x = {admin_text(answer, "rulebook"), admin_text(offer, "object"),
                                        files, signatures, admin_text(offer, "digest")};
    int length = snprintf(files, sizeof files, "%s/files", admin_text(offer, "folder"));
    if (length < 0 || length >= (int)sizeof files ||
        snprintf(signatures, sizeof signatures, "%s/signatures", admin_text(offer, "folder")) >=
            (int)sizeof signatures)
        return fail_usage(reterr, "the path of the offer is too long");
    const json_t *used = json_object_get(answer, "in_use");
    enum comity_exit exit = rulebook_change_begin(&x, &c, reterr);
    if (exit == COMITY_DONE)
        exit = refuse_drafts(&c, x.object, used, reterr);
    if (exit == COMITY_DONE && !inv->dry_run)
        exit = rulebook_install(inv, &c, used, reterr);
    if (exit == COMITY_DONE)
        rulebook_change_print(inv, outcome_json(&c, offer));
    rulebook_change_done(&c);
    return exit;
}

static enum comity_exit accept(const struct invocation *inv, struct comity_fault *reterr)
{
    struct wanted wanted = {"", "", 0};
    json_t *answer = NULL;
    const json_t *offer = NULL;
    enum comity_exit exit = read_wanted(inv, &wanted, reterr);
    if (exit == COMITY_DONE)
        exit = admin_ask(inv, "rulebook", NULL, NULL, false, &answer, reterr);
    if (exit == COMITY_DONE)
        exit = choose(&wanted, answer, &offer, reterr);
    if (exit == COMITY_DONE)
        exit = change(inv, answer, offer, reterr);
    json_decref(answer);
    return exit;
}

static enum comity_exit rulebook(const struct invocation *inv, struct comity_fault *reterr)
{
    if (strcmp(inv->words[0], "list") == 0 && inv->word_count == 1)
        return list(inv, reterr);
    if (strcmp(inv->words[0], "accept") == 0 && inv->word_count >= 3)
        return accept(inv, reterr);
    fail_usage(reterr, "%s is neither list alone nor accept with an object and its number",
               inv->words[0]);
    return advise(reterr, "comity admin rulebook --help shows what it takes");
}

static const struct argp_option options[] = {
    ADMIN_OPTIONS,
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command admin_rulebook_command = {
    .noun = "admin",
    .verb = "rulebook",
    .arguments = "list | accept OBJECT NUMBER [DIGEST] --config FILE",
    .summary = "Shows what peers offer of the rulebook, and takes it into use",
    .help = ADMIN_HELP
    "A peer gateway whose rulebook has a higher number of an object, law, states or parties:XC, "
    "offers it. list shows what is in use, and each offer with its digest, the peer that it came "
    "from and since when; of each peer the gateway keeps the newest of each object, eight at most, "
    "until the one in "
    "use is not older. An offer is not signed: compare the "
    "digest with the one that its State has published before you accept it.\n\n"
    "accept makes the rulebook's folder anew with the object's files, keeps the one in use beside "
    "it as FOLDER.before, what had that name as FOLDER.before.1 and so on, and has the gateway "
    "reload. Of what lies beside it only FOLDER.unfinished, its own, is ever removed. Where that "
    "is refused the folder is put back "
    "and every problem is said, exit code 2. If it is killed, run it again. Of two offers with one "
    "number the beginning of the "
    "digest says which. Names in the folder that begin with a dot are left behind. "
    "Where another object in the folder is not the one in use, a draft, it is refused with exit "
    "code 6; of the configuration the whole is reloaded. --dry-run shows "
    "which files would change.\n\n"
    "With --json: list gives \"rulebook\", \"in_use\":[{\"object\",\"number\",\"digest\"}], "
    "\"offers\":[{... \"peer\",\"since\",\"folder\"}]; accept \"object\", \"number\", "
    "\"digest\", \"rulebook\", \"added\", \"changed\", \"removed\".\n\n"
    "Examples:\n"
    "  comity admin rulebook list --config /etc/comity/comityd.yaml\n"
    "  comity admin rulebook accept law 7 --config /etc/comity/comityd.yaml --dry-run\n",
    .options = options,
    .words_min = 1,
    .words_max = 4,
    .run = rulebook,
};
