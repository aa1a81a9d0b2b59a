#include "pool.h"

#include <stdio.h>

#include "edge/mailbox.h"
#include "support/world_parts.h"

static struct mailbox *mailbox(void)
{
    struct mailbox *m = NULL;
    world_need(!failed(mailbox_new(&m)), "mailbox");
    return m;
}

static void what_is_put_can_be_taken_once(void)
{
    struct mailbox *m = mailbox();
    struct mailbox_content content;
    CHECK(!readable(mailbox_fd(m), 0));
    mailbox_put_sweep(m);
    mailbox_put_stop(m);
    CHECK(readable(mailbox_fd(m), 0));
    mailbox_take(m, &content);
    CHECK(content.sweep && content.stop && content.results == NULL);
    CHECK(!readable(mailbox_fd(m), 0));
    mailbox_take(m, &content);
    CHECK(!content.sweep && !content.stop);
    mailbox_free(m);
}

static void a_party_is_named_once(void)
{
    struct mailbox *m = mailbox();
    struct mailbox_content content;
    for (unsigned i = 0; i < 1000; i++)
        mailbox_put_party(m, slice_text(i % 2 == 0 ? "XA-CA-01" : "XC-CA-01"));
    mailbox_take(m, &content);
    CHECK_U64(content.party_count, 2);
    CHECK(!content.everybody);
    mailbox_free(m);
}

static void too_many_parties_are_everybody(void)
{
    struct mailbox *m = mailbox();
    struct mailbox_content content;
    char name[16];
    for (unsigned i = 0; i <= MAILBOX_PARTIES; i++) {
        snprintf(name, sizeof name, "XA-P%02u-01", i);
        mailbox_put_party(m, slice_text(name));
    }
    mailbox_take(m, &content);
    CHECK_U64(content.party_count, MAILBOX_PARTIES);
    CHECK(content.everybody);
    mailbox_free(m);
}

/* That each is let go of as often as it is held is what the leak check of the sanitizer sees. */
static void the_last_state_counts(void)
{
    struct mailbox *m = mailbox();
    struct mailbox_content content;
    for (uint64_t i = 1; i <= 3; i++) {
        const struct workers_state state = {.snapshot = snapshot_new(NULL, NULL),
                                            .context = gateway_context(false),
                                            .limits = {.links = i}};
        world_need(state.snapshot != NULL, "memory");
        mailbox_put_state(m, &state);
        snapshot_drop(state.snapshot);
        tls_context_free(state.context);
    }
    mailbox_take(m, &content);
    CHECK(content.state.snapshot != NULL && content.state.context != NULL);
    CHECK_U64(content.state.limits.links, 3);
    mailbox_put_state(m, &content.state); /* nobody takes this one */
    mailbox_drop_state(&content.state);
    CHECK(content.state.snapshot == NULL);
    mailbox_free(m);
}

TESTS(edge_mailbox, {"what is put can be taken, once", what_is_put_can_be_taken_once},
      {"a party is named once, however often there is mail", a_party_is_named_once},
      {"too many parties are everybody", too_many_parties_are_everybody},
      {"of several states the last one counts", the_last_state_counts})
