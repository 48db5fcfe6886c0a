#include "peer.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef _WIN32
#include <fcntl.h>
#include <io.h>
#include <process.h>
#include <psapi.h>
#include <ws2tcpip.h>
#else
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#endif

struct peer peer = {.buffer_bytes = 64 * 1024, .max_connections = 1024};

static bool nodelay = true;
static _Atomic uint64_t received;
static _Atomic uint64_t sent;
static _Atomic size_t sessions;
static _Atomic int threads = 1;
static _Atomic int threads_peak = 1;

/* The system's side: everything that differs before the models do. */

#ifdef _WIN32

struct usage {
    uint64_t time_ns, user_us, sys_us, resolution_us, rss_bytes;
};

static bool under_wine(void)
{
    return GetProcAddress(GetModuleHandleA("ntdll.dll"), "wine_get_version") != NULL;
}

static const char *system_name(void)
{
    return under_wine() ? "wine" : "windows";
}

static uint64_t microseconds(FILETIME time)
{
    return (((uint64_t)time.dwHighDateTime << 32) | time.dwLowDateTime) / 10;
}

static struct usage usage_now(void)
{
    struct usage usage = {.resolution_us = under_wine() ? 10000 : 15625};
    LARGE_INTEGER count, frequency;
    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&count);
    uint64_t ticks = (uint64_t)count.QuadPart, hz = (uint64_t)frequency.QuadPart;
    usage.time_ns = ticks / hz * 1000000000 + ticks % hz * 1000000000 / hz;
    FILETIME created, ended, kernel, user;
    if (GetProcessTimes(GetCurrentProcess(), &created, &ended, &kernel, &user)) {
        usage.user_us = microseconds(user);
        usage.sys_us = microseconds(kernel);
    }
    PROCESS_MEMORY_COUNTERS memory;
    if (GetProcessMemoryInfo(GetCurrentProcess(), &memory, sizeof memory))
        usage.rss_bytes = memory.PeakWorkingSetSize;
    return usage;
}

static unsigned long process_id(void)
{
    return GetCurrentProcessId();
}

static void system_start(void)
{
    WSADATA data;
    if (WSAStartup(MAKEWORD(2, 2), &data) != 0)
        peer_fail("WSAStartup");
    _setmode(_fileno(stdout), _O_BINARY);
}

static int last_error(void)
{
    return WSAGetLastError();
}

static bool would_block(int error)
{
    return error == WSAEWOULDBLOCK;
}

static bool accept_again(int error)
{
    return error == WSAECONNRESET;
}

static void pause_shortly(void)
{
    Sleep(10);
}

static void socket_close(socket_t sock)
{
    closesocket(sock);
}

static int socket_receive(socket_t sock, char *at, size_t size)
{
    return recv(sock, at, (int)size, 0);
}

static int socket_send(socket_t sock, const char *at, size_t size)
{
    return send(sock, at, (int)size, 0);
}

static socket_t socket_accept(socket_t listener, bool nonblocking)
{
    socket_t sock = accept(listener, NULL, NULL);
    if (sock != BAD_SOCKET && nonblocking)
        socket_set_nonblocking(sock);
    return sock;
}

void socket_set_nonblocking(socket_t sock)
{
    u_long on = 1;
    ioctlsocket(sock, (long)FIONBIO, &on);
}

static void claim_address(socket_t sock)
{
    BOOL on = TRUE;
    setsockopt(sock, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, (const char *)&on, sizeof on);
}

#else

struct usage {
    uint64_t time_ns, user_us, sys_us, resolution_us, rss_bytes;
};

static const char *system_name(void)
{
    return "linux";
}

static uint64_t microseconds(struct timeval time)
{
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec;
}

static struct usage usage_now(void)
{
    struct timespec now;
    struct rusage rusage;
    clock_gettime(CLOCK_MONOTONIC, &now);
    getrusage(RUSAGE_SELF, &rusage);
    return (struct usage){.time_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec,
                          .user_us = microseconds(rusage.ru_utime),
                          .sys_us = microseconds(rusage.ru_stime),
                          .resolution_us = 1,
                          .rss_bytes = (uint64_t)rusage.ru_maxrss * 1024};
}

static unsigned long process_id(void)
{
    return (unsigned long)getpid();
}

static void system_start(void)
{
    signal(SIGPIPE, SIG_IGN);
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}

static int last_error(void)
{
    return errno;
}

static bool would_block(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK;
}

static bool accept_again(int error)
{
    return error == ECONNABORTED || error == EINTR;
}

static void pause_shortly(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

static void socket_close(socket_t sock)
{
    close(sock);
}

static ssize_t socket_receive(socket_t sock, char *at, size_t size)
{
    return recv(sock, at, size, 0);
}

static ssize_t socket_send(socket_t sock, const char *at, size_t size)
{
    return send(sock, at, size, MSG_NOSIGNAL);
}

static socket_t socket_accept(socket_t listener, bool nonblocking)
{
    return accept4(listener, NULL, NULL, SOCK_CLOEXEC | (nonblocking ? SOCK_NONBLOCK : 0));
}

void socket_set_nonblocking(socket_t sock)
{
    fcntl(sock, F_SETFL, fcntl(sock, F_GETFL) | O_NONBLOCK);
}

static void claim_address(socket_t sock)
{
    int on = 1;
    setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
}

#endif

void peer_fail(const char *what)
{
    fprintf(stderr, "%s failed, error %d\n", what, last_error());
    exit(1);
}

void *peer_allocate(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    if (!memory)
        peer_fail("allocation");
    return memory;
}

void peer_thread_began(void)
{
    int now = atomic_fetch_add(&threads, 1) + 1;
    int peak = atomic_load(&threads_peak);
    while (now > peak && !atomic_compare_exchange_weak(&threads_peak, &peak, now))
        ;
}

void peer_thread_ended(void)
{
    atomic_fetch_sub(&threads, 1);
}

/* Sessions. */

struct session *session_accept(socket_t listener, bool nonblocking)
{
    for (;;) {
        socket_t sock = socket_accept(listener, nonblocking);
        if (sock == BAD_SOCKET) {
            int error = last_error();
            if (accept_again(error))
                continue;
            /* Out of descriptors: the listener stays ready, so a plain return would spin. */
            if (!would_block(error))
                pause_shortly();
            return NULL;
        }
        if (atomic_load(&sessions) >= peer.max_connections) {
            socket_close(sock);
            continue;
        }
        struct session *session = malloc(sizeof *session + peer.buffer_bytes);
        if (!session) {
            socket_close(sock);
            continue;
        }
        *session = (struct session){.socket = sock, .buffer = (char *)(session + 1)};
        if (nodelay) {
            int on = 1;
            setsockopt(sock, IPPROTO_TCP, TCP_NODELAY, (const char *)&on, sizeof on);
        }
        atomic_fetch_add(&sessions, 1);
        return session;
    }
}

/*
 * --burn-ns: what each receive costs beyond the receiving, so that a server can be made slower by a
 * known amount. A clock that is asked each time would cost as much as what is to be burned.
 */
static uint64_t burn_loops;

static void spin(uint64_t loops)
{
    volatile uint64_t at;
    for (at = 0; at < loops; at++)
        ;
}

static void burn_prepare(uint64_t ns)
{
    enum { LOOPS = 1000000, ATTEMPTS = 20 };
    uint64_t best = UINT64_MAX; /* of several: others may have had the processor */
    for (int i = 0; i < ATTEMPTS; i++) {
        uint64_t begun = usage_now().time_ns;
        spin(LOOPS);
        uint64_t took = usage_now().time_ns - begun;
        if (took < best)
            best = took;
    }
    burn_loops = ns * LOOPS / best;
}

void session_filled(struct session *session, size_t bytes)
{
    if (burn_loops > 0)
        spin(burn_loops);
    if (session->begin == session->end)
        session->begin = session->end = 0;
    session->end += bytes;
    atomic_fetch_add_explicit(&received, bytes, memory_order_relaxed);
}

void session_drained(struct session *session, size_t bytes)
{
    session->begin += bytes;
    atomic_fetch_add_explicit(&sent, bytes, memory_order_relaxed);
}

enum step session_receive(struct session *session)
{
    ptrdiff_t n = socket_receive(session->socket, session->buffer, peer.buffer_bytes);
    if (n < 0)
        return would_block(last_error()) ? STEP_IDLE : STEP_CLOSED;
    if (n == 0)
        return STEP_CLOSED;
    session_filled(session, (size_t)n);
    return session_send(session);
}

enum step session_send(struct session *session)
{
    /* To the end or to would-block: only the latter makes Winsock signal FD_WRITE. */
    while (session->begin < session->end) {
        ptrdiff_t n = socket_send(session->socket, session->buffer + session->begin,
                                  session->end - session->begin);
        if (n < 0)
            return would_block(last_error()) ? STEP_PENDING : STEP_CLOSED;
        session_drained(session, (size_t)n);
    }
    return STEP_DONE;
}

void session_close(struct session *session)
{
    socket_close(session->socket);
    session_free(session);
}

void session_free(struct session *session)
{
#ifdef _WIN32
    if (session->event)
        WSACloseEvent(session->event);
#endif
    free(session);
    atomic_fetch_sub(&sessions, 1);
}

#ifdef _WIN32

bool session_notified(struct session *session, long events)
{
    if (events & FD_CLOSE)
        session->finishing = true;
    if (session->begin < session->end) {
        if (!(events & FD_WRITE))
            return true;
        enum step step = session_send(session);
        if (step != STEP_DONE)
            return step == STEP_PENDING;
        /* An FD_READ that came while bytes were pending is gone: so receive in any case. */
    } else if (!(events & (FD_READ | FD_CLOSE))) {
        return true;
    }
    enum step step;
    do
        step = session_receive(session);
    while (session->finishing && step == STEP_DONE);
    if (step == STEP_IDLE)
        session->finishing = false;
    return step != STEP_CLOSED;
}

enum step session_completed(struct session *session, size_t bytes)
{
    if (session->begin < session->end)
        session_drained(session, bytes);
    else if (bytes == 0)
        return STEP_CLOSED;
    else
        session_filled(session, bytes);
    return session_send(session);
}

int session_post(struct session *session, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, DWORD *bytes)
{
    int result;
    if (session->begin < session->end) {
        WSABUF rest = {(ULONG)(session->end - session->begin), session->buffer + session->begin};
        result = WSASend(session->socket, &rest, 1, bytes, 0, &session->overlapped, routine);
    } else {
        DWORD flags = 0;
        WSABUF whole = {(ULONG)peer.buffer_bytes, session->buffer};
        result = WSARecv(session->socket, &whole, 1, bytes, &flags, &session->overlapped, routine);
    }
    return result == 0 ? 0 : WSAGetLastError();
}

#endif

/* The control protocol. */

static void print_usage(const char *event)
{
    struct usage usage = usage_now();
    printf("iomodels=1 event=%s time_ns=%llu cpu_user_us=%llu cpu_sys_us=%llu "
           "cpu_resolution_us=%llu rss_peak_bytes=%llu threads=%d threads_peak=%d "
           "recv_bytes=%llu send_bytes=%llu\n",
           event, (unsigned long long)usage.time_ns, (unsigned long long)usage.user_us,
           (unsigned long long)usage.sys_us, (unsigned long long)usage.resolution_us,
           (unsigned long long)usage.rss_bytes, atomic_load(&threads), atomic_load(&threads_peak),
           (unsigned long long)atomic_load(&received), (unsigned long long)atomic_load(&sent));
    fflush(stdout);
}

static void control(void)
{
    char line[64];
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\r\n")] = '\0';
        if (strcmp(line, "stats") == 0)
            print_usage("stats");
        else if (strcmp(line, "stop") == 0)
            break;
    }
    print_usage("stopped");
    _Exit(0);
}

#ifdef _WIN32
static unsigned __stdcall control_thread(void *unused)
{
    (void)unused;
    control();
    return 0;
}

static void start_control(void)
{
    if (!_beginthreadex(NULL, 0, control_thread, NULL, 0, NULL))
        peer_fail("_beginthreadex");
}
#else
static void *control_thread(void *unused)
{
    (void)unused;
    control();
    return NULL;
}

static void start_control(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, control_thread, NULL) != 0)
        peer_fail("pthread_create");
}
#endif

static socket_t listen_at(const char *address, unsigned port, int backlog)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t size = sizeof name;
    if (inet_pton(AF_INET, address, &name.sin_addr) != 1)
        peer_fail("inet_pton");
    socket_t listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener == BAD_SOCKET)
        peer_fail("socket");
    claim_address(listener);
    if (bind(listener, (struct sockaddr *)&name, size) != 0)
        peer_fail("bind");
    if (listen(listener, backlog) != 0)
        peer_fail("listen");
    if (getsockname(listener, (struct sockaddr *)&name, &size) != 0)
        peer_fail("getsockname");
    printf("iomodels=1 event=listening model=%s address=%s port=%u pid=%lu threads=1 system=%s "
           "tool_version=peer\n",
           peer_model, address, (unsigned)ntohs(name.sin_port), process_id(), system_name());
    fflush(stdout);
    return listener;
}

static int usage(void)
{
    fprintf(stderr, "usage: PEER list --csv | PEER serve [--bind ADDRESS] [--port N] "
                    "[--buffer-bytes N] [--backlog N] [--max-connections N] [--no-nodelay] "
                    "[--control]\n");
    return 2;
}

int main(int argc, char **argv)
{
    const char *address = "127.0.0.1";
    unsigned port = 7777;
    int backlog = SOMAXCONN;
    bool controlled = false;

    system_start();
    for (; argc >= 3; argv += 2, argc -= 2) {
        if (strcmp(argv[1], "--burn-ns") == 0)
            burn_prepare(strtoul(argv[2], NULL, 10));
        else if (strcmp(argv[1], "--delays") == 0)
            peer.delays = argv[2];
        else if (strcmp(argv[1], "--stall") == 0)
            peer.stall = argv[2];
        else
            break;
    }
    if (argc >= 2 && strcmp(argv[1], "list") == 0) {
        printf("model,available,reason\n%s,yes,\n", peer_model);
        return 0;
    }
    if (argc < 2 || strcmp(argv[1], "serve") != 0)
        return usage();
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--control") == 0) {
            controlled = true;
            continue;
        }
        if (strcmp(argv[i], "--no-nodelay") == 0) {
            nodelay = false;
            continue;
        }
        if (i + 1 == argc)
            return usage();
        const char *option = argv[i++];
        unsigned long number = strtoul(argv[i], NULL, 10);
        if (strcmp(option, "--bind") == 0)
            address = argv[i];
        else if (strcmp(option, "--port") == 0)
            port = (unsigned)number;
        else if (strcmp(option, "--buffer-bytes") == 0 && number > 0)
            peer.buffer_bytes = number;
        else if (strcmp(option, "--backlog") == 0)
            backlog = (int)number;
        else if (strcmp(option, "--max-connections") == 0 && number > 0)
            peer.max_connections = number;
        else if (strcmp(option, "--model") == 0 && strcmp(argv[i], peer_model) != 0)
            return usage();
    }
    socket_t listener = listen_at(address, port, backlog);
    if (controlled)
        start_control();
    peer_serve(listener);
    return 0;
}
