/* A renewal that is killed before any one of its steps leaves every context with a pair that works,
 * and the same command finishes it. The calls by which files change are this program's own. */

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "comity/commands.h"
#include "comity/pki/files.h"
#include "crypto/request.h"
#include "gateway.h"
#include "home.h"
#include "support/check.h"

#define KILLED    137
#define PATH_ROOM 600

extern char **environ;

static unsigned left; /* changes until the process dies before the next; 0: it does not */

static void die_when_due(void)
{
    if (left > 0 && --left == 0)
        _exit(KILLED);
}

/* In place of the library's. */
int rename(const char *from, const char *to)
{
    die_when_due();
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int unlink(const char *path)
{
    die_when_due();
    return unlinkat(AT_FDCWD, path, 0);
}

static const char *home;

static const char *at_home(const char *name)
{
    static char paths[8][PATH_ROOM];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", home, name);
    return path;
}

static void copy(const char *from, const char *to, unsigned mode)
{
    CHECK_OK(file_write(at_home(to), file_octets(pki("%s", from)), mode));
}

/* Two contexts with one pair of files, and one with another. */
static void make_home(void)
{
    struct comity_fault fault;
    struct comity_context c;
    home = home_make("127.0.0.1:1");
    setenv("COMITY_HOME", home, 1);
    setenv("COMITY_CONTEXT", "xa-ca-01", 1);
    copy("XA/parties/XA-CA-01/tls.crt", "tls.crt", 0644);
    copy("XA/parties/XA-CA-01/tls.key", "tls.key", 0600);
    CHECK_U64(comity_context_load(home, "xa-ca-01", &c, &fault), COMITY_DONE);
    snprintf(c.name, sizeof c.name, "other");
    CHECK_U64(comity_context_write(home, &c, &fault), COMITY_DONE);
    snprintf(c.cert, sizeof c.cert, "%s", at_home("tls.crt"));
    snprintf(c.key, sizeof c.key, "%s", at_home("tls.key"));
    static const char *const names[] = {"xa-ca-01", "desk"};
    for (size_t i = 0; i < 2; i++) {
        snprintf(c.name, sizeof c.name, "%s", names[i]);
        CHECK_U64(comity_context_write(home, &c, &fault), COMITY_DONE);
    }
}

/* Runs a command with these words, quietly. */
static enum comity_exit run(const struct command *command, const char *const *words,
                            struct comity_fault *fault)
{
    static char texts[12][PATH_ROOM];
    char *argv[14];
    int count = 0;
    struct invocation inv = {0};
    snprintf(texts[count++], PATH_ROOM, "%s", command->verb);
    snprintf(texts[count++], PATH_ROOM, "-q");
    for (; *words != NULL; words++)
        snprintf(texts[count++], PATH_ROOM, "%s", *words);
    for (int i = 0; i < count; i++)
        argv[i] = texts[i];
    argv[count] = NULL;
    *fault = (struct comity_fault){0};
    enum comity_exit exit = invocation_read(command, count, argv, &inv, fault);
    if (exit == COMITY_DONE)
        exit = command->run(&inv, fault);
    invocation_done(&inv);
    return exit;
}

static enum comity_exit ask(struct comity_fault *fault)
{
    static const char *const words[] = {"--for", "tls", NULL};
    return run(&pki_csr_command, words, fault);
}

static enum comity_exit renew(const char *file, struct comity_fault *fault)
{
    const char *const words[] = {"--for", "tls", "--certificate", file, NULL};
    return run(&pki_renew_command, words, fault);
}

/* Grants the request that lies in the home, as the State's CA. */
static void grant(const char *request, const char *certificate)
{
    char words[14][PATH_ROOM];
    const char *const given[] = {
        "openssl", "x509",           "-req",  "-in", at_home(request),   "-CA",    pki("XA/ca.crt"),
        "-CAkey",  pki("XA/ca.key"), "-days", "20",  "-copy_extensions", "copyall"};
    char out[] = "-out", path[PATH_ROOM], *argv[16];
    size_t count = sizeof given / sizeof given[0];
    pid_t pid = 0;
    int status = -1;
    for (size_t i = 0; i < count; i++) {
        snprintf(words[i], sizeof words[i], "%s", given[i]);
        argv[i] = words[i];
    }
    snprintf(path, sizeof path, "%s", at_home(certificate));
    argv[count] = out;
    argv[count + 1] = path;
    argv[count + 2] = NULL;
    CHECK(posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ) == 0);
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

/* Whether a context names a certificate and its key. */
static bool works(const char *name)
{
    struct comity_context c;
    struct comity_fault fault;
    struct certificate *certificate = NULL;
    struct key *key = NULL;
    bool good = comity_context_load(home, name, &c, &fault) == COMITY_DONE &&
                !failed(certificate_load(c.cert, &certificate)) && !failed(key_load(c.key, &key)) &&
                key_fits(key, certificate);
    key_free(key);
    certificate_free(certificate);
    return good;
}

static bool same_file(const char *one, const char *two)
{
    return slice_equal(file_octets(at_home(one)), file_octets(at_home(two)));
}

static void check_finished(struct slice old_certificate, struct slice old_key)
{
    struct comity_context c;
    struct comity_fault fault;
    static const char *const names[] = {"xa-ca-01", "desk"};
    for (size_t i = 0; i < 2; i++) {
        CHECK(works(names[i]));
        CHECK_U64(comity_context_load(home, names[i], &c, &fault), COMITY_DONE);
        CHECK_TEXT(c.cert, at_home("tls.crt"));
        CHECK_TEXT(c.key, at_home("tls.key"));
    }
    CHECK(same_file("tls.crt", "new.crt"));
    CHECK_BYTES(file_octets(at_home("tls.previous.crt")), old_certificate);
    CHECK_BYTES(file_octets(at_home("tls.previous.key")), old_key);
    CHECK(access(at_home("tls.next.key"), F_OK) != 0);
    CHECK(access(at_home("tls.next.crt"), F_OK) != 0);
    CHECK(access(at_home("tls.next.csr"), F_OK) != 0);
    CHECK(works("other"));
}

/* Renews in a process that dies before its n-th change; false if it was done before. */
static bool renew_and_die(unsigned n)
{
    int status = -1;
    pid_t pid = fork();
    if (pid == 0) {
        struct comity_fault fault;
        left = n;
        _exit((int)renew(at_home("new.crt"), &fault));
    }
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == KILLED || WEXITSTATUS(status) == COMITY_DONE);
    return WEXITSTATUS(status) == KILLED;
}

static void a_renewal_may_be_killed_at_any_change(void)
{
    struct comity_fault fault;
    unsigned n = 1;
    for (bool killed = true; killed && n < 100; n++) {
        make_home();
        struct slice certificate = file_octets(at_home("tls.crt"));
        struct slice key = file_octets(at_home("tls.key"));
        CHECK_U64(ask(&fault), COMITY_DONE);
        grant("tls.next.csr", "new.crt");
        killed = renew_and_die(n);
        if (!CHECK(works("xa-ca-01") && works("desk") && works("other")))
            fprintf(stderr, "killed before change %u\n", n);
        if (killed && !CHECK_U64(renew(at_home("new.crt"), &fault), COMITY_DONE))
            fprintf(stderr, "killed before change %u: %s\n", n, fault.message);
        check_finished(certificate, key);
    }
    CHECK(n > 10); /* it was killed at every one of them, not at none */
}

static void a_key_is_made_once_and_is_its_owners_alone(void)
{
    struct comity_fault fault;
    struct stat st;
    make_home();
    CHECK_U64(ask(&fault), COMITY_DONE);
    CHECK(stat(at_home("tls.next.key"), &st) == 0 && (st.st_mode & 0777) == 0600);
    struct slice key = file_octets(at_home("tls.next.key"));
    struct slice request = file_octets(at_home("tls.next.csr"));
    CHECK_U64(ask(&fault), COMITY_CONFLICT);
    CHECK_BYTES(file_octets(at_home("tls.next.key")), key);
    CHECK_BYTES(file_octets(at_home("tls.next.csr")), request);
    CHECK(unlink(at_home("tls.next.csr")) == 0); /* as if broken off between key and request */
    CHECK_U64(ask(&fault), COMITY_DONE);
    CHECK_BYTES(file_octets(at_home("tls.next.key")), key);
    grant("tls.next.csr", "new.crt");
    CHECK_U64(renew(at_home("new.crt"), &fault), COMITY_DONE);
}

static void a_key_never_goes_over_a_file_that_came_meanwhile(void)
{
    struct comity_fault fault = {0};
    struct key *key = NULL;
    make_home();
    struct slice before = file_octets(at_home("tls.key"));
    CHECK_OK(key_new(&key));
    CHECK_U64(pki_write_key(key, at_home("tls.key"), &fault), COMITY_CONFLICT);
    CHECK_BYTES(file_octets(at_home("tls.key")), before);
    CHECK_U64(pki_write_key(key, at_home("new.key"), &fault), COMITY_DONE);
    CHECK_U64(pki_write_key(key, at_home("nowhere/new.key"), &fault), COMITY_FAILED);
    key_free(key);
}

static void a_request_may_be_killed_at_any_change(void)
{
    struct comity_fault fault;
    unsigned n = 1;
    for (bool killed = true; killed && n < 20; n++) {
        int status = -1;
        make_home();
        pid_t pid = fork();
        if (pid == 0) {
            left = n;
            _exit((int)ask(&fault));
        }
        CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
        killed = WEXITSTATUS(status) == KILLED;
        CHECK(works("xa-ca-01"));
        /* Both files are there, or the same command makes what is missing. */
        if (access(at_home("tls.next.csr"), F_OK) != 0)
            CHECK_U64(ask(&fault), COMITY_DONE);
        grant("tls.next.csr", "new.crt");
        CHECK_U64(renew(at_home("new.crt"), &fault), COMITY_DONE);
    }
    CHECK(n > 3);
}

static void what_is_in_use_is_not_taken_again_and_a_later_request_stays(void)
{
    struct comity_fault fault;
    make_home();
    CHECK_U64(ask(&fault), COMITY_DONE);
    grant("tls.next.csr", "new.crt");
    CHECK_U64(renew(at_home("new.crt"), &fault), COMITY_DONE);
    struct slice previous = file_octets(at_home("tls.previous.crt"));
    CHECK_U64(ask(&fault), COMITY_DONE);
    struct slice key = file_octets(at_home("tls.next.key"));
    CHECK_U64(renew(at_home("new.crt"), &fault), COMITY_DONE);
    CHECK_BYTES(file_octets(at_home("tls.next.key")), key);
    CHECK_BYTES(file_octets(at_home("tls.previous.crt")), previous);
}

static void check_names(const char *certificate, const char *key, const char *next_certificate,
                        const char *next_key, const char *request)
{
    struct comity_context c = {0};
    struct comity_fault fault = {0};
    struct pki_names names;
    snprintf(c.cert, sizeof c.cert, "%s", certificate);
    snprintf(c.key, sizeof c.key, "%s", key);
    if (!CHECK_U64(pki_names_of(&c, PKI_TLS, &names, &fault), COMITY_DONE))
        return;
    CHECK_TEXT(names.next.certificate, next_certificate);
    CHECK_TEXT(names.next.key, next_key);
    CHECK_TEXT(names.next.request, request);
    CHECK(!names.switched);
    snprintf(c.cert, sizeof c.cert, "%s", next_certificate);
    snprintf(c.key, sizeof c.key, "%s", next_key);
    CHECK_U64(pki_names_of(&c, PKI_TLS, &names, &fault), COMITY_DONE);
    CHECK(names.switched);
    CHECK_TEXT(names.base.certificate, certificate);
    CHECK_TEXT(names.base.key, key);
}

static void files_of_a_renewal_have_names_of_their_own(void)
{
    struct comity_context c = {0};
    struct comity_fault fault = {0};
    struct pki_names names;
    check_names("/a/tls.crt", "/a/tls.key", "/a/tls.next.crt", "/a/tls.next.key",
                "/a/tls.next.csr");
    check_names("/a/certs/x.y.pem", "/b.d/private.pem", "/a/certs/x.y.next.pem",
                "/b.d/private.next.pem", "/a/certs/x.y.next.csr");
    check_names("/b.d/certificate", "/b.d/key", "/b.d/certificate.next", "/b.d/key.next",
                "/b.d/certificate.next.csr");
    snprintf(c.cert, sizeof c.cert, "/a/both.pem");
    snprintf(c.key, sizeof c.key, "/a/both.pem");
    CHECK_U64(pki_names_of(&c, PKI_TLS, &names, &fault), COMITY_INPUT);
    memset(c.key, 'x', sizeof c.key - 1); /* no room for a word more */
    CHECK_U64(pki_names_of(&c, PKI_TLS, &names, &fault), COMITY_INPUT);
}

TESTS(cli_pki, {"a renewal may be killed at any change", a_renewal_may_be_killed_at_any_change},
      {"a key is made once and is its owner's alone", a_key_is_made_once_and_is_its_owners_alone},
      {"a key never goes over a file that came meanwhile",
       a_key_never_goes_over_a_file_that_came_meanwhile},
      {"a request may be killed at any change", a_request_may_be_killed_at_any_change},
      {"what is in use is not taken again and a later request stays",
       what_is_in_use_is_not_taken_again_and_a_later_request_stays},
      {"files of a renewal have names of their own", files_of_a_renewal_have_names_of_their_own})
