#include "platform.h"

#include <stdlib.h>
#include <windows.h>
#include <winternl.h>

bool platform_argument_utf8(const char *argument, char *text, size_t size)
{
    wchar_t wide[4096];
    return MultiByteToWideChar(CP_ACP, 0, argument, -1, wide, 4096) > 0 &&
           WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, (int)size, NULL, NULL) > 0;
}

/* What SystemExtendedHandleInformation brings; no header has it. */
struct handle_entry {
    void *object;
    ULONG_PTR pid;
    ULONG_PTR handle;
    ULONG access;
    USHORT creator;
    USHORT type;
    ULONG attributes;
    ULONG reserved;
};
struct handle_list {
    ULONG_PTR count;
    ULONG_PTR reserved;
    struct handle_entry entries[];
};

typedef NTSTATUS(WINAPI *query_function)(ULONG, void *, ULONG, ULONG *);

enum { SYSTEM_EXTENDED_HANDLE_INFORMATION = 64, MOST_BYTES = 256 * 1024 * 1024 };

/* All handles of the system, in a block to free(); NULL: not to be had. */
static struct handle_list *handles_list(void)
{
    const NTSTATUS length_mismatch = (NTSTATUS)0xC0000004;
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    union {
        FARPROC found;
        query_function query;
    } function = {.found =
                      ntdll == NULL ? NULL : GetProcAddress(ntdll, "NtQuerySystemInformation")};
    if (function.found == NULL)
        return NULL;
    NTSTATUS status = length_mismatch;
    struct handle_list *list = NULL;
    for (ULONG bytes = 64 * 1024; status == length_mismatch && bytes <= MOST_BYTES; bytes *= 2) {
        free(list);
        list = malloc(bytes);
        if (list == NULL)
            return NULL;
        status = function.query(SYSTEM_EXTENDED_HANDLE_INFORMATION, list, bytes, NULL);
    }
    if (status == 0)
        return list;
    free(list);
    return NULL;
}

/* Wine 8's GetProcessHandleCount succeeds with 0; its list of all handles is real. */
static bool handles_count_in_list(unsigned long pid, uint64_t *count)
{
    struct handle_list *list = handles_list();
    if (list == NULL)
        return false;
    *count = 0;
    for (ULONG_PTR i = 0; i < list->count; i++)
        *count += list->entries[i].pid == pid;
    free(list);
    return *count > 0;
}

bool platform_handles(unsigned long pid, uint64_t *count)
{
    DWORD handles = 0;
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
    if (process != NULL) {
        GetProcessHandleCount(process, &handles);
        CloseHandle(process);
    }
    *count = handles;
    return handles > 0 || handles_count_in_list(pid, count);
}

bool platform_limit_files(unsigned files, const char *words[PLATFORM_LIMIT_WORDS])
{
    (void)files;
    (void)words;
    return false;
}
