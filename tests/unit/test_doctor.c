#include "check.h"
#include "host/doctor.h"

#include <stdlib.h>

#define TEMPORARY "test_doctor.tmp"

static char printed[8192];
static struct doctor_report report;

/* A machine without fault. */
static struct doctor_facts fit(void)
{
    return (struct doctor_facts){
        .descriptors_soft = 1024,
        .descriptors_hard = 524288,
        .port_first = 32768,
        .port_last = 60999,
        .backlog = 4096,
        .clock_source = "CLOCK_MONOTONIC",
        .clock_device = "tsc",
        .clock_resolution_ns = 1,
        .clock_read_ns = 25,
        .cpu_resolution_us = 1,
        .cpus = 4,
        .cpus_text = "0-3",
        .cpus_of_system = 4,
        .server_cpus = "0",
        .client_cpus = "3",
        .kinds = 1,
        .nodes = 1,
        .governor = "performance",
        .turbo = DOCTOR_OFF,
        .virtual_machine = DOCTOR_OFF,
        .busy = 0.02,
        .stolen = 0,
        .memory_bytes = (uint64_t)8 << 30,
        .system = "linux",
        .wineserver_load = NAN,
    };
}

/* What it says, without the lines that are ok. */
static const char *complaints(const struct doctor_facts *facts, unsigned connections)
{
    char all[sizeof printed];
    size_t used = 0;
    bool keep = false;
    FILE *file = fopen(TEMPORARY, "w+b");
    if (file == NULL)
        abort();
    report = (struct doctor_report){.file = file};
    doctor_judge(&report, facts, connections);
    rewind(file);
    all[fread(all, 1, sizeof all - 1, file)] = '\0';
    fclose(file);
    remove(TEMPORARY);
    for (const char *at = all; *at != '\0';) {
        size_t length = strcspn(at, "\n") + 1;
        keep = at[0] == ' ' ? keep : strncmp(at, "ok", 2) != 0;
        if (keep)
            used +=
                (size_t)snprintf(printed + used, sizeof printed - used, "%.*s", (int)length, at);
        at += length;
    }
    printed[used] = '\0';
    return printed;
}

/* That this, and nothing else, is said: how bad, about what, with which words; and what helps. */
static void expect(const struct doctor_facts *facts, const char *level, const char *about,
                   const char *words, const char *help)
{
    bool problem = strcmp(level, "problem") == 0;
    const char *text = complaints(facts, 1000);
    const char *end = strchr(text, '\n');
    CHECK_EQ_U64(report.counts[DOCTOR_PROBLEM], problem);
    CHECK_EQ_U64(report.counts[DOCTOR_NOTE], !problem);
    CHECK(strncmp(text, level, strlen(level)) == 0);
    CHECK(strncmp(text + 9, about, strlen(about)) == 0);
    const char *found = strstr(text, words), *helps = strstr(text, help);
    CHECK(end != NULL && found != NULL && found < end && helps != NULL && helps > end);
    if (found == NULL || helps == NULL)
        printf("%s", text);
}

static void test_fit(void)
{
    struct doctor_facts facts = fit();
    CHECK_EQ_TEXT(complaints(&facts, 1000), "");
    CHECK(report.counts[DOCTOR_OK] >= 10);
}

static void test_limits(void)
{
    struct doctor_facts facts = fit();
    facts.descriptors_soft = facts.descriptors_hard = 1031;
    expect(&facts, "problem", "descriptors", "1,031; 1,000 connections take 1,032",
           "`ulimit -n 1032`");
    facts.descriptors_hard = 1032;
    CHECK_EQ_TEXT(complaints(&facts, 1000), "");
    facts.descriptors_soft = facts.descriptors_hard = UINT64_MAX;
    CHECK_EQ_TEXT(complaints(&facts, 4000), "");
    facts = fit();
    facts.port_last = facts.port_first + 999;
    expect(&facts, "note", "ports", "1,000 to connect from", "ip_local_port_range");
    facts.port_last++;
    CHECK_EQ_TEXT(complaints(&facts, 1000), "");
    facts = fit();
    facts.backlog = 999;
    expect(&facts, "note", "listen backlog", "999", "`sysctl net.core.somaxconn=1000`");
    facts = fit();
    facts.memory_bytes = (uint64_t)100 << 20;
    expect(&facts, "note", "memory", "100 MiB left", "--buffer-bytes");
    facts.memory_bytes = (uint64_t)62 << 20;
    expect(&facts, "problem", "memory", "62 MiB left", "--buffer-bytes");
}

static void test_control_groups(void)
{
    struct doctor_facts facts = fit();
    facts.group = (struct cgroup_limits){.cpus = 1.5,
                                         .cpu_period_us = 100000,
                                         .cpu_path = "/g/cpu.max",
                                         .tasks = 1100,
                                         .tasks_now = 60,
                                         .tasks_path = "/g/pids.max",
                                         .memory_bytes = (uint64_t)1 << 30,
                                         .memory_left_bytes = (uint64_t)900 << 20,
                                         .memory_path = "/memory.max"};
    expect(&facts, "note", "CPU quota",
           "1.5 processors (/g/cpu.max): who has used it up pauses "
           "for the rest of 100 ms",
           "CPUQuota=");
    facts.group.cpus = 4;
    CHECK_EQ_TEXT(complaints(&facts, 1000), "");
    facts.group.tasks_now = 70;
    expect(&facts, "note", "tasks", "1,100 processes and threads (/g/pids.max), 70 are there",
           "TasksMax=");
}

static void test_pool_of_ports(void)
{
    static const char *const english[] = {"",
                                          "Protocol tcp Dynamic Port Range",
                                          "---------------------------------",
                                          "Start Port      : 49152",
                                          "Number of Ports : 16384",
                                          ""};
    static const char *const german[] = {"Dynamischer Portbereich fuer Protokoll: tcp",
                                         "Startport       : 1024", "Anzahl von Ports: 500"};
    struct doctor_facts facts = fit();
    facts.port_first = facts.port_last = 0;
    facts.ports_are_pooled = true;
    for (size_t i = 0; i < sizeof english / sizeof english[0]; i++)
        doctor_take_port_line(&facts, english[i]);
    CHECK_EQ_U64(facts.port_first, 49152);
    CHECK_EQ_U64(facts.port_last, 65535);
    CHECK_EQ_TEXT(complaints(&facts, 1000), "");
    facts.port_first = facts.port_last = 0;
    for (size_t i = 0; i < sizeof german / sizeof german[0]; i++)
        doctor_take_port_line(&facts, german[i]);
    expect(&facts, "note", "ports", "500 to connect from (1024 to 1523), one pool", "netsh");
}

static void test_unknown_is_left_out(void)
{
    struct doctor_facts facts = fit();
    complaints(&facts, 1000);
    unsigned all = report.counts[DOCTOR_OK];
    facts.descriptors_hard = facts.port_last = facts.backlog = facts.memory_bytes = 0;
    facts.governor[0] = '\0';
    facts.turbo = facts.virtual_machine = DOCTOR_UNKNOWN;
    facts.busy = NAN;
    facts.cpu_resolution_us = facts.kinds = facts.nodes = 0;
    CHECK_EQ_TEXT(complaints(&facts, 1000), "");
    CHECK_EQ_U64(report.counts[DOCTOR_OK], all - 11);
}

static void test_clock(void)
{
    struct doctor_facts facts = fit();
    facts.clock_read_ns = 900;
    expect(&facts, "note", "clock", "900 ns", "`tsc`");
    facts.clock_device[0] = '\0';
    expect(&facts, "note", "clock", "CLOCK_MONOTONIC, step 1 ns", "several readings");
    facts.clock_steps_back = true;
    expect(&facts, "problem", "clock", "stepped back", "no latency");
    facts = fit();
    facts.clock_resolution_ns = 4000000;
    expect(&facts, "note", "clock", "step 4000000 ns", "near that step");
    facts = fit();
    facts.cpu_resolution_us = 15625;
    expect(&facts, "note", "CPU time", "in steps of 15.625 ms", "--duration");
}

static void test_processors(void)
{
    struct doctor_facts facts = fit();
    facts.share_core = true;
    expect(&facts, "note", "processors", "one core's", "--server-cpus");
    facts = fit();
    facts.server_cpus[0] = facts.client_cpus[0] = '\0';
    facts.cpus = 1;
    expect(&facts, "note", "processors", "1 of 4 (0-3): server and client have to share",
           "taskset");
    facts.cpus_of_system = 1;
    expect(&facts, "note", "processors", "have to share", "CPU time");
}

/* Two nodes; in each, cores of two threads of a fast kind and slow ones of one. */
static struct topology_cpu hybrid[] = {{0, 0, 1, 0}, {1, 0, 1, 0}, {2, 2, 0, 0}, {3, 3, 0, 0},
                                       {4, 4, 1, 1}, {5, 4, 1, 1}, {6, 6, 0, 1}, {7, 7, 0, 1}};

static void test_topology(void)
{
    struct doctor_facts facts = fit();
    const struct topology all = {hybrid, 8}, first_node = {hybrid, 4}, odd = {hybrid + 1, 2};
    doctor_take_topology(&facts, &first_node);
    CHECK_EQ_U64(facts.kinds, 2);
    CHECK_EQ_TEXT(facts.kinds_text, "2 (0-1), 2 (2-3)");
    CHECK_EQ_U64(facts.nodes, 1);
    CHECK(!facts.share_core && !facts.differ_in_kind && !facts.differ_in_node);
    CHECK_EQ_TEXT(complaints(&facts, 1000), "");

    doctor_take_topology(&facts, &all);
    CHECK_EQ_TEXT(facts.nodes_text, "4 (0-3), 4 (4-7)");
    CHECK(!facts.share_core && !facts.differ_in_kind && facts.differ_in_node);
    expect(&facts, "note", "NUMA nodes",
           "2: 4 (0-3), 4 (4-7); the server "
           "and the client are on two",
           "one node by --server-cpus");
    facts.server_cpus[0] = facts.client_cpus[0] = '\0';
    CHECK(strstr(complaints(&facts, 1000), "NUMA") == NULL);

    facts = fit();
    doctor_take_topology(&facts, &odd);
    CHECK(facts.differ_in_kind);
    expect(&facts, "note", "processor kinds",
           "2, the fastest first: 1 (1), 1 (2); the server "
           "and the client are on two",
           "two processors of one kind");
    facts = fit();
    doctor_take_topology(&facts, &(struct topology){hybrid, 2});
    expect(&facts, "note", "processors", "one core's", "--server-cpus");
}

static void test_machine(void)
{
    struct doctor_facts facts = fit();
    strcpy(facts.power_scheme, "Balanced");
    facts.high_power = DOCTOR_OFF;
    expect(&facts, "note", "power scheme", "Balanced: the frequency follows", "powercfg");
    facts.high_power = DOCTOR_ON;
    CHECK_EQ_TEXT(complaints(&facts, 1000), "");
    facts = fit();
    strcpy(facts.governor, "powersave");
    expect(&facts, "note", "governor", "powersave", "cpupower");
    facts = fit();
    facts.turbo = DOCTOR_ON;
    expect(&facts, "note", "turbo", "on", "no_turbo");
    facts = fit();
    facts.throttles = 12345;
    expect(&facts, "note", "throttling", "12,345 times", "cool");
    facts = fit();
    facts.virtual_machine = DOCTOR_ON;
    expect(&facts, "note", "machine", "virtual", "trials");
    facts = fit();
    facts.busy = 0.25;
    expect(&facts, "note", "idle", "25 %", "--idle-wait");
    facts.busy = 0.1;
    facts.stolen = 0.05;
    expect(&facts, "note", "idle", "other machines", "elsewhere");
}

static void test_loopback_and_wine(void)
{
    struct doctor_facts facts = fit();
    strcpy(facts.loopback_ipv4, "connect: EPERM");
    expect(&facts, "problem", "loopback", "IPv4: connect: EPERM", "firewall");
    facts = fit();
    strcpy(facts.loopback_ipv6, "bind: EADDRNOTAVAIL");
    expect(&facts, "note", "loopback", "IPv6: bind", "::1");
    facts = fit();
    facts.wineserver = 42;
    facts.wineserver_load = 0.01;
    CHECK_EQ_TEXT(complaints(&facts, 1000), "");
    facts.wineserver_load = 0.99;
    expect(&facts, "problem", "Wine", "wineserver 42 of its default prefix spins", "wineserver -k");
    facts = fit();
    facts.system = "wine";
    strcpy(facts.system_text, "Wine 8.0");
    strcpy(facts.wine_prefix, "/home/me/prefix");
    expect(&facts, "note", "Wine", "Wine 8.0; /home/me/prefix", "not Windows'");
}

int main(void)
{
    test_fit();
    test_limits();
    test_control_groups();
    test_pool_of_ports();
    test_unknown_is_left_out();
    test_clock();
    test_processors();
    test_topology();
    test_machine();
    test_loopback_and_wine();
    return check_report();
}
