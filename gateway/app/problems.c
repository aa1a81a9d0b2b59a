#include "app/problems.h"

#include <stdarg.h>
#include <stdio.h>

void problem_say(struct problems *problems, const char *format, ...)
{
    char sentence[PROBLEM_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    problems->any = true;
    problems->report(problems->owner, sentence);
}
