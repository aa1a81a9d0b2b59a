#include "faults/aftermath.h"

#include <stdio.h>

#include "audit/tile.h"

void check_nobody_blamed(const struct client *c)
{
    for (const struct heard *h = c->heard; h != NULL; h = h->next) {
        if (h->frame.kind == FRAME_REFUSE)
            CHECK_BYTES(h->frame.as.refuse.code, slice_text("E_UNAVAILABLE"));
        CHECK(h->frame.kind != FRAME_BYE);
    }
}

bool take_mail(struct world *w, struct client *xc, const struct letter *letter)
{
    if (!client_has_unread(xc))
        return false;
    const struct heard *h = client_hear(xc, FRAME_DELIVER);
    if (CHECK(h != NULL))
        client_take(xc, h->frame.number, &letter->key, STAGE_DELIVERED);
    return world_await_results(w, w->results + 1);
}

static void take_notice(struct world *w, struct client *xa, const struct letter *letter)
{
    const struct heard *h = client_hear(xa, FRAME_RECEIPT);
    if (CHECK(h != NULL))
        client_take(xa, h->frame.number, &letter->key, 0);
    CHECK(world_await_results(w, w->results + 1));
    CHECK(!client_has_unread(xa));
}

void check_arrives_once(struct world *w, const struct letter *letter)
{
    struct client *xa = client_dial(w, "XA-CA-01");
    const struct heard *h = client_submit(xa, &letter->submit);
    if (CHECK(h != NULL))
        CHECK_U64(h->frame.kind, FRAME_RECEIPT);
    struct client *xc = client_dial(w, "XC-CA-01");
    CHECK(take_mail(w, xc, letter));
    CHECK(!client_has_unread(xc));
    take_notice(w, xa, letter);
    client_free(xa);
    client_free(xc);
}

void check_told_once(struct world *w, const struct letter *letter)
{
    struct client *xc = client_dial(w, "XC-CA-01");
    take_mail(w, xc, letter);
    struct client *xa = client_dial(w, "XA-CA-01");
    take_notice(w, xa, letter);
    client_free(xa);
    client_free(xc);
    xc = client_dial(w, "XC-CA-01");
    CHECK(!client_has_unread(xc));
    client_free(xc);
}

static struct status read_log(void *store, const char *path, struct buffer *out)
{
    const struct world *w = store;
    char whole[256];
    snprintf(whole, sizeof whole, "%s/log/%s", w->folder, path);
    return file_read(whole, out);
}

void end_and_verify(struct world *w, uint64_t *ret_size)
{
    struct log_verdict verdict;
    const struct gateway_row *gateway =
        directory_gateway(w->rulebook->directory, slice_text(WORLD_GATEWAY));
    world_stop(w);
    CHECK_OK(log_verify(read_log, w, gateway->logs[0].vkey, &verdict));
    CHECK_TEXT(verdict.fault, "");
    *ret_size = verdict.size;
    world_free(w);
}
