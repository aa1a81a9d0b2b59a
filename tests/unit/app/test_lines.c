#include "support/check.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/fields.h"
#include "app/sink.h"

#define AT_MS 1790000000000ULL

static const struct diagnostic full = {.event = "link.refused",
                                       .level = DIAGNOSTIC_WARNING,
                                       .peer = {(const uint8_t *)"XA-CA-01", 8},
                                       .frame = "SUBMIT",
                                       .status = {CODE_REFUSED, REASON_FRAME_SIZE},
                                       .text = "a sentence"};

/* What a peer that has its name in a line might try. */
static const struct diagnostic hostile = {
    .event = "link.refused", .peer = {(const uint8_t *)"a\nb\"c\\d\x1b\x7f\x9bPRIORITY=1\0z", 22}};

static struct slice json_of(const struct diagnostic *d, struct buffer *out)
{
    const struct diagnostics_line line = {d, AT_MS, "XA-GW-01"};
    *out = buffer_new(4096);
    diagnostics_json(&line, out);
    return buffer_slice(out);
}

static void a_line_is_one_object_with_fixed_keys(void)
{
    struct buffer out;
    CHECK_BYTES(json_of(&full, &out),
                slice_text("{\"at\":\"2026-09-21T14:13:20Z\",\"level\":\"warning\","
                           "\"event\":\"link.refused\",\"gateway\":\"XA-GW-01\","
                           "\"peer\":\"XA-CA-01\",\"frame\":\"SUBMIT\",\"code\":\"refused\","
                           "\"reason\":\"frame.size\",\"text\":\"a sentence\"}\n"));
    buffer_done(&out);
    CHECK_BYTES(json_of(&(struct diagnostic){.event = "e"}, &out),
                slice_text("{\"at\":\"2026-09-21T14:13:20Z\",\"level\":\"info\",\"event\":\"e\","
                           "\"gateway\":\"XA-GW-01\"}\n"));
    buffer_done(&out);
}

static void a_peer_cannot_end_a_line_or_a_text(void)
{
    struct buffer out;
    struct slice line = json_of(&hostile, &out);
    CHECK_U64(slice_find(line, '\n'), line.length - 1);
    for (size_t i = 0; i + 1 < line.length; i++)
        CHECK(line.at[i] >= 0x20 && line.at[i] < 0x7f);
    struct slice rest = line;
    while (rest.length > 0 && !slice_begins(rest, slice_text("peer")))
        rest = slice_part(rest, 1, SIZE_MAX);
    CHECK_BYTES(rest, slice_text("peer\":\"a\\u000ab\\u0022c\\u005cd\\u001b\\u007f\\u009b"
                                 "PRIORITY=1\\u0000z\"}\n"));
    buffer_done(&out);
}

static const char *field(const struct fields *f, const char *name)
{
    static char value[FIELD_BYTES];
    size_t length = strlen(name);
    for (int i = 0; i < f->count; i++) {
        struct slice at = slice_over(f->at[i].iov_base, f->at[i].iov_len);
        if (slice_begins(at, slice_text(name)) && at.at[length] == '=') {
            CHECK(slice_copy_text(slice_part(at, length + 1, SIZE_MAX), value, sizeof value));
            return value;
        }
    }
    return NULL;
}

static void a_line_is_fields_for_journald(void)
{
    static const char *const rows[][2] = {
        {"MESSAGE", "link.refused XA-CA-01: a sentence"},
        {"PRIORITY", "4"},
        {"SYSLOG_IDENTIFIER", "comityd"},
        {"COMITY_EVENT", "link.refused"},
        {"COMITY_LEVEL", "warning"},
        {"COMITY_GATEWAY", "XA-GW-01"},
        {"COMITY_PEER", "XA-CA-01"},
        {"COMITY_FRAME", "SUBMIT"},
        {"COMITY_CODE", "refused"},
        {"COMITY_REASON", "frame.size"},
    };
    struct fields f;
    fields_of(&(struct diagnostics_line){&full, AT_MS, "XA-GW-01"}, &f);
    CHECK_U64((uint64_t)f.count, sizeof rows / sizeof rows[0]);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        CHECK_TEXT(field(&f, rows[i][0]), rows[i][1]);
    fields_of(&(struct diagnostics_line){&(struct diagnostic){.event = "e"}, AT_MS, "G"}, &f);
    CHECK_TEXT(field(&f, "MESSAGE"), "e");
    CHECK_TEXT(field(&f, "PRIORITY"), "6");
    CHECK(field(&f, "COMITY_PEER") == NULL && field(&f, "COMITY_CODE") == NULL);
}

static void a_peer_cannot_make_a_field_of_its_own(void)
{
    char text[3 * FIELD_BYTES];
    struct fields f;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct diagnostic d = hostile;
    d.text = text;
    fields_of(&(struct diagnostics_line){&d, AT_MS, "G"}, &f);
    CHECK_TEXT(field(&f, "COMITY_PEER"), "a?b\"c\\d???PRIORITY=1?z");
    for (int i = 0; i < f.count; i++) {
        const char *at = f.at[i].iov_base;
        CHECK(f.at[i].iov_len <= FIELD_BYTES);
        for (size_t k = 0; k < f.at[i].iov_len; k++)
            CHECK(at[k] >= 0x20 && at[k] < 0x7f);
    }
}

#define LINES 20000 /* more than a pipe holds */

/* What the other end of a pipe finds in it: how many lines, and the text. */
static uint64_t drain(int fd, char *text, size_t room)
{
    uint64_t lines = 0;
    size_t length = 0;
    for (ssize_t got; (got = read(fd, text + length, room - 1 - length)) > 0;)
        length += (size_t)got;
    text[length] = '\0';
    for (size_t i = 0; i < length; i++)
        lines += text[i] == '\n';
    return lines;
}

/* So many lines, one after the other, with this as standard error. */
static void say_to(int fd, unsigned count)
{
    const struct diagnostics_line line = {&full, AT_MS, "XA-GW-01"};
    int kept = dup(STDERR_FILENO);
    if (!CHECK(kept >= 0 && dup2(fd, STDERR_FILENO) >= 0))
        return;
    for (unsigned i = 0; i < count; i++)
        sink_stderr(NULL, &line);
    dup2(kept, STDERR_FILENO);
    close(kept);
}

/* The next line follows the number of those that were lost. */
static void check_lost(const int ends[static 2], uint64_t count)
{
    static char text[1 << 13];
    char wanted[64];
    snprintf(wanted, sizeof wanted, "\"%llu lines could not be written\"",
             (unsigned long long)count);
    say_to(ends[1], 1);
    CHECK_U64(drain(ends[0], text, sizeof text), 2);
    CHECK(strstr(text, "\"diagnostics.lost\"") != NULL && strstr(text, wanted) != NULL);
    close(ends[0]);
    close(ends[1]);
}

/* A sink that waited would never come back here. */
static void lines_that_nobody_reads_are_lost_and_counted(void)
{
    static char text[1 << 20];
    int ends[2] = {-1, -1};
    if (!CHECK(pipe(ends) == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0))
        return;
    say_to(ends[1], LINES);
    uint64_t said = drain(ends[0], text, sizeof text);
    CHECK(said > 0 && said < LINES);
    check_lost(ends, LINES - said);
}

static void lines_that_the_disk_does_not_take_are_counted(void)
{
    int ends[2] = {-1, -1}, disk = open("/dev/full", O_WRONLY | O_CLOEXEC);
    if (!CHECK(disk >= 0 && pipe(ends) == 0 && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0))
        return;
    say_to(disk, 3);
    check_lost(ends, 3);
    close(disk);
}

TESTS(app_lines, {"a line is one object with fixed keys", a_line_is_one_object_with_fixed_keys},
      {"a peer cannot end a line or a text", a_peer_cannot_end_a_line_or_a_text},
      {"a line is fields for journald", a_line_is_fields_for_journald},
      {"a peer cannot make a field of its own", a_peer_cannot_make_a_field_of_its_own},
      {"lines that nobody reads are lost and counted",
       lines_that_nobody_reads_are_lost_and_counted},
      {"lines that the disk does not take are counted",
       lines_that_the_disk_does_not_take_are_counted})
