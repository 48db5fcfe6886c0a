#include "platform.h"

#include <stdlib.h>
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

/*
 * By an overlapped send, which can be cancelled. A non-blocking `send` can't on Wine 10: it takes
 * all, Wine sends what did not fit from a copy of its own, and the connection lives until the peer
 * has read that, whatever the client does, so that a reset never comes (Windows: at once, by
 * "closesocket function").
 */
int64_t platform_send(net_socket socket, void **under_way, const uint8_t *bytes, size_t size)
{
    OVERLAPPED *operation = *under_way;
    DWORD sent = 0, flags = 0;
    int error = 0;
    if (operation != NULL) {
        if (!HasOverlappedIoCompleted(operation))
            return 0;
        if (!WSAGetOverlappedResult(socket, operation, &sent, FALSE, &flags))
            error = net_last_error();
        free(operation);
        *under_way = NULL;
        if (error != 0)
            return error;
    }
    operation = calloc(1, sizeof *operation);
    if (operation == NULL)
        return -WSA_NOT_ENOUGH_MEMORY;
    WSABUF span = {.len = (ULONG)size, .buf = (char *)bytes};
    if (WSASend(socket, &span, 1, &sent, 0, operation, NULL) != 0)
        error = net_last_error();
    if (error == -WSA_IO_PENDING) {
        *under_way = operation;
        return (int64_t)size;
    }
    free(operation); /* what it says is not defined where the call has failed */
    return error == 0 ? (int64_t)sent : error;
}

void platform_send_end(net_socket socket, void **under_way)
{
    OVERLAPPED *operation = *under_way;
    /*
     * Again and again: Wine passes over a send that is just going on. And not by Sleep: Wine's server
     * says that an operation is complete only to a thread that waits by way of it.
     */
    while (operation != NULL && !HasOverlappedIoCompleted(operation)) {
        CancelIoEx((HANDLE)socket, operation);
        WaitForSingleObject(GetCurrentThread(), 1);
    }
    free(operation);
    *under_way = NULL;
}

bool platform_limit_files(unsigned files, const char *words[PLATFORM_LIMIT_WORDS])
{
    (void)files;
    (void)words;
    return false;
}

bool platform_limit_signals(unsigned signals)
{
    (void)signals;
    return false;
}
