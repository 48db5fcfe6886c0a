/*
 * floor: what the load generator costs by itself: its loop, its clock, its checks, its histogram,
 * against engine_null. Of every figure that it measures, so much is its own.
 *
 *     floor MILLISECONDS     of each window
 *
 * Nothing is lost on the way, so its counts must be exact: that is the test.
 */
#include <stdlib.h>

#include "base/units.h"
#include "check.h"
#include "load/load.h"
#include "load/payload.h"

enum { KIB = 1024, NS_PER_MS = 1000000 };

struct windows {
    unsigned begun;
    unsigned ended;
};

static void at_window(void *context, bool at_end)
{
    struct windows *windows = context;
    windows->begun += !at_end;
    windows->ended += at_end;
}

static bool never(void *context)
{
    (void)context;
    return false;
}

/* Served in turn, no connection is more than one message ahead of another. */
static void check_fairness(const struct load_options *options, const struct load_result *result)
{
    double each = (double)result->messages / options->workload.connections;
    double most = options->workload.kind == &workload_pingpong ? 0.25 / (each * each) : 0.01;
    CHECK_NEAR(result->fairness_jain, 1, most + 1e-9);
}

static void check_counts(const struct load_options *options, const struct load_result *result)
{
    uint64_t whole = result->messages * options->workload.message_bytes;
    uint64_t apart = result->bytes > whole ? result->bytes - whole : whole - result->bytes;
    CHECK_EQ_TEXT(result->error_text, "");
    CHECK_EQ_U64(result->attempted, options->workload.connections);
    CHECK_EQ_U64(result->established, options->workload.connections);
    CHECK(result->messages > 0);
    CHECK_EQ_U64(result->rtt.total, result->messages);
    CHECK_EQ_U64(result->errors, 0);
    CHECK_EQ_U64(result->verify_failures, 0);
    CHECK_EQ_U64(result->unanswered, 0);
    CHECK_EQ_U64(result->starved, 0);
    CHECK(result->window_ns >= options->duration_ns);
    /* A message that comes back in one piece is in the window or is not. */
    if (options->workload.message_bytes <= 64)
        CHECK_EQ_U64(result->bytes, whole);
    CHECK(apart < options->workload.connections * options->workload.message_bytes);
}

static void run(const struct workload_kind *kind, unsigned connections, size_t message_bytes,
                unsigned pipeline_depth, uint64_t duration_ns)
{
    char size[32];
    struct windows windows = {0, 0};
    struct load_options options = {.workload = {.kind = kind,
                                                .connections = connections,
                                                .message_bytes = message_bytes,
                                                .pipeline_depth = pipeline_depth},
                                   .nodelay = true,
                                   .warmup_ns = duration_ns / 10,
                                   .duration_ns = duration_ns,
                                   .connect_timeout_ns = UINT64_C(300000000000),
                                   .drain_timeout_ns = UINT64_C(300000000000),
                                   .at_window = at_window,
                                   .cancelled = never,
                                   .context = &windows};
    struct load_result result;
    if (!net_address_parse(&options.server, "127.0.0.1", 1) || load_result_init(&result) != 0)
        abort();
    CHECK(load_run(&options, &result) == 0);
    CHECK_EQ_U64(windows.begun, 1);
    CHECK_EQ_U64(windows.ended, 1);
    check_counts(&options, &result);
    check_fairness(&options, &result);
    printf("%-8s %7s x %-4u %9.0f ns a message, %" PRIu64 " messages\n", kind->name,
           units_format_size(message_bytes, size, sizeof size), connections,
           (double)result.window_ns / (double)result.messages, result.messages);
    load_result_free(&result);
}

int main(int argc, char **argv)
{
    uint64_t duration_ms;
    if (argc != 2 || !units_parse_count(argv[1], 1, 60000, &duration_ms)) {
        fprintf(stderr, "usage: floor MILLISECONDS\n");
        return 2;
    }
    if (net_startup() != 0)
        return 1;
    payload_init();
    uint64_t duration_ns = duration_ms * NS_PER_MS;
    run(&workload_pingpong, 1, 64, 1, duration_ns);
    run(&workload_pingpong, 16, 64, 1, duration_ns);
    run(&workload_pingpong, 1000, 64, 1, duration_ns);
    run(&workload_pingpong, 3, (size_t)1024 * KIB, 1, duration_ns); /* in several pieces */
    run(&workload_stream, 16, (size_t)64 * KIB, 4, duration_ns);
    run(&workload_stream, 2, 100, 64, duration_ns); /* more blocks than fit at once */
    net_cleanup();
    return check_report();
}
