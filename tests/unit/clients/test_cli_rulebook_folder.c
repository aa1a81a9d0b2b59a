/* The process is killed before each change of the disk that it makes: those are wrapped. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/encoding.h"
#include "comity/policy/rulebook_folder.h"
#include "policy/rulebook.h"
#include "support/check.h"
#include "support/folder.h"
#include "support/small_rulebook.h"

#define KILLED      99
#define MOST        1000U /* changes */
#define MAX_FILES   10
#define TEXTS_BYTES (16UL << 20)

static unsigned changes, killed_before; /* 0: never */
static bool has_no_exchange;            /* the file system */

/* ---- what is wrapped ---- */

int __wrap_rename(const char *from, const char *to),
    __real_rename(const char *from, const char *to);
int __wrap_renameat2(int a, const char *from, int b, const char *to, unsigned flags),
    __real_renameat2(int a, const char *from, int b, const char *to, unsigned flags);
int __wrap_mkdir(const char *path, mode_t mode), __real_mkdir(const char *path, mode_t mode);
int __wrap_rmdir(const char *path), __real_rmdir(const char *path);
int __wrap_unlink(const char *path), __real_unlink(const char *path);
int __wrap_fsync(int fd);

static void change(void)
{
    if (++changes == killed_before)
        _exit(KILLED);
}

int __wrap_rename(const char *from, const char *to)
{
    change();
    return __real_rename(from, to);
}

int __wrap_renameat2(int a, const char *from, int b, const char *to, unsigned flags)
{
    change();
    if (!has_no_exchange)
        return __real_renameat2(a, from, b, to, flags);
    errno = EINVAL;
    return -1;
}

int __wrap_mkdir(const char *path, mode_t mode)
{
    change();
    return __real_mkdir(path, mode);
}

int __wrap_rmdir(const char *path)
{
    change();
    return __real_rmdir(path);
}

int __wrap_unlink(const char *path)
{
    change();
    return __real_unlink(path);
}

int __wrap_fsync(int fd)
{
    (void)fd;
    change();
    return 0; /* a process that is killed loses nothing of what it wrote */
}

/* ---- a rulebook and an offer ---- */

static char root[64], folder[128], files[128];

static const struct text_files *rulebook(bool is_new)
{
    static struct arena *arena; /* for as long as the program runs */
    static struct text_files all;
    if (arena == NULL)
        arena = arena_new(TEXTS_BYTES);
    all = small_rulebook(arena, is_new ? 5 : 4, 1, "");
    return &all;
}

/* The folder with the rulebook in use, one from earlier beside it, and the offer of a new law. */
static void begin(void)
{
    const struct text_files earlier = {rulebook(false)->at, 3};
    char before[160];
    snprintf(root, sizeof root, "%s", fresh_folder());
    snprintf(folder, sizeof folder, "%s/rulebook", root);
    snprintf(before, sizeof before, "%s.before", folder);
    snprintf(files, sizeof files, "%s/offer", root);
    CHECK_OK(folder_write(folder, rulebook(false), 0755, 0644));
    CHECK_OK(folder_write(before, &earlier, 0755, 0644));
    struct text_files law = {rulebook(true)->at, 3};
    for (size_t i = 0; i < law.count; i++)
        law.at[i].path = slice_part(law.at[i].path, strlen("law/"), SIZE_MAX);
    CHECK_OK(folder_write(files, &law, 0755, 0644));
}

static bool is_whole(const char *more, bool is_new)
{
    char path[384];
    struct text_files there;
    struct arena *arena = arena_new(1 << 20);
    const struct text_files *want = rulebook(is_new);
    snprintf(path, sizeof path, "%s%s", folder, more);
    bool good = !failed(folder_read(arena, path, MAX_FILES, &there)) && there.count == want->count;
    for (size_t i = 0; good && i < there.count; i++)
        good = slice_equal(there.at[i].path, want->at[i].path) &&
               slice_equal(there.at[i].text, want->at[i].text);
    arena_free(arena);
    return good;
}

static bool is_there(const char *more)
{
    char path[384];
    struct stat st;
    snprintf(path, sizeof path, "%s%s", folder, more);
    return lstat(path, &st) == 0;
}

/* ---- accepting ---- */

static enum comity_exit accept(bool is_undone)
{
    char digest[2 * sizeof(struct digest) + 1];
    struct digest is = object_digest(rulebook(true), "law/");
    struct rulebook_change c;
    struct comity_fault fault;
    const struct rulebook_exchange x = {folder, "law", files, "/nowhere/signatures", digest};
    hex_write(digest_slice(&is), digest);
    enum comity_exit exit = rulebook_change_begin(&x, &c, &fault);
    if (exit == COMITY_DONE)
        exit = rulebook_change_do(&c, &fault);
    if (exit == COMITY_DONE && is_undone)
        exit = rulebook_change_undo(&c, &fault);
    rulebook_change_done(&c);
    return exit;
}

/* In a process of its own that is killed before its n-th change: whether it was. */
static bool is_killed(unsigned n, bool is_undone)
{
    int how = 0;
    (void)fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        changes = 0;
        killed_before = n;
        _exit(accept(is_undone) == COMITY_DONE ? 0 : 1);
    }
    CHECK(child > 0 && waitpid(child, &how, 0) == child && WIFEXITED(how));
    CHECK(WEXITSTATUS(how) == 0 || WEXITSTATUS(how) == KILLED);
    return WEXITSTATUS(how) == KILLED;
}

static void check_accepted(void)
{
    CHECK(is_whole("", true));
    CHECK(is_whole(".before", false));
    CHECK(!is_there(".unfinished"));
}

static void kill_everywhere(bool is_undone)
{
    for (unsigned n = 1;; n++) {
        begin();
        bool killed = is_killed(n, is_undone);
        bool there = is_whole("", false) || is_whole("", true) ||
                     (has_no_exchange && !is_there("") && is_whole(".before", false));
        if (!CHECK(there && n < MOST))
            fprintf(stderr, "killed before change %u\n", n);
        CHECK(accept(false) == COMITY_DONE);
        check_accepted();
        if (!killed)
            break;
    }
}

static void a_kill_at_any_point_leaves_a_rulebook_and_accepting_again_works(void)
{
    kill_everywhere(false);
}

static void so_does_a_kill_while_it_is_put_back(void)
{
    kill_everywhere(true);
}

static void so_does_a_kill_where_folders_cannot_be_exchanged(void)
{
    has_no_exchange = true;
    kill_everywhere(false);
    kill_everywhere(true);
    has_no_exchange = false;
}

static void what_is_accepted_twice_can_still_be_put_back(void)
{
    begin();
    CHECK(accept(false) == COMITY_DONE);
    CHECK(accept(false) == COMITY_DONE);
    check_accepted();
    CHECK(accept(true) == COMITY_DONE);
    CHECK(is_whole("", false));
    CHECK(!is_there(".before") && !is_there(".unfinished"));
}

/* A file that is no part of a rulebook, in a folder of this name. */
static bool has_own(const char *more)
{
    char path[192];
    snprintf(path, sizeof path, "%s/.own", more);
    return is_there(path);
}

static void put_own(const char *more)
{
    char path[192];
    snprintf(path, sizeof path, "%s%s/.own", folder, more);
    CHECK_OK(file_write(path, slice_text("own"), 0644));
}

/* The work tree's own folder, or one that somebody keeps beside it. */
static void nothing_is_removed_that_others_made(void)
{
    char next[160];
    begin();
    snprintf(next, sizeof next, "%s.next", folder);
    CHECK(mkdir(next, 0755) == 0);
    put_own("");
    put_own(".next");
    put_own(".before");
    CHECK(accept(false) == COMITY_DONE);
    check_accepted();
    CHECK(has_own(".before") && has_own(".before.1") && has_own(".next"));
    CHECK_OK(folder_write(folder, rulebook(false), 0755, 0644));
    CHECK(accept(false) == COMITY_DONE);
    check_accepted();
    CHECK(has_own(".before.1") && has_own(".before.2") && !has_own(".before"));
}

static void put_in_by_hand(void)
{
    begin();
    CHECK_OK(folder_write(folder, rulebook(true), 0755, 0644));
    put_own("");
    CHECK(accept(true) == COMITY_DONE);
    CHECK(has_own(".before.1"));
}

static void what_was_put_there_by_hand_is_not_removed_when_it_is_put_back(void)
{
    put_in_by_hand();
    has_no_exchange = true;
    put_in_by_hand();
    has_no_exchange = false;
}

TESTS(cli_rulebook_folder,
      {"a kill at any point leaves a rulebook, and accepting again works",
       a_kill_at_any_point_leaves_a_rulebook_and_accepting_again_works},
      {"so does a kill while it is put back", so_does_a_kill_while_it_is_put_back},
      {"so does a kill where folders cannot be exchanged",
       so_does_a_kill_where_folders_cannot_be_exchanged},
      {"what is accepted twice can still be put back",
       what_is_accepted_twice_can_still_be_put_back},
      {"nothing is removed that others made", nothing_is_removed_that_others_made},
      {"what was put there by hand is not removed when it is put back",
       what_was_put_there_by_hand_is_not_removed_when_it_is_put_back})
