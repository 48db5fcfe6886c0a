#include "host/host.h"

#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include "clock.h"
#include "proc_linux.h"

enum { PATH_BYTES = 512, LINE_BYTES = 512, END_MS = 5000, SLICE_MS = 10 };

/*
 * The name of the directory in which the prefix's server runs: Wine makes it from the prefix's
 * device and inode. Where that directory lies differs (/tmp/.wine-UID, /tmp/wine-XXXXXX, ...).
 */
static bool wineserver_directory(char *name, size_t size)
{
    char path[PATH_BYTES];
    struct stat about;
    const char *prefix = getenv("WINEPREFIX"), *home = getenv("HOME");
    int length = -1;
    if (prefix != NULL && prefix[0] != '\0')
        length = snprintf(path, sizeof path, "%s", prefix);
    else if (home != NULL)
        length = snprintf(path, sizeof path, "%s/.wine", home);
    if (length < 0 || (size_t)length >= sizeof path || stat(path, &about) != 0)
        return false;
    snprintf(name, size, "server-%llx-%llx", (unsigned long long)about.st_dev,
             (unsigned long long)about.st_ino);
    return true;
}

/* The directory in which the process runs, if that is a wineserver; "" for an ended one. */
static const char *wineserver_cwd(const char *pid, char *cwd, size_t size)
{
    char path[PATH_BYTES], name[LINE_BYTES];
    cwd[0] = '\0';
    snprintf(path, sizeof path, "/proc/%s/comm", pid);
    /* Distributions call it wineserver, wineserver64, wineserver-stable ... */
    if (!proc_line(path, "wineserver", name, sizeof name))
        return cwd;
    snprintf(path, sizeof path, "/proc/%s/cwd", pid);
    ssize_t length = readlink(path, cwd, size - 1);
    cwd[length > 0 ? length : 0] = '\0';
    return cwd;
}

static bool is_wineserver_in(const char *pid, const char *directory)
{
    char cwd[PATH_BYTES];
    const char *name = strrchr(wineserver_cwd(pid, cwd, sizeof cwd), '/');
    return name != NULL && strcmp(name + 1, directory) == 0;
}

unsigned long host_wineserver_pid(void)
{
    char directory[64];
    unsigned long pid = 0;
    if (!wineserver_directory(directory, sizeof directory))
        return 0;
    DIR *processes = opendir("/proc");
    if (processes == NULL)
        return 0;
    const struct dirent *entry;
    while (pid == 0 && (entry = readdir(processes)) != NULL)
        if (isdigit((unsigned char)entry->d_name[0]) && is_wineserver_in(entry->d_name, directory))
            pid = strtoul(entry->d_name, NULL, 10);
    closedir(processes);
    return pid;
}

/* Not host_wineserver_pid: an ending server has no directory any more, and still runs for a while.
 */
static bool wineserver_gone(unsigned long pid)
{
    char name[32], cwd[PATH_BYTES];
    snprintf(name, sizeof name, "%lu", pid);
    for (unsigned waited = 0; waited < END_MS; waited += SLICE_MS) {
        if (wineserver_cwd(name, cwd, sizeof cwd)[0] == '\0')
            return true;
        clock_sleep_ms(SLICE_MS);
    }
    return false;
}

bool host_wineserver_restart(void)
{
    const char *prefix = getenv("WINEPREFIX");
    if (prefix == NULL || prefix[0] == '\0')
        return false;
    unsigned long pid = host_wineserver_pid();
    if (pid == 0)
        return true;
    /* As `wineserver -k` does: it ends the prefix's processes and writes the registry first. */
    kill((pid_t)pid, SIGINT);
    if (wineserver_gone(pid))
        return true;
    kill((pid_t)pid, SIGKILL);
    return wineserver_gone(pid);
}
