#include <stdatomic.h>

#include "check.h"
#include "clock.h"
#include "host/host.h"
#include "program.h"
#include "thread.h"

enum { HANG_MS = 60000 };

static volatile unsigned sink;

static void burn_ms(unsigned ms)
{
    uint64_t until = clock_now_ns() + (uint64_t)ms * 1000000;
    while (clock_now_ns() < until)
        sink++;
}

static void test_texts(void)
{
    char text[256];
    CHECK(host_system_text(text, sizeof text) == text);
    CHECK(text[0] != '\0');
    printf("system: %s\n", text);
    CHECK(host_cpu_model(text, sizeof text) == text);
    CHECK(strpbrk(text, "\r\n\t") == NULL && text[0] != ' ');
    printf("processor: %s\n", text);
    CHECK(host_cpu_governor(text, sizeof text) == text);
    CHECK(strpbrk(text, "\r\n") == NULL);
    printf("governor: %s\n", text);
}

static void test_lists(void)
{
    static const char *const invalid[] = {
        "",     "x",  "99999", "3-1",   ",",       "0,",         ",0",
        "0,,0", "0-", "-0",    "0-0-0", " 0",      "0 ",         "+0",
        "0x0",  "-1", "0-x",   "0;0",   "0-99999", "4294967296", "18446744073709551616",
        "0.0"};
    char all[HOST_CPUS_TEXT], first[HOST_CPUS_TEXT], last[HOST_CPUS_TEXT], both[3 * HOST_CPUS_TEXT];
    for (size_t i = 0; i < sizeof invalid / sizeof invalid[0]; i++) {
        if (host_cpus_count(invalid[i]) > 0)
            printf("taken: \"%s\"\n", invalid[i]);
        CHECK(host_cpus_count(invalid[i]) == 0);
        CHECK(host_pin_self(invalid[i]) < 0);
        CHECK(host_pin_process(program_id(), invalid[i]) < 0);
    }
    CHECK(host_cpu_count() >= 1);
    host_self_cpus(all, sizeof all);
    printf("processors: %u (%s)\n", host_cpu_count(), all);
    CHECK_EQ_U64(host_cpus_count(all), host_cpu_count());
    if (!host_split_cpus(first, last, sizeof first)) {
        CHECK_EQ_U64(host_cpu_count(), 1);
        return;
    }
    CHECK(host_cpu_count() >= 2);
    CHECK(strcmp(first, last) != 0);
    snprintf(both, sizeof both, "%s,%s,%s", first, last, last);
    CHECK(host_cpus_count(first) == 1 && host_cpus_count(last) == 1 && host_cpus_count(both) == 2);
    CHECK_EQ_TEXT(host_cpus_text(NULL, first, sizeof first), all);
    CHECK_EQ_TEXT(host_cpus_text("99999", first, sizeof first), "");
    CHECK(host_split_cpus(first, last, sizeof first));
    host_cpus_text(both, all, sizeof all);
    CHECK_EQ_U64(host_cpus_count(all), 2);
    CHECK(strlen(all) < strlen(both));
    snprintf(both, sizeof both, "%s-%s", first, first);
    CHECK_EQ_U64(host_cpus_count(both), 1);
}

static void test_pin_self(void)
{
    char all[HOST_CPUS_TEXT], first[HOST_CPUS_TEXT], last[HOST_CPUS_TEXT], now[HOST_CPUS_TEXT];
    host_self_cpus(all, sizeof all);
    if (!host_split_cpus(first, last, sizeof first)) {
        printf("skipped: placement on one processor\n");
        return;
    }
    CHECK(host_pin_self(first) == 0);
    CHECK_EQ_TEXT(host_self_cpus(now, sizeof now), first);
    /* What it began with is still what it may use. */
    CHECK_EQ_U64(host_cpus_count(last), 1);
    CHECK(host_pin_self(last) == 0);
    CHECK_EQ_TEXT(host_self_cpus(now, sizeof now), last);
    CHECK(host_pin_self("99999") < 0);
    CHECK_EQ_TEXT(host_self_cpus(now, sizeof now), last);
    CHECK(host_pin_self(NULL) == 0);
    CHECK_EQ_TEXT(host_self_cpus(now, sizeof now), all);
    /* Rather nothing than a part of it. */
    CHECK_EQ_TEXT(host_self_cpus(now, 1), "");
}

struct other_thread {
    atomic_int step; /* 1: it runs; 2: look now; 3: it has looked */
    char cpus[HOST_CPUS_TEXT];
};

static void step_wait(struct other_thread *other, int step)
{
    for (int i = 0; i < HANG_MS && atomic_load(&other->step) != step; i++)
        clock_sleep_ms(1);
    CHECK(atomic_load(&other->step) == step);
}

static void other_main(void *argument)
{
    struct other_thread *other = argument;
    atomic_store(&other->step, 1);
    step_wait(other, 2);
    host_self_cpus(other->cpus, sizeof other->cpus);
    atomic_store(&other->step, 3);
}

static void test_pin_process(void)
{
    char all[HOST_CPUS_TEXT], first[HOST_CPUS_TEXT], last[HOST_CPUS_TEXT], now[HOST_CPUS_TEXT];
    struct other_thread other = {.step = 0};
    thread_handle thread;
    host_process_cpus(program_id(), all, sizeof all);
    CHECK_EQ_U64(host_cpus_count(all), host_cpu_count());
    CHECK(host_pin_process(0x7ffffff0, NULL) < 0);
    CHECK_EQ_TEXT(host_process_cpus(0x7ffffff0, now, sizeof now), "");
    if (!host_split_cpus(first, last, sizeof first) ||
        thread_start(&thread, other_main, &other, 0) != 0)
        return;
    step_wait(&other, 1);
    /* Every thread, not only the first. */
    CHECK(host_pin_process(program_id(), last) == 0);
    CHECK_EQ_TEXT(host_process_cpus(program_id(), now, sizeof now), last);
    atomic_store(&other.step, 2);
    step_wait(&other, 3);
    thread_join(thread);
    CHECK_EQ_TEXT(other.cpus, last);
    CHECK_EQ_TEXT(host_self_cpus(now, sizeof now), last);
    CHECK(host_pin_process(program_id(), NULL) == 0);
    CHECK_EQ_TEXT(host_process_cpus(program_id(), now, sizeof now), all);
}

static void test_times(void)
{
    static const char *const any[] = {NULL};
    struct host_times from = {.busy = 100, .total = 1000}, to = {.busy = 150, .total = 1200};
    CHECK_NEAR(host_busy_share(&from, &to), 0.25, 1e-12);
    CHECK_NEAR(host_busy_share(&from, &from), 0, 0);
    CHECK_NEAR(host_busy_share(&to, &from), 0, 0);
    to.busy = 2000;
    CHECK_NEAR(host_busy_share(&from, &to), 1, 0);

    if (!host_times_now(any, &from, 1)) {
        printf("skipped: the system does not tell its times\n");
        return;
    }
    to = from;
    for (int i = 0; i < HANG_MS / 20 && to.busy == from.busy; i++) {
        burn_ms(20);
        CHECK(host_times_now(any, &to, 1));
    }
    CHECK(to.busy > from.busy);
    CHECK(to.total > from.total);
    CHECK(to.busy <= to.total);
    double share = host_busy_share(&from, &to);
    CHECK(share > 0 && share <= 1);
}

static void test_process_cpu(void)
{
    uint64_t from = 0, to = 0;
    CHECK(!host_process_cpu_ns(0x7ffffff0, &to));
    CHECK(!host_process_cpu_ns(0, &to));
    if (!host_process_cpu_ns(program_id(), &from)) {
        printf("skipped: processor time of a process\n");
#ifndef _WIN32
        CHECK(false);
#endif
        return;
    }
    burn_ms(5);
    CHECK(host_process_cpu_ns(program_id(), &to));
    CHECK(to > from);
}

int main(void)
{
    test_texts();
    test_lists();
    test_pin_self();
    test_pin_process();
    test_times();
    test_process_cpu();
    printf("wineserver: %lu\n", host_wineserver_pid());
    return check_report();
}
