/* The kinds of workload, and what follows from a workload's numbers. */
#include "check.h"
#include "load/schedule.h"
#include "load/workload.h"
#include "server.h"

static void test_find(void)
{
    CHECK_EQ_TEXT(workload_pingpong.name, "pingpong");
    CHECK(workload_find("pingpong") == &workload_pingpong);
    CHECK(workload_find("Stream") == &workload_stream);
    CHECK(workload_find("Streams") == NULL && workload_find("") == NULL);
    for (size_t i = 0; workload_kinds[i] != NULL; i++)
        CHECK(workload_find(workload_kinds[i]->name) == workload_kinds[i]);
}

/* An entry of the list says all that the others rely on. */
static void test_entries(void)
{
    for (size_t i = 0; workload_kinds[i] != NULL; i++) {
        const struct workload_kind *kind = workload_kinds[i];
        const struct workload workload = workload_default(kind);
        CHECK(workload.kind == kind);
        CHECK(kind->name[0] != '\0' && kind->summary[0] != '\0' && kind->proceed != NULL);
        CHECK(workload.connections >= 1 && workload.message_bytes >= 1);
        CHECK(workload.pipeline_depth >= 1 && workload.active <= workload.connections);
        CHECK(workload.rate_msgs_per_s <= SCHEDULE_RATE_MAX);
        /* What an option changes is there without it too. */
        CHECK((workload.rate_msgs_per_s != 0) == ((kind->options & WORKLOAD_RATE) != 0));
        CHECK((workload.burst_interval_ns != 0) == ((kind->options & WORKLOAD_BURST_EVERY) != 0));
        CHECK((workload.active != 0) == ((kind->options & WORKLOAD_ACTIVE) != 0));
        CHECK((workload.misbehaving != 0) == ((kind->options & WORKLOAD_MISBEHAVING) != 0));
        CHECK((kind->steps != 0) == ((kind->options & WORKLOAD_STEPS) != 0));
        CHECK(kind->is_open == (kind->prepare != NULL));
        CHECK(workload.connections <= workload_connections_most(&workload));
    }
}

static void test_takers(void)
{
    char text[160], small[8];
    CHECK(strstr(workload_takers(WORKLOAD_PIPELINE, text, sizeof text), "stream, rate, ") == text);
    CHECK_EQ_TEXT(workload_takers(WORKLOAD_RATE, text, sizeof text), "rate or mixed");
    CHECK_EQ_TEXT(workload_takers(WORKLOAD_STEPS, text, sizeof text), "ramp");
    CHECK_EQ_TEXT(workload_takers(WORKLOAD_PIPELINE, small, sizeof small), "stream,");
}

static void test_equals(void)
{
    const struct workload mixed = workload_default(&workload_mixed);
    struct workload others[8];
    for (size_t i = 0; i < 8; i++)
        others[i] = mixed;
    CHECK(workload_equals(&mixed, &others[0]));
    others[0].kind = &workload_rate;
    others[1].connections++;
    others[2].active++;
    others[3].misbehaving++;
    others[4].pipeline_depth++;
    others[5].message_bytes++;
    others[6].rate_msgs_per_s++;
    others[7].burst_interval_ns++;
    for (size_t i = 0; i < 8; i++)
        CHECK(!workload_equals(&mixed, &others[i]));
}

/* Each has as much as the others, or one more, and all together have it all. */
static void test_share(void)
{
    static const unsigned totals[] = {0, 1, 2, 7, 8, 9, 1000, 999999};
    for (size_t i = 0; i < sizeof totals / sizeof totals[0]; i++)
        for (unsigned count = 1; count < 10; count++) {
            const struct workload whole = {
                .connections = totals[i], .active = totals[i], .misbehaving = totals[i]};
            unsigned sum = 0, most = 0, least = UINT32_MAX;
            for (unsigned index = 1; index <= count; index++) {
                struct workload share = workload_share(&whole, index, count);
                CHECK_EQ_U64(share.active, share.connections);
                CHECK_EQ_U64(share.misbehaving, share.connections);
                sum += share.connections;
                most = share.connections > most ? share.connections : most;
                least = share.connections < least ? share.connections : least;
            }
            CHECK_EQ_U64(sum, totals[i]);
            CHECK(most - least <= 1);
        }
}

/* A generator without connections has no rate; together they have all of it. */
static void test_share_of_rate(void)
{
    static const unsigned connections[] = {1, 2, 3, 7, 1000};
    for (size_t i = 0; i < sizeof connections / sizeof connections[0]; i++) {
        const struct workload whole = {.connections = connections[i], .rate_msgs_per_s = 3001};
        uint64_t sum = 0;
        for (unsigned index = 1; index <= 3; index++) {
            struct workload share = workload_share(&whole, index, 3);
            uint64_t rate = share.rate_msgs_per_s, own = share.connections;
            CHECK((rate == 0) == (own == 0));
            CHECK(rate * connections[i] <= 3001 * own + connections[i] &&
                  rate * connections[i] + connections[i] >= 3001 * own);
            sum += rate;
        }
        CHECK_EQ_U64(sum, 3001);
    }
}

/* With the most connections the server has room for all, with one more it has not. */
static void test_room(void)
{
    const struct workload pingpong = {.kind = &workload_pingpong, .connections = 250};
    const struct workload churn = {.kind = &workload_churn, .connections = 16};
    const struct workload mixed = {.kind = &workload_mixed, .connections = 32, .misbehaving = 6};
    CHECK_EQ_U64(workload_server_connections(&pingpong), 250);
    CHECK_EQ_U64(workload_server_connections(&churn), 48);
    CHECK_EQ_U64(workload_server_connections(&mixed), 44);
    for (size_t i = 0; workload_kinds[i] != NULL; i++) {
        struct workload workload = workload_default(workload_kinds[i]);
        workload.connections = workload_connections_most(&workload);
        CHECK(workload_server_connections(&workload) <= SERVER_CONNECTIONS_MAX);
        workload.connections++;
        CHECK(workload_server_connections(&workload) > SERVER_CONNECTIONS_MAX);
    }
}

int main(void)
{
    test_find();
    test_entries();
    test_takers();
    test_equals();
    test_share();
    test_share_of_rate();
    test_room();
    return check_report();
}
