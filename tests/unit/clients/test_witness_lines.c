#include "support/check.h"

#include "witness/lines.h"

#include "support/folder.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LIMIT 120U /* lines of a level in a minute */

static struct lines lines;
static char said[1U << 17];

static void say(const char *event, enum line_level level, unsigned count)
{
    const struct line line = {.event = event, .level = level};
    for (unsigned i = 0; i < count; i++)
        lines_say(&lines, 1790000000000ULL, &line);
}

/* Runs it with standard error in a file, and reads that. */
static void listen(void (*talk)(void))
{
    char path[256];
    snprintf(path, sizeof path, "%s/said", fresh_folder());
    int was = dup(STDERR_FILENO), fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    CHECK(was >= 0 && fd >= 0 && dup2(fd, STDERR_FILENO) >= 0);
    lines_init(&lines, "witness");
    talk();
    CHECK(dup2(was, STDERR_FILENO) >= 0);
    ssize_t length = pread(fd, said, sizeof said - 1, 0);
    said[length < 0 ? 0 : length] = '\0';
    close(was);
    close(fd);
}

static unsigned count_of(const char *event)
{
    unsigned count = 0;
    for (const char *at = said; (at = strstr(at, event)) != NULL; at++)
        count++;
    return count;
}

static void talk_of_all(void)
{
    say("connection.refused", LINE_INFO, 1000);
    say("checkpoint.refused", LINE_NOTICE, 1000);
    say("log.behind", LINE_WARNING, LIMIT + 1);
    say("log.conflict", LINE_ALARM, 2 * LIMIT);
}

static void a_flood_drops_lines_of_its_own_level_only(void)
{
    listen(talk_of_all);
    CHECK_U64(count_of("connection.refused"), LIMIT);
    CHECK_U64(count_of("checkpoint.refused"), LIMIT);
    CHECK_U64(count_of("log.behind"), LIMIT);
    CHECK_U64(count_of("log.conflict"), LIMIT + LIMIT);
}

TESTS(witness_lines,
      {"a flood drops lines of its own level only", a_flood_drops_lines_of_its_own_level_only})
