/*
 * platform: what the suite asks the system about the server's process. platform_posix.c,
 * platform_win32.c.
 */
#ifndef IOMODELS_CONFORMANCE_PLATFORM_H
#define IOMODELS_CONFORMANCE_PLATFORM_H

#include <stdbool.h>
#include <stdint.h>

/* The open descriptors or handles of a process; false where they can't be counted. */
bool platform_handles(unsigned long pid, uint64_t *count);
/*
 * The words before a command that make it run with at most `files` open files, NULL-terminated, in
 * the one array; NULL where the system has no such limit.
 */
const char *const *platform_limit_files(unsigned files);

#endif
