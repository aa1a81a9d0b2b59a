#include "support/check.h"
#include "support/pki.h"
#include "support/small_rulebook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/received.h"
#include "wire/cbor.h"

/* Signatures of what is offered. */

#define ARENA ((size_t)64 << 20)
#define FROM  1789000000000ULL
#define NOW   1790000000000ULL
#define END   1791000000000ULL

/* Rulebook, its authorities and what is offered to it. */
struct bench {
    struct arena *arena;
    struct objects *ours, *next;
    struct object law;
    struct object_authority authorities[2];
    struct rulebook_authorities all;
    struct slice signatures[8];
    size_t count;
    struct log_row log; /* of ours that ended, where a test closes it */
    struct gateway_row gateway;
    struct directory directory;
};

static struct objects *objects_with(struct arena *arena, unsigned law)
{
    struct rulebook *rulebook = NULL;
    struct objects *objects = NULL;
    struct text_error error = {0};
    struct text_files files = small_rulebook(arena, law, 3, "");
    CHECK_OK(rulebook_parse(&files, &rulebook, &error));
    CHECK_OK(objects_new(&files, rulebook, NULL, 0, &objects));
    rulebook_free(rulebook);
    return objects;
}

static void bench_begin(struct bench *b)
{
    static const char *const names[] = {"XA-MIN-01", "XC-MIN-01"};
    *b = (struct bench){.arena = arena_new(ARENA)};
    b->ours = objects_with(b->arena, 4);
    b->next = objects_with(b->arena, 5);
    b->law = *objects_find(b->next, slice_text("law"));
    for (size_t i = 0; i < 2; i++) {
        b->authorities[i].certificate = pki_sealing(names[i])->certificate;
        (void)slice_copy_text(slice_text(names[i]), b->authorities[i].id,
                              sizeof b->authorities[i].id);
    }
    b->all.law = (struct object_authorities){b->authorities, 2};
}

static void bench_end(struct bench *b)
{
    objects_free(b->ours);
    objects_free(b->next);
    arena_free(b->arena);
}

static void add(struct bench *b, struct slice octets)
{
    b->signatures[b->count++] = arena_copy(b->arena, octets);
}

static void add_signed(struct bench *b, const char *name, uint64_t until_ms)
{
    const struct sealing *who = pki_sealing(name);
    const struct object_statement s = {b->law.name, b->law.number, b->law.digest, FROM, until_ms};
    struct buffer octets = buffer_new(SIGNED_OBJECT_MAX_BYTES);
    CHECK_OK(signed_object_make(who->key, certificate_x5t(who->certificate), &s, &octets));
    add(b, buffer_slice(&octets));
    buffer_done(&octets);
}

/* The law's octets with these signatures; text: instead of its first file's. */
static struct object offered(struct bench *b, const char *text)
{
    struct object o = b->law;
    struct text_files files;
    struct slices none;
    struct buffer octets = buffer_new(1 << 20);
    CHECK_OK(objects_folder(b->arena, b->law.octets, &files, &none));
    cbor_put_array(&octets, 2);
    cbor_put_array(&octets, files.count);
    for (size_t i = 0; i < files.count; i++) {
        cbor_put_array(&octets, 2);
        cbor_put_text(&octets, files.at[i].path);
        cbor_put_bytes(&octets, i == 0 && text != NULL ? slice_text(text) : files.at[i].text);
    }
    cbor_put_array(&octets, b->count);
    for (size_t i = 0; i < b->count; i++)
        cbor_put_bytes(&octets, b->signatures[i]);
    o.octets = arena_copy(b->arena, buffer_slice(&octets));
    buffer_done(&octets);
    return o;
}

static struct status judge(struct bench *b, bool is_asked_for, const char *text,
                           struct offer_content *ret_content, char *why)
{
    const struct object o = offered(b, text);
    const struct offer_judging by = {b->ours, is_asked_for ? &b->all : NULL, NOW, &b->directory};
    return offer_judge(b->arena, &by, &o, ret_content, why);
}

static void what_too_few_have_signed_is_not_read(void)
{
    struct bench b;
    struct offer_content content;
    char why[OFFER_WHY_BYTES];
    bench_begin(&b);
    add_signed(&b, "XA-MIN-01", END);
    CHECK_STATUS(judge(&b, true, "nonsense\n", &content, why), REFUSE(OBJECT_QUORUM));
    CHECK_TEXT(why, "it has valid signatures of 1 of the 2 authorities that it needs");
    add_signed(&b, "XC-MIN-01", END);
    CHECK_STATUS(judge(&b, true, "nonsense\n", &content, why), FAIL(CONFIG));
    CHECK(strncmp(why, "law/messages/a.b:1:1: ", 22) == 0);
    bench_end(&b);
}

static void of_the_signatures_those_that_count_are_kept(void)
{
    struct bench b;
    struct offer_content content = {0};
    char why[OFFER_WHY_BYTES];
    bench_begin(&b);
    add(&b, slice_text("no signature"));
    add_signed(&b, "XA-MIN-01", NOW + 1);
    add_signed(&b, "XA-JUD-01", END); /* nobody's that is asked */
    add_signed(&b, "XC-MIN-01", END);
    add_signed(&b, "XC-MIN-01", NOW); /* has ended */
    add_signed(&b, "XA-MIN-01", END);
    if (CHECK_OK(judge(&b, true, NULL, &content, why)) && CHECK_U64(content.signatures.count, 2)) {
        const bool xa_first = slice_equal(content.signatures.at[0].text, b.signatures[5]);
        CHECK_BYTES(content.signatures.at[xa_first ? 0 : 1].text, b.signatures[5]);
        CHECK_BYTES(content.signatures.at[xa_first ? 1 : 0].text, b.signatures[3]);
        CHECK(slice_compare(content.signatures.at[0].path, content.signatures.at[1].path) < 0);
    }
    if (CHECK_OK(judge(&b, false, NULL, &content, why))) /* one of each certificate */
        CHECK_U64(content.signatures.count, 3);
    bench_end(&b);
}

static void of_one_who_is_revoked_nothing_is_offered(void)
{
    struct bench b;
    struct offer_content content = {0};
    struct revocations *revoked = NULL;
    struct buffer der = buffer_new(4096);
    char why[OFFER_WHY_BYTES];
    bench_begin(&b);
    add_signed(&b, "XA-MIN-01", END);
    add_signed(&b, "XC-MIN-01", END);
    CHECK_OK(judge(&b, true, NULL, &content, why));
    pki_revoke("XC-MIN-01", FROM, &der);
    const struct revocation_list list = {.state = "XC", .der = buffer_slice(&der)};
    CHECK_OK(revocations_new(&list, 1, &revoked));
    b.all.revoked = revoked;
    CHECK_STATUS(judge(&b, true, NULL, &content, why), REFUSE(OBJECT_VALIDITY));
    CHECK_TEXT(why, "it has valid signatures of 1 of the 2 authorities that it needs; the "
                    "certificate of XC-MIN-01 is revoked since 2026-09-10T00:26:40Z");
    revocations_free(revoked);
    buffer_done(&der);
    bench_end(&b);
}

/* Ours closes a log that has no row where the offered one is put together. */
static void what_withdraws_the_end_of_a_log_is_not_offered(void)
{
    struct bench b;
    struct offer_content content = {0};
    char why[OFFER_WHY_BYTES];
    bench_begin(&b);
    b.log = (struct log_row){.origin = slice_text("a.b/2026"), .closed_size = 7};
    b.gateway = (struct gateway_row){.id = slice_text("XA-GW-01"), .logs = &b.log, .log_count = 1};
    b.directory = (struct directory){.gateways = &b.gateway, .gateway_count = 1};
    CHECK_OK(judge(&b, false, NULL, &content, why));
    b.log.is_closed = true;
    CHECK_STATUS(judge(&b, false, NULL, &content, why), REFUSE(OBJECT_CLOSING));
    CHECK_TEXT(why, "states number 3: the log a.b/2026 has no row any more: what was said of a log "
                    "that ended is said for ever (object.closing)");
    bench_end(&b);
}

/* ---- what we have, signed for longer ---- */

/* What is offered is in use here with the signatures of before; whether a copy with those added
 * since renews it. */
static struct status renews(struct bench *b, const struct object *ours, uint64_t until_ms,
                            struct offer_content *ret_content, uint64_t *ret_until_ms)
{
    struct object at[] = {*ours};
    const struct objects all = {at, 1, NULL};
    const struct object o = offered(b, NULL);
    const struct offer_judging by = {&all, &b->all, NOW, &b->directory};
    return offer_renews(b->arena, &by, &o, until_ms, ret_content, ret_until_ms);
}

static void what_is_ours_is_offered_where_it_is_signed_for_longer(void)
{
    struct bench b;
    struct offer_content content = {0};
    uint64_t until_ms = 0;
    bench_begin(&b);
    add_signed(&b, "XA-MIN-01", NOW + 5);
    add_signed(&b, "XC-MIN-01", NOW + 9);
    struct object ours = offered(&b, NULL);
    CHECK_STATUS(renews(&b, &ours, NOW + 5, &content, &until_ms), FAIL(ABSENT));
    b.count = 0;
    add_signed(&b, "XA-MIN-01", NOW + 7); /* the other's is ours */
    if (CHECK_OK(renews(&b, &ours, NOW + 5, &content, &until_ms))) {
        CHECK_U64(until_ms, NOW + 7);
        CHECK_U64(content.signatures.count, 2);
        CHECK_U64(content.files.count, 3);
    }
    b.count = 0;
    add_signed(&b, "XC-MIN-01", END); /* the first to end stays the same */
    CHECK_STATUS(renews(&b, &ours, NOW + 5, &content, &until_ms), FAIL(ABSENT));
    b.count = 0;
    add_signed(&b, "XA-JUD-01", END); /* nobody's that is asked */
    CHECK_STATUS(renews(&b, &ours, NOW + 5, &content, &until_ms), FAIL(ABSENT));
    ours.number++;
    add_signed(&b, "XA-MIN-01", NOW + 7);
    CHECK_STATUS(renews(&b, &ours, NOW + 5, &content, &until_ms), FAIL(ABSENT));
    ours.number--;
    ours.digest.octets[0] ^= 1;
    CHECK_STATUS(renews(&b, &ours, NOW + 5, &content, &until_ms), FAIL(ABSENT));
    bench_end(&b);
}

/* Until it is taken: then its signatures are ours. */
static void what_is_signed_for_longer_stays_until_it_is_ours(void)
{
    char root[] = "/tmp/comity-offers-XXXXXX", folder[100];
    struct bench b;
    struct offer_content content = {0};
    struct offers offers;
    uint64_t until_ms = 0;
    bool is_new = false;
    bench_begin(&b);
    CHECK(mkdtemp(root) != NULL);
    snprintf(folder, sizeof folder, "%s/received", root);
    add_signed(&b, "XA-MIN-01", NOW + 5);
    add_signed(&b, "XC-MIN-01", END);
    struct object ours = offered(&b, NULL);
    b.count = 0;
    add_signed(&b, "XA-MIN-01", END);
    add_signed(&b, "XC-MIN-01", END);
    struct object theirs = offered(&b, NULL);
    const struct objects old = {&ours, 1, NULL}, taken = {&theirs, 1, NULL};
    CHECK_OK(renews(&b, &ours, NOW + 5, &content, &until_ms));
    const struct offer offer = {.object = "law",
                                .number = b.law.number,
                                .digest = b.law.digest,
                                .peer = "XC-GW-01",
                                .since_ms = NOW};
    CHECK_OK(offer_keep(b.arena, folder, &offer, &content, &is_new));
    CHECK_OK(offers_sweep(b.arena, folder, &old));
    CHECK_OK(offers_read(b.arena, folder, &offers));
    CHECK_U64(offers.count, 1);
    CHECK_OK(offers_sweep(b.arena, folder, &taken));
    CHECK_OK(offers_read(b.arena, folder, &offers));
    CHECK_U64(offers.count, 0);
    CHECK_OK(folder_remove(root));
    bench_end(&b);
}

static void what_is_signed_anew_takes_the_place_of_the_same_offer(void)
{
    char root[] = "/tmp/comity-offers-XXXXXX", folder[100];
    struct arena *arena = arena_new(ARENA);
    struct text_file file = {slice_text("0123456789abcdef"), slice_text("first")};
    const struct offer_content content = {{NULL, 0}, {&file, 1}};
    struct offer offer = {.object = "law", .number = 5, .peer = "XC-GW-01", .since_ms = NOW};
    struct offers offers;
    struct text_files kept;
    bool is_new = false;
    CHECK(mkdtemp(root) != NULL);
    snprintf(folder, sizeof folder, "%s/received", root);
    CHECK_OK(offer_keep(arena, folder, &offer, &content, &is_new));
    CHECK(is_new);
    offer.since_ms++;
    CHECK_OK(offer_keep(arena, folder, &offer, &content, &is_new));
    CHECK_OK(offers_read(arena, folder, &offers));
    CHECK_U64(offers.count, 1);
    CHECK_U64(offers.at[0].since_ms, NOW);
    file.text = slice_text("second");
    CHECK_OK(offer_keep(arena, folder, &offer, &content, &is_new));
    CHECK(!is_new);
    CHECK_OK(offers_read(arena, folder, &offers));
    if (CHECK_U64(offers.count, 1)) {
        char signatures[RECEIVED_PATH_BYTES + 16];
        snprintf(signatures, sizeof signatures, "%s/signatures", offers.at[0].folder);
        if (CHECK_OK(folder_read(arena, signatures, 9, &kept)) && CHECK_U64(kept.count, 1))
            CHECK_BYTES(kept.at[0].text, slice_text("second"));
    }
    CHECK_OK(folder_remove(root));
    arena_free(arena);
}

TESTS(app_offers, {"what too few have signed is not read", what_too_few_have_signed_is_not_read},
      {"of the signatures those that count are kept", of_the_signatures_those_that_count_are_kept},
      {"of one who is revoked nothing is offered", of_one_who_is_revoked_nothing_is_offered},
      {"what withdraws the end of a log is not offered",
       what_withdraws_the_end_of_a_log_is_not_offered},
      {"what is ours is offered where it is signed for longer",
       what_is_ours_is_offered_where_it_is_signed_for_longer},
      {"what is signed for longer stays until it is ours",
       what_is_signed_for_longer_stays_until_it_is_ours},
      {"what is signed anew takes the place of the same offer",
       what_is_signed_anew_takes_the_place_of_the_same_offer})
