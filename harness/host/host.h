/*
 * host: the machine under the measurement: processors, placement, who else is busy, and Wine's
 * server. host_linux.c, host_win32.c; processors: host_cpus_*.c, times: host_times_*.c, Wine:
 * host_wineserver_linux.c.
 */
#ifndef IOMODELS_HOST_H
#define IOMODELS_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cgroup.h"
#include "host/topology.h"

#define HOST_CPUS_TEXT 256

unsigned host_cpu_count(void);                       /* that this process may use */
const char *host_cpu_model(char *text, size_t size); /* "" when not known */
const char *host_system_text(char *text,
                             size_t size); /* "Debian GNU/Linux 12 (bookworm), Linux 6.1" */
const char *host_cpu_governor(char *text,
                              size_t size); /* cpu 0's scaling governor; "" when not known */

/*
 * The processors that this process may use: which share a core, are of one kind or of one node. Where
 * the system doesn't tell, each is a core of its own, and all are of one kind and node. False without
 * memory. The caller frees it.
 */
bool host_topology(struct topology *topology);
/*
 * The default placement: as topology_split chooses, as texts ("0", "1"). False where there is only
 * one, or nobody may choose.
 */
bool host_split_cpus(char *server, char *client, size_t size);
/*
 * The same for a server or a client of several threads, by topology_share; with one each, or where there
 * is no more to share, as host_split_cpus. Returns how many processors the server has, 0 where host_split_cpus is
 * false.
 */
unsigned host_share_cpus(unsigned server_threads, unsigned client_threads, char *server,
                         char *client, size_t size);
/* How many a list of processors names ("0", "0,2-3"); 0 where this process may not use them all. */
unsigned host_cpus_count(const char *text);
/*
 * The same list as the system's are written (host_self_cpus); NULL: of all that this process may
 * use. "" where it may not use them, or no process can be given all of them (host_groups_text).
 */
const char *host_cpus_text(const char *cpus, char *text, size_t size);
/*
 * Windows has its processors in groups of at most 64: processor P of group G is 64 * G + P here, and
 * what a process is given must be of one group. Where the machine has several, their lists ("0-63;
 * 64-127"), of processors that this process may use; else "".
 */
const char *host_groups_text(char *text, size_t size);
/*
 * 0, or the negative error by which the system refuses to tell or to choose a thread's processors (a
 * seccomp filter does). Then host_split_cpus is false, and host_pin_self(NULL) does nothing.
 */
int host_pin_error(void);
/*
 * Pins the calling thread; NULL: all that the process began with, of several groups those of the
 * thread's. 0 or a negative error.
 */
int host_pin_self(const char *cpus);
/* Pins all threads of another process. 0 or a negative error. */
int host_pin_process(unsigned long pid, const char *cpus);
/*
 * The processors that the calling thread / a process has, read back from the system; "" if unknown.
 * Of a thread that may run in several groups, Windows tells those of one.
 */
const char *host_self_cpus(char *text, size_t size);
const char *host_process_cpus(unsigned long pid, char *text, size_t size);

/*
 * Processor time of some processors together since boot, in the system's unit. Linux brings it in
 * steps of 10 ms for each processor (proc_stat(5)).
 */
struct host_times {
    uint64_t busy;
    uint64_t total;
    /* Of busy, hard and soft ones, and Windows' deferred procedure calls; 0 where not told apart. */
    uint64_t interrupts;
    uint64_t stolen; /* of busy, what the machine's own host gave to others; 0 where not told */
    uint64_t per_s;  /* units in a second */
};
/* The server's processors and the client's. */
#define HOST_SIDES 2
/*
 * One reading for `count` lists of processors, at most HOST_SIDES; NULL in their place: all that
 * this process may use. False where the system doesn't tell.
 */
bool host_times_now(const char *const *cpus, struct host_times *times, size_t count);
/* Processors that are busy for less than this share of the time are idle enough to measure on. */
#define HOST_IDLE_SHARE 0.25
/* A wineserver that has nothing to serve and yet takes so much of a processor spins. */
#define HOST_WINESERVER_SPINS_SHARE 0.5
/* The busy share 0..1 between two moments; 0 where nothing passed. */
double host_busy_share(const struct host_times *from, const struct host_times *to);
/* Of several lists of processors, the one that is busiest: on one busy processor all wait. */
double host_busiest_share(const struct host_times *from, const struct host_times *to, size_t count);

/*
 * CPU quotas of control groups. Adds those of a process (0: the caller) to a set that began with 0;
 * nothing on Windows. And how often, since boot, one of the set stopped somebody.
 */
void host_quotas_add(struct cgroup_throttles *quotas, unsigned long pid);
uint64_t host_quota_stops(const struct cgroup_throttles *quotas);
/* How often a processor was slowed down for its heat since boot; 0 where the system doesn't tell. */
uint64_t host_throttles(void);
/*
 * Memory that the kernel holds for its own objects (sockets among them), its stacks and tables, in
 * bytes. Linux: Slab, KernelStack, PageTables and Percpu of proc_meminfo(5), and what TCP holds for
 * data (/proc/net/sockstat); Windows: the paged and nonpaged pool ("PERFORMANCE_INFORMATION structure"). False where the system doesn't tell (Wine).
 */
bool host_kernel_memory(uint64_t *bytes);

/* Memory that programs could still get, in bytes; 0 where the system doesn't tell. */
uint64_t host_memory_left(void);

/* CPU time in ns that a running process has used so far, fine-grained; false where it can't be
 * read, on Windows always: there a server tells its own (program.h). */
bool host_process_cpu_ns(unsigned long pid, uint64_t *ns);

/* The wineserver of the prefix in force (WINEPREFIX or ~/.wine): its pid; 0: none, or not this
 * system. */
unsigned long host_wineserver_pid(void);
/*
 * Ends that wineserver (so that the next Wine program starts a fresh one) and waits until it is
 * gone. False, and nothing done, where WINEPREFIX is not set: the user's own prefix is the user's.
 */
bool host_wineserver_restart(void);
#endif
