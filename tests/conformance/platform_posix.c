#include "platform.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

bool platform_argument_utf8(const char *argument, char *text, size_t size)
{
    return (size_t)snprintf(text, size, "%s", argument) < size;
}

bool platform_handles(unsigned long pid, uint64_t *count)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%lu/fd", pid);
    DIR *directory = opendir(path);
    if (directory == NULL)
        return false;
    *count = 0;
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;)
        *count += entry->d_name[0] != '.';
    closedir(directory);
    return true;
}

int64_t platform_send(net_socket socket, void **under_way, const uint8_t *bytes, size_t size)
{
    (void)under_way;
    net_received sent = send(socket, bytes, size, NET_SEND_FLAGS);
    if (sent >= 0)
        return sent;
    int error = net_last_error();
    return net_error_kind(error) == NET_ERROR_WOULD_BLOCK ? 0 : error;
}

void platform_send_end(net_socket socket, void **under_way)
{
    (void)socket;
    (void)under_way;
}

bool platform_limit_files(unsigned files, const char *words[PLATFORM_LIMIT_WORDS])
{
    static char script[64];
    /* The hard limit too, since the server raises the soft one to it. */
    snprintf(script, sizeof script, "ulimit -n %u && exec \"$0\" \"$@\"", files);
    words[0] = "/bin/sh";
    words[1] = "-c";
    words[2] = script;
    return true;
}

bool platform_limit_signals(unsigned signals)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_SIGPENDING, &limit) != 0)
        return false;
    /* The soft limit alone, so that it can be raised again. */
    limit.rlim_cur = signals < limit.rlim_max ? signals : limit.rlim_max;
    return setrlimit(RLIMIT_SIGPENDING, &limit) == 0;
}
