#include "libcomity/fault.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const enum comity_exit exits[REFUSAL_COUNT] = {
    [REFUSAL_NONE] = COMITY_FAILED,      [REFUSAL_SCHEMA] = COMITY_INPUT,
    [REFUSAL_INCOMPLETE] = COMITY_INPUT, [REFUSAL_REASON] = COMITY_INPUT,
    [REFUSAL_GROUND] = COMITY_INPUT,     [REFUSAL_LANG] = COMITY_INPUT,
    [REFUSAL_EVAL] = COMITY_INPUT,       [REFUSAL_SIZE] = COMITY_INPUT,
    [REFUSAL_ROLE] = COMITY_REFUSED,     [REFUSAL_ROUTE] = COMITY_REFUSED,
    [REFUSAL_PURPOSE] = COMITY_REFUSED,  [REFUSAL_CONSENT] = COMITY_REFUSED,
    [REFUSAL_TRANSFER] = COMITY_REFUSED, [REFUSAL_HANDLING] = COMITY_REFUSED,
    [REFUSAL_CATEGORY] = COMITY_REFUSED, [REFUSAL_HELD] = COMITY_REFUSED,
    [REFUSAL_SIG] = COMITY_IDENTITY,     [REFUSAL_UNKNOWN] = COMITY_UNKNOWN,
    [REFUSAL_STATE] = COMITY_CONFLICT,   [REFUSAL_REPLAY] = COMITY_CONFLICT,
    [REFUSAL_EXPIRED] = COMITY_CONFLICT, [REFUSAL_UNAVAILABLE] = COMITY_UNAVAILABLE,
    [REFUSAL_HASH] = COMITY_VERIFY,      [REFUSAL_STALE] = COMITY_STALE,
    [REFUSAL_FORK] = COMITY_FORK,
};

/* What somebody who was refused can do about it. Holds say nothing on purpose (R-ASY-03). */
static const char *const advice[REFUSAL_COUNT] = {
    [REFUSAL_SCHEMA] = "compare the field with the message type in the rulebook's law/messages",
    [REFUSAL_SIG] = "look at the sealing certificate and whether the rulebook lists it",
    [REFUSAL_ROLE] = "the law lets no party of this role send this type to that one",
    [REFUSAL_ROUTE] = "the gateway knows no party of that name: see the rulebook's parties",
    [REFUSAL_REPLAY] = "another message has this id: leave the id out, a new one is made",
    [REFUSAL_INCOMPLETE] =
        "add what is named; without it the request cannot be executed (R-MLA-01)",
    [REFUSAL_REASON] = "give the reason: an urgency needs one (R-MLA-08)",
    [REFUSAL_LANG] = "the other State does not accept this language: see the rulebook's states",
    [REFUSAL_PURPOSE] = "this message type does not serve this purpose: see law/messages",
    [REFUSAL_TRANSFER] = "name the basis of the transfer to that State (R-LED-07)",
    [REFUSAL_CATEGORY] = "asylum and witness data never cross a border: put them under LOCAL",
    [REFUSAL_EXPIRED] = "seal it anew: it is past its time, or this machine's clock is wrong",
    [REFUSAL_SIZE] = "make it shorter",
    [REFUSAL_HELD] = "a person at your own central authority must look at it",
};

const char *refusal_advice(enum refusal refusal)
{
    return advice[refusal] == NULL ? "" : advice[refusal];
}

enum comity_exit exit_of(enum refusal refusal)
{
    return exits[refusal];
}

static enum comity_exit exit_of_status(struct status s)
{
    static const enum comity_exit codes[] = {
        [CODE_NONE] = COMITY_FAILED,    [CODE_OK] = COMITY_DONE,
        [CODE_REFUSED] = COMITY_FAILED, [CODE_ABSENT] = COMITY_UNKNOWN,
        [CODE_MEMORY] = COMITY_FAILED,  [CODE_STORE] = COMITY_FAILED,
        [CODE_FULL] = COMITY_FAILED,    [CODE_CRYPTO] = COMITY_FAILED,
        [CODE_CONFIG] = COMITY_INPUT,   [CODE_NETWORK] = COMITY_UNAVAILABLE,
        [CODE_FORK] = COMITY_FORK,
    };
    return s.code == CODE_REFUSED ? exit_of(reason_refusal(s.reason)) : codes[s.code];
}

static void raise_letters(char *text)
{
    for (char *c = text; *c != '\0'; c++)
        *c = (char)toupper((unsigned char)*c);
}

/* Where the wire has a word for it, it is that word here, too. */
static void put_code(struct comity_fault *f, struct status s)
{
    enum refusal refusal = s.code == CODE_REFUSED   ? reason_refusal(s.reason)
                           : s.code == CODE_ABSENT  ? REFUSAL_UNKNOWN
                           : s.code == CODE_NETWORK ? REFUSAL_UNAVAILABLE
                           : s.code == CODE_FORK    ? REFUSAL_FORK
                                                    : REFUSAL_NONE;
    if (refusal != REFUSAL_NONE) {
        snprintf(f->code, sizeof f->code, "%s", refusal_name(refusal));
        return;
    }
    snprintf(f->code, sizeof f->code, "%s", code_name(s.code));
    raise_letters(f->code);
}

struct status fault_set(struct comity_fault *reterr, struct status s, const char *format, ...)
{
    va_list args;
    memset(reterr, 0, sizeof *reterr);
    reterr->exit = exit_of_status(s);
    put_code(reterr, s);
    va_start(args, format);
    vsnprintf(reterr->message, sizeof reterr->message, format, args);
    va_end(args);
    return s;
}

struct status fault_input(struct comity_fault *reterr, enum refusal refusal, const char *format,
                          ...)
{
    va_list args;
    memset(reterr, 0, sizeof *reterr);
    reterr->exit = exit_of(refusal);
    snprintf(reterr->code, sizeof reterr->code, "%s", refusal_name(refusal));
    va_start(args, format);
    vsnprintf(reterr->message, sizeof reterr->message, format, args);
    va_end(args);
    return FAIL(CONFIG);
}

struct status fault_verify(struct comity_fault *reterr, struct status s, const char *format, ...)
{
    va_list args;
    memset(reterr, 0, sizeof *reterr);
    put_code(reterr, s);
    reterr->exit = exit_of_status(s);
    if (s.code == CODE_REFUSED && reterr->exit < COMITY_VERIFY)
        reterr->exit = COMITY_VERIFY;
    va_start(args, format);
    int length = vsnprintf(reterr->message, sizeof reterr->message, format, args);
    va_end(args);
    if (s.code == CODE_REFUSED && length >= 0 && (size_t)length < sizeof reterr->message)
        snprintf(reterr->message + length, sizeof reterr->message - (size_t)length, " (%s)",
                 reason_name(s.reason));
    return s;
}

void fault_hint(struct comity_fault *reterr, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(reterr->hint, sizeof reterr->hint, format, args);
    va_end(args);
}

enum comity_exit fault_exit(struct comity_fault *reterr, struct status s)
{
    if (!failed(s)) {
        memset(reterr, 0, sizeof *reterr); /* of what failed on the way and was mended */
        return COMITY_DONE;
    }
    if (reterr->exit == COMITY_DONE)
        (void)!failed(fault_set(reterr, s, "%s", code_name(s.code)));
    return reterr->exit;
}
