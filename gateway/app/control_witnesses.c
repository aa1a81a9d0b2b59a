/* What `comity admin status` says of witnesses: of our log, and of other gateways'. */

#include "app/control_parts.h"
#include "audit/cosigned.h"
#include "base/encoding.h"
#include "base/instant.h"

static json_t *text_json(struct slice text)
{
    return json_stringn((const char *)text.at, text.length);
}

/* null: never in this run. */
static json_t *age_json(uint64_t then_s, struct moment now)
{
    const uint64_t now_s = now.wall_ms / MS_PER_SECOND;
    return then_s == 0 ? json_null()
                       : json_integer((json_int_t)(now_s > then_s ? now_s - then_s : 0));
}

/* null: it has not failed in this run. */
static json_t *failure_json(const struct cosigning_witness *w)
{
    static const char *const words[] = {
        [COSIGNING_FINE] = NULL,
        [COSIGNING_AWAY] = NULL,
        [COSIGNING_AHEAD] = "it has cosigned more than we have signed",
        [COSIGNING_CONFLICT] = "it has cosigned another history",
    };
    const char *word = words[w->trouble];
    return w->failed_s == 0 ? json_null()
                            : json_pack("{s:s,s:o}", "why", word == NULL ? w->why : word, "at",
                                        control_instant(w->failed_s * MS_PER_SECOND));
}

static json_t *witness_json(const struct cosigning_witness *w, uint64_t size, struct moment now)
{
    static const char *const states[] = {
        [COSIGNING_FINE] = "good",
        [COSIGNING_AWAY] = "away",
        [COSIGNING_AHEAD] = "ahead",
        [COSIGNING_CONFLICT] = "conflict",
    };
    const bool is_new = w->cosigned_s == 0 && w->failed_s == 0;
    char id[2 * sizeof w->id + 1];
    hex_write(slice_over(w->id, sizeof w->id), id);
    return json_pack("{s:s,s:s,s:s,s:s,s:I,s:o,s:I,s:o}", "name", w->name, "party", w->party, "key",
                     id, "state", is_new ? "new" : states[w->trouble], "size", (json_int_t)w->size,
                     "age_s", age_json(w->cosigned_s, now), "backlog",
                     (json_int_t)(size > w->size ? size - w->size : 0), "failure", failure_json(w));
}

json_t *control_witnesses(const struct control *c, uint64_t size, struct moment now)
{
    struct cosigning_view view;
    json_t *rows = json_array();
    cosigning_look(c->settings.cosigning, &view);
    for (size_t i = 0; i < view.count; i++)
        json_array_append_new(rows, witness_json(&view.witnesses[i], size, now));
    return rows;
}

static json_t *cosigned_json(const struct control *c, const struct gateway_row *gateway,
                             const struct log_row *log, struct moment now)
{
    struct peer_note_view view;
    json_t *states = json_array();
    for (size_t i = 0; workers_cosigned(c->settings.workers, log->origin, i, &view); i++)
        json_array_append_new(states, json_pack("{s:s,s:I,s:o}", "state", view.state, "size",
                                                (json_int_t)view.size, "age_s",
                                                age_json(view.since_s, now)));
    return json_pack("{s:o,s:o,s:o}", "gateway", text_json(gateway->id), "origin",
                     text_json(log->origin), "cosigned", states);
}

static bool wants_quorum(const struct log_row *log, struct moment now)
{
    return log->quorum > 0 && log->from_ms <= now.wall_ms && now.wall_ms < log->until_ms;
}

json_t *control_foreign_logs(const struct control *c, const struct directory *d, struct moment now)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < d->gateway_count; i++) {
        const struct gateway_row *g = &d->gateways[i];
        const bool is_own = slice_is(g->id, c->settings.gateway);
        for (size_t k = 0; k < g->log_count && !is_own; k++)
            if (wants_quorum(&g->logs[k], now))
                json_array_append_new(rows, cosigned_json(c, g, &g->logs[k], now));
    }
    return rows;
}
