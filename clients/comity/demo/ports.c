#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include "comity/demo/demo.h"

static struct sockaddr_in loopback(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/* Binds a socket to a port of loopback, 0 for any that is free; -1 if it cannot be had. */
static int port_bind(unsigned port)
{
    struct sockaddr_in address = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

bool demo_port_answers(unsigned port)
{
    struct sockaddr_in address = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool answers = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    if (fd >= 0)
        close(fd);
    return answers;
}

/* One that was never chosen is. */
static bool port_free(unsigned port)
{
    int fd = port_bind(port);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* Where a program's ports are written; how many. */
static size_t ports_of(struct demo *demo, unsigned *ports[static 3 * DEMO_STATES])
{
    size_t count = 0;
    for (size_t i = 0; i < demo->gateway_count; i++) {
        ports[count++] = &demo->gateways[i].port;
        ports[count++] = &demo->gateways[i].http_port;
    }
    for (size_t i = 0; i < demo->witness_count; i++)
        ports[count++] = &demo->witnesses[i].port;
    return count;
}

/* Held at the same time, so that they differ, then let go. */
enum comity_exit demo_ports_choose(struct demo *demo, struct comity_fault *reterr)
{
    int held[3 * DEMO_STATES];
    unsigned *ports[3 * DEMO_STATES];
    const size_t wanted = ports_of(demo, ports);
    size_t count = 0;
    enum comity_exit exit = COMITY_DONE;
    while (count < wanted && exit == COMITY_DONE) {
        struct sockaddr_in address = {0};
        socklen_t length = sizeof address;
        held[count] = port_bind(0);
        if (held[count] < 0 || getsockname(held[count], (struct sockaddr *)&address, &length) != 0)
            exit = fail_errno(reterr, "there is no free port on 127.0.0.1");
        *ports[count++] = ntohs(address.sin_port);
    }
    while (count > 0)
        if (held[--count] >= 0)
            close(held[count]);
    return exit;
}

bool demo_port_was_taken(struct demo *demo)
{
    unsigned *ports[3 * DEMO_STATES];
    const size_t count = ports_of(demo, ports);
    for (size_t i = 0; i < count; i++)
        if (!port_free(*ports[i]))
            return true;
    return false;
}
