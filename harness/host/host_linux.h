/*
 * host_linux: what of host is tested with files that stand in for the kernel's.
 */
#ifndef IOMODELS_HOST_LINUX_H
#define IOMODELS_HOST_LINUX_H

#include "host/host.h"

/* As host_times_now, from that file instead of /proc/stat. */
bool host_times_read(const char *path, const char *const *cpus, struct host_times *times,
                     size_t count);
/* As host_topology. root: "", or a folder that stands in for the root of the file system. */
bool host_topology_read(const char *root, struct topology *topology);

#endif
