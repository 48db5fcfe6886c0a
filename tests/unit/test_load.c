/*
 * The load generator against a model's server and against servers that do something wrong. The
 * argument: how many client threads it has.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "check.h"
#include "clock.h"
#include "load/load.h"
#include "load/load_part.h"
#include "load/payload.h"
#include "model.h"
#include "program.h"
#include "thread.h"

enum {
    MESSAGE = 64,
    CLIENTS_MOST = 16, /* of a faulty server */
    NS_PER_MS = 1000000
};
static const uint64_t never_ns = UINT64_C(40000000000); /* within the time of the test */
static unsigned client_threads = 1;

/* What the callbacks see of a run. */
struct watch {
    struct load_options options;
    struct load_result result;
    unsigned long thread; /* the caller's */
    unsigned begins;
    unsigned ends;
    uint64_t begun_ns;
    uint64_t messages_at_begin;
    uint64_t messages_at_end;
    uint64_t bytes_at_end;
    unsigned asked;        /* how often for the cancel, since the window began */
    unsigned cancel_asked; /* true at this time; 0: never */
    bool cancel_at_once;
    uint64_t cancel_at_ns;               /* true from then on; 0: never */
    uint64_t cancel_after_ns;            /* the window's end: sets cancel_at_ns; 0: does not */
    bool cancel_established;             /* true once all connections of its thread are */
    void (*at_ask)(struct watch *watch); /* at the third time when it is asked; NULL: nothing */
    unsigned asks;
};

static void at_window(void *context, bool at_end)
{
    struct watch *watch = context;
    if (at_end) {
        watch->ends++;
        if (watch->cancel_after_ns != 0)
            watch->cancel_at_ns = clock_now_ns() + watch->cancel_after_ns;
        watch->messages_at_end = watch->result.messages;
        watch->bytes_at_end = watch->result.bytes;
    } else {
        CHECK_EQ_U64(watch->ends, 0);
        watch->begins++;
        watch->begun_ns = clock_now_ns();
        CHECK_EQ_U64(thread_id(), watch->thread);
        watch->messages_at_begin = watch->result.messages + watch->result.bytes;
    }
}

static bool cancelled(void *context)
{
    struct watch *watch = context;
    if (++watch->asks == 3 && watch->at_ask != NULL)
        watch->at_ask(watch);
    if (watch->begins > 0)
        watch->asked++;
    const struct workload *workload = &watch->options.workload;
    /* The callbacks see those of the caller's thread. */
    unsigned own =
        load_part_of(workload->connections, workload_client_threads(workload), 0, true).count;
    if (watch->cancel_established && watch->result.established == own)
        return true;
    return watch->cancel_at_once ||
           (watch->cancel_at_ns != 0 && clock_now_ns() >= watch->cancel_at_ns) ||
           (watch->cancel_asked != 0 && watch->asked >= watch->cancel_asked);
}

/* A machine can be too busy for the first window, see window_lengthen. */
enum { WINDOW_MS = 150, WINDOW_LONGER = 8, WINDOW_MOST_MS = 10000 };
static unsigned window_ms = WINDOW_MS; /* of the next run */

/*
 * After a run. True, and the run is to be made again with a longer window, where what it waits for
 * has not come; else the next run has the first window.
 */
static bool window_lengthen(bool has_come)
{
    bool again = !has_come && window_ms * WINDOW_LONGER <= WINDOW_MOST_MS;
    window_ms = again ? window_ms * WINDOW_LONGER : WINDOW_MS;
    return again;
}

static void watch_init(struct watch *watch, const struct net_address *server, unsigned connections)
{
    *watch = (struct watch){.options = {.server = *server,
                                        .workload = {.kind = &workload_pingpong,
                                                     .connections = connections,
                                                     .message_bytes = MESSAGE,
                                                     .pipeline_depth = 1,
                                                     .client_threads = client_threads},
                                        .nodelay = true,
                                        .warmup_ns = 30 * NS_PER_MS,
                                        .duration_ns = (uint64_t)window_ms * NS_PER_MS,
                                        .connect_timeout_ns = never_ns,
                                        .drain_timeout_ns = never_ns,
                                        .per_connection = true,
                                        .at_window = at_window,
                                        .cancelled = cancelled},
                            .thread = thread_id()};
    watch->options.context = watch;
    if (load_result_init(&watch->result) != 0)
        abort();
}

static int watch_run(struct watch *watch)
{
    int error = load_run(&watch->options, &watch->result);
    CHECK(error == watch->result.error);
    CHECK_EQ_U64(watch->result.attempted, watch->options.workload.connections);
    return error;
}

/* Not isnan, whose macro converts to float in MinGW's headers. */
static bool is_number(double value)
{
    return value >= -INFINITY && value <= INFINITY;
}

/* Each of the connections that send is there once, in their order, and together they have it all. */
static void check_shares(const struct watch *watch)
{
    const struct load_result *result = &watch->result;
    const struct workload *workload = &watch->options.workload;
    uint64_t messages = 0, bytes = 0, rtt_max_ns = 0;
    for (size_t i = 0; i < result->share_count; i++) {
        const struct load_share *share = &result->shares[i];
        messages += share->messages;
        bytes += share->bytes;
        rtt_max_ns = share->rtt_max_ns > rtt_max_ns ? share->rtt_max_ns : rtt_max_ns;
        CHECK(share->connection < workload->connections);
        CHECK(i == 0 || share->connection > result->shares[i - 1].connection);
    }
    CHECK_EQ_U64(result->share_count,
                 workload->active != 0 ? workload->active : result->established);
    CHECK_EQ_U64(messages, result->messages);
    CHECK_EQ_U64(bytes, result->bytes);
    if (messages > 0)
        CHECK_EQ_U64(rtt_max_ns, result->rtt.max);
}

/* Holds for every run that had its window. */
static void check_window(const struct watch *watch)
{
    const struct load_result *result = &watch->result;
    uint64_t whole = result->messages * watch->options.workload.message_bytes;
    uint64_t apart = result->bytes > whole ? result->bytes - whole : whole - result->bytes;
    CHECK_EQ_U64(watch->begins, 1);
    CHECK_EQ_U64(watch->ends, 1);
    /* Nothing of the warm-up, nothing of the drain. */
    CHECK_EQ_U64(watch->messages_at_begin, 0);
    if (client_threads == 1) { /* else the callbacks see the caller's thread only */
        CHECK_EQ_U64(watch->messages_at_end, result->messages);
        CHECK_EQ_U64(watch->bytes_at_end, result->bytes);
    }
    CHECK_EQ_U64(result->rtt.total, result->messages);
    check_shares(watch);
    /* Of each connection one message at most lies across each end. */
    CHECK(apart < result->established * watch->options.workload.message_bytes);
    CHECK(result->cancelled || result->window_ns >= watch->options.duration_ns);
    if (result->bytes == 0)
        CHECK(!is_number(result->fairness_jain));
    if (result->messages > 0) {
        CHECK(result->fairness_jain >= 1.0 / result->established - 1e-9);
        CHECK(result->fairness_jain <= 1.0 + 1e-9);
    }
}

static void check_flawless(const struct watch *watch)
{
    const struct load_result *result = &watch->result;
    check_window(watch);
    CHECK_EQ_U64(result->established, watch->options.workload.connections);
    CHECK_EQ_U64(result->errors, 0);
    CHECK_EQ_U64(result->verify_failures, 0);
    CHECK_EQ_U64(result->unanswered, 0);
    CHECK(!result->cancelled);
    CHECK_EQ_TEXT(result->error_text, "");
}

/* Holds for every run of an open loop that had its window. */
static void check_schedule(const struct watch *watch, uint64_t together, uint64_t interval_ns)
{
    const struct load_result *result = &watch->result;
    uint64_t meant = result->messages + result->unanswered;
    CHECK_EQ_U64(watch->begins, 1);
    CHECK_EQ_U64(watch->ends, 1);
    CHECK_EQ_U64(result->rtt.total, result->messages);
    CHECK_EQ_U64(result->rtt_from_sent.total, result->messages);
    /* An end of the window may lie between two moments. */
    CHECK_EQ_U64(meant % together, 0);
    CHECK(meant / together >= result->window_ns / interval_ns);
    CHECK(meant / together <= result->window_ns / interval_ns + 1);
    CHECK(result->messages >= watch->messages_at_end);
    check_shares(watch);
    CHECK(result->rtt.min >= result->rtt_from_sent.min);
    CHECK(result->rtt.max >= result->rtt_from_sent.max);
    CHECK(result->send_late.total <= meant);
    CHECK(result->echoes * watch->options.workload.message_bytes <=
          result->bytes + (uint64_t)result->established * watch->options.workload.message_bytes);
}

static void watch_free(struct watch *watch)
{
    load_result_free(&watch->result);
}

static bool loopback(struct net_address *address)
{
    return net_address_parse(address, "127.0.0.1", 0);
}

/* ---- a model's server ---- */

struct served {
    struct server server;
    const struct io_model *model;
    thread_handle thread;
};

static void served_main(void *argument)
{
    struct served *served = argument;
    CHECK(served->model->serve(&served->server) == 0);
}

static void served_start(struct served *served, const char *model)
{
    served->model = model_find(model)->model;
    struct server_needs needs = model_needs(served->model);
    struct server_options options = {.threads = 1,
                                     .buffer_bytes = 65536,
                                     .backlog = SOMAXCONN,
                                     .max_connections = 1000,
                                     .nodelay = true};
    if (!loopback(&options.address) || server_open(&served->server, &options, needs) != 0 ||
        thread_start(&served->thread, served_main, served, 0) != 0)
        abort();
}

/* Every session must have ended in good order, and before the server was told to stop. */
static void served_stop(struct served *served, unsigned connections)
{
    struct server_counts counts = server_counts_now(&served->server);
    CHECK_EQ_U64(counts.accepted, connections);
    CHECK_EQ_U64(counts.closed, connections);
    CHECK_EQ_U64(counts.reset, 0);
    CHECK_EQ_U64(counts.failed, 0);
    CHECK_EQ_U64(counts.refused, 0);
    server_stop(&served->server);
    thread_join(served->thread);
    server_close(&served->server);
}

static void run_flawless(const struct workload_kind *kind, unsigned connections,
                         size_t message_bytes, unsigned depth)
{
    uint64_t bytes;
    do {
        struct served served;
        struct watch watch;
        served_start(&served, "select");
        watch_init(&watch, &served.server.address, connections);
        watch.options.workload.kind = kind;
        watch.options.workload.message_bytes = message_bytes;
        watch.options.workload.pipeline_depth = depth;
        CHECK(watch_run(&watch) == 0);
        check_flawless(&watch);
        bytes = watch.result.bytes;
        served_stop(&served, connections);
        watch_free(&watch);
    } while (window_lengthen(bytes > 0));
    CHECK(bytes > 0);
}

static void test_pingpong(void)
{
    run_flawless(&workload_pingpong, 1, 1, 1);
    run_flawless(&workload_pingpong, 5, MESSAGE, 1);
    /* More than one receive brings, then more than any buffer takes. */
    run_flawless(&workload_pingpong, 3, 100000, 1);
    run_flawless(&workload_pingpong, 2, 5000000, 1);
}

static void test_stream(void)
{
    run_flawless(&workload_stream, 1, MESSAGE, 1);
    run_flawless(&workload_stream, 4, 10000, 4);
    run_flawless(&workload_stream, 2, 7, 100);
    run_flawless(&workload_stream, 2, 1000000, 8);
}

static void test_rate(void)
{
    static const struct {
        unsigned connections;
        unsigned depth;
        uint64_t rate;
    } cases[] = {{1, 1, 1000}, {7, 1, 5000}, {3, 2, 100}, {50, 1, 20000}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct served served;
        struct watch watch;
        served_start(&served, "select");
        watch_init(&watch, &served.server.address, cases[i].connections);
        watch.options.workload.kind = &workload_rate;
        watch.options.workload.rate_msgs_per_s = cases[i].rate;
        watch.options.workload.pipeline_depth = cases[i].depth;
        CHECK(watch_run(&watch) == 0);
        check_schedule(&watch, 1, 1000000000 / cases[i].rate);
        CHECK(watch.result.messages > 0);
        CHECK_EQ_U64(watch.result.unanswered, 0);
        CHECK_EQ_TEXT(watch.result.error_text, "");
        served_stop(&served, cases[i].connections);
        watch_free(&watch);
    }
}

static void test_burst(void)
{
    struct served served;
    struct watch watch;
    served_start(&served, "select");
    watch_init(&watch, &served.server.address, 20);
    watch.options.workload.kind = &workload_burst;
    watch.options.workload.burst_interval_ns = 7 * NS_PER_MS;
    CHECK(watch_run(&watch) == 0);
    check_schedule(&watch, 20, 7 * NS_PER_MS);
    CHECK_EQ_U64(watch.result.unanswered, 0);
    CHECK_EQ_U64(watch.result.bursts * 20, watch.result.messages);
    CHECK_EQ_U64(watch.result.burst_last.total, watch.result.bursts);
    CHECK_EQ_U64(watch.result.burst_last.max, watch.result.rtt.max);
    CHECK(watch.result.fairness_jain > 0 && watch.result.fairness_jain <= 1 + 1e-9);
    CHECK_EQ_TEXT(watch.result.error_text, "");
    served_stop(&served, 20);
    watch_free(&watch);
}

/* As many connections have messages as are active, and not the first ones. */
static void test_idle(void)
{
    for (unsigned active = 1; active <= 20; active += 6) {
        struct served served;
        struct watch watch;
        served_start(&served, "select");
        watch_init(&watch, &served.server.address, 20);
        watch.options.workload.kind = &workload_idle;
        watch.options.workload.active = active;
        CHECK(watch_run(&watch) == 0);
        check_flawless(&watch);
        CHECK(watch.result.messages > 0);
        CHECK(watch.result.fairness_jain >= 1.0 / active - 1e-9);
        served_stop(&served, 20);
        watch_free(&watch);
    }
}

/* Every connection ends in good order, and is followed by the next. */
static void test_churn(void)
{
    struct served served;
    struct watch watch;
    served_start(&served, "select");
    watch_init(&watch, &served.server.address, 5);
    watch.options.workload.kind = &workload_churn;
    CHECK(watch_run(&watch) == 0);
    check_flawless(&watch);
    CHECK(watch.result.messages > 0);
    CHECK(watch.result.connects > 0);
    CHECK_EQ_U64(watch.result.connect.total, watch.result.connects);
    struct server_counts counts = server_counts_now(&served.server);
    CHECK(counts.accepted >= watch.result.connects + 5);
    served_stop(&served, (unsigned)counts.accepted);
    watch_free(&watch);
}

/* Those are there, and are not counted: neither what they send nor what becomes of them. */
static void test_mixed(void)
{
    struct served served;
    struct watch watch;
    served_start(&served, "select");
    watch_init(&watch, &served.server.address, 4);
    watch.options.workload.kind = &workload_mixed;
    watch.options.workload.rate_msgs_per_s = 1000;
    watch.options.workload.misbehaving = 6;
    CHECK(watch_run(&watch) == 0);
    check_schedule(&watch, 1, 1000000);
    CHECK_EQ_U64(watch.result.established, 4);
    CHECK(watch.result.messages > 0);
    CHECK_EQ_U64(watch.result.unanswered, 0);
    CHECK_EQ_U64(watch.result.errors, 0);
    CHECK_EQ_U64(watch.result.verify_failures, 0);
    CHECK_EQ_TEXT(watch.result.error_text, "");
    struct server_counts counts;
    uint64_t ended, end_ns = clock_now_ns() + never_ns;
    do {
        clock_sleep_ms(1);
        counts = server_counts_now(&served.server);
        ended = counts.closed + counts.reset + counts.failed;
    } while (ended < counts.accepted && clock_now_ns() < end_ns);
    CHECK_EQ_U64(ended, counts.accepted);
    CHECK(counts.closed >= 4);      /* Wine tells some resets as ends */
    CHECK(counts.accepted > 4 + 6); /* some came again */
    server_stop(&served.server);
    thread_join(served.thread);
    server_close(&served.server);
    watch_free(&watch);
}

/* More than are connected at once. */
static void test_many_connections(void)
{
    run_flawless(&workload_pingpong, 300, MESSAGE, 1);
}

/* The server is not waited for where it is known to leave them waiting; that they do is told. */
static void test_others_wait(void)
{
    struct served served;
    struct watch watch;
    served_start(&served, "blocking_single");
    watch_init(&watch, &served.server.address, 4);
    watch.options.clients_at_once = served.model->clients_at_once;
    CHECK(watch_run(&watch) == 0);
    check_window(&watch);
    CHECK_EQ_U64(watch.result.established, 4);
    CHECK(watch.result.messages > 0);
    CHECK_EQ_U64(watch.result.starved, 3);
    CHECK_EQ_U64(watch.result.unanswered, 3);
    CHECK(watch.result.fairness_jain < 1.0 / 4 + 1e-9);
    CHECK_EQ_U64(watch.result.errors, 0);
    server_stop(&served.server);
    thread_join(served.thread);
    server_close(&served.server);
    watch_free(&watch);
}

/* Clients that come and go are served in turn, and each of them gets its answer in the end. */
static void test_others_take_turns(void)
{
    struct served served;
    struct watch watch;
    served_start(&served, "blocking_single");
    watch_init(&watch, &served.server.address, 4);
    watch.options.workload.kind = &workload_churn;
    watch.options.clients_at_once = served.model->clients_at_once;
    CHECK(watch_run(&watch) == 0);
    check_window(&watch);
    CHECK_EQ_U64(watch.result.established, 4);
    CHECK(watch.result.messages > 0);
    CHECK(watch.result.connects > 0);
    CHECK_EQ_U64(watch.result.unanswered, 0);
    CHECK_EQ_U64(watch.result.errors, 0);
    CHECK_EQ_TEXT(watch.result.error_text, "");
    server_stop(&served.server);
    thread_join(served.thread);
    server_close(&served.server);
    watch_free(&watch);
}

/* What the callbacks of a run in several threads and intervals see, besides. */
struct parts_watch {
    struct watch watch; /* first: it is the callbacks' context */
    thread_mutex mutex;
    unsigned threads;
    unsigned intervals;
    uint64_t messages;
    uint64_t longest_ns;
};

static int at_thread(void *context)
{
    struct parts_watch *parts = context;
    thread_mutex_lock(&parts->mutex);
    CHECK(thread_id() != parts->watch.thread);
    parts->threads++;
    thread_mutex_unlock(&parts->mutex);
    return 0;
}

/* One at a time: no lock. */
static void at_interval(void *context, const struct load_progress *progress)
{
    struct parts_watch *parts = context;
    parts->intervals++;
    parts->messages += progress->messages;
    if (progress->rtt_max_ns > parts->longest_ns)
        parts->longest_ns = progress->rtt_max_ns;
}

/* With that number of connections. */
static void run_intervals(unsigned connections)
{
    unsigned threads = client_threads < connections ? client_threads : connections;
    uint64_t messages = 0;
    struct served served;
    struct parts_watch parts = {.mutex = THREAD_MUTEX_INIT};
    served_start(&served, "select");
    watch_init(&parts.watch, &served.server.address, connections);
    parts.watch.options.interval_ns = 40 * NS_PER_MS;
    parts.watch.options.at_thread = at_thread;
    parts.watch.options.at_interval = at_interval;
    CHECK(watch_run(&parts.watch) == 0);
    check_flawless(&parts.watch);
    const struct load_result *result = &parts.watch.result;
    CHECK_EQ_U64(parts.threads, threads - 1);
    CHECK_EQ_U64(result->interval_count, (window_ms + 39) / 40);
    CHECK_EQ_U64(parts.intervals, result->interval_count);
    CHECK_EQ_U64(parts.messages, result->messages);
    CHECK_EQ_U64(parts.longest_ns, result->rtt.total > 0 ? result->rtt.max : 0);
    for (size_t i = 0; i < result->interval_count; i++) {
        messages += result->intervals[i].rtt.total;
        CHECK(result->intervals[i].outstanding <= connections);
    }
    CHECK_EQ_U64(messages, result->messages);
    served_stop(&served, connections);
    watch_free(&parts.watch);
}

static void test_intervals(void)
{
    run_intervals(5);
    /* More threads than connections are not made. */
    run_intervals(client_threads > 1 ? client_threads - 1 : 1);
}

static int refuse_thread(void *context)
{
    (void)context;
    return -NET_NO_MEMORY;
}

/* Then all of them end. */
static void test_thread_that_fails(void)
{
    struct served served;
    struct watch watch;
    served_start(&served, "select");
    watch_init(&watch, &served.server.address, 4);
    watch.options.at_thread = refuse_thread;
    CHECK(watch_run(&watch) == (client_threads == 1 ? 0 : -NET_NO_MEMORY));
    bool tells = strstr(watch.result.error_text, "preparing a client thread: ") != NULL;
    CHECK(tells == (client_threads > 1));
    server_stop(&served.server);
    thread_join(served.thread);
    server_close(&served.server);
    watch_free(&watch);
}

static void test_without_warmup(void)
{
    struct served served;
    struct watch watch;
    served_start(&served, "select");
    watch_init(&watch, &served.server.address, 2);
    watch.options.warmup_ns = 0;
    CHECK(watch_run(&watch) == 0);
    check_flawless(&watch);
    served_stop(&served, 2);
    watch_free(&watch);
}

/* The window begins when it is meant to, not as soon as it could. */
static void test_begins_at_a_moment(void)
{
    struct served served;
    struct watch watch;
    served_start(&served, "select");
    watch_init(&watch, &served.server.address, 2);
    uint64_t begin_ns = clock_now_ns() + (uint64_t)300 * NS_PER_MS;
    watch.options.begin_at_ns = begin_ns;
    CHECK(watch_run(&watch) == 0);
    check_flawless(&watch);
    CHECK(watch.begun_ns >= begin_ns + watch.options.warmup_ns);
    /* A moment that has passed is not waited for. */
    watch.begins = watch.ends = 0;
    watch.options.begin_at_ns = 1;
    CHECK(watch_run(&watch) == 0);
    check_flawless(&watch);
    served_stop(&served, 4);
    watch_free(&watch);
}

static void test_cancel_before_its_moment(void)
{
    struct served served;
    struct watch watch;
    served_start(&served, "select");
    watch_init(&watch, &served.server.address, 2);
    watch.options.begin_at_ns = clock_now_ns() + never_ns;
    watch.cancel_established = true;
    CHECK(watch_run(&watch) == 0);
    CHECK(watch.result.cancelled);
    CHECK_EQ_U64(watch.begins, 0);
    CHECK_EQ_U64(watch.result.window_ns, 0);
    server_stop(&served.server);
    thread_join(served.thread);
    server_close(&served.server);
    watch_free(&watch);
}

static void test_cancel_in_the_window(void)
{
    struct served served;
    struct watch watch;
    served_start(&served, "select");
    watch_init(&watch, &served.server.address, 3);
    watch.options.duration_ns = never_ns;
    watch.cancel_asked = 100;
    CHECK(watch_run(&watch) == 0);
    check_window(&watch);
    CHECK(watch.result.cancelled);
    CHECK(watch.result.messages > 0);
    CHECK(watch.result.window_ns > 0 && watch.result.window_ns < never_ns);
    CHECK_EQ_U64(watch.asked, 100);
    server_stop(&served.server);
    thread_join(served.thread);
    server_close(&served.server);
    watch_free(&watch);
}

/* ---- faulty servers ---- */

enum fault {
    FAULT_NONE,
    FAULT_REFUSE,  /* closed as soon as accepted */
    FAULT_WRONG,   /* one wrong byte */
    FAULT_TWICE,   /* everything comes twice */
    FAULT_TRAILER, /* at the orderly end a byte more: the stream's next one, which was never sent */
    FAULT_CLOSE,
    FAULT_RESET,
    FAULT_SILENT,
    FAULT_STAYS /* not closed after its client */
};

struct client {
    net_socket socket;
    uint64_t echoed;
    uint32_t id; /* of its payload */
    bool faulty;
};

/* Echoes, but for the fault of the connections [first, first + count) after so many bytes. */
struct faulty {
    enum fault fault;
    unsigned first;
    unsigned count;
    uint64_t after_bytes;
    struct net_address address;
    net_socket listener;
    thread_handle thread;
    atomic_bool stop;
    unsigned accepted;
    struct client clients[CLIENTS_MOST];
};

static void faulty_accept(struct faulty *faulty)
{
    net_socket socket = accept(faulty->listener, NULL, NULL);
    if (socket == NET_SOCKET_NONE || faulty->accepted == CLIENTS_MOST)
        abort();
    unsigned index = faulty->accepted++;
    bool chosen = index >= faulty->first && index - faulty->first < faulty->count;
    faulty->clients[index] = (struct client){.socket = socket, .faulty = chosen};
    if (chosen && faulty->fault == FAULT_REFUSE) {
        net_close(socket);
        faulty->clients[index].socket = NET_SOCKET_NONE;
    }
}

/* Where the client has gone already, that is its business. */
static void client_send(struct client *client, const char *data, int size)
{
    client->echoed += (uint64_t)size;
    (void)send(client->socket, data, (net_length)size, NET_SEND_FLAGS);
}

static void client_close(struct client *client)
{
    net_close(client->socket);
    client->socket = NET_SOCKET_NONE;
}

/* The fault instead of the echo of data. */
static void client_fault(struct client *client, enum fault fault, char *data, int size)
{
    switch (fault) {
    case FAULT_WRONG:
        data[size - 1] ^= 1;
        client_send(client, data, size);
        break;
    case FAULT_TWICE:
        client_send(client, data, size);
        client_send(client, data, size);
        break;
    case FAULT_RESET:
        net_set_abortive_close(client->socket);
        client_close(client);
        break;
    case FAULT_CLOSE:
        client_close(client);
        break;
    case FAULT_TRAILER:
    case FAULT_STAYS:
        client_send(client, data, size);
        break;
    case FAULT_NONE:
    case FAULT_REFUSE:
    case FAULT_SILENT:
        break;
    }
}

static void client_ready(struct faulty *faulty, struct client *client)
{
    char data[4096];
    size_t span;
    int size = (int)recv(client->socket, data, sizeof data, 0);
    while (size > 0 && client->echoed == 0 && client->id < CLIENTS_MOST &&
           !payload_verify(client->id, 0, (const uint8_t *)data, (size_t)size))
        client->id++;
    if (size == 0 && client->faulty && faulty->fault == FAULT_STAYS) {
        clock_sleep_ms(1); /* it stays readable */
    } else if (size <= 0) {
        if (size == 0 && client->faulty && faulty->fault == FAULT_TRAILER)
            client_send(client, (const char *)payload_span(client->id, client->echoed, 1, &span),
                        1);
        client_close(client);
    } else if (client->faulty && client->echoed >= faulty->after_bytes) {
        client_fault(client, faulty->fault, data, size);
    } else {
        client_send(client, data, size);
    }
}

/* NOLINTNEXTLINE(readability-function-cognitive-complexity): that of the FD_ macros */
static void faulty_main(void *argument)
{
    struct faulty *faulty = argument;
    while (!atomic_load(&faulty->stop)) {
        fd_set readable;
        struct timeval timeout = {.tv_usec = 10000};
        net_socket highest = faulty->listener;
        FD_ZERO(&readable);
        FD_SET((size_t)faulty->listener, &readable);
        for (unsigned i = 0; i < faulty->accepted; i++) {
            net_socket socket = faulty->clients[i].socket;
            if (socket == NET_SOCKET_NONE)
                continue;
            FD_SET((size_t)socket, &readable);
            highest = socket > highest ? socket : highest;
        }
        if (select((int)highest + 1, &readable, NULL, NULL, &timeout) <= 0)
            continue;
        for (unsigned i = 0; i < faulty->accepted; i++) {
            struct client *client = &faulty->clients[i];
            if (client->socket != NET_SOCKET_NONE && FD_ISSET((size_t)client->socket, &readable))
                client_ready(faulty, client);
        }
        if (FD_ISSET((size_t)faulty->listener, &readable))
            faulty_accept(faulty);
    }
}

static void listen_only(net_socket *listener, struct net_address *address)
{
    const char *call;
    if (!loopback(address) || net_listen(listener, address, SOMAXCONN, &call) != 0)
        abort();
}

static void faulty_start(struct faulty *faulty, enum fault fault, unsigned first, unsigned count,
                         unsigned after_messages)
{
    *faulty = (struct faulty){.fault = fault,
                              .first = first,
                              .count = count,
                              .after_bytes = (uint64_t)after_messages * MESSAGE};
    listen_only(&faulty->listener, &faulty->address);
    if (thread_start(&faulty->thread, faulty_main, faulty, 0) != 0)
        abort();
}

static void faulty_stop(struct faulty *faulty)
{
    atomic_store(&faulty->stop, true);
    thread_join(faulty->thread);
    for (unsigned i = 0; i < faulty->accepted; i++)
        if (faulty->clients[i].socket != NET_SOCKET_NONE)
            client_close(&faulty->clients[i]);
    net_close(faulty->listener);
}

/*
 * Four connections, of which the fault takes `count` from `first` on, after so many messages. The
 * counts that the fault has no part in are checked here.
 */
static void run_faulty(struct watch *watch, enum fault fault, unsigned first, unsigned count,
                       unsigned after_messages)
{
    struct faulty faulty;
    faulty_start(&faulty, fault, first, count, after_messages);
    watch_init(watch, &faulty.address, 4);
    if (fault == FAULT_SILENT) {
        watch->options.drain_timeout_ns = 50 * NS_PER_MS;
        watch->options.connect_timeout_ns = after_messages > 0 ? never_ns : 1000 * NS_PER_MS;
    }
    watch_run(watch);
    faulty_stop(&faulty);
    CHECK_EQ_U64(faulty.accepted, 4);
    CHECK(!watch->result.cancelled);
    if (watch->result.error == 0)
        check_window(watch);
    if (count < 4) {
        CHECK_EQ_U64((uint64_t)-watch->result.error, 0);
        CHECK(watch->result.messages > 0);
    }
}

static void test_no_fault(void)
{
    struct watch watch;
    run_faulty(&watch, FAULT_NONE, 0, 0, 0);
    check_flawless(&watch);
    watch_free(&watch);
}

/* Connections that bring a wrong byte: in the window or before, at the first echo, at the end. */
static void test_wrong_bytes(void)
{
    static const struct {
        enum fault fault;
        unsigned after_messages;
        unsigned established;
    } cases[] = {{FAULT_WRONG, 5, 4},
                 {FAULT_WRONG, 0, 3},
                 {FAULT_TWICE, 5, 4},
                 {FAULT_TWICE, 0, 4},
                 {FAULT_TRAILER, 0, 4}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct watch watch;
        run_faulty(&watch, cases[i].fault, 1, 1, cases[i].after_messages);
        CHECK_EQ_U64(watch.result.established, cases[i].established);
        CHECK_EQ_U64(watch.result.verify_failures, 1);
        CHECK_EQ_U64(watch.result.errors, 0);
        CHECK_EQ_U64(watch.result.unanswered, 0);
        CHECK(strstr(watch.result.error_text, " of the connection came \"") != NULL);
        watch_free(&watch);
    }
}

/* Until the fault has shown. */
static void run_broken(struct watch *watch, enum fault fault, unsigned first, unsigned count,
                       unsigned after_messages)
{
    run_faulty(watch, fault, first, count, after_messages);
    while (window_lengthen(watch->result.errors >= count)) {
        watch_free(watch);
        run_faulty(watch, fault, first, count, after_messages);
    }
}

static void test_broken_connections(void)
{
    struct watch watch;
    run_broken(&watch, FAULT_CLOSE, 0, 1, 7);
    CHECK_EQ_U64(watch.result.established, 4);
    CHECK_EQ_U64(watch.result.errors, 1);
    CHECK_EQ_U64(watch.result.verify_failures, 0);
    CHECK_EQ_TEXT(watch.result.error_text, "the server ended a connection");
    watch_free(&watch);

    run_broken(&watch, FAULT_RESET, 3, 1, 7);
    CHECK_EQ_U64(watch.result.established, 4);
    CHECK_EQ_U64(watch.result.errors, 1);
    CHECK_EQ_U64(watch.result.verify_failures, 0);
    /* Wine tells some resets as ends. */
    CHECK(strstr(watch.result.error_text, "a connection broke: ") == watch.result.error_text ||
          (strcmp(program_system(), "wine") == 0 &&
           strcmp(watch.result.error_text, "the server ended a connection") == 0));
    watch_free(&watch);

    /* All of them. */
    run_broken(&watch, FAULT_CLOSE, 0, 4, 2);
    CHECK(watch.result.error == 0);
    CHECK_EQ_U64(watch.result.established, 4);
    CHECK_EQ_U64(watch.result.errors, 4);
    CHECK_EQ_U64(watch.result.starved, 0);
    watch_free(&watch);
}

static void test_starved(void)
{
    struct watch watch;
    run_faulty(&watch, FAULT_SILENT, 2, 1, 1);
    CHECK_EQ_U64(watch.result.established, 4);
    CHECK(watch.result.starved >= 1);
    CHECK_EQ_U64(watch.result.unanswered, 1);
    CHECK_EQ_U64(watch.result.errors, 0);
    CHECK(watch.result.oldest_unanswered_ns >= watch.result.window_ns);
    CHECK(watch.result.fairness_jain <= 0.75 + 1e-9);
    watch_free(&watch);
}

/* Not established, and no more than that: refused, reset or left without the first echo. */
static void test_not_established(void)
{
    static const enum fault faults[] = {FAULT_REFUSE, FAULT_CLOSE, FAULT_RESET, FAULT_SILENT};
    for (size_t i = 0; i < 2 * sizeof faults / sizeof faults[0]; i++) {
        struct watch watch;
        run_faulty(&watch, faults[i / 2], i % 2 * 2, 2, 0); /* the first two, or the last two */
        CHECK_EQ_U64(watch.result.established, 2);
        CHECK_EQ_U64(watch.result.errors, 0);
        CHECK_EQ_U64(watch.result.unanswered, 0);
        CHECK_EQ_U64(watch.result.starved, 0);
        CHECK(watch.result.fairness_jain >= 0.5 - 1e-9);
        CHECK(watch.result.error_text[0] != '\0');
        watch_free(&watch);
    }
}

/* Also while other threads than the caller's wait for the server's end of their connections. */
static void test_cancel_at_the_end(void)
{
    struct faulty faulty;
    struct watch watch;
    faulty_start(&faulty, FAULT_STAYS, 2, 2, 0); /* of a later thread, where there are several */
    watch_init(&watch, &faulty.address, 4);
    watch.cancel_after_ns = 300 * NS_PER_MS;
    watch_run(&watch);
    faulty_stop(&faulty);
    CHECK(watch.result.cancelled);
    CHECK_EQ_U64(watch.result.errors, 0);
    watch_free(&watch);
}

static void check_impossible(const struct watch *watch)
{
    CHECK(watch->result.error < 0);
    CHECK_EQ_U64(watch->result.established, 0);
    CHECK_EQ_U64(watch->result.errors, 0);
    CHECK_EQ_U64(watch->result.messages, 0);
    CHECK_EQ_U64(watch->result.window_ns, 0);
    CHECK(!is_number(watch->result.fairness_jain));
    CHECK_EQ_U64(watch->begins, 0);
    CHECK_EQ_U64(watch->ends, 0);
    CHECK(watch->result.error_text[0] != '\0' && strchr(watch->result.error_text, '\n') == NULL);
}

static void test_none_established(void)
{
    struct watch watch;
    run_faulty(&watch, FAULT_REFUSE, 0, 4, 0);
    check_impossible(&watch);
    watch_free(&watch);
    run_faulty(&watch, FAULT_SILENT, 0, 4, 0);
    check_impossible(&watch);
    CHECK_EQ_TEXT(watch.result.error_text, "no first echo in time");
    watch_free(&watch);
}

static void test_nobody_accepts(void)
{
    net_socket listener;
    struct net_address address;
    struct watch watch;
    listen_only(&listener, &address);
    watch_init(&watch, &address, 3);
    watch.options.connect_timeout_ns = 100 * NS_PER_MS;
    watch_run(&watch);
    check_impossible(&watch);
    CHECK(!watch.result.cancelled);
    watch_free(&watch);

    watch_init(&watch, &address, 3);
    watch.cancel_at_once = true;
    CHECK(watch_run(&watch) == 0);
    CHECK(watch.result.cancelled);
    CHECK_EQ_U64(watch.result.established, 0);
    CHECK_EQ_U64(watch.begins + watch.ends, 0);
    watch_free(&watch);
    net_close(listener);
}

/* The port stays bound: else a client's own socket may get it, and be connected with itself. */
static net_socket bind_only(struct net_address *address)
{
    socklen_t length = sizeof address->storage;
    net_socket bound = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);
    if (bound == NET_SOCKET_NONE || !loopback(address) ||
        bind(bound, (struct sockaddr *)&address->storage, address->length) != 0 ||
        getsockname(bound, (struct sockaddr *)&address->storage, &length) != 0)
        abort();
    return bound;
}

static void test_nobody_listens(void)
{
    struct net_address address;
    struct watch watch;
    net_socket bound = bind_only(&address);
    watch_init(&watch, &address, 3);
    watch_run(&watch);
    check_impossible(&watch);
    CHECK(strstr(watch.result.error_text, "connect: ") == watch.result.error_text);
    watch_free(&watch);
    net_close(bound);
}

/* Lost before their first echo, while others were established: they come again. */
static void test_connect_again(void)
{
    static const enum fault faults[] = {FAULT_REFUSE, FAULT_CLOSE, FAULT_RESET};
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct faulty faulty;
        struct watch watch;
        faulty_start(&faulty, faults[i], 1, 2, 0);
        watch_init(&watch, &faulty.address, 4);
        watch.options.connect_again = true;
        CHECK(watch_run(&watch) == 0);
        faulty_stop(&faulty);
        CHECK_EQ_U64(faulty.accepted, 4 + 2);
        check_flawless(&watch);
        watch_free(&watch);
    }
}

static struct faulty late;

static void late_listen(struct watch *watch)
{
    (void)watch;
    if (listen(late.listener, SOMAXCONN) != 0 ||
        thread_start(&late.thread, faulty_main, &late, 0) != 0)
        abort();
}

/* The server begins to listen while it is connected to. */
static void test_connect_to_a_late_server(void)
{
    struct watch watch;
    late = (struct faulty){.fault = FAULT_NONE};
    late.listener = bind_only(&late.address);
    watch_init(&watch, &late.address, 4);
    watch.options.connect_again = true;
    watch.at_ask = late_listen;
    CHECK(watch_run(&watch) == 0);
    CHECK(watch.asks >= 3);
    if (watch.asks >= 3)
        faulty_stop(&late);
    check_flawless(&watch);
    watch_free(&watch);
}

/* As long as the time for it lasts, not longer. */
static void test_connect_again_in_vain(void)
{
    struct net_address address;
    struct watch watch;
    net_socket bound = bind_only(&address);
    watch_init(&watch, &address, 3);
    watch.options.connect_again = true;
    watch.options.connect_timeout_ns = 100 * NS_PER_MS;
    watch_run(&watch);
    check_impossible(&watch);
    CHECK(strstr(watch.result.error_text, "connect: ") == watch.result.error_text);
    CHECK(!watch.result.cancelled);
    watch_free(&watch);
    net_close(bound);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        client_threads = (unsigned)atoi(argv[1]);
    if (client_threads == 0 || net_startup() != 0)
        return 1;
    net_raise_limit();
    payload_init();
    CHECK_CASE(test_pingpong);
    CHECK_CASE(test_stream);
    CHECK_CASE(test_rate);
    CHECK_CASE(test_burst);
    CHECK_CASE(test_idle);
    CHECK_CASE(test_churn);
    CHECK_CASE(test_mixed);
    CHECK_CASE(test_many_connections);
    CHECK_CASE(test_others_wait);
    CHECK_CASE(test_others_take_turns);
    CHECK_CASE(test_intervals);
    CHECK_CASE(test_thread_that_fails);
    CHECK_CASE(test_without_warmup);
    CHECK_CASE(test_begins_at_a_moment);
    CHECK_CASE(test_cancel_before_its_moment);
    CHECK_CASE(test_cancel_in_the_window);
    CHECK_CASE(test_no_fault);
    CHECK_CASE(test_wrong_bytes);
    CHECK_CASE(test_broken_connections);
    CHECK_CASE(test_starved);
    CHECK_CASE(test_not_established);
    CHECK_CASE(test_cancel_at_the_end);
    CHECK_CASE(test_none_established);
    CHECK_CASE(test_nobody_accepts);
    CHECK_CASE(test_nobody_listens);
    CHECK_CASE(test_connect_again);
    CHECK_CASE(test_connect_to_a_late_server);
    CHECK_CASE(test_connect_again_in_vain);
    net_cleanup();
    return check_report();
}
