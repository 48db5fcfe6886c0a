#include "proc_linux.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 512 };

bool proc_line(const char *path, const char *prefix, char *line, size_t size)
{
    FILE *file = fopen(path, "re");
    bool found = false;
    if (file == NULL)
        return false;
    while (!found && fgets(line, (int)size, file) != NULL)
        found = strncmp(line, prefix, strlen(prefix)) == 0;
    fclose(file);
    if (found) {
        line[strcspn(line, "\r\n")] = '\0';
        memmove(line, line + strlen(prefix), strlen(line) - strlen(prefix) + 1);
    }
    return found;
}

uint64_t proc_number(const char *path)
{
    char line[LINE_BYTES];
    return proc_line(path, "", line, sizeof line) ? strtoull(line, NULL, 10) : 0;
}

bool proc_port_range(uint64_t *first, uint64_t *last)
{
    char line[64], *end;
    if (!proc_line("/proc/sys/net/ipv4/ip_local_port_range", "", line, sizeof line))
        return false;
    *first = strtoull(line, &end, 10);
    *last = strtoull(end, NULL, 10);
    return *first > 0 && *last >= *first;
}
