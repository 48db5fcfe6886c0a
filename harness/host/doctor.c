#include "host/doctor.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "base/number.h"
#include "base/units.h"
#include "host/descriptors.h"
#include "net.h"

enum {
    NUMBER_BYTES = 32,
    ABOUT_WIDTH = 16,
    LEVEL_WIDTH = 9,
    BUFFER_BYTES = 64 * 1024,
    /* Threads and processes of client and server beside those that serve. */
    TASKS_OWN = 32
};

/* Reads that cost more are calls into the kernel, and many of them are made for a message. */
static const double CLOCK_READ_NS_MOST = 500;
static const uint64_t CLOCK_RESOLUTION_NS_MOST = 1000;
/* A short window of half a second has 500 of these. */
static const uint64_t CPU_RESOLUTION_US_MOST = 1000;
static const double STOLEN_SHARE_MOST = 0.01;

static const char *number(double value, char *text)
{
    return units_format_grouped(value, text, NUMBER_BYTES);
}

void doctor_find(struct doctor_report *report, enum doctor_level level, const char *about,
                 const char *format, ...)
{
    static const char *const words[] = {"ok", "note", "problem"};
    va_list arguments;
    report->counts[level]++;
    fprintf(report->file, "%*s%*s", -LEVEL_WIDTH, words[level], -ABOUT_WIDTH, about);
    va_start(arguments, format);
    vfprintf(report->file, format, arguments);
    va_end(arguments);
    fprintf(report->file, "\n");
}

void doctor_advise(struct doctor_report *report, const char *format, ...)
{
    va_list arguments;
    fprintf(report->file, "%*s", LEVEL_WIDTH + ABOUT_WIDTH, "");
    va_start(arguments, format);
    vfprintf(report->file, format, arguments);
    va_end(arguments);
    fprintf(report->file, "\n");
}

static const char *limit_text(uint64_t limit, char *text)
{
    return limit == UINT64_MAX ? "any number" : number((double)limit, text);
}

static void judge_descriptors(struct doctor_report *report, const struct doctor_facts *facts,
                              unsigned connections)
{
    char soft[NUMBER_BYTES], hard[NUMBER_BYTES], needed[NUMBER_BYTES], wanted[NUMBER_BYTES];
    char raised[NUMBER_BYTES + 48] = "";
    uint64_t need = descriptors_needed(connections);
    if (facts->descriptors_hard == 0)
        return;
    bool enough = facts->descriptors_hard >= need;
    if (facts->descriptors_soft < facts->descriptors_hard)
        snprintf(raised, sizeof raised, ", raised to %s by iomodels itself",
                 limit_text(facts->descriptors_hard, hard));
    doctor_find(report, enough ? DOCTOR_OK : DOCTOR_PROBLEM, "descriptors",
                "%s%s; %s connections take %s, at either end",
                limit_text(facts->descriptors_soft, soft), raised, number(connections, wanted),
                number((double)need, needed));
    if (!enough)
        doctor_advise(report,
                      "as root, `ulimit -n %" PRIu64 "` raises it in this shell; for good, `hard "
                      "nofile` in /etc/security/limits.conf",
                      need);
}

static void judge_ports(struct doctor_report *report, const struct doctor_facts *facts,
                        unsigned connections)
{
    char ports[NUMBER_BYTES], wanted[NUMBER_BYTES];
    if (facts->port_last == 0 || facts->port_last < facts->port_first)
        return;
    uint64_t count = facts->port_last - facts->port_first + 1;
    /* One more is the server's own. */
    bool enough = count > connections, pooled = facts->ports_are_pooled;
    doctor_find(report, enough ? DOCTOR_OK : DOCTOR_NOTE, "ports",
                "%s to connect from (%" PRIu64 " to %" PRIu64 ")%s; %s connections take one each%s",
                number((double)count, ports), facts->port_first, facts->port_last,
                pooled ? ", one pool for all addresses" : "", number(connections, wanted),
                enough || pooled ? "" : ", of a server that is not on 127.0.0.1");
    if (!enough && pooled)
        doctor_advise(report,
                      "as administrator, `netsh int ipv4 set dynamicport tcp start=10000 "
                      "num=55536`; for each address its own: `Set-NetTCPSetting -SettingName "
                      "InternetCustom -AutoReusePortRangeStartPort 10000 "
                      "-AutoReusePortRangeNumberOfPorts 55536` in PowerShell, and start Windows "
                      "again");
    else if (!enough)
        doctor_advise(report, "as root, `sysctl net.ipv4.ip_local_port_range=\"1024 65535\"`");
}

static void judge_backlog(struct doctor_report *report, const struct doctor_facts *facts,
                          unsigned connections)
{
    char backlog[NUMBER_BYTES];
    if (facts->backlog == 0)
        return;
    bool enough = facts->backlog >= connections;
    doctor_find(report, enough ? DOCTOR_OK : DOCTOR_NOTE, "listen backlog",
                enough ? "%s connections may wait to be accepted"
                       : "%s connections may wait to be accepted: of those that come at once, the "
                         "others' connects take a second or more",
                number((double)facts->backlog, backlog));
    if (!enough)
        doctor_advise(report, "as root, `sysctl net.core.somaxconn=%u`", connections);
}

static void judge_clock(struct doctor_report *report, const struct doctor_facts *facts)
{
    char cost[NUMBER_BYTES];
    bool slow = facts->clock_read_ns > CLOCK_READ_NS_MOST;
    bool coarse = facts->clock_resolution_ns > CLOCK_RESOLUTION_NS_MOST;
    enum doctor_level level = slow || coarse ? DOCTOR_NOTE : DOCTOR_OK;
    doctor_find(report, facts->clock_steps_back ? DOCTOR_PROBLEM : level, "clock",
                "%s%s%s, step %" PRIu64 " ns, a reading takes %s ns%s", facts->clock_source,
                facts->clock_device[0] == '\0' ? "" : " by ", facts->clock_device,
                facts->clock_resolution_ns, number(facts->clock_read_ns, cost),
                facts->clock_steps_back ? "; it stepped back" : "");
    if (facts->clock_steps_back)
        doctor_advise(report, "no latency can be trusted here: boot with another clocksource, or "
                              "measure on another machine");
    else if (slow && facts->clock_device[0] != '\0')
        doctor_advise(report, "each message pays for several readings; `tsc` is cheaper, where "
                              "/sys/devices/system/clocksource/clocksource0/available_clocksource "
                              "has it");
    else if (slow)
        doctor_advise(report, "each message pays for several readings: compare models, and take no "
                              "latency for the machine's own");
    else if (coarse)
        doctor_advise(report, "latencies near that step can't be told apart: look at rates and CPU "
                              "time");
}

static void judge_cpu_time(struct doctor_report *report, const struct doctor_facts *facts)
{
    if (facts->cpu_resolution_us == 0)
        return;
    bool fine = facts->cpu_resolution_us <= CPU_RESOLUTION_US_MOST;
    doctor_find(report, fine ? DOCTOR_OK : DOCTOR_NOTE, "CPU time",
                "this program's own is known in steps of %.6g ms",
                (double)facts->cpu_resolution_us / 1e3);
    if (!fine)
        doctor_advise(report, "a short window has few of them: measure longer (--duration), rows "
                              "with too few are warned of");
}

static void judge_processors(struct doctor_report *report, const struct doctor_facts *facts)
{
    bool split = facts->server_cpus[0] != '\0';
    char placed[2 * HOST_CPUS_TEXT + 64], cause[160];
    if (facts->pin_error != 0) {
        doctor_find(report, DOCTOR_NOTE, "processors",
                    "%u of %u: the system does not let this process choose among them (%s)",
                    facts->cpus, facts->cpus_of_system,
                    net_error_text(facts->pin_error, cause, sizeof cause));
        doctor_advise(report, "server and client run wherever the system puts them: allow "
                              "sched_getaffinity and sched_setaffinity (a container's seccomp "
                              "profile)");
        return;
    }
    snprintf(placed, sizeof placed, "the server on %s, the client on %s", facts->server_cpus,
             facts->client_cpus);
    doctor_find(report, split && !facts->share_core ? DOCTOR_OK : DOCTOR_NOTE, "processors",
                "%u of %u (%s): %s%s", facts->cpus, facts->cpus_of_system, facts->cpus_text,
                split ? placed : "server and client have to share it",
                facts->share_core ? ", which are one core's" : "");
    if (!split && facts->cpus < facts->cpus_of_system)
        doctor_advise(report, "let this process use more of them (taskset, a container's cpuset)");
    else if (!split)
        doctor_advise(report, "compare the CPU time for a message: rates tell of both sides "
                              "together");
    else if (facts->share_core)
        doctor_advise(report, "one side slows the other: choose two cores by --server-cpus and "
                              "--client-cpus, or switch SMT off");
}

/* Parts of the processors, and whether the two sides are on different ones. */
static void judge_parts(struct doctor_report *report, const char *about, unsigned parts,
                        const char *order, const char *text, bool split, bool differ,
                        const char *advice)
{
    if (parts == 1)
        doctor_find(report, DOCTOR_OK, about, "1");
    if (parts < 2)
        return;
    bool two = split && differ;
    doctor_find(report, two ? DOCTOR_NOTE : DOCTOR_OK, about, "%u%s: %s%s%s", parts, order, text,
                split ? "; the server and the client are on " : "",
                two     ? "two of them"
                : split ? "one of them"
                        : "");
    if (two)
        doctor_advise(report, "%s", advice);
}

static void judge_topology(struct doctor_report *report, const struct doctor_facts *facts)
{
    bool split = facts->server_cpus[0] != '\0';
    judge_parts(report, "processor kinds", facts->kinds, ", the fastest first", facts->kinds_text,
                split, facts->differ_in_kind,
                "one side is faster by its processor: let this process use two processors of one "
                "kind");
    judge_parts(report, "NUMA nodes", facts->nodes, "", facts->nodes_text, split,
                facts->differ_in_node,
                "each message crosses from node to node: choose two processors of one node by "
                "--server-cpus and --client-cpus");
}

/* What control groups allow. */
static void judge_group(struct doctor_report *report, const struct doctor_facts *facts,
                        unsigned connections)
{
    char most[NUMBER_BYTES], now[NUMBER_BYTES], wanted[NUMBER_BYTES];
    const struct cgroup_limits *group = &facts->group;
    /* More than all processors that may be used can't be used up. */
    bool ample = group->cpus >= facts->cpus;
    bool room = group->tasks >= group->tasks_now + connections + TASKS_OWN;
    if (group->cpus > 0)
        doctor_find(report, ample ? DOCTOR_OK : DOCTOR_NOTE, "CPU quota",
                    ample ? "%.3g processors, which is all of them (%s)"
                          : "%.3g processors (%s): who has used it up pauses for the rest of %.3g "
                            "ms, client and server alike",
                    group->cpus, group->cpu_path, (double)group->cpu_period_us / 1e3);
    if (group->cpus > 0 && !ample)
        doctor_advise(report, "remove it (systemd's CPUQuota=, a container's --cpus); rows in "
                              "which it strikes are warned of");
    if (group->tasks > 0)
        doctor_find(report, room ? DOCTOR_OK : DOCTOR_NOTE, "tasks",
                    "%s processes and threads (%s), %s are there; blocking takes a thread for each "
                    "of %s connections",
                    number((double)group->tasks, most), group->tasks_path,
                    number((double)group->tasks_now, now), number(connections, wanted));
    if (group->tasks > 0 && !room)
        doctor_advise(report, "raise it (systemd's TasksMax=, a container's --pids-limit), or "
                              "leave blocking out");
    if (group->memory_bytes > 0)
        doctor_find(report, DOCTOR_OK, "memory limit", "%s (%s); %s is left",
                    units_format_size(group->memory_bytes, most, sizeof most), group->memory_path,
                    units_format_size(group->memory_left_bytes, now, sizeof now));
}

static void judge_frequency(struct doctor_report *report, const struct doctor_facts *facts)
{
    char times[NUMBER_BYTES];
    bool steady = strcmp(facts->governor, "performance") == 0;
    if (facts->governor[0] != '\0')
        doctor_find(report, steady ? DOCTOR_OK : DOCTOR_NOTE, "governor",
                    steady ? "%s" : "%s: the frequency follows the load, and the figures it",
                    facts->governor);
    if (facts->governor[0] != '\0' && !steady)
        doctor_advise(report, "as root, `cpupower frequency-set -g performance`");
    if (facts->power_scheme[0] != '\0')
        doctor_find(report, facts->high_power == DOCTOR_OFF ? DOCTOR_NOTE : DOCTOR_OK,
                    "power scheme",
                    facts->high_power == DOCTOR_OFF
                        ? "%s: the frequency follows the load, and the figures it"
                        : "%s",
                    facts->power_scheme);
    if (facts->power_scheme[0] != '\0' && facts->high_power == DOCTOR_OFF)
        doctor_advise(report, "`powercfg /setactive SCHEME_MIN` takes the scheme of high "
                              "performance, where the machine has it");
    if (facts->turbo != DOCTOR_UNKNOWN)
        doctor_find(report, facts->turbo == DOCTOR_ON ? DOCTOR_NOTE : DOCTOR_OK, "turbo",
                    facts->turbo == DOCTOR_ON ? "on: the frequency depends on heat and on how many "
                                                "cores are busy"
                                              : "off");
    if (facts->turbo == DOCTOR_ON)
        doctor_advise(report,
                      "as root, write 1 to /sys/devices/system/cpu/intel_pstate/no_turbo, or "
                      "0 to /sys/devices/system/cpu/cpufreq/boost");
    if (facts->throttles != 0) {
        doctor_find(report, DOCTOR_NOTE, "throttling",
                    "slowed down for heat %s times since the system's start",
                    number((double)facts->throttles, times));
        doctor_advise(report,
                      "cool it, or measure shorter; rows in which it happens are warned of");
    }
}

static void judge_machine(struct doctor_report *report, const struct doctor_facts *facts)
{
    if (facts->virtual_machine == DOCTOR_OFF)
        doctor_find(report, DOCTOR_OK, "machine", "no hypervisor");
    if (facts->virtual_machine != DOCTOR_ON)
        return;
    doctor_find(report, DOCTOR_NOTE, "machine",
                "a virtual one: its host can take time away, and wakes sleepers late");
    doctor_advise(report, "take more trials, trust CPU time before latencies, and look at the "
                          "warnings");
}

static void judge_load(struct doctor_report *report, const struct doctor_facts *facts)
{
    if (!number_is_known(facts->busy))
        return;
    bool busy = facts->busy >= HOST_IDLE_SHARE, stolen = facts->stolen > STOLEN_SHARE_MOST;
    doctor_find(report, busy || stolen ? DOCTOR_NOTE : DOCTOR_OK, "idle",
                "%.0f %% of the busiest of these processors is in use%s", 100 * facts->busy,
                stolen ? ", in part by other machines of the same host" : "");
    if (busy)
        doctor_advise(report,
                      "end what runs beside (`top` names it): a run waits for less than "
                      "%.0f %%, for as long as --idle-wait",
                      100 * HOST_IDLE_SHARE);
    else if (stolen)
        doctor_advise(report,
                      "nothing in this machine helps: measure at another hour, or elsewhere");
}

static void judge_memory(struct doctor_report *report, const struct doctor_facts *facts,
                         unsigned connections)
{
    char left[NUMBER_BYTES], need[NUMBER_BYTES], wanted[NUMBER_BYTES];
    uint64_t bytes = (uint64_t)connections * BUFFER_BYTES;
    if (facts->memory_bytes == 0)
        return;
    bool enough = facts->memory_bytes > bytes, plenty = facts->memory_bytes / 2 > bytes;
    doctor_find(report,
                plenty   ? DOCTOR_OK
                : enough ? DOCTOR_NOTE
                         : DOCTOR_PROBLEM,
                "memory", "%s left; the server's buffers for %s connections take up to %s",
                units_format_size(facts->memory_bytes, left, sizeof left),
                number(connections, wanted), units_format_size(bytes, need, sizeof need));
    if (!plenty)
        doctor_advise(report, "the kernel's own buffers come on top: smaller ones by "
                              "--buffer-bytes, or fewer connections");
}

static void judge_loopback(struct doctor_report *report, const struct doctor_facts *facts)
{
    bool ipv4 = facts->loopback_ipv4[0] == '\0', ipv6 = facts->loopback_ipv6[0] == '\0';
    doctor_find(report, ipv4 ? DOCTOR_OK : DOCTOR_PROBLEM, "loopback", "IPv4: %s",
                ipv4 ? "connects, and carries bytes" : facts->loopback_ipv4);
    if (!ipv4)
        doctor_advise(report, "`bench` needs 127.0.0.1: is the interface up (`ip link set lo up`), "
                              "does a firewall filter it?");
    doctor_find(report, ipv6 ? DOCTOR_OK : DOCTOR_NOTE, "loopback", "IPv6: %s",
                ipv6 ? "connects, and carries bytes" : facts->loopback_ipv6);
    if (!ipv6)
        doctor_advise(report, "only `serve --bind ::1` needs it");
}

static void judge_wine(struct doctor_report *report, const struct doctor_facts *facts)
{
    bool spins = facts->wineserver_load > HOST_WINESERVER_SPINS_SHARE;
    const char *prefix = facts->wine_prefix[0] == '\0' ? "its default prefix" : facts->wine_prefix;
    if (strcmp(facts->system, "wine") == 0) {
        doctor_find(report, DOCTOR_NOTE, "Wine", "%s; %s", facts->system_text, prefix);
        doctor_advise(report, "the figures rank Wine's implementation of the models, not Windows'; "
                              "they hold for this version only");
    }
    if (facts->wineserver == 0)
        return;
    doctor_find(report, spins ? DOCTOR_PROBLEM : DOCTOR_OK, "Wine",
                spins ? "wineserver %lu of %s spins, with nothing to serve"
                      : "wineserver %lu of %s runs, and is idle",
                facts->wineserver, prefix);
    if (spins)
        doctor_advise(report, "`wineserver -k` ends it and its prefix's programs; the next Wine "
                              "program starts a fresh one");
}

void doctor_judge(struct doctor_report *report, const struct doctor_facts *facts,
                  unsigned connections)
{
    judge_descriptors(report, facts, connections);
    judge_ports(report, facts, connections);
    judge_backlog(report, facts, connections);
    judge_memory(report, facts, connections);
    judge_group(report, facts, connections);
    judge_clock(report, facts);
    judge_cpu_time(report, facts);
    judge_processors(report, facts);
    judge_topology(report, facts);
    judge_frequency(report, facts);
    judge_machine(report, facts);
    judge_load(report, facts);
    judge_loopback(report, facts);
    judge_wine(report, facts);
}
