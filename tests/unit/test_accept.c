/* An accept that fails ends one connection, or for want of anything better none, and no server. */
#include "check.h"
#include "clock.h"
#include "descriptors_open.h"
#include "model.h"
#include "server.h"
#include "stand_in.h"

#include <stdatomic.h>
#include <stdlib.h>

enum {
    CLIENTS_MOST = 3, /* one that has to give way, one more that comes at the same time */
    FOR_EVER_MS = 300,
    PAUSE_MS = 10, /* NO_RESOURCES_PAUSE_MS of server_accept.c */
    FOR_EVER = 1000000
};
static const uint64_t HANG_NS = UINT64_C(20000000000); /* nothing here takes so long */

static atomic_int error_now;
static atomic_int refusals;      /* how many more accepts fail */
static atomic_int refused;       /* how many have */
static atomic_int reserves_lost; /* how many more times the reserve can't be opened */

/* Whether this call of accept is to fail. */
static bool refuse(void)
{
    if (atomic_load(&refusals) <= 0)
        return false;
    atomic_fetch_sub(&refusals, 1);
    atomic_fetch_add(&refused, 1);
    return true;
}

STAND_IN(net_socket, accept, (net_socket listener, struct sockaddr *address, socklen_t *length))
{
    if (!refuse())
        return REAL(accept)(listener, address, length);
    STAND_IN_FAIL(atomic_load(&error_now));
    return NET_SOCKET_NONE;
}

STAND_IN_OWN(void, net_reserve_open, (struct net_reserve * reserve))
{
    if (atomic_fetch_sub(&reserves_lost, 1) > 0)
        reserve->socket = NET_SOCKET_NONE;
    else
        REAL_OWN(net_reserve_open)(reserve);
}

/* The one platform block: how else the models accept, and which errors are a connection's. */
#ifdef _WIN32
#include <mswsock.h>

static const int connection_errors[] = {WSAECONNRESET, WSAENETDOWN, WSAEACCES, WSAEHOSTUNREACH};
static const int listener_errors[] = {WSAENOTSOCK,
                                      WSAEINVAL,
                                      WSAEFAULT,
                                      WSAEOPNOTSUPP,
                                      WSAEINTR,
                                      WSANOTINITIALISED,
                                      WSA_INVALID_HANDLE,
                                      WSA_INVALID_PARAMETER,
                                      WSA_OPERATION_ABORTED};
/* A real accept that fails would re-enable FD_ACCEPT, the one here can't. */
static const char *const models_for_ever[] = {"blocking", "select", "wsapoll", "iocp", NULL};
enum { ERROR_LAST = 12000, NO_DESCRIPTOR = WSAEMFILE };

static LPFN_ACCEPTEX accept_ex;

static BOOL PASCAL accept_ex_stand_in(SOCKET listener, SOCKET socket, PVOID output, DWORD received,
                                      DWORD local, DWORD remote, LPDWORD bytes,
                                      LPOVERLAPPED overlapped)
{
    if (!refuse())
        return accept_ex(listener, socket, output, received, local, remote, bytes, overlapped);
    WSASetLastError(atomic_load(&error_now));
    return FALSE;
}

STAND_IN(int, WSAIoctl,
         (SOCKET socket, DWORD code, LPVOID in, DWORD in_bytes, LPVOID out, DWORD out_bytes,
          LPDWORD returned, LPWSAOVERLAPPED overlapped,
          LPWSAOVERLAPPED_COMPLETION_ROUTINE completion))
{
    static const GUID id = WSAID_ACCEPTEX;
    LPFN_ACCEPTEX stand_in = accept_ex_stand_in;
    int result = REAL(WSAIoctl)(socket, code, in, in_bytes, out, out_bytes, returned, overlapped,
                                completion);
    if (result == 0 && code == SIO_GET_EXTENSION_FUNCTION_POINTER &&
        memcmp(in, &id, sizeof id) == 0) {
        memcpy(&accept_ex, out, sizeof accept_ex);
        memcpy(out, &stand_in, sizeof stand_in);
    }
    return result;
}
#else
static const int connection_errors[] = {EPERM, ENONET, EOPNOTSUPP, ECONNABORTED};
static const int listener_errors[] = {EBADF, EINVAL, ENOTSOCK, EFAULT};
static const char *const models_for_ever[] = {"blocking", "nonblocking", "select", "poll",
                                              "epoll",    "sigio",       NULL};
enum { ERROR_LAST = 133, NO_DESCRIPTOR = EMFILE };

STAND_IN(int, accept4, (int listener, struct sockaddr *address, socklen_t *length, int flags))
{
    if (!refuse())
        return REAL(accept4)(listener, address, length, flags);
    STAND_IN_FAIL(atomic_load(&error_now));
    return -1;
}

#if IOMODELS_IO_URING
#include <unistd.h>

#include "parts/uring.h"

/* Accepts that end with each connection, so that a failed one can be made of it. */
STAND_IN(unsigned, uring_hand_in, (struct uring * ring))
{
    for (unsigned i = ring->submitted - uring_queued(ring); i != ring->submitted; i++) {
        struct io_uring_sqe *next = &ring->submissions[i & (ring->submissions_size - 1)];
        if (next->opcode == IORING_OP_ACCEPT)
            next->ioprio = 0;
    }
    return REAL(uring_hand_in)(ring);
}

STAND_IN(bool, uring_completion, (struct uring * ring, struct io_uring_cqe *completion))
{
    bool taken = REAL(uring_completion)(ring, completion);
    /* OPERATION_ACCEPT of the models is 0. */
    if (taken && completion->user_data == 0 && completion->res >= 0 && refuse()) {
        close(completion->res);
        completion->res = -atomic_load(&error_now);
    }
    return taken;
}
#endif
#endif

static bool is_among(const int *list, size_t count, int error)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == error)
            return true;
    return false;
}

static void test_which_errors_end_a_listener(void)
{
    size_t count = sizeof listener_errors / sizeof listener_errors[0];
    for (int error = 1; error <= ERROR_LAST; error++)
        if (net_listener_broken(-error) != is_among(listener_errors, count, error)) {
            printf("error %d\n", error);
            CHECK(false);
        }
}

/* ---- servers ---- */

static atomic_int lacks, lacks_of_accept;

/* Of a server's thread, so that it only counts. */
static void on_lack(const char *text)
{
    atomic_fetch_add(&lacks, 1);
    if (strncmp(text, "accept: ", 8) == 0 || strncmp(text, "AcceptEx: ", 10) == 0)
        atomic_fetch_add(&lacks_of_accept, 1);
}

struct served {
    struct server server;
    const struct model_entry *entry;
    thread_handle thread;
};

static void served_main(void *argument)
{
    struct served *served = argument;
    (void)served->entry->model->serve(&served->server); /* see served_stop */
}

static void served_start(struct served *served, const struct model_entry *entry, unsigned threads)
{
    struct server_options options = {.threads = entry->model->threads_apply ? threads : 0,
                                     .buffer_bytes = 4096,
                                     .backlog = 16,
                                     .max_connections = 10,
                                     .nodelay = true,
                                     .on_lack = on_lack};
    served->entry = entry;
    atomic_store(&lacks, 0);
    atomic_store(&lacks_of_accept, 0);
    atomic_store(&refused, 0);
    if (!net_address_parse(&options.address, "127.0.0.1", 0) ||
        server_open(&served->server, &options, model_needs(entry->model)) != 0 ||
        thread_start(&served->thread, served_main, served, 0) != 0)
        abort();
}

static void served_stop(struct served *served)
{
    server_stop(&served->server);
    thread_join(served->thread);
    CHECK_EQ_TEXT(server_failure_text(&served->server), "");
    server_close(&served->server);
}

static net_socket client_connect(const struct served *served)
{
    const struct net_address *to = &served->server.address;
    net_socket client = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    if (client == NET_SOCKET_NONE ||
        connect(client, (const struct sockaddr *)&to->storage, to->length) != 0)
        abort();
    return client;
}

/* Whether it is served: not before long it is closed, or the server has failed. */
static bool client_echoes(struct served *served, net_socket client)
{
    char byte = 'a';
    uint64_t begun_ns = clock_now_ns();
    net_received count = send(client, &byte, 1, NET_SEND_FLAGS);
    if (count != 1 || net_set_nonblocking(client, true) != 0)
        return false;
    while ((count = recv(client, &byte, 1, 0)) < 0 &&
           net_error_kind(net_last_error()) == NET_ERROR_WOULD_BLOCK &&
           !server_stopping(&served->server) && clock_now_ns() - begun_ns < HANG_NS)
        clock_sleep_ms(1);
    return count == 1;
}

static bool anybody_is_served(struct served *served)
{
    bool echoed = false;
    for (int i = 0; i < CLIENTS_MOST && !echoed && !server_stopping(&served->server); i++) {
        net_socket client = client_connect(served);
        echoed = client_echoes(served, client);
        net_close(client);
    }
    return echoed;
}

static void goes_on_after(struct served *served, int error)
{
    uint64_t begun_ns = clock_now_ns();
    atomic_store(&error_now, error);
    atomic_store(&refusals, 1);
    /* A thread that is inside accept by now takes the first one. */
    bool is_served = anybody_is_served(served);
    while (atomic_load(&refusals) > 0 && !server_stopping(&served->server) &&
           clock_now_ns() - begun_ns < HANG_NS)
        clock_sleep_ms(1);
    CHECK(atomic_load(&refusals) == 0);
    is_served = is_served && anybody_is_served(served);
    if (!is_served)
        printf("%s: accept fails with %d\n", served->entry->name, error);
    CHECK(is_served);
}

static void test_one_connection_ends(void)
{
    static struct served served;
    char text[64];
    for (const struct model_entry *entry = model_registry; entry->name != NULL; entry++) {
        if (model_unavailable(entry, text, sizeof text) != NULL)
            continue;
        served_start(&served, entry, 1);
        for (size_t i = 0; i < sizeof connection_errors / sizeof connection_errors[0]; i++)
            goes_on_after(&served, connection_errors[i]);
        served_stop(&served);
        CHECK_EQ_U64((uint64_t)atomic_load(&lacks), 1); /* said once */
        CHECK_EQ_U64((uint64_t)atomic_load(&lacks_of_accept), 1);
    }
}

/* As by a seccomp profile: each accept fails, and leaves the connection where it is. */
static void test_for_ever(void)
{
    static struct served served;
    for (size_t i = 0; models_for_ever[i] != NULL; i++) {
        served_start(&served, model_find(models_for_ever[i]), 1);
        atomic_store(&error_now, connection_errors[0]);
        atomic_store(&refusals, FOR_EVER);
        uint64_t begun_ns = clock_now_ns();
        net_socket client = client_connect(&served);
        clock_sleep_ms(FOR_EVER_MS);
        atomic_store(&refusals, 0);
        uint64_t passed_ms = (clock_now_ns() - begun_ns) / 1000000;
        /* Each posted accept failed at once; after that there was one for each pause. */
        CHECK((uint64_t)atomic_load(&refused) <= 2 * SERVER_ACCEPTS_AT_ONCE + passed_ms / PAUSE_MS);
        CHECK(atomic_load(&refused) > 0);
        CHECK_EQ_U64((uint64_t)atomic_load(&lacks), 1);
        CHECK(client_echoes(&served, client) || anybody_is_served(&served));
        net_close(client);
        served_stop(&served);
    }
}

/*
 * The accept of another thread takes the descriptor that was freed to refuse a connection by. It is
 * given back: with no reserve left, the next lack of descriptors would leave clients waiting.
 */
static void test_reserve_comes_back(void)
{
    static struct served served;
    served_start(&served, model_find("select"), 1);
    atomic_store(&error_now, NO_DESCRIPTOR);
    atomic_store(&reserves_lost, 2); /* after the refusal, and before the next client is admitted */
    atomic_store(&refusals, 1);
    net_socket client = client_connect(&served);
    CHECK(!client_echoes(&served, client)); /* refused for want of a descriptor */
    net_close(client);
    client = client_connect(&served);
    CHECK(!client_echoes(&served, client)); /* refused to have a reserve again */
    net_close(client);
    client = client_connect(&served);
    CHECK(client_echoes(&served, client));
    net_close(client);
    CHECK(served.server.reserve.socket != NET_SOCKET_NONE);
    CHECK(!atomic_load(&served.server.reserve_missing));
    CHECK_EQ_U64(server_counts_now(&served.server).refused, 2);
    served_stop(&served);
}

/* A server that has stopped has given back what each of its threads had opened. */
static void test_nothing_is_left_open(void)
{
    enum { ROUNDS = 3 };
    static struct served served;
    char text[64];
    for (const struct model_entry *entry = model_registry; entry->name != NULL; entry++) {
        if (model_unavailable(entry, text, sizeof text) != NULL)
            continue;
        for (unsigned round = 0; round < ROUNDS; round++) {
            unsigned before = descriptors_open();
            served_start(&served, entry, 2);
            CHECK(anybody_is_served(&served));
            served_stop(&served);
            unsigned after = descriptors_open();
            if (round > 0 && after != before) /* the first one may open what the system keeps */
                printf("%s: %u descriptors before it, %u after it\n", entry->name, before, after);
            CHECK(round == 0 || after == before);
        }
    }
}

int main(void)
{
    if (net_startup() != 0)
        abort();
    test_which_errors_end_a_listener();
    test_one_connection_ends();
    test_for_ever();
    test_reserve_comes_back();
    test_nothing_is_left_open();
    net_cleanup();
    return check_report();
}
