/* comity admin erase, hold-erasure: orders about what a gateway keeps. */

#include <string.h>

#include "base/encoding.h"
#include "base/reader.h"
#include "comity/admin/admin.h"
#include "comity/commands.h"
#include "comity/output.h"
#include "libcomity/uuid.h"

#define ORDER_MAX_BYTES 1024

/* "XA-CA-01/9f3c20aa-.../XC-CA-01" as the gateway takes it. */
static enum comity_exit put_message(const char *words, struct buffer *out,
                                    struct comity_fault *reterr)
{
    uint8_t id[16];
    char hex[2 * sizeof id + 1];
    struct slice from, middle, rest = slice_text(words);
    from = slice_part(rest, 0, slice_find(rest, '/'));
    rest = slice_part(rest, from.length + 1, SIZE_MAX);
    middle = slice_part(rest, 0, slice_find(rest, '/'));
    rest = slice_part(rest, middle.length + 1, SIZE_MAX);
    if (from.length == 0 || rest.length == 0 || !uuid_read(middle, id)) {
        fail_usage(reterr, "--message %s is not FROM/ID/TO", words);
        return advise(reterr, "such as XA-CA-01/6f1c0c1e-8f1e-4c7b-9a70-1f2a3b4c5d6e/XC-CA-01");
    }
    hex_write(slice_over(id, sizeof id), hex);
    buffer_print(out, "message %.*s %s %.*s\n", (int)from.length, (const char *)from.at, hex,
                 (int)rest.length, (const char *)rest.at);
    return COMITY_DONE;
}

static enum comity_exit put_entry(const char *words, struct buffer *out,
                                  struct comity_fault *reterr)
{
    uint64_t index;
    if (!decimal_read(slice_text(words), INT64_MAX, &index))
        return fail_usage(reterr, "--entry %s is not the index of an entry", words);
    buffer_print(out, "entry %s\n", words);
    return COMITY_DONE;
}

static enum comity_exit put_case(const struct invocation *inv, struct buffer *out,
                                 struct comity_fault *reterr)
{
    uint8_t id[16];
    char hex[2 * sizeof id + 1];
    const char *reference = invocation_value(inv, FLAG_CASE);
    const char *thread = invocation_value(inv, FLAG_THREAD);
    if ((reference == NULL) == (thread == NULL))
        return fail_usage(reterr, "in which case? --case, or --thread where its messages have no"
                                  " reference");
    if (reference != NULL) {
        buffer_print(out, "%s", reference);
        return COMITY_DONE;
    }
    if (!uuid_read(slice_text(thread), id))
        return fail_usage(reterr, "--thread %s is not the id of a thread", thread);
    hex_write(slice_over(id, sizeof id), hex);
    buffer_print(out, "thread:%s", hex);
    return COMITY_DONE;
}

static enum comity_exit put_person(const struct invocation *inv, const char *sid,
                                   struct buffer *out, struct comity_fault *reterr)
{
    const char *from = invocation_value(inv, FLAG_FROM);
    const char *reference = invocation_value(inv, FLAG_CASE);
    if (from == NULL || strpbrk(from, " \r\n") != NULL || strpbrk(sid, " \r\n") != NULL ||
        (reference != NULL && strpbrk(reference, " \r\n") != NULL))
        return fail_usage(reterr, "who calls the person so? --person and --case are what the party"
                                  " --from calls them, without spaces");
    buffer_print(out, "person %s ", from);
    enum comity_exit exit = put_case(inv, out, reterr);
    if (exit == COMITY_DONE)
        buffer_print(out, " %s\n", sid);
    return exit;
}

static enum comity_exit put_subject(const struct invocation *inv, struct buffer *out,
                                    struct comity_fault *reterr)
{
    const char *message = invocation_value(inv, FLAG_MESSAGE);
    const char *entry = invocation_value(inv, FLAG_ENTRY);
    const char *person = invocation_value(inv, FLAG_PERSON);
    if ((message != NULL) + (entry != NULL) + (person != NULL) != 1)
        return fail_usage(reterr, "what is it about? one of --message, --entry and --person");
    return message != NULL ? put_message(message, out, reterr)
           : entry != NULL ? put_entry(entry, out, reterr)
                           : put_person(inv, person, out, reterr);
}

/* The four lines of an order. */
static enum comity_exit put_order(const struct invocation *inv, const char *act, struct buffer *out,
                                  struct comity_fault *reterr)
{
    const char *basis = invocation_value(inv, FLAG_BASIS);
    const char *order = invocation_value(inv, FLAG_ORDER);
    if (basis == NULL || order == NULL)
        return fail_usage(reterr, "--basis and --order are missing: the audit log says why it was"
                                  " done, and by whose order");
    if (strpbrk(basis, "\r\n\t") != NULL || strpbrk(order, "\r\n\t") != NULL)
        return fail_usage(reterr, "--basis and --order are one line each");
    buffer_print(out, "%s\n", act);
    enum comity_exit exit = put_subject(inv, out, reterr);
    if (exit != COMITY_DONE)
        return exit;
    buffer_print(out, "%s\n%s", basis, order);
    buffer_u8(out, '\0');
    return out->failed ? fail_usage(reterr, "the order is too long") : COMITY_DONE;
}

static enum comity_exit ask(const struct invocation *inv, const char *order,
                            struct comity_fault *reterr)
{
    json_t *answer = NULL;
    enum comity_exit exit = admin_ask(inv, "erasure", "order", order, false, &answer, reterr);
    if (exit != COMITY_DONE)
        return exit;
    if (inv->json) {
        put_json(answer);
        return COMITY_DONE;
    }
    put_text(stdout, admin_text(answer, "done"));
    fputc('\n', stdout);
    json_decref(answer);
    return COMITY_DONE;
}

static enum comity_exit dry(const struct invocation *inv, const char *act,
                            struct comity_fault *reterr)
{
    char path[ADMIN_PATH_BYTES];
    enum comity_exit exit = admin_socket(inv, path, reterr);
    if (exit == COMITY_DONE)
        say(inv, "the gateway at %s would be asked to %s", path, act);
    if (exit == COMITY_DONE && inv->json)
        put_json(json_pack("{s:s,s:s}", "control", path, "would", act));
    return exit;
}

static enum comity_exit give(const struct invocation *inv, const char *act,
                             struct comity_fault *reterr)
{
    struct buffer order = buffer_new(ORDER_MAX_BYTES);
    enum comity_exit exit = put_order(inv, act, &order, reterr);
    if (exit == COMITY_DONE)
        exit = inv->dry_run ? dry(inv, act, reterr) : ask(inv, (const char *)order.at, reterr);
    buffer_done(&order);
    return exit;
}

static enum comity_exit erase(const struct invocation *inv, struct comity_fault *reterr)
{
    return give(inv, "erase", reterr);
}

static enum comity_exit hold(const struct invocation *inv, struct comity_fault *reterr)
{
    return give(inv, invocation_has(inv, FLAG_LIFT) ? "lift" : "hold", reterr);
}

#define ORDER_OPTIONS                                                                              \
    {"message", FLAG_MESSAGE, "FROM/ID/TO", 0, "The message, as its receipts name it", 1},         \
        {"basis", FLAG_BASIS, "TEXT", 0, "The rule that it is done by", 1},                        \
    {                                                                                              \
        "order", FLAG_ORDER, "REF", 0, "Whose order it is, by its reference", 1                    \
    }

static const struct argp_option erase_options[] = {
    ADMIN_OPTIONS,
    ORDER_OPTIONS,
    {"entry", FLAG_ENTRY, "INDEX", 0, "The openings of this entry of the gateway's log", 1},
    {"person", FLAG_PERSON, "SID", 0, "What leads from a person to their pseudonym in the log", 1},
    {"from", FLAG_FROM, "PARTY", 0, "Who calls the person so", 1},
    {"case", FLAG_CASE, "REF", 0, "In this case of theirs", 1},
    {"thread", FLAG_THREAD, "ID", 0, "In this thread, where its messages have no reference", 1},
    {NULL, 0, NULL, 0, NULL, 0},
};

static const struct argp_option hold_options[] = {
    ADMIN_OPTIONS,
    ORDER_OPTIONS,
    {"lift", FLAG_LIFT, NULL, 0, "End the hold", 1},
    {NULL, 0, NULL, 0, NULL, 0},
};

const struct command admin_erase_command = {
    .noun = "admin",
    .verb = "erase",
    .arguments = "--message FROM/ID/TO | --entry INDEX | --person SID --from PARTY --case REF"
                 " --basis TEXT --order REF --config FILE",
    .summary = "Destroys what a gateway keeps of a message, an entry or a person in a case",
    .help = ADMIN_HELP
    "The key of exactly that is destroyed and what it encrypts is overwritten; there is no way "
    "back. A message: its text, local values and line in the inbox, delivered or not; receipts and "
    "stages stay. An entry: its openings, after which nobody learns from this gateway what it "
    "says; refused while receipts are made of them, and for entries about what the gateway itself "
    "did. A person in a case: the key of their pseudonym, after which nobody can tell whom the "
    "entries mean; who is named again later gets another one. The log stays whole and says that it "
    "was done, on what basis and by whose order: name "
    "no person in either. What parties and auditors have is theirs to erase, and older backups "
    "still have it: see the runbook.\n\n"
    "Example:\n"
    "  comity admin erase --message XA-CA-01/6f1c0c1e-8f1e-4c7b-9a70-1f2a3b4c5d6e/XC-CA-01 \\\n"
    "    --basis 'LED 16(2)' --order XA-DPA-01/2026-114 --config /etc/comity/comityd.yaml\n",
    .options = erase_options,
    .run = erase,
};

const struct command admin_hold_erasure_command = {
    .noun = "admin",
    .verb = "hold-erasure",
    .arguments = "--message FROM/ID/TO --basis TEXT --order REF [--lift] --config FILE",
    .summary = "Keeps what a gateway has of a message from being erased, where it is evidence",
    .help = ADMIN_HELP
    "The retention passes over it, and an order to erase it is refused, until the hold is lifted. "
    "Both are in the audit log.\n\n"
    "Example:\n"
    "  comity admin hold-erasure \\\n"
    "    --message XA-CA-01/6f1c0c1e-8f1e-4c7b-9a70-1f2a3b4c5d6e/XC-CA-01 \\\n"
    "    --basis 'LED 16(3)(b)' --order XA-JUD-01/77 --config /etc/comity/comityd.yaml\n",
    .options = hold_options,
    .run = hold,
};
