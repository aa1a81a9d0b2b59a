/* comity policy fetch: the law that this party is judged by, as its gateway has it in force. */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/encoding.h"
#include "base/instant.h"
#include "comity/commands.h"
#include "comity/contexts.h"
#include "comity/output.h"
#include "comity/policy/authorities.h"
#include "comity/policy/policy.h"
#include "comity/policy/rulebook_install.h"
#include "libcomity/fetched.h"
#include "libcomity/told.h"

#define ARENA_BYTES (160UL << 20)
#define HEX_BYTES   (2 * DIGEST_BYTES + 1)

struct fetching {
    const struct invocation *inv;
    struct policy_authorities authorities;
    struct comity *comity;
    struct arena *arena;
    struct fetched_rulebook fetched;
    struct text_files files;   /* as a rulebook's folder has them */
    struct rulebook *rulebook; /* that they are */
    struct rulebook_change change;
};

static enum comity_exit out_of_memory(struct comity_fault *reterr)
{
    return fail(reterr, COMITY_FAILED, "MEMORY", "out of memory");
}

/* ---- the files ---- */

static int by_path(const void *a, const void *b)
{
    return slice_compare(((const struct text_file *)a)->path, ((const struct text_file *)b)->path);
}

static bool put_file(struct fetching *x, const char *folder, struct slice name, struct slice text)
{
    const char *path =
        arena_print(x->arena, "%s%.*s", folder, (int)name.length, (const char *)name.at);
    if (path != NULL)
        x->files.at[x->files.count++] = (struct text_file){slice_text(path), text};
    return path != NULL;
}

/* Under the name of its certificate, of which there is one: the first. What is no signature has
 * none, and is left out. */
static bool put_signature(struct fetching *x, const char *folder, size_t first, struct slice octets)
{
    struct signed_object o;
    char name[SIGNED_OBJECT_KEY_BYTES];
    if (failed(signed_object_read(octets, &o)))
        return true;
    signed_object_name(&o, name);
    for (size_t i = first; i < x->files.count; i++)
        if (slice_is(slice_part(x->files.at[i].path, strlen(folder), SIZE_MAX), name))
            return true;
    return put_file(x, folder, slice_text(name), octets);
}

static bool put_object(struct fetching *x, const struct fetched_object *o)
{
    char folder[SIGNATURES_PATH_BYTES];
    const char *below = folder + strlen(SIGNATURES_FOLDER);
    bool good = true;
    signatures_folder(o->name, folder);
    for (size_t i = 0; good && i < o->files.count; i++)
        good = put_file(x, below, o->files.at[i].path, o->files.at[i].text);
    const size_t first = x->files.count;
    for (size_t i = 0; good && i < o->signatures.count; i++)
        good = put_signature(x, folder, first, o->signatures.at[i]);
    return good;
}

static bool put_together(struct fetching *x)
{
    size_t room = 1;
    bool good = true;
    for (size_t i = 0; i < x->fetched.count; i++)
        room += x->fetched.at[i].files.count + x->fetched.at[i].signatures.count;
    x->files.at = arena_array(x->arena, room, sizeof *x->files.at);
    for (size_t i = 0; good && i < x->fetched.count; i++)
        good = x->files.at != NULL && put_object(x, &x->fetched.at[i]);
    if (good && x->files.count > 1)
        qsort(x->files.at, x->files.count, sizeof *x->files.at, by_path);
    return good;
}

/* ---- judged ---- */

static enum comity_exit refuse_rulebook(const struct fetching *x, const struct text_error *wrong,
                                        struct comity_fault *reterr)
{
    const char *gateway = comity_context_of(x->comity)->gateway;
    fail(reterr, COMITY_VERIFY, "CONFIG", "what %s has in force cannot be read here: %s:%u:%u: %s",
         gateway, wrong->file, wrong->line, wrong->column, wrong->message);
    return advise(reterr, "a newer comity may know more of the language");
}

static enum comity_exit judge(struct fetching *x, struct comity_fault *reterr)
{
    struct text_error wrong = {0};
    struct status s = rulebook_parse(&x->files, &x->rulebook, &wrong);
    if (s.code == CODE_MEMORY)
        return out_of_memory(reterr);
    if (failed(s))
        return refuse_rulebook(x, &wrong, reterr);
    if (!x->authorities.named)
        return COMITY_DONE;
    s = rulebook_endorse(x->rulebook, &x->files, &x->authorities.all, policy_now_ms(), &wrong);
    if (s.code == CODE_MEMORY)
        return out_of_memory(reterr);
    return failed(s) ? fail(reterr, COMITY_VERIFY, "E_SIG", "%s", wrong.message) : COMITY_DONE;
}

static enum comity_exit ask(struct fetching *x, struct comity_fault *reterr)
{
    struct status s = told_begin(x->comity, 0, reterr);
    if (!failed(s))
        s = fetched_rulebook(x->comity, x->arena, &x->fetched, reterr);
    if (failed(s))
        return fault_exit(reterr, s);
    return put_together(x) ? judge(x, reterr) : out_of_memory(reterr);
}

/* ---- what is told ---- */

/* What the context trusts of this name is the same. */
static bool is_trusted(const struct fetching *x, const struct fetched_object *o,
                       struct object_statement *ret_own)
{
    return rulebook_statement(x->comity->rulebook, o->name, ret_own) &&
           ret_own->number == o->number && digest_equal(&ret_own->digest, digest_slice(&o->digest));
}

static bool is_all_trusted(const struct fetching *x)
{
    return digest_equal(&x->comity->rulebook->digest, digest_slice(&x->rulebook->digest));
}

static json_t *object_json(const struct fetching *x, const struct fetched_object *o)
{
    struct object_statement own = {0};
    char digest[HEX_BYTES], until[INSTANT_TEXT_BYTES];
    hex_write(digest_slice(&o->digest), digest);
    bool trusted = is_trusted(x, o, &own);
    json_t *json = json_pack("{s:o,s:I,s:s,s:b}", "object", slice_json(o->name), "number",
                             (json_int_t)o->number, "digest", digest, "trusted", (int)trusted);
    if (!trusted && own.number > 0) {
        hex_write(digest_slice(&own.digest), digest);
        json_object_set_new(json, "trusted_number", json_integer((json_int_t)own.number));
        json_object_set_new(json, "trusted_digest", json_string(digest));
    }
    if (x->authorities.named) {
        instant_write(rulebook_object_until_ms(x->rulebook, o->name), until);
        json_object_set_new(json, "signed_until", json_string(until));
    }
    return json;
}

static json_t *outcome_json(const struct fetching *x)
{
    char digest[HEX_BYTES];
    json_t *objects = json_array();
    json_t *json = x->change.folder[0] == '\0' ? json_object() : rulebook_change_json(&x->change);
    hex_write(digest_slice(&x->rulebook->digest), digest);
    for (size_t i = 0; i < x->fetched.count; i++)
        json_array_append_new(objects, object_json(x, &x->fetched.at[i]));
    json_object_set_new(json, "gateway", json_string(comity_context_of(x->comity)->gateway));
    json_object_set_new(json, "digest", json_string(digest));
    json_object_set_new(json, "trusted", json_boolean(is_all_trusted(x)));
    json_object_set_new(json, "verified", json_boolean(x->authorities.named));
    json_object_set_new(json, "objects", objects);
    return json;
}

static void print_object(const struct invocation *inv, const json_t *o)
{
    const char *was = json_string_value(json_object_get(o, "trusted_digest"));
    const char *until = json_string_value(json_object_get(o, "signed_until"));
    put_painted(inv, PAINT_STRONG, json_string_value(json_object_get(o, "object")));
    printf(" number %" JSON_INTEGER_FORMAT " %s\n",
           json_integer_value(json_object_get(o, "number")),
           json_string_value(json_object_get(o, "digest")));
    if (until != NULL)
        printf("  signed until %s\n", until);
    if (was != NULL)
        printf("  this context trusts number %" JSON_INTEGER_FORMAT " %s\n",
               json_integer_value(json_object_get(o, "trusted_number")), was);
    else if (json_is_false(json_object_get(o, "trusted")))
        printf("  this context has none\n");
}

/* What is left to say, and to do. */
static void talk(const struct fetching *x)
{
    const struct comity_context *context = comity_context_of(x->comity);
    if (!is_all_trusted(x))
        say(x->inv,
            "The context %s trusts another rulebook, %s: comity policy diff shows what changes",
            context->name, context->directory);
    if (!x->authorities.named)
        say(x->inv, "The digests are those of %s; whose signatures they have was not asked for",
            context->gateway);
    if (x->change.folder[0] != '\0')
        say(x->inv, x->inv->dry_run ? "nothing was written" : "written to %s", x->change.folder);
}

static void tell(const struct fetching *x)
{
    json_t *json = outcome_json(x);
    const json_t *objects = json_object_get(json, "objects");
    for (size_t i = 0; !x->inv->json && i < json_array_size(objects); i++)
        print_object(x->inv, json_array_get(objects, i));
    if (x->inv->json)
        put_json(json_incref(json));
    json_decref(json);
    talk(x);
}

/* ---- written ---- */

static enum comity_exit write_folder(struct fetching *x, struct comity_fault *reterr)
{
    char folder[RULEBOOK_PATH_BYTES];
    const char *given = invocation_value(x->inv, FLAG_OUTPUT);
    if (given == NULL)
        return COMITY_DONE;
    if (!slice_copy_text(slice_text(given), folder, sizeof folder))
        return fail_usage(reterr, "the path is too long");
    for (size_t i = strlen(folder); i > 1 && folder[i - 1] == '/'; i--)
        folder[i - 1] = '\0';
    enum comity_exit exit = rulebook_change_fetched(folder, &x->files, &x->change, reterr);
    return exit == COMITY_DONE && !x->inv->dry_run ? rulebook_change_do(&x->change, reterr) : exit;
}

static enum comity_exit fetch(const struct invocation *inv, struct comity_fault *reterr)
{
    struct fetching x = {.inv = inv, .arena = arena_new(ARENA_BYTES)};
    enum comity_exit exit = policy_authorities_open(inv, &x.authorities, reterr);
    if (exit == COMITY_DONE && x.arena == NULL)
        exit = out_of_memory(reterr);
    if (exit == COMITY_DONE)
        exit = context_open(inv, &x.comity, reterr);
    if (exit == COMITY_DONE)
        exit = ask(&x, reterr);
    if (exit == COMITY_DONE)
        exit = write_folder(&x, reterr);
    if (exit == COMITY_DONE)
        tell(&x);
    rulebook_change_done(&x.change);
    comity_close(x.comity);
    rulebook_free(x.rulebook);
    arena_free(x.arena);
    policy_authorities_close(&x.authorities);
    return exit;
}

static const struct argp_option options[] = {
    {"output", FLAG_OUTPUT, "DIR", 0, "The folder to write; without it nothing is written", 1},
    AUTHORITY_OPTION,
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command policy_fetch_command = {
    .noun = "policy",
    .verb = "fetch",
    .arguments = "[-o DIR] [--authority KIND=FILE]...",
    .summary = "Fetches the rulebook by which the own gateway judges",
    .help =
        "Law, States and parties that are in force at the context's gateway, each with its number "
        "and digest; every digest is computed again from what came. What differs from the rulebook "
        "that the context trusts is said: that is what E_STALE is about.\n\n"
        "With -o the rulebook is written to DIR, with its signatures, whole or not at all. DIR may "
        "be missing or empty, or hold a rulebook, which is then kept as DIR.before; what had that "
        "name as DIR.before.1 and so on. Anything else in it is refused with exit code 2. "
        "--dry-run shows which files would change.\n\n"
        "A gateway says of itself that this is in force. Who wrote it, its signatures prove: name "
        "the sealing certificates of those who must have signed, as a gateway's configuration "
        "does, for all three kinds. At least two different authorities sign the law, one the "
        "States, and one of each State its parties; where they did not, nothing is written and the "
        "exit code is 9.\n\n"
        "With --json: \"gateway\", \"digest\", \"trusted\", \"verified\", "
        "\"objects\":[{\"object\",\"number\",\"digest\",\"trusted\"}], and with -o \"rulebook\", "
        "\"added\", \"changed\", \"removed\".\n\n"
        "Examples:\n"
        "  comity policy fetch --context xa-ca-01\n"
        "  comity policy fetch -o rulebook --authority law=min.crt --authority law=jud.crt "
        "--authority states=ca.crt --authority parties=xa.crt --authority parties=xc.crt\n"
        "  comity policy fetch -o rulebook && comity policy check rulebook\n",
    .options = options,
    .words_max = 0,
    .run = fetch,
};
