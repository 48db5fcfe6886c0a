/*
 * proc_linux: lines and numbers of the files in /proc and /sys.
 */
#ifndef IOMODELS_PROC_LINUX_H
#define IOMODELS_PROC_LINUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The file's first line that begins with prefix, from behind that; false where there is none. */
bool proc_line(const char *path, const char *prefix, char *line, size_t size);
/* The number that the file begins with; 0 where there is no such file. */
uint64_t proc_number(const char *path);
/* The ports that a connect chooses from (ip_local_port_range); false where they can't be read. */
bool proc_port_range(uint64_t *first, uint64_t *last);

#endif
