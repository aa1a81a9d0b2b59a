#ifndef EXCHANGE_JUDGE_CLAIMS_H
#define EXCHANGE_JUDGE_CLAIMS_H

/* What both hops ask of claims, which are never withheld: who may send such a message to whom, for
 * what, in which language, under which codes, and whether it says what its type requires. */

#include "exchange/judge.h"

/**
 * Judges claims by the law and the directory of now.
 *
 * ret_detail  names the claim or code list at fault; untouched where the reason says it all
 *
 * REFUSED  route.unknown, type.role, type.purpose, type.language, type.incomplete, type.value
 */
struct status claims_judge(const struct judge *judge, const struct message_type *type,
                           const struct claims *claims, struct slice *ret_detail);

#endif
