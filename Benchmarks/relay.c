// What a proxied request costs before any HTTP is done: a relay that gives each client a connection to the upstream and
// hands on what comes, unread, from one to the other. Like a gateway it receives twice and sends twice for each
// request, in one thread with edge-triggered epoll; so it is a floor under every proxy that uses a socket for each
// side.
//
//     relay PORT UPSTREAM-PORT
//
// On 127.0.0.1. For requests and answers that fit into one read and into the socket's buffer, as those of
// `side-by-side` do: what the kernel does not take at once ends the connection. Built by `side-by-side` when needed.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { descriptorMax = 65536, eventMax = 512, bufferSize = 16384 };

static int partner[descriptorMax];

static struct sockaddr_in at(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void watch(int epoll, int descriptor) {
    const int yes = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.fd = descriptor};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) != 0) die("epoll_ctl");
}

static void take_clients(int epoll, int listener, int upstream_port) {
    int client;
    while ((client = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        const struct sockaddr_in address = at(upstream_port);
        const int upstream = socket(AF_INET, SOCK_STREAM, 0);
        if (upstream < 0 || client >= descriptorMax || upstream >= descriptorMax) die("socket");
        if (connect(upstream, (const struct sockaddr *)&address, sizeof address) != 0) die("connect");
        partner[client] = upstream;
        partner[upstream] = client;
        watch(epoll, client);
        watch(epoll, upstream);
    }
}

static void hand_on(int from) {
    static char buffer[bufferSize];
    const int to = partner[from];
    if (to == 0) return;  // closed with its partner in this turn
    const ssize_t got = recv(from, buffer, sizeof buffer, MSG_DONTWAIT);
    if (got > 0 && send(to, buffer, (size_t)got, MSG_NOSIGNAL | MSG_DONTWAIT) == got) return;
    partner[from] = partner[to] = 0;
    close(from);
    close(to);
}

int main(int count, char **words) {
    if (count != 3) {
        fprintf(stderr, "usage: relay PORT UPSTREAM-PORT\n");
        return 2;
    }
    const int yes = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), epoll = epoll_create1(0);
    const struct sockaddr_in address = at(atoi(words[1]));
    if (listener < 0 || epoll < 0) die("socket");
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, (const struct sockaddr *)&address, sizeof address) != 0) die("bind");
    if (listen(listener, 1024) != 0) die("listen");
    struct epoll_event incoming = {.events = EPOLLIN, .data.fd = listener};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &incoming) != 0) die("epoll_ctl");
    for (;;) {
        static struct epoll_event events[eventMax];
        const int ready = epoll_wait(epoll, events, eventMax, -1);
        for (int index = 0; index < ready; index++) {
            if (events[index].data.fd == listener) take_clients(epoll, listener, atoi(words[2]));
            else if (events[index].events & EPOLLIN) hand_on(events[index].data.fd);
        }
    }
}
