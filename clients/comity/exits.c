#include "comity/exits.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

static const struct exit_row rows[] = {
    {COMITY_DONE, "done, also where nothing was to be done", ""},
    {COMITY_FAILED, "something unexpected failed on this machine", "look first"},
    {COMITY_INPUT, "the command line, a file or the request is not valid", "no"},
    {COMITY_REFUSED, "refused or held: by the law, a role or the other side", "no"},
    {COMITY_IDENTITY, "a certificate, a key or a seal was not accepted", "when mended"},
    {COMITY_UNKNOWN, "not found, or not yours to know: the same on purpose", "no"},
    {COMITY_CONFLICT, "the state of things does not allow it, or it expired", "no"},
    {COMITY_UNAVAILABLE, "the gateway cannot be reached or is overloaded", "yes"},
    {COMITY_DOUBT, "no answer came: request send --resume ID is safe", "yes"},
    {COMITY_VERIFY, "a hash, receipt, proof or log does not verify", "alarm"},
    {COMITY_STALE, "a proof, checkpoint or revocation list is too old", "later"},
    {COMITY_FORK, "an audit log was rewritten, and it is proved", "alarm"},
    {EXIT_INTERRUPTED, "interrupted from the keyboard", ""},
};

const struct exit_row *exit_rows(size_t *ret_count)
{
    *ret_count = sizeof rows / sizeof rows[0];
    return rows;
}

void exits_print(FILE *out)
{
    fprintf(out, "%4s  %-11s  %s\n", "Code", "Try again", "Meaning");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        fprintf(out, "%4d  %-11s  %s\n", rows[i].code, rows[i].again, rows[i].meaning);
    fputs("\nA message to several parties ends with the highest code among them.\n", out);
}

[[gnu::format(printf, 4, 0)]] static enum comity_exit fill(struct comity_fault *f,
                                                           enum comity_exit exit, const char *code,
                                                           const char *format, va_list args)
{
    *f = (struct comity_fault){.exit = exit};
    snprintf(f->code, sizeof f->code, "%s", code);
    vsnprintf(f->message, sizeof f->message, format, args);
    return exit;
}

enum comity_exit fail(struct comity_fault *reterr, enum comity_exit exit, const char *code,
                      const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(reterr, exit, code, format, args);
    va_end(args);
    return exit;
}

enum comity_exit fail_usage(struct comity_fault *reterr, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(reterr, COMITY_INPUT, "USAGE", format, args);
    va_end(args);
    return reterr->exit;
}

enum comity_exit fail_errno(struct comity_fault *reterr, const char *format, ...)
{
    const char *why = strerror(errno);
    va_list args;
    va_start(args, format);
    fill(reterr, COMITY_FAILED, "STORE", format, args);
    va_end(args);
    size_t length = strlen(reterr->message);
    snprintf(reterr->message + length, sizeof reterr->message - length, ": %s", why);
    return reterr->exit;
}

enum comity_exit advise(struct comity_fault *reterr, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(reterr->hint, sizeof reterr->hint, format, args);
    va_end(args);
    return reterr->exit;
}
