/*
 * doctor: whether a machine is fit to measure on. First the facts are taken (doctor_facts.c, and
 * doctor_linux.c or doctor_win32.c for what only one system tells); then they are judged, by rules on
 * the facts alone.
 */
#ifndef IOMODELS_DOCTOR_H
#define IOMODELS_DOCTOR_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "compiler.h"
#include "host/host.h"

enum doctor_switch { DOCTOR_UNKNOWN, DOCTOR_OFF, DOCTOR_ON };

/* Text that is empty, 0 where nothing else is said, and NaN: not known here. */
struct doctor_facts {
    uint64_t descriptors_soft; /* limits of open ones; UINT64_MAX: none */
    uint64_t descriptors_hard;
    uint64_t port_first, port_last; /* those that a connect chooses from */
    bool ports_are_pooled;          /* one pool for all addresses, not each for its own */
    uint64_t backlog;               /* most connections that a listener may let wait */

    const char *clock_source;
    char clock_device[32]; /* what the kernel reads for it */
    uint64_t clock_resolution_ns;
    double clock_read_ns; /* what reading it costs */
    bool clock_steps_back;
    uint64_t cpu_resolution_us; /* as program_usage's */

    unsigned cpus; /* that this process may use */
    char cpus_text[HOST_CPUS_TEXT];
    unsigned cpus_of_system;
    int pin_error; /* as host_pin_error */
    char server_cpus
        [HOST_CPUS_TEXT]; /* where `bench` would place the two sides; "" where it can't */
    char client_cpus[HOST_CPUS_TEXT];
    bool share_core; /* these two are one core's */
    bool differ_in_kind, differ_in_node;
    unsigned kinds, nodes;           /* of processors, and of NUMA */
    char kinds_text[HOST_CPUS_TEXT]; /* as topology_kinds_text, topology_nodes_text */
    char nodes_text[HOST_CPUS_TEXT];

    char governor[32];
    char power_scheme[64];         /* Windows' name for it */
    enum doctor_switch high_power; /* the scheme keeps the frequency up */
    enum doctor_switch turbo;
    uint64_t throttles; /* since boot */
    enum doctor_switch virtual_machine;
    double busy; /* share of the processors, while nothing of ours ran */
    double stolen;
    uint64_t memory_bytes; /* that programs could still get */
    struct cgroup_limits group;

    const char *system; /* as program_system */
    char system_text[160];
    char wine_prefix[256];
    unsigned long wineserver;
    double wineserver_load; /* of a processor */

    char loopback_ipv4[160]; /* what failed; "": it works */
    char loopback_ipv6[160];
};

/* Takes 250 ms, in which it looks how busy the machine is. */
void doctor_take_facts(struct doctor_facts *facts);
/* Its part that only one system tells. */
void doctor_take_system_facts(struct doctor_facts *facts);

/*
 * Of a line of `netsh int ipv4 show dynamicport tcp`, in whatever language: the first number behind
 * a colon is the first port, the second says how many there are.
 */
void doctor_take_port_line(struct doctor_facts *facts, const char *line);
/* What the two sides' processors have in common, and how many kinds and nodes there are. */
void doctor_take_topology(struct doctor_facts *facts, const struct topology *topology);

enum doctor_level { DOCTOR_OK, DOCTOR_NOTE, DOCTOR_PROBLEM };

struct doctor_report {
    FILE *file;
    unsigned counts[DOCTOR_PROBLEM + 1];
};

/* A line: level, what it is about, the finding. */
void doctor_find(struct doctor_report *report, enum doctor_level level, const char *about,
                 const char *format, ...) COMPILER_PRINTF(4, 5);
/* What helps: the line below. */
void doctor_advise(struct doctor_report *report, const char *format, ...) COMPILER_PRINTF(2, 3);
/* All that the facts say of measuring with so many connections. */
void doctor_judge(struct doctor_report *report, const struct doctor_facts *facts,
                  unsigned connections);

#endif
