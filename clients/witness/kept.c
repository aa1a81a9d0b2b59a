#include "witness/kept.h"

#include "audit/ended.h"
#include "base/encoding.h"
#include "base/instant.h"
#include "crypto/digest.h"
#include "witness/kept_parts.h"

#define CLOSED_MAX_BYTES 128

/* A checkpoint that was cosigned. */
struct cosigned {
    struct witness_head head;
    struct buffer note; /* empty where nothing was */
};

/* A submission while its transaction is open. */
struct turn {
    struct kept *kept;
    const struct submission *submission;
    struct digest origin;
    struct kept_answer answer;
    bool writes;
};

static struct status read_cosigned(struct kept *kept, sqlite3_stmt *row,
                                   struct cosigned *ret_cosigned)
{
    struct status s = kept_row(kept, row);
    if (failed(s))
        return s;
    buffer_put(&ret_cosigned->note, kept_octets(row, 2));
    ret_cosigned->head.size = (uint64_t)sqlite3_column_int64(row, 0);
    ret_cosigned->head.root = digest_read(kept_octets(row, 1));
    return ret_cosigned->note.failed ? FAIL(MEMORY) : OK;
}

/* The newest checkpoint of a log of at most this size; the empty tree where there is none. */
static struct status newest(struct kept *kept, const struct digest *origin, uint64_t size,
                            struct cosigned *ret_cosigned)
{
    sqlite3_stmt *row = NULL;
    const struct value values[] = {OCTETS(digest_slice(origin)), NUMBER(size)};
    struct status s =
        kept_ask(kept,
                 "SELECT size, root, note FROM checkpoint WHERE origin = ? AND size <= ?"
                 " ORDER BY size DESC LIMIT 1",
                 values, 2, &row);
    *ret_cosigned = (struct cosigned){witness_head_empty(), buffer_new(NOTE_MAX_BYTES)};
    if (failed(s))
        return s;
    s = read_cosigned(kept, row, ret_cosigned);
    sqlite3_finalize(row);
    return s.code == CODE_ABSENT ? OK : s;
}

/* ---- evidence ---- */

enum kind { KIND_PROOF, KIND_ROOT, KIND_BEHIND, KIND_CLOSED, KINDS };

static const char *const kinds[KINDS] = {[KIND_PROOF] = "proof",
                                         [KIND_ROOT] = "root",
                                         [KIND_BEHIND] = "behind",
                                         [KIND_CLOSED] = KEPT_CLOSED};

/* It is found by the body shown: a log that shows the same again has said nothing new. Each kind
 * has room of its own: what is cheap to make keeps nothing out that convicts. */
static struct status put_evidence(struct turn *t, enum kind kind, struct slice against,
                                  struct slice shown)
{
    int before = sqlite3_total_changes(t->kept->db);
    const struct value values[] = {
        OCTETS(digest_slice(&t->origin)),
        NUMBER(t->submission->now_ms),
        TEXT(slice_text(kinds[kind])),
        OCTETS(t->submission->request->note.body),
        OCTETS(against),
        OCTETS(shown),
        NUMBER(KEPT_EVIDENCE),
    };
    struct status s =
        kept_run(t->kept,
                 "INSERT OR IGNORE INTO evidence(origin, at, kind, body, cosigned,"
                 " shown) SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE"
                 " (SELECT count(*) FROM evidence WHERE origin = ?1 AND kind = ?3) < ?7",
                 values, sizeof values / sizeof values[0]);
    const bool is_new = sqlite3_total_changes(t->kept->db) != before;
    t->answer.is_new = t->answer.is_new || is_new;
    t->writes = t->writes || is_new;
    return s;
}

/* Of what was shown only what the log's key vouches for: each piece is of a bounded length,
 * whatever else the request had. The hashes of its proof nobody has signed. */
static struct status keep_evidence(struct turn *t, enum kind kind, const struct buffer *against)
{
    struct buffer shown = buffer_new(NOTE_MAX_BYTES);
    witness_note_write(&t->submission->request->note, t->submission->log, slice_over(NULL, 0),
                       &shown);
    struct status s = shown.failed
                          ? FAIL(MEMORY)
                          : put_evidence(t, kind, buffer_slice(against), buffer_slice(&shown));
    buffer_done(&shown);
    return s;
}

/* Whether it contradicts this one, if there is one; the first contradiction found is kept. */
static struct status compare(struct turn *t, const struct cosigned *cosigned)
{
    if (t->answer.conflict != WITNESS_AGREES || cosigned->note.length == 0)
        return OK;
    t->answer.conflict =
        witness_conflict(t->submission->request, t->answer.verdict, &cosigned->head);
    if (t->answer.conflict == WITNESS_AGREES)
        return OK;
    return keep_evidence(t, t->answer.conflict == WITNESS_TWO_ROOTS ? KIND_ROOT : KIND_PROOF,
                         &cosigned->note);
}

/* It contradicts nothing here, but neither was it cosigned: somebody else may have seen another
 * root of its size. */
static struct status compare_behind(struct turn *t, const struct cosigned *same,
                                    const struct cosigned *last)
{
    const struct note *shown = &t->submission->request->note;
    if (t->answer.verdict <= WITNESS_UNSIGNED || t->answer.conflict != WITNESS_AGREES ||
        (shown->size == same->head.size &&
         digest_equal(&shown->root, digest_slice(&same->head.root))))
        return OK;
    return keep_evidence(t, KIND_BEHIND, &last->note);
}

/* What the authorities have closed is not cosigned, whatever it continues. */
static struct status compare_end(struct turn *t)
{
    char root[48];
    const struct log_row *row = t->submission->row;
    const struct note *shown = &t->submission->request->note;
    if (t->answer.verdict <= WITNESS_UNSIGNED ||
        !failed(log_end_allows(row, shown->size, &shown->root)))
        return OK;
    struct buffer end = buffer_new(CLOSED_MAX_BYTES);
    base64_write(digest_slice(&row->closed_root), root);
    buffer_print(&end, "closed at %llu root \"%s\"", (unsigned long long)row->closed_size, root);
    struct status s = end.failed ? FAIL(MEMORY) : keep_evidence(t, KIND_CLOSED, &end);
    buffer_done(&end);
    t->answer.is_past_end = true;
    if (t->answer.verdict == WITNESS_GOOD)
        t->answer.verdict = WITNESS_UNPROVED;
    return s;
}

/* Also where the question itself was wrong: what the log's key has signed stays signed. */
static struct status look_for_conflict(struct turn *t, const struct cosigned *last)
{
    uint64_t size = t->submission->request->note.size;
    struct status s = compare(t, last);
    if (failed(s) || size >= last->head.size)
        return s;
    struct cosigned same; /* or the next smaller one, which does not contradict */
    s = newest(t->kept, &t->origin, size, &same);
    if (!failed(s))
        s = compare(t, &same);
    if (!failed(s))
        s = compare_behind(t, &same, last);
    buffer_done(&same.note);
    return s;
}

/* ---- keeping ---- */

/* Of those that are no longer among the newest, one too many goes: where the gap that it leaves is
 * the smallest. So what is left is spread over the whole log. */
static const char thin[] =
    "DELETE FROM checkpoint WHERE origin = ?1 AND"
    " (SELECT count(*) FROM checkpoint WHERE origin = ?1) > ?2 + ?3 AND"
    " size = (SELECT size FROM (SELECT size, lead(size, 1, size + 1) OVER by_size -"
    " lag(size, 1, 0) OVER by_size AS gap FROM checkpoint WHERE origin = ?1 AND size <="
    " (SELECT size FROM checkpoint WHERE origin = ?1 ORDER BY size DESC LIMIT 1 OFFSET ?2)"
    " WINDOW by_size AS (ORDER BY size)) ORDER BY gap, size LIMIT 1)";

static struct status keep(struct turn *t, struct slice note)
{
    const struct note *shown = &t->submission->request->note;
    const struct value values[] = {OCTETS(digest_slice(&t->origin)), NUMBER(shown->size),
                                   OCTETS(digest_slice(&shown->root)), OCTETS(note)};
    const struct value old[] = {OCTETS(digest_slice(&t->origin)), NUMBER(KEPT_CHECKPOINTS),
                                NUMBER(KEPT_OLDER)};
    t->writes = true;
    struct status s =
        kept_run(t->kept, "INSERT OR REPLACE INTO checkpoint VALUES(?, ?, ?, ?)", values, 4);
    return failed(s) ? s : kept_run(t->kept, thin, old, 3);
}

static struct status cosign(struct turn *t, struct buffer *line)
{
    const struct signer *signer = t->kept->signer;
    const struct note *shown = &t->submission->request->note;
    struct buffer note = buffer_new(NOTE_MAX_BYTES);
    struct status s =
        note_cosign(signer->key, signer->name, t->submission->now_ms / MS_PER_SECOND, shown, line);
    if (!failed(s))
        witness_note_write(shown, t->submission->log, buffer_slice(line), &note);
    if (!failed(s))
        s = note.failed ? FAIL(MEMORY) : keep(t, buffer_slice(&note));
    buffer_done(&note);
    return s;
}

static struct status judge(struct turn *t, struct buffer *line)
{
    struct cosigned last;
    struct status s = newest(t->kept, &t->origin, INT64_MAX, &last);
    if (failed(s))
        goto out;
    t->answer.size = last.head.size;
    t->answer.verdict = witness_judge(t->submission->request, t->submission->log, &last.head);
    s = look_for_conflict(t, &last);
    if (!failed(s))
        s = compare_end(t);
    if (!failed(s) && t->answer.verdict == WITNESS_GOOD)
        s = cosign(t, line);
out:
    buffer_done(&last.note);
    return s;
}

/* After some errors (a full disk) the transaction is gone already. */
static void leave(struct kept *kept)
{
    if (sqlite3_get_autocommit(kept->db) == 0 && failed(kept_run(kept, "ROLLBACK", NULL, 0)))
        kept->broken = true;
}

static struct status submit(struct turn *t, struct buffer *line)
{
    struct kept *kept = t->kept;
    if (kept->broken)
        return FAIL(STORE);
    struct status s = kept_run(kept, "BEGIN IMMEDIATE", NULL, 0);
    if (failed(s))
        return s;
    s = judge(t, line);
    if (!failed(s) && t->writes)
        s = kept_run(kept, "COMMIT", NULL, 0);
    leave(kept);
    if (!failed(s))
        kept_tidy(kept);
    return s;
}

struct status kept_submit(struct kept *kept, const struct submission *submission,
                          struct buffer *line, struct kept_answer *ret_answer)
{
    struct turn t = {.kept = kept,
                     .submission = submission,
                     .origin = digest_plain(submission->request->note.origin)};
    struct buffer made = buffer_new(NOTE_MAX_BYTES);
    pthread_mutex_lock(&kept->turn);
    struct status s = submit(&t, &made);
    pthread_mutex_unlock(&kept->turn);
    if (!failed(s)) /* nothing is given out that is not kept */
        buffer_put(line, buffer_slice(&made));
    if (!failed(s) && line->failed)
        s = FAIL(MEMORY);
    if (!failed(s))
        *ret_answer = t.answer;
    buffer_done(&made);
    return s;
}

/* ---- showing ---- */

struct status kept_checkpoint(struct kept *kept, const struct digest *origin, struct buffer *out)
{
    struct cosigned last;
    pthread_mutex_lock(&kept->turn);
    struct status s = newest(kept, origin, INT64_MAX, &last);
    pthread_mutex_unlock(&kept->turn);
    if (!failed(s) && last.note.length == 0)
        s = FAIL(ABSENT);
    if (!failed(s))
        buffer_put(out, buffer_slice(&last.note));
    buffer_done(&last.note);
    return failed(s) || !out->failed ? s : FAIL(MEMORY);
}

static const char *kind_of(struct slice kind)
{
    for (size_t i = 0; i < KINDS; i++)
        if (slice_is(kind, kinds[i]))
            return kinds[i];
    return "";
}

static struct status visit_all(struct kept *kept, sqlite3_stmt *row, kept_visit *visit, void *owner)
{
    size_t count = 0;
    struct status s = OK;
    bool goes_on = true;
    while (goes_on && !failed(s = kept_row(kept, row))) {
        const struct kept_evidence one = {
            .number = (uint64_t)sqlite3_column_int64(row, 0),
            .kind = kind_of(kept_octets(row, 1)),
            .at_ms = (uint64_t)sqlite3_column_int64(row, 2),
            .cosigned = kept_octets(row, 3),
            .shown = kept_octets(row, 4),
        };
        goes_on = visit(owner, &one);
        count++;
    }
    return s.code == CODE_ABSENT && count > 0 ? OK : s;
}

struct status kept_evidence(struct kept *kept, const struct digest *origin, uint64_t from,
                            kept_visit *visit, void *owner)
{
    sqlite3_stmt *row = NULL;
    const struct value values[] = {OCTETS(digest_slice(origin)), NUMBER(from)};
    pthread_mutex_lock(&kept->turn);
    struct status s = kept_ask(kept,
                               "SELECT number, kind, at, cosigned, shown FROM evidence"
                               " WHERE origin = ? AND number >= ? ORDER BY number",
                               values, 2, &row);
    if (!failed(s))
        s = visit_all(kept, row, visit, owner);
    sqlite3_finalize(row);
    pthread_mutex_unlock(&kept->turn);
    return s;
}
