/* The least load client: closed loop, one message outstanding on each connection. Its CPU time for
 * a message is the floor that a load generator is measured against. */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct connection {
    int socket;
    int watched; /* the events that are asked for */
    size_t sent;
    size_t received;
};

static size_t message_bytes;
static char *payload, *scratch;
static int poller;
static uint64_t messages;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int64_t cpu_us(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
           usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static void open_connection(struct connection *connection, const struct sockaddr_in *server)
{
    int on = 1;
    char byte = 0;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)server, sizeof *server) != 0)
        fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    /* An echo before the load: a busy server may leave connections unaccepted. */
    if (send(fd, &byte, 1, MSG_NOSIGNAL) != 1 || recv(fd, &byte, 1, 0) != 1)
        fail("first echo");
    fcntl(fd, F_SETFL, O_NONBLOCK);
    *connection = (struct connection){.socket = fd, .watched = EPOLLIN};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) != 0)
        fail("epoll_ctl");
}

static void send_rest(struct connection *connection)
{
    ssize_t n = send(connection->socket, payload, message_bytes - connection->sent, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN)
        fail("send");
    connection->sent += n > 0 ? (size_t)n : 0;
    int wanted = connection->sent < message_bytes ? EPOLLIN | EPOLLOUT : EPOLLIN;
    if (wanted != connection->watched) {
        struct epoll_event event = {.events = (uint32_t)wanted, .data.ptr = connection};
        epoll_ctl(poller, EPOLL_CTL_MOD, connection->socket, &event);
        connection->watched = wanted;
    }
}

static void receive(struct connection *connection)
{
    ssize_t n = recv(connection->socket, scratch, message_bytes - connection->received, 0);
    if (n == 0 || (n < 0 && errno != EAGAIN))
        fail("recv");
    connection->received += n > 0 ? (size_t)n : 0;
    if (connection->received == message_bytes) {
        messages++;
        connection->sent = connection->received = 0;
        send_rest(connection);
    }
}

static void drive_until(int64_t end_ns)
{
    struct epoll_event ready[256];
    for (int64_t left; (left = end_ns - now_ns()) > 0;) {
        int count =
            epoll_wait(poller, ready, sizeof ready / sizeof ready[0], (int)(left / 1000000 + 1));
        for (int i = 0; i < count; i++) {
            struct connection *connection = ready[i].data.ptr;
            if (ready[i].events & EPOLLOUT)
                send_rest(connection);
            if (ready[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
                receive(connection);
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 7) {
        fprintf(stderr, "usage: client_epoll ADDRESS PORT CONNECTIONS MESSAGE_BYTES WARMUP_MS "
                        "DURATION_MS\n");
        return 2;
    }
    struct sockaddr_in server = {.sin_family = AF_INET,
                                 .sin_port = htons((uint16_t)strtoul(argv[2], NULL, 10))};
    size_t count = strtoul(argv[3], NULL, 10);
    message_bytes = strtoul(argv[4], NULL, 10);
    int64_t warmup_ns = strtol(argv[5], NULL, 10) * 1000000;
    int64_t duration_ns = strtol(argv[6], NULL, 10) * 1000000;
    struct connection *connections = calloc(count, sizeof *connections);
    payload = calloc(1, message_bytes);
    scratch = malloc(message_bytes);
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (inet_pton(AF_INET, argv[1], &server.sin_addr) != 1 || count == 0 || message_bytes == 0 ||
        !connections || !payload || !scratch || poller < 0)
        fail("setup");

    for (size_t i = 0; i < count; i++)
        open_connection(&connections[i], &server);
    for (size_t i = 0; i < count; i++)
        send_rest(&connections[i]);
    drive_until(now_ns() + warmup_ns);

    uint64_t messages_before = messages;
    int64_t cpu_before = cpu_us(), start = now_ns();
    drive_until(start + duration_ns);
    int64_t wall = now_ns() - start;
    printf("messages=%llu cpu_us=%lld wall_ns=%lld\n",
           (unsigned long long)(messages - messages_before), (long long)(cpu_us() - cpu_before),
           (long long)wall);
    free(connections);
    return 0;
}
