/*
 * fake: a target that does something wrong, so that the harness's answer can be tested.
 *
 *     fake FAULT list --csv
 *     fake FAULT serve ...
 *
 * But for its fault it lists one model, "fake", and serves an echo as `iomodels serve --control`
 * does. Where FAKE_MARK is set, it makes that file once it hangs, or is asked for its statistics,
 * which is when the window begins, or (echo-marks) before that.
 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "net.h"
#include "program.h"
#include "thread.h"

/* The one platform block: the end that no program can prepare for. */
#ifdef _WIN32
static void end_at_once(void)
{
    TerminateProcess(GetCurrentProcess(), 128 + 9);
}
#else
#include <signal.h>

static void end_at_once(void)
{
    raise(SIGKILL);
}
#endif

enum {
    CLIENTS_MOST = 32,
    AFTER_BYTES = 512, /* echoed on all connections together, before the fault */
    LIST_BYTES = 2 << 20,
    LINE_BYTES = 4000,
    FLOOD_LINES = 2000,
    EXIT_DEAD = 3,
    REFUSED_EACH = 3
};

enum fault {
    FAULT_NONE,
    /* of the list */
    LIST_DIES,
    LIST_SILENT,
    LIST_NONSENSE,
    LIST_COLUMNS,
    LIST_NAMELESS,
    LIST_TWICE,
    LIST_EMPTY,
    LIST_LINE,
    LIST_ENDLESS,
    LIST_HANGS,
    LIST_NONE_RUNS,
    /* of the start */
    START_DIES,
    START_SILENT,
    START_NONSENSE,
    START_ADDRESSLESS,
    START_NOBODY,
    START_HANGS,
    START_BYTES,
    START_NOISE,
    /* of the echo */
    ECHO_ENDS,
    ECHO_KILLED,
    ECHO_WRONG,
    ECHO_REFUSES,
    ECHO_RESETS,
    ECHO_MARKS, /* no fault */
    ECHO_FLOODS,
    ECHO_FLOODS_ENDS,
    /* of the control */
    STATS_NONSENSE,
    STATS_NOISE,
    STATS_IMPOSSIBLE,
    STOP_STATUS,
    FAULTS
};

static const char *const fault_names[FAULTS] = {
    "none",           "list-dies",     "list-silent",      "list-nonsense",
    "list-columns",   "list-nameless", "list-twice",       "list-empty",
    "list-line",      "list-endless",  "list-hangs",       "list-none-runs",
    "start-dies",     "start-silent",  "start-nonsense",   "start-addressless",
    "start-nobody",   "start-hangs",   "start-bytes",      "start-noise",
    "echo-ends",      "echo-killed",   "echo-wrong",       "echo-refuses",
    "echo-resets",    "echo-marks",    "echo-floods",      "echo-floods-ends",
    "stats-nonsense", "stats-noise",   "stats-impossible", "stop-status"};

static enum fault fault;
static atomic_bool stopping;
static atomic_ullong echoed_bytes;
static struct net_wake wake;

static void mark_make(void)
{
    static atomic_bool made;
    const char *path = getenv("FAKE_MARK");
    FILE *file = path == NULL || atomic_exchange(&made, true) ? NULL : fopen(path, "wb");
    if (file != NULL)
        fclose(file);
}

static void wait_for_end_of_input(void)
{
    char bytes[64];
    mark_make();
    while (program_read_input(bytes, sizeof bytes) > 0)
        continue;
}

/* Lines that nobody has asked for, until nobody reads them. */
static int noise_print(void)
{
    while (printf("iomodels=1 event=noise\n") > 0 && fflush(stdout) == 0)
        mark_make();
    return EXIT_DEAD;
}

/* Some hundred KiB of words on standard error. */
static void errors_flood(void)
{
    static unsigned words;
    for (unsigned i = 0; i < FLOOD_LINES; i++)
        fprintf(stderr, "fake: word %u, and nobody wants to know it\n", ++words);
}

static int die(const char *words)
{
    fprintf(stderr, "%s\n", words);
    return EXIT_DEAD;
}

/* ---- list ---- */

static int list_endless(void)
{
    char name[LINE_BYTES / 4];
    memset(name, 'x', sizeof name);
    for (unsigned row = 0; row < LIST_BYTES / sizeof name; row++)
        printf("%.*s%u,yes\n", (int)sizeof name, name, row);
    return 0;
}

static int list_line(void)
{
    for (unsigned i = 0; i < LINE_BYTES; i++)
        putchar('x');
    putchar('\n');
    return 0;
}

static int list(void)
{
    const char *text = "model,available\nfake,yes\n";
    switch (fault) {
    case LIST_DIES:
        return die("fake: no licence");
    case LIST_SILENT:
        return EXIT_DEAD;
    case LIST_NONSENSE:
        text = "Hello, world\nHow are you?\n";
        break;
    case LIST_COLUMNS:
        text = "name,possible\nfake,yes\n";
        break;
    case LIST_NAMELESS:
        text = "model,available\n,yes\n";
        break;
    case LIST_TWICE:
        text = "model,available\nfake,yes\nfake,yes\n";
        break;
    case LIST_EMPTY:
        text = "model,available\n";
        break;
    case LIST_NONE_RUNS:
        text = "model,available,reason\nfake,no,not on a Tuesday\n";
        break;
    case LIST_LINE:
        return list_line();
    case LIST_ENDLESS:
        return list_endless();
    case LIST_HANGS:
        wait_for_end_of_input();
        return 0;
    default:
        break;
    }
    fputs(text, stdout);
    return 0;
}

/* ---- serve ---- */

static void listening_print(unsigned port)
{
    printf("iomodels=1 event=listening model=fake address=127.0.0.1 port=%u pid=%lu threads=1 "
           "capacity=%d system=%s tool_version=0\n",
           port, program_id(), CLIENTS_MOST, program_system());
    fflush(stdout);
}

static void statistics_print(const char *event)
{
    static unsigned down = 1000;
    if (fault == STATS_NONSENSE && strcmp(event, "stats") == 0) {
        printf("I don't count\n");
    } else {
        printf("iomodels=1 event=%s time_ns=%" PRIu64 " threads_peak=1 recv_bytes=%llu", event,
               clock_now_ns(), atomic_load(&echoed_bytes));
        if (fault == STATS_IMPOSSIBLE)
            printf(" cpu_user_us=-5 cpu_sys_us=%u wait_calls=%u recv_calls=nan rss_peak_bytes=4096",
                   down, down);
        down--;
        printf("\n");
    }
    fflush(stdout);
}

static void stop(void *unused)
{
    (void)unused;
    atomic_store(&stopping, true);
    net_wake_send(&wake);
}

static void read_commands(void *unused)
{
    char line[64];
    size_t length = 0;
    /* One byte at a time is slow, and here that does not matter. */
    while (!atomic_load(&stopping) && program_read_input(line + length, 1) > 0) {
        if (line[length] != '\n' && length + 1 < sizeof line) {
            length++;
            continue;
        }
        line[length] = '\0';
        length = 0;
        if (strcmp(line, "stats") == 0 && fault == STATS_NOISE) {
            noise_print();
        } else if (strcmp(line, "stats") == 0) {
            mark_make();
            statistics_print("stats");
        } else if (strcmp(line, "stop") == 0)
            stop(NULL);
    }
    stop(unused);
}

static void client_end(net_socket *client)
{
    net_close(*client);
    *client = NET_SOCKET_NONE;
}

static void clients_accept(net_socket listener, net_socket *clients, unsigned *accepted)
{
    net_socket client = accept(listener, NULL, NULL);
    if (client == NET_SOCKET_NONE)
        return;
    net_set_nodelay(client, true);
    if (++*accepted > CLIENTS_MOST || (fault == ECHO_REFUSES && *accepted % REFUSED_EACH == 0))
        net_close(client);
    else
        clients[*accepted - 1] = client;
}

/* False: the server ends now. */
static bool client_serve(net_socket *client)
{
    char data[4096];
    int size = (int)recv(*client, data, sizeof data, 0);
    if (size <= 0) {
        client_end(client);
        return true;
    }
    if (atomic_fetch_add(&echoed_bytes, (unsigned)size) >= AFTER_BYTES) {
        if (fault == ECHO_MARKS)
            mark_make();
        if (fault == ECHO_FLOODS || fault == ECHO_FLOODS_ENDS)
            errors_flood();
        if (fault == ECHO_ENDS || fault == ECHO_FLOODS_ENDS)
            return false;
        if (fault == ECHO_KILLED)
            end_at_once();
        if (fault == ECHO_WRONG)
            data[size - 1] ^= 1;
        if (fault == ECHO_RESETS) {
            net_set_abortive_close(*client);
            client_end(client);
            return true;
        }
    }
    for (int sent = 0; sent < size;) {
        int count = (int)send(*client, data + sent, (net_length)(size - sent), NET_SEND_FLAGS);
        if (count <= 0) {
            client_end(client);
            return true;
        }
        sent += count;
    }
    return true;
}

static void watch(fd_set *readable, net_socket socket, net_socket *highest)
{
    FD_SET((size_t)socket, readable);
    if (socket > *highest)
        *highest = socket;
}

static bool is_readable(const fd_set *readable, net_socket socket)
{
    return FD_ISSET((size_t)socket, readable) != 0;
}

/* Waits once and serves what is ready. False: the server ends now. */
static bool echo_step(net_socket listener, net_socket *clients, unsigned *accepted)
{
    fd_set readable;
    net_socket highest = listener;
    FD_ZERO(&readable);
    watch(&readable, listener, &highest);
    watch(&readable, wake.wait_on, &highest);
    for (unsigned i = 0; i < CLIENTS_MOST; i++)
        if (clients[i] != NET_SOCKET_NONE)
            watch(&readable, clients[i], &highest);
    if (select((int)highest + 1, &readable, NULL, NULL, NULL) < 0)
        return false;
    for (unsigned i = 0; i < CLIENTS_MOST; i++)
        if (clients[i] != NET_SOCKET_NONE && is_readable(&readable, clients[i]) &&
            !client_serve(&clients[i]))
            return false;
    if (is_readable(&readable, listener))
        clients_accept(listener, clients, accepted);
    return true;
}

static bool echo(net_socket listener)
{
    net_socket clients[CLIENTS_MOST];
    unsigned accepted = 0;
    for (unsigned i = 0; i < CLIENTS_MOST; i++)
        clients[i] = NET_SOCKET_NONE;
    while (!atomic_load(&stopping))
        if (!echo_step(listener, clients, &accepted))
            return false;
    return true;
}

/* A port at which nobody listens. */
static int start_nobody(const struct net_address *address)
{
    listening_print(net_address_port(address));
    read_commands(NULL);
    return 0;
}

static int serve(void)
{
    struct net_address address;
    net_socket listener;
    const char *call;
    if (!net_address_parse(&address, "127.0.0.1", 0) ||
        net_listen(&listener, &address, CLIENTS_MOST, &call) != 0 || net_wake_open(&wake) != 0)
        return die("fake: can't listen");
    switch (fault) {
    case START_DIES:
        return die("fake: the licence has run out");
    case START_BYTES:
        return die("fake: \xff\xfe broken, \"bytes\"");
    case START_SILENT:
        return EXIT_DEAD;
    case START_NONSENSE:
        printf("ready\n");
        fflush(stdout);
        wait_for_end_of_input();
        return 0;
    case START_ADDRESSLESS:
        printf("iomodels=1 event=listening model=fake port=7\n");
        fflush(stdout);
        wait_for_end_of_input();
        return 0;
    case START_NOBODY:
        net_close(listener);
        return start_nobody(&address);
    case START_HANGS:
        wait_for_end_of_input();
        return 0;
    case START_NOISE:
        return noise_print();
    default:
        break;
    }
    listening_print(net_address_port(&address));
    if (thread_start_detached(read_commands, NULL) != 0)
        return die("fake: no thread");
    if (!echo(listener))
        return die("fake: the licence has run out");
    statistics_print("stopped");
    return fault == STOP_STATUS ? die("fake: unpaid") : 0;
}

int main(int argc, char **argv)
{
    if (argc < 3 || net_startup() != 0)
        return die("usage: fake FAULT list|serve ...");
    while (fault < FAULTS && strcmp(fault_names[fault], argv[1]) != 0)
        fault++;
    if (fault == FAULTS)
        return die("fake: no such fault");
    program_set_output_binary();
    return strcmp(argv[2], "list") == 0 ? list() : serve();
}
