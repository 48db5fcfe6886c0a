/*
 * host_win32: what of host only Windows has.
 */
#ifndef IOMODELS_HOST_WIN32_H
#define IOMODELS_HOST_WIN32_H

#include "host/host.h"

/* Processors of a group at most ("Processor Groups"). */
#define HOST_GROUP_CPUS 64

/*
 * Keeps all processes of a job (a HANDLE without processes yet) in the group of these processors: the
 * system would choose one itself, and nothing moves a process later. host_pin_process does the rest.
 * Nothing where the machine has one group. 0 or a negative error.
 */
int host_pin_job(void *job, const char *cpus);
/* The address of any function of ntdll.dll; NULL: it has none of that name. */
void *host_ntdll_function(const char *name);

#endif
