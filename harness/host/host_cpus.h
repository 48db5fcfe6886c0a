/*
 * host_cpus: the processors that this process may use, as the other files of host take them.
 * host_cpus_linux.c, host_cpus_win32.c.
 */
#ifndef IOMODELS_HOST_CPUS_H
#define IOMODELS_HOST_CPUS_H

#include "host/cpu_list.h"
#include "host/host.h"

/* What the process began with. Any thread. */
const struct cpu_list *host_initial_cpus(void);
/*
 * The processors that the text names; NULL: all of them. False where it is not a list of processors
 * that this process may use. child_start calls it between fork and exec, as all that pins does: no
 * locks, no memory.
 */
bool host_cpus_parse(const char *cpus, struct cpu_list *list);

#endif
