/*
 * How many descriptors (on Windows: handles) this process has open, so that a test sees what is left
 * behind.
 */
#ifndef IOMODELS_DESCRIPTORS_OPEN_H
#define IOMODELS_DESCRIPTORS_OPEN_H

#include <stdlib.h>
#ifdef _WIN32
#include <windows.h>
#else
#include <dirent.h>
#endif

static inline unsigned descriptors_open(void)
{
    unsigned count = 0;
#ifdef _WIN32
    DWORD handles;
    if (!GetProcessHandleCount(GetCurrentProcess(), &handles))
        abort();
    count = handles;
#else
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL)
        abort();
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
#endif
    return count;
}

#endif
