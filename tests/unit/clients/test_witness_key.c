#include "support/check.h"

#include "witness_stand.h"

#include "base/file.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void check_refused(struct stand *s, const char *why)
{
    CHECK_STATUS(stand_open(s), FAIL(CONFIG));
    if (!CHECK(strstr(s->error, why) != NULL))
        fprintf(stderr, "%s\n", s->error);
}

static void a_key_whose_state_is_lost_does_not_cosign_again(void)
{
    char aside[STAND_PATH_BYTES + 8];
    struct stand s;
    stand_make(&s);
    stand_check(&s, 0, 8, WITNESS_GOOD);
    stand_close(&s);
    snprintf(aside, sizeof aside, "%s.aside", s.state);
    CHECK(rename(s.state, aside) == 0);
    check_refused(&s, "the state of this key is lost");
    CHECK(access(s.state, F_OK) != 0); /* nor was one made */
    CHECK_OK(file_write(s.state, slice_text(""), 0600));
    check_refused(&s, "the state of this key is lost");
    CHECK(rename(aside, s.state) == 0);
    CHECK_OK(stand_open(&s));
    stand_check_shown(&s, 8);
    stand_done(&s);
}

static void a_key_does_not_cosign_with_another_state(void)
{
    struct stand s;
    char marker[STAND_PATH_BYTES + 8];
    stand_make(&s);
    stand_check(&s, 0, 8, WITNESS_GOOD);
    stand_close(&s);
    snprintf(marker, sizeof marker, "%s.state", s.key);
    CHECK_OK(file_write(marker, slice_text("00112233445566778899aabbccddeeff\n"), 0600));
    check_refused(&s, "not the state that this key began with");
    CHECK_OK(file_write(marker, slice_text("00112233\n"), 0600));
    check_refused(&s, "cannot be read as the name of a state");
    CHECK(unlink(marker) == 0 && mkdir(marker, 0700) == 0);
    check_refused(&s, "cannot be read as the name of a state");
    CHECK(rmdir(marker) == 0);
    CHECK_OK(file_write(marker, slice_text("00112233445566778899aabbccddeeff\n"), 0600));
    CHECK(unlink(marker) == 0 && unlink(s.key) == 0);
    CHECK_OK(signer_make(s.key, s.error));
    check_refused(&s, "this is the state of another key");
    witness_log_done(&s.log);
}

static void a_first_start_that_was_broken_off_is_gone_on_with(void)
{
    struct stand s;
    char marker[STAND_PATH_BYTES + 8];
    stand_make(&s);
    stand_close(&s);
    snprintf(marker, sizeof marker, "%s.state", s.key);
    CHECK_OK(file_write(marker, slice_text("new\n"), 0600));
    CHECK_OK(stand_open(&s));
    stand_check(&s, 0, 8, WITNESS_GOOD);
    stand_close(&s);
    CHECK(unlink(s.state) == 0);
    check_refused(&s, "the state of this key is lost"); /* the marker names it again */
    witness_log_done(&s.log);
}

static void a_key_without_a_marker_does_not_cosign(void)
{
    struct stand s;
    char marker[STAND_PATH_BYTES + 8];
    stand_make(&s);
    stand_check(&s, 0, 8, WITNESS_GOOD);
    stand_close(&s);
    snprintf(marker, sizeof marker, "%s.state", s.key);
    CHECK(unlink(marker) == 0);
    check_refused(&s, "nobody knows whether the key has cosigned");
    CHECK(unlink(s.state) == 0);
    check_refused(&s, "nobody knows whether the key has cosigned");
    CHECK(access(s.state, F_OK) != 0 && access(marker, F_OK) != 0);
    witness_log_done(&s.log);
}

static void one_process_holds_the_state(void)
{
    struct stand s;
    int state = 0;
    stand_make(&s);
    pid_t child = fork();
    if (child == 0) {
        struct stand other = s;
        other.kept = NULL;
        _exit(stand_open(&other).code == CODE_CONFIG &&
                      strstr(other.error, "another process holds this state") != NULL
                  ? 0
                  : 1);
    }
    CHECK(waitpid(child, &state, 0) == child && WIFEXITED(state) && WEXITSTATUS(state) == 0);
    stand_check(&s, 0, 8, WITNESS_GOOD);
    stand_done(&s);
}

static void a_file_that_is_no_state_is_refused(void)
{
    struct stand s;
    stand_make(&s);
    stand_close(&s);
    struct buffer junk = buffer_new(8192);
    for (int i = 0; i < 512; i++)
        buffer_text(&junk, "this is no database\n");
    junk.length = 8192;
    CHECK_OK(file_write(s.state, buffer_slice(&junk), 0600));
    check_refused(&s, "file is not a database");
    buffer_done(&junk);
    witness_log_done(&s.log);
}

static void keys_and_names_that_are_none_are_refused(void)
{
    struct stand s;
    struct signer signer;
    char long_name[ORIGIN_MAX_BYTES + 2];
    stand_make(&s);
    memset(long_name, 'a', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    const char *const names[] = {"", "a b", "a+b", long_name};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        CHECK_STATUS(signer_load(s.key, names[i], s.error, &signer), FAIL(CONFIG));
    CHECK_STATUS(signer_make(s.key, s.error), FAIL(CONFIG));
    CHECK(strstr(s.error, "is there already") != NULL);
    char aside[STAND_PATH_BYTES + 8];
    snprintf(aside, sizeof aside, "%s.aside", s.key);
    CHECK(rename(s.key, aside) == 0); /* its marker is not made new */
    CHECK_STATUS(signer_make(s.key, s.error), FAIL(CONFIG));
    CHECK(strstr(s.error, ".state: is there already") != NULL);
    CHECK(access(s.key, F_OK) != 0 && rename(aside, s.key) == 0);
    CHECK(chmod(s.key, 0644) == 0);
    CHECK_STATUS(signer_load(s.key, WITNESS_SIGNER, s.error, &signer), FAIL(CONFIG));
    struct stat st;
    CHECK(chmod(s.key, 0600) == 0 && stat(s.state, &st) == 0 && (st.st_mode & 0777) == 0600);
    CHECK_OK(signer_load(s.key, WITNESS_SIGNER, s.error, &signer));
    signer_done(&signer);
    stand_done(&s);
}

TESTS(witness_key,
      {"a key whose state is lost does not cosign again",
       a_key_whose_state_is_lost_does_not_cosign_again},
      {"a key does not cosign with another state", a_key_does_not_cosign_with_another_state},
      {"a first start that was broken off is gone on with",
       a_first_start_that_was_broken_off_is_gone_on_with},
      {"a key without a marker does not cosign", a_key_without_a_marker_does_not_cosign},
      {"one process holds the state", one_process_holds_the_state},
      {"a file that is no state is refused", a_file_that_is_no_state_is_refused},
      {"keys and names that are none are refused", keys_and_names_that_are_none_are_refused})
