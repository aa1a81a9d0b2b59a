/* Who can listen at an address, and who cannot. */

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/listener.h"
#include "support/check.h"

static const char *const anywhere[] = {"127.0.0.1:0", "[::1]:0"};

static void an_address_is_one_listeners_alone(void)
{
    for (unsigned i = 0; i < 2; i++) {
        char address[ADDRESS_TEXT_BYTES];
        int first = -1, second = -1;
        CHECK_OK(listener_open(anywhere[i], &first));
        CHECK_OK(listener_address(first, address));
        errno = 0;
        CHECK_STATUS(listener_open(address, &second), FAIL(NETWORK));
        CHECK_U64((uint64_t)errno, EADDRINUSE);
        CHECK(second == -1);
        close(first);
        CHECK_OK(listener_open(address, &second));
        close(second);
    }
}

static void what_is_shared_has_the_address_and_is_shared_with_nobody_else(void)
{
    for (unsigned i = 0; i < 2; i++) {
        char address[ADDRESS_TEXT_BYTES], same[ADDRESS_TEXT_BYTES];
        int first = -1, second = -1, stranger = -1;
        CHECK_OK(listener_open(anywhere[i], &first));
        CHECK_OK(listener_share(first, &second));
        CHECK_OK(listener_address(first, address));
        CHECK_OK(listener_address(second, same));
        CHECK_TEXT(same, address);
        CHECK_STATUS(listener_open(address, &stranger), FAIL(NETWORK));
        close(first);
        CHECK_STATUS(listener_open(address, &stranger), FAIL(NETWORK));
        close(second);
    }
}

static int connected_to(int listener)
{
    struct sockaddr_storage at = {0};
    socklen_t length = sizeof at;
    CHECK(getsockname(listener, (struct sockaddr *)&at, &length) == 0);
    int fd = socket(at.ss_family, SOCK_STREAM, 0);
    CHECK(connect(fd, (struct sockaddr *)&at, length) == 0);
    return fd;
}

static void those_who_share_have_connections_both(void)
{
    enum { MANY = 64 };
    int listeners[2] = {-1, -1}, fds[MANY];
    unsigned taken[2] = {0};
    CHECK_OK(listener_open("127.0.0.1:0", &listeners[0]));
    CHECK_OK(listener_share(listeners[0], &listeners[1]));
    for (unsigned i = 0; i < MANY; i++)
        fds[i] = connected_to(listeners[0]);
    for (unsigned i = 0; i < 2; i++)
        for (int fd = 0; (fd = accept(listeners[i], NULL, NULL)) >= 0; taken[i]++)
            close(fd);
    CHECK_U64(taken[0] + taken[1], MANY);
    CHECK(taken[0] > 0 && taken[1] > 0); /* by chance once in 2^63 */
    for (unsigned i = 0; i < MANY; i++)
        close(fds[i]);
    close(listeners[0]);
    close(listeners[1]);
}

static void what_is_no_address_is_told_from_what_cannot_be_had(void)
{
    int fd = -1;
    CHECK_STATUS(listener_open("nowhere", &fd), FAIL(CONFIG));
    CHECK_STATUS(listener_open("192.0.2.1:1", &fd), FAIL(NETWORK));
    CHECK_STATUS(listener_share(-1, &fd), FAIL(NETWORK));
    CHECK(fd == -1);
}

static void checking_takes_nothing_and_lets_whoever_listens_be(void)
{
    char address[ADDRESS_TEXT_BYTES];
    int fd = -1;
    CHECK_OK(listener_open("127.0.0.1:0", &fd));
    CHECK_OK(listener_address(fd, address));
    CHECK_OK(listener_check(address));
    close(fd);
    CHECK_OK(listener_check(address));
    CHECK_OK(listener_open(address, &fd));
    close(fd);
    CHECK_STATUS(listener_check("nowhere"), FAIL(CONFIG));
    CHECK_STATUS(listener_check("192.0.2.1:1"), FAIL(NETWORK));
}

TESTS(http_listener, {"an address is one listener's alone", an_address_is_one_listeners_alone},
      {"what is shared has the address and is shared with nobody else",
       what_is_shared_has_the_address_and_is_shared_with_nobody_else},
      {"those who share have connections both", those_who_share_have_connections_both},
      {"what is no address is told from what cannot be had",
       what_is_no_address_is_told_from_what_cannot_be_had},
      {"checking takes nothing and lets whoever listens be",
       checking_takes_nothing_and_lets_whoever_listens_be}, )
