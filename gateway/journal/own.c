#include "journal/own.h"

/* Entries of the journal itself: it was started or stopped, another rulebook is in force, its
 * operator did something. */

struct law journal_law_in_force(struct journal *j)
{
    pthread_mutex_lock(&j->mutex);
    const struct law law = j->law;
    pthread_mutex_unlock(&j->mutex);
    return law;
}

/* With what an entry that tells of it is to keep, for that may be owed at once. Gives those of
 * before. */
static void law_swap(struct journal *j, struct law *law, struct buffer *objects)
{
    pthread_mutex_lock(&j->mutex);
    const struct law law_before = j->law;
    const struct buffer objects_before = j->objects;
    j->law = *law;
    j->objects = *objects;
    pthread_mutex_unlock(&j->mutex);
    *law = law_before;
    *objects = objects_before;
}

static enum posting_kind posting_of(enum entry_kind kind)
{
    return kind == ENTRY_ERASURE ? POSTING_ERASURE
           : kind == ENTRY_KEY   ? POSTING_KEYS
                                 : POSTING_QUESTION;
}

struct status own_item(const struct journal *j, const struct own_entry *entry, void *owner,
                       journal_done *done, struct item **ret_item)
{
    const struct slice gateway = slice_text(j->gateway);
    struct posting posting = {
        .kind = posting_of(entry->kind),
        .at_ms = entry->law.at_ms,
        .outer = {.kind = entry->kind,
                  .stage = entry->stage,
                  .gateway = gateway,
                  .rulebook = digest_slice(&entry->law.rulebook)},
        .inner = {.op = slice_text(entry->op),
                  .actor = entry->actor.length == 0 ? gateway : entry->actor,
                  .officer = entry->officer.length == 0 ? (struct slice){NULL, 0} : entry->officer,
                  .justification = slice_text(entry->what)},
        .key = entry->key,
        .erasure = entry->erasure,
        .lifted = entry->lifted,
        .restored = entry->restored,
        .objects = entry->objects,
        .person = entry->person,
        .owner = owner,
    };
    if (entry->code != REFUSAL_NONE)
        posting.outer.code = slice_text(refusal_name(entry->code));
    struct status s = entropy_fill(&posting.keys, sizeof posting.keys);
    if (!failed(s))
        s = item_new(&posting, done, ret_item);
    secret_wipe(&posting.keys, sizeof posting.keys);
    return s;
}

/* Where the outcome of an entry is put. */
static void own_done(void *owner, struct journal_result *results)
{
    struct status *outcome = owner;
    *outcome = results->status;
    journal_result_free(results);
}

struct status own_commit(struct journal *j, const struct own_entry *entry)
{
    struct status outcome = FAIL(STORE);
    struct item *item = NULL;
    struct status s = own_item(j, entry, &outcome, own_done, &item);
    if (failed(s))
        return s;
    item->bytes = 0; /* it was never in the queue */
    batch_commit(j, item);
    waiting_settle(j, true);
    waiting_abandon(j, FAIL(FULL));
    return outcome;
}

struct status journal_note(struct journal *j, const char *what, uint64_t now_ms)
{
    const struct own_entry entry = {.kind = ENTRY_START_STOP,
                                    .op = "OPERATE",
                                    .what = what,
                                    .law = {journal_law_in_force(j).rulebook, now_ms}};
    return own_commit(j, &entry);
}

struct status journal_tell_restored(struct journal *j, uint64_t now_ms)
{
    struct restored_row row;
    struct status s = store_restored(j->writing.store, &row);
    if (failed(s) || row.told)
        return s.code == CODE_ABSENT ? OK : s;
    const struct own_entry entry = {.kind = ENTRY_OPERATOR,
                                    .op = "OPERATE",
                                    .what = "restore",
                                    .law = {journal_law_in_force(j).rulebook, now_ms},
                                    .restored = row.size};
    return own_commit(j, &entry);
}

/* A rulebook whose entry could not be written is owed to the log; of several in one batch the last
 * is in force. On the journal thread. */
static void law_done(void *owner, struct journal_result *results)
{
    struct journal *j = owner;
    for (struct journal_result *r = results, *next; r != NULL; r = next) {
        next = r->next;
        j->law_owed = failed(r->status);
        journal_result_free(r);
    }
}

static struct status law_put(struct journal *j, const struct law *law, struct slice objects)
{
    struct item *item = NULL;
    const struct own_entry entry = {.kind = ENTRY_LAW,
                                    .op = "POLICY_CHANGE",
                                    .what = "another rulebook is in force",
                                    .law = *law,
                                    .objects = objects};
    struct status s = own_item(j, &entry, j, law_done, &item);
    if (!failed(s) && failed(s = queue_put(j, item)))
        item_free(item);
    return s;
}

struct status journal_law(struct journal *j, const struct digest *rulebook, struct slice objects,
                          uint64_t now_ms)
{
    const struct law law = {*rulebook, now_ms};
    struct law other = law;
    struct buffer copy = buffer_new(objects.length);
    buffer_put(&copy, objects);
    if (copy.failed) {
        buffer_done(&copy);
        return FAIL(MEMORY);
    }
    law_swap(j, &other, &copy);
    struct status s = law_put(j, &law, objects);
    if (failed(s))
        law_swap(j, &other, &copy);
    buffer_done(&copy);
    return s;
}

static struct status pay(struct journal *j)
{
    pthread_mutex_lock(&j->mutex);
    const struct law law = j->law;
    struct buffer objects = buffer_new(j->objects.length);
    buffer_put(&objects, buffer_slice(&j->objects));
    pthread_mutex_unlock(&j->mutex);
    struct status s = objects.failed ? FAIL(MEMORY) : law_put(j, &law, buffer_slice(&objects));
    buffer_done(&objects);
    return s;
}

void journal_pay(struct journal *j)
{
    if (j->law_owed)
        j->law_owed = failed(pay(j));
}

/* Nobody waits for its outcome: what was refused is refused whether it is in the log or not. */
static void refused_done(void *owner, struct journal_result *results)
{
    (void)owner;
    for (struct journal_result *r = results, *next; r != NULL; r = next) {
        next = r->next;
        journal_result_free(r);
    }
}

struct status journal_law_refused(struct journal *j, enum refusal code, uint64_t now_ms)
{
    struct item *item = NULL;
    const struct own_entry entry = {.kind = ENTRY_LAW,
                                    .op = "POLICY_CHANGE",
                                    .what = "a rulebook was refused",
                                    .law = {journal_law_in_force(j).rulebook, now_ms},
                                    .code = code};
    struct status s = own_item(j, &entry, j, refused_done, &item);
    if (!failed(s) && failed(s = queue_put(j, item)))
        item_free(item);
    return s;
}

/* An entry of its own only where another rulebook was in force before: the start entry names what
 * a log begins with. The objects are kept with the last of the two: if it is not written, the next
 * start sees the same difference and writes it. */
struct status journal_start_law(struct journal *j, const char *what, struct slice objects,
                                bool is_other, uint64_t now_ms)
{
    const struct own_entry start = {.kind = ENTRY_START_STOP,
                                    .op = "OPERATE",
                                    .what = what,
                                    .law = {journal_law_in_force(j).rulebook, now_ms},
                                    .objects = is_other ? (struct slice){NULL, 0} : objects};
    struct own_entry law = start;
    law.kind = ENTRY_LAW;
    law.op = "POLICY_CHANGE";
    law.what = "another rulebook is in force";
    law.objects = objects;
    struct status s = own_commit(j, &start);
    return failed(s) || !is_other ? s : own_commit(j, &law);
}

struct status journal_operator(struct journal *j, const struct operator_act *act, uint64_t now_ms,
                               void *owner, journal_done *done)
{
    struct item *item = NULL;
    const struct own_entry entry = {.kind = ENTRY_OPERATOR,
                                    .op = "OPERATE",
                                    .what = act->what,
                                    .law = {journal_law_in_force(j).rulebook, now_ms},
                                    .lifted = act->lifted};
    struct status s = own_item(j, &entry, owner, done, &item);
    if (!failed(s) && failed(s = queue_put(j, item)))
        item_free(item);
    return s;
}
