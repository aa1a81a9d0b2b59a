#include "exchange/exchange.h"

const struct link_limits link_limits_default = {
    /* An agency runs some client programs on some machines, each with a link or two; at 30 KB each
     * they cost the worker less than 4 MB. */
    .links_per_party = 128,
    /* A gateway dials one link; while that is lost without anybody knowing, it dials another. */
    .links_per_gateway = 4,
    /* An entry of 3 KB a second is 260 MB a day: somebody notices before it hurts. People make
     * fewer mistakes, and programs that make more repeat one of them. */
    .refusals_per_minute = 60,
    /* At 150 us each, a link's whole window is dealt with in 5 ms; at the 5 ms of a slow line's
     * round trip it still fills one core. */
    .credits = 32,
    /* Four windows: TAKEN costs no credit, and comes for every delivery and every notice. */
    .pending = 128,
    /* The longest frame at 512 kbit/s, the slowest line that anybody has to an agency. */
    .frame_ms = 20000,
};
