#include "scenario/scene.h"

#include <stdio.h>
#include <string.h>

const char *const a3_secrets[] = {
    "Dostan",
    "Mirela",
    "2001-11-05",
    "C3390174",
    "+999551200481",
    "Blue Lantern",
    "Saltgate",
    "Lindfjord",
    "XA-INT-2026-118204",
    "PENDING",
    "asylum",
    "shelter",
    "hand injury",
    "Redik",
    "WPU-31",
    "protected",
    NULL,
};

const char *a3_document(void)
{
    static const char *text;
    if (text == NULL)
        text = (const char *)file_octets(tests_path("cases/a3-sent.json")).at;
    return text;
}

const char *plain_document(const char *instrument)
{
    static char text[4096];
    snprintf(text, sizeof text,
             "{\"type\": \"mla.request\", \"case_ref\": \"PA-2026-0500\", \"instrument\": \"%s\","
             " \"lang\": \"eng\", \"owner\": \"XA\", \"legal_basis\": [\"%s\"],"
             " \"purpose\": \"EVIDENCE\","
             " \"transfer\": {\"tier\": \"T3\", \"basis\": \"LED37_BINDING\"},"
             " \"authority\": {\"name\": \"Prosecutor\", \"function\": \"Prosecutor\"},"
             " \"proceeding\": {\"type\": \"PROSECUTION\","
             "  \"conducted_by\": {\"name\": \"District Court\", \"function\": \"judge\"},"
             "  \"subject\": \"fraud\"},"
             " \"facts\": \"S1 opened the account named in item 1.\","
             " \"facts_subjects\": [\"S1\"], \"facts_cats\": [\"CRM\"],"
             " \"offences\": [{\"iccs\": \"0701\", \"max_penalty_months\": 60}],"
             " \"items\": [{\"item\": 1, \"measure\": \"BANK_RECORDS\", \"target_sid\": \"S1\","
             "  \"details\": {\"iban\": \"XC71CRLB0000000047110815\"}}],"
             " \"persons\": [{\"sid\": \"S1\", \"cat\": \"ACCUSED\","
             "  \"name\": {\"family\": \"Halmar\", \"given\": \"Viktor\"},"
             "  \"dob\": \"1984-03-17\", \"citizenship\": [\"XC\"]}],"
             " \"purpose_text\": \"evidence at trial\"}",
             instrument, instrument);
    return text;
}

struct letter *scene_letter(const struct world *w, const char *document, const char *from,
                            const char *to)
{
    const struct letter_question question = {
        .rulebook = w->rulebook,
        .document = document,
        .from = from,
        .to = to,
        .now_ms = w->now.wall_ms,
    };
    return letter_new(&question);
}

struct letter *a3_letter(const struct world *w)
{
    return scene_letter(w, a3_document(), "XA-CA-01", "XC-CA-01");
}

struct letter *held_letter(const struct world *w)
{
    static const uint8_t list[] = {0x91, 0xa2, 'X', 'C'};
    struct letter *letter = a3_letter(w);
    for (size_t i = 0; i < letter->submit.locals_count; i++) {
        struct local_value *local = &letter->submit.locals[i];
        if (slice_holds(local->path, slice_text("officials_implicated")))
            local->value = value_read(slice_over(list, sizeof list));
    }
    return letter;
}

struct letter *plain_letter(const struct world *w)
{
    return scene_letter(w, plain_document("UNTOC18"), "XA-CA-01", "XC-CA-01");
}

bool scene_receipt(const struct world *w, const struct letter *letter, struct slice receipt,
                   const struct entry_wanted *wanted, struct proved *ret_proved)
{
    const struct envelope *envelope;
    if (!CHECK_OK(envelope_open(letter->arena, letter->submit.message.seal,
                                letter->submit.message_raw.length, &envelope)))
        return false;
    const struct receipt_wanted question = {
        .kind = wanted->kind,
        .stage = wanted->stage,
        .hop = wanted->hop,
        .gateway = directory_gateway(w->rulebook->directory,
                                     slice_text(wanted->hop == 2 ? "XC-GW-01" : w->gateway)),
        .claims = &envelope->claims,
        .seal = &envelope->digest,
    };
    return CHECK_OK(receipt_check(letter->arena, receipt, &question, ret_proved));
}

bool scene_outer(struct arena *arena, struct slice octets, struct outer *ret_outer)
{
    struct receipt receipt;
    return CHECK_OK(receipt_parse(arena, octets, &receipt)) &&
           CHECK_OK(outer_parse(receipt.record, ret_outer));
}

const struct delivery_verified *scene_verify(struct world *w, struct arena *arena,
                                             const struct deliver *deliver, const char *me)
{
    const struct delivery_verified *verified = NULL;
    const struct reader_state reader = {.me = slice_text(me), .now_ms = w->now.wall_ms};
    CHECK_OK(chain_verify(arena, deliver, w->rulebook->directory, &reader, &verified));
    return verified;
}

const struct heard *scene_send(struct client *sender, const struct letter *letter)
{
    const struct heard *h = client_submit(sender, &letter->submit);
    if (h == NULL || !CHECK_U64(h->frame.kind, FRAME_RECEIPT))
        fprintf(stderr, "%.*s", (int)sender->world->diagnostics.length,
                (const char *)sender->world->diagnostics.at);
    return h != NULL && h->frame.kind == FRAME_RECEIPT ? h : NULL;
}

void scene_send_many(struct client *sender, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct letter *letter = plain_letter(sender->world);
        CHECK(scene_send(sender, letter) != NULL);
        letter_free(letter);
    }
}

const struct heard *scene_refused(struct client *sender, const struct letter *letter,
                                  const char *code)
{
    const struct heard *h = client_submit(sender, &letter->submit);
    if (h == NULL || !CHECK_U64(h->frame.kind, FRAME_REFUSE))
        return NULL;
    CHECK_BYTES(h->frame.as.refuse.code, slice_text(code));
    return h;
}

bool scene_reason(const struct world *w, const char *reason)
{
    char text[64];
    struct slice all = buffer_slice(&w->diagnostics), last = {0};
    for (size_t at = 0; at < all.length; at++) {
        struct slice line = slice_part(all, at, slice_find(slice_part(all, at, SIZE_MAX), '\n'));
        if (slice_holds(line, slice_text("refused")))
            last = line;
        at += line.length;
    }
    snprintf(text, sizeof text, "\"%s\"", reason);
    bool is = slice_holds(last, slice_text(text));
    if (!is)
        fprintf(stderr, "not %s: %.*s\n", reason, (int)last.length, (const char *)last.at);
    return is;
}

size_t scene_lines(const struct world *w, const char *text)
{
    struct slice all = buffer_slice(&w->diagnostics);
    size_t count = 0;
    while (all.length > 0) {
        size_t end = slice_find(all, '\n');
        count += slice_holds(slice_part(all, 0, end), slice_text(text));
        all = slice_part(all, end + 1, SIZE_MAX);
    }
    return count;
}

bool scene_heard(const struct client *client, const char *text)
{
    for (const struct heard *h = client->heard; h != NULL; h = h->next)
        if (slice_holds(h->octets, slice_text(text)))
            return true;
    return false;
}
