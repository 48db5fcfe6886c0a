/*
 * host: the machine under the measurement: processors, placement, who else is busy, and Wine's
 * server. host_linux.c, host_win32.c.
 */
#ifndef IOMODELS_HOST_H
#define IOMODELS_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOST_CPUS_TEXT 64

unsigned host_cpu_count(void);                       /* that this process may use */
const char *host_cpu_model(char *text, size_t size); /* "" when not known */
const char *host_system_text(char *text,
                             size_t size); /* "Debian GNU/Linux 12 (bookworm), Linux 6.1" */
const char *host_cpu_governor(char *text,
                              size_t size); /* cpu 0's scaling governor; "" when not known */

/*
 * The default placement: the first processor that this process may use for the server, the last
 * one for the client, as texts ("0", "1"). False where there is only one.
 */
bool host_split_cpus(char *server, char *client, size_t size);
/* Whether text is a list of processors ("0", "0,2-3") that this process may use. */
bool host_cpus_valid(const char *text);
/* Pins the calling thread; NULL: all that the process began with. 0 or a negative error. */
int host_pin_self(const char *cpus);
/* Pins all threads of another process. 0 or a negative error. */
int host_pin_process(unsigned long pid, const char *cpus);
/* The processors that the calling thread / a process has, read back from the system; "" if unknown.
 */
const char *host_self_cpus(char *text, size_t size);
const char *host_process_cpus(unsigned long pid, char *text, size_t size);

/* Processor time of all CPUs since boot, in one unit. False where the system doesn't tell. */
struct host_times {
    uint64_t busy;
    uint64_t total;
};
bool host_times_now(struct host_times *times);
/* The busy share 0..1 between two moments; 0 where nothing passed. */
double host_busy_share(const struct host_times *from, const struct host_times *to);

/* CPU time in ns that a running process has used so far, fine-grained; false where it can't be
 * read. */
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
