/*
 * host on machines that this one is not. Its calls on processors are answered here (the linker's
 * --wrap), /proc/stat by a file. Each machine is a process of its own, since host asks once.
 */
#include "check.h"
#include "host/host_linux.h"
#include "stand_in.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define FAKE_ROOT "test_host_linux.roots"
#include "fake_root.h"

#define TEMPORARY "test_host_linux.tmp"

enum { BITS = 8 * sizeof(unsigned long), POSSIBLE = 4096 };

static int refused; /* by which error; 0: not at all */
static unsigned long kernel[POSSIBLE / BITS];

/* As the kernel's (sched_setaffinity(2)), whose own set this is. */
STAND_IN(int, sched_getaffinity, (pid_t thread, size_t bytes, cpu_set_t *set))
{
    (void)thread;
    errno = refused != 0 ? refused : EINVAL;
    if (refused != 0 || bytes < sizeof kernel)
        return -1;
    memcpy(set, kernel, sizeof kernel);
    return 0;
}

STAND_IN(int, sched_setaffinity, (pid_t thread, size_t bytes, const cpu_set_t *set))
{
    (void)thread;
    errno = refused;
    if (refused != 0)
        return -1;
    memset(kernel, 0, sizeof kernel);
    memcpy(kernel, set, bytes < sizeof kernel ? bytes : sizeof kernel);
    return 0;
}

static void kernel_add(unsigned cpu)
{
    kernel[cpu / BITS] |= 1UL << cpu % BITS;
}

static void many_processors(void)
{
    char text[HOST_CPUS_TEXT];
    for (unsigned cpu = 0; cpu < 4; cpu++)
        kernel_add(cpu);
    kernel_add(2047);
    kernel_add(4095);
    CHECK(host_pin_error() == 0);
    CHECK_EQ_U64(host_cpu_count(), 6);
    CHECK_EQ_TEXT(host_self_cpus(text, sizeof text), "0-3,2047,4095");
    CHECK_EQ_U64(host_cpus_count("1-2,2047"), 3);
    CHECK_EQ_U64(host_cpus_count("4"), 0);
    CHECK_EQ_U64(host_cpus_count("4095-70000"), 0);
    CHECK(host_pin_self("2047,4095") == 0);
    CHECK_EQ_TEXT(host_self_cpus(text, sizeof text), "2047,4095");
    CHECK(host_pin_self("2048") < 0);
    CHECK(host_pin_process((unsigned long)getpid(), "4095") == 0);
    CHECK_EQ_TEXT(host_process_cpus((unsigned long)getpid(), text, sizeof text), "4095");
    CHECK(host_pin_self(NULL) == 0);
    CHECK_EQ_TEXT(host_self_cpus(text, sizeof text), "0-3,2047,4095");
}

/* What /sys tells: where the two sides would be, the kinds and the nodes. */
static void expect_topology(const char *sides, const char *kinds, const char *nodes)
{
    struct topology topology;
    const struct topology_cpu *server, *client;
    char text[HOST_CPUS_TEXT];
    CHECK(host_topology_read(root, &topology));
    CHECK(topology_split(&topology, &server, &client));
    snprintf(text, sizeof text, "%u %u", server->cpu, client->cpu);
    CHECK_EQ_TEXT(text, sides);
    topology_kinds_text(&topology, text, sizeof text);
    CHECK_EQ_TEXT(text, kinds);
    topology_nodes_text(&topology, text, sizeof text);
    CHECK_EQ_TEXT(text, nodes);
    topology_free(&topology);
}

static void kinds_of_processors(void)
{
    for (unsigned cpu = 0; cpu < 8; cpu++)
        kernel_add(cpu);
    /* The system answers nothing. */
    root_begin();
    expect_topology("0 7", "8 (0-7)", "8 (0-7)");

    /* Two cores of two threads, side by side, and slow ones behind them. */
    root_put("/sys/devices/cpu_core/cpus", "0-3\n");
    root_put("/sys/devices/cpu_atom/cpus", "4-6\n");
    root_put("/sys/devices/system/cpu/cpu0/cpu_capacity", "1024\n");
    for (unsigned cpu = 0; cpu < 4; cpu++) {
        char path[128];
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%u/topology/thread_siblings_list",
                 cpu);
        root_put(path, cpu < 2 ? "0-1\n" : "2,3\n");
    }
    expect_topology("0 3", "4 (0-3), 3 (4-6), 1 (7)", "8 (0-7)");
    root_put("/sys/devices/cpu_core/cpus", "0-1\n");
    expect_topology("4 6", "2 (0-1), 3 (4-6), 3 (2-3,7)", "8 (0-7)");

    /* Slow ones first, on two nodes; a third one has no processor of this process. */
    root_begin();
    for (unsigned cpu = 0; cpu < 8; cpu++) {
        char path[128];
        snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%u/cpu_capacity", cpu);
        root_put(path, cpu < 4 ? "446\n" : "1024\n");
    }
    root_put("/sys/devices/system/node/online", "0,2-3\n");
    root_put("/sys/devices/system/node/node0/cpulist", "0,2,4,6\n");
    root_put("/sys/devices/system/node/node2/cpulist", "1,3,5,7\n");
    root_put("/sys/devices/system/node/node3/cpulist", "8-15\n");
    expect_topology("4 7", "4 (4-7), 4 (0-3)", "4 (0,2,4,6), 4 (1,3,5,7)");
    roots_remove();
}

static void refused_calls(void)
{
    char first[HOST_CPUS_TEXT], last[HOST_CPUS_TEXT], text[HOST_CPUS_TEXT];
    cpu_set_t own;
    refused = EPERM;
    CHECK(host_pin_error() == -EPERM);
    /* /proc/self/status has them. */
    CHECK(REAL(sched_getaffinity)(0, sizeof own, &own) == 0);
    CHECK_EQ_U64(host_cpu_count(), (uint64_t)CPU_COUNT(&own));
    CHECK(!host_split_cpus(first, last, sizeof first));
    CHECK_EQ_TEXT(host_self_cpus(text, sizeof text), "");
    CHECK(host_pin_self(NULL) == 0);
    CHECK(host_pin_self("0") == -EPERM);
}

/* 64 processors, and a busy loop on the third. */
static void write_times(unsigned busy, unsigned idle)
{
    FILE *file = fopen(TEMPORARY, "wb");
    if (file == NULL)
        abort();
    fprintf(file, "cpu  %u 0 0 %u 0 0 0 0 0 0\n", busy, 64 * idle);
    for (unsigned cpu = 0; cpu < 64; cpu++)
        fprintf(file, "cpu%u %u 0 10 %u 5 1 2 3 0 0\n", cpu, cpu == 2 ? busy : 0,
                cpu == 2 ? 0 : idle);
    fprintf(file, "intr 123 4 5\ncpu2 9 9 9 9 9 9 9 9 9 9\n");
    fclose(file);
}

static void busy_processor(void)
{
    static const char *const sides[HOST_SIDES] = {"3-63", "2"}, *const no_list[] = {"x"};
    static const char *const any[] = {NULL}, *const absent[] = {"64"};
    struct host_times from[HOST_SIDES], to[HOST_SIDES];
    for (unsigned cpu = 0; cpu < 64; cpu++)
        kernel_add(cpu);
    write_times(0, 0);
    CHECK(host_times_read(TEMPORARY, sides, from, 2));
    CHECK_EQ_U64(from[1].busy, 16);
    CHECK_EQ_U64(from[1].total, 21);
    CHECK_EQ_U64(from[1].interrupts, 3);
    CHECK_EQ_U64(from[1].stolen, 3);
    CHECK_EQ_U64(from[0].total, 61 * 21);
    write_times(100, 100);
    CHECK(host_times_read(TEMPORARY, sides, to, 2));
    CHECK_NEAR(host_busy_share(&from[0], &to[0]), 0, 0);
    CHECK_NEAR(host_busy_share(&from[1], &to[1]), 1, 0);
    CHECK_NEAR(host_busiest_share(from, to, 2), 1, 0);
    CHECK_NEAR(host_busiest_share(from, to, 1), 0, 0);
    CHECK(host_times_read(TEMPORARY, any, to, 1));
    CHECK_EQ_U64(to[0].busy, 100 + 64 * 16);
    CHECK(!host_times_read(TEMPORARY, absent, to, 1));
    CHECK(!host_times_read(TEMPORARY, no_list, to, 1));
    CHECK(!host_times_read(TEMPORARY ".none", any, to, 1));
    remove(TEMPORARY);
}

static void in_a_process(void (*test)(void))
{
    int status = -1;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        test();
        exit(check_report());
    }
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

int main(void)
{
    in_a_process(many_processors);
    in_a_process(kinds_of_processors);
    in_a_process(refused_calls);
    in_a_process(busy_processor);
    return check_report();
}
