#include "platform.h"

#include <windows.h>

bool platform_argument_utf8(const char *argument, char *text, size_t size)
{
    wchar_t wide[4096];
    return MultiByteToWideChar(CP_ACP, 0, argument, -1, wide, 4096) > 0 &&
           WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, (int)size, NULL, NULL) > 0;
}

/*
 * Wine 8.0's GetProcessHandleCount succeeds with 0, so there each handle is tried: they are given out
 * from 4 up in steps of 4, the lowest free one first. NtQuerySystemInformation's list of all handles
 * is no way: wineserver 8.0 crashes on it while any process has none yet.
 */
static uint64_t handles_tried(HANDLE process)
{
    enum { STEP = 4, GAP_MOST = 1024 };
    uint64_t count = 0;
    unsigned gap = 0;
    for (ULONG_PTR handle = STEP; gap < GAP_MOST; handle += STEP) {
        HANDLE copy;
        gap++;
        if (DuplicateHandle(process, (HANDLE)handle, GetCurrentProcess(), &copy, 0, FALSE,
                            DUPLICATE_SAME_ACCESS)) {
            CloseHandle(copy);
            count++;
            gap = 0;
        }
    }
    return count;
}

bool platform_handles(unsigned long pid, uint64_t *count)
{
    DWORD handles = 0;
    HANDLE process =
        OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION | PROCESS_DUP_HANDLE, FALSE, pid);
    *count = 0;
    if (process == NULL)
        return false;
    GetProcessHandleCount(process, &handles);
    *count = handles > 0 ? handles : handles_tried(process);
    CloseHandle(process);
    return *count > 0;
}

bool platform_limit_files(unsigned files, const char *words[PLATFORM_LIMIT_WORDS])
{
    (void)files;
    (void)words;
    return false;
}
