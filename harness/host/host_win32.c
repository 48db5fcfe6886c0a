#include "host/host_win32.h"

#include <stdio.h>
#include <string.h>
#include <windows.h>

#include <psapi.h>

#include "program.h"
#include "x86.h"

const char *host_cpu_model(char *text, size_t size)
{
    return x86_name(text, size);
}

/* Any function's address; the detour because a cast from one to another is warned of. */
void *host_ntdll_function(const char *name)
{
    HMODULE ntdll = GetModuleHandleW(L"ntdll.dll");
    FARPROC found = ntdll == NULL ? NULL : GetProcAddress(ntdll, name);
    void *address = NULL;
    memcpy(&address, &found, sizeof address);
    return address;
}

const char *host_system_text(char *text, size_t size)
{
    typedef LONG(WINAPI * get_version)(OSVERSIONINFOW *);
    typedef const char *(__cdecl * get_wine_version)(void);
    get_version version_get;
    get_wine_version wine_get;
    void *version_address = host_ntdll_function("RtlGetVersion");
    void *wine_address = host_ntdll_function("wine_get_version");
    memcpy(&version_get, &version_address, sizeof version_get);
    memcpy(&wine_get, &wine_address, sizeof wine_get);

    char windows[64] = "Windows";
    OSVERSIONINFOW version = {.dwOSVersionInfoSize = sizeof version};
    /* GetVersionEx would report what the program's manifest knows of. */
    if (version_get != NULL && version_get(&version) == 0)
        snprintf(windows, sizeof windows, "Windows %lu.%lu.%lu", version.dwMajorVersion,
                 version.dwMinorVersion, version.dwBuildNumber);
    if (wine_get != NULL)
        snprintf(text, size, "Wine %s, as %s", wine_get(), windows);
    else
        snprintf(text, size, "%s", windows);
    return text;
}

const char *host_cpu_governor(char *text, size_t size)
{
    (void)size;
    text[0] = '\0';
    return text;
}

uint64_t host_memory_left(void)
{
    MEMORYSTATUSEX memory = {.dwLength = sizeof memory};
    return GlobalMemoryStatusEx(&memory) ? memory.ullAvailPhys : 0;
}

bool host_kernel_memory(uint64_t *bytes)
{
    PERFORMANCE_INFORMATION information;
    /* Wine fills in zeros. */
    if (strcmp(program_system(), "wine") == 0 ||
        !GetPerformanceInfo(&information, sizeof information))
        return false;
    *bytes =
        (uint64_t)(information.KernelPaged + information.KernelNonpaged) * information.PageSize;
    return true;
}

unsigned long host_wineserver_pid(void)
{
    return 0;
}

bool host_wineserver_restart(void)
{
    return false;
}
