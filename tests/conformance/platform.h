/*
 * platform: what the suite asks of the system. platform_posix.c, platform_win32.c.
 */
#ifndef IOMODELS_CONFORMANCE_PLATFORM_H
#define IOMODELS_CONFORMANCE_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net.h"

/* How many words platform_limit_files puts before a command. */
#define PLATFORM_LIMIT_WORDS 3

/* A word of the own command line in UTF-8; false where it can't be told, or is too long. */
bool platform_argument_utf8(const char *argument, char *text, size_t size);
/* The open descriptors or handles of a process; false where they can't be counted. */
bool platform_handles(unsigned long pid, uint64_t *count);
/*
 * Sends without blocking. Returns the bytes taken, 0: there is no room now; or a negative error.
 * The bytes must stay valid and unchanged until platform_send_end: on Windows the system may still
 * have them. *under_way: the socket's own, NULL before its first send.
 */
int64_t platform_send(net_socket socket, void **under_way, const uint8_t *bytes, size_t size);
/* Before the socket is closed: the system gives back what it has not sent. Sets *under_way to NULL. */
void platform_send_end(net_socket socket, void **under_way);
/*
 * The words before a command that make it run with at most `files` open files (constant memory,
 * until the next call); false where the system has no such limit.
 */
bool platform_limit_files(unsigned files, const char *words[PLATFORM_LIMIT_WORDS]);
/*
 * Limits how many signals a program that is started from now on can have in its queue. UINT_MAX takes
 * the limit back. False where the system has no such limit.
 */
bool platform_limit_signals(unsigned signals);

#endif
