#include <string.h>
#include <windows.h>

#include "host/child.h"
#include "host/doctor.h"

enum { NETSH_MS = 5000, LINE_BYTES = 256 };

/* No function tells the range. Wine's netsh says nothing. */
static void port_range_take(struct doctor_facts *facts)
{
    static const char *const words[] = {"netsh", "int", "ipv4", "show", "dynamicport", "tcp", NULL};
    char text[LINE_BYTES];
    struct child *netsh = child_start(words, NULL, NULL);
    if (netsh == NULL)
        return;
    uint64_t deadline_ns = child_deadline_ns(NETSH_MS);
    while (child_read_line(netsh, text, sizeof text, deadline_ns, NULL, NULL) == CHILD_LINE)
        doctor_take_port_line(facts, text);
    child_end(netsh, NETSH_MS, NULL);
    facts->ports_are_pooled = true;
}

/*
 * The power scheme in use, by its name in the system's language. The library is the system's own, and
 * looked up there; loaded only here, so that nothing else depends on it.
 */
static void power_scheme_take(struct doctor_facts *facts)
{
    /* "Power Policy Settings": GUID_MIN_POWER_SAVINGS, the scheme of high performance. */
    static const GUID high = {
        0x8c5e7fda, 0xe8bf, 0x4a96, {0x9a, 0x85, 0xa6, 0xe2, 0x3a, 0x8c, 0x63, 0x5c}};
    typedef DWORD(WINAPI * get_scheme)(HKEY, GUID **);
    typedef DWORD(WINAPI * read_name)(HKEY, const GUID *, const GUID *, const GUID *, UCHAR *,
                                      DWORD *);
    HMODULE library = LoadLibraryExW(L"powrprof.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    FARPROC get_address = library == NULL ? NULL : GetProcAddress(library, "PowerGetActiveScheme");
    FARPROC name_address =
        library == NULL ? NULL : GetProcAddress(library, "PowerReadFriendlyName");
    wchar_t name[sizeof facts->power_scheme] = L"";
    DWORD bytes = sizeof name - sizeof *name;
    get_scheme get;
    read_name read;
    GUID *scheme = NULL;
    memcpy(&get, &get_address, sizeof get);
    memcpy(&read, &name_address, sizeof read);
    if (get != NULL && read != NULL && get(NULL, &scheme) == ERROR_SUCCESS && scheme != NULL) {
        if (read(NULL, scheme, NULL, NULL, (UCHAR *)name, &bytes) == ERROR_SUCCESS &&
            WideCharToMultiByte(CP_UTF8, 0, name, -1, facts->power_scheme,
                                sizeof facts->power_scheme, NULL, NULL) == 0)
            facts->power_scheme[0] = '\0';
        facts->high_power = memcmp(scheme, &high, sizeof high) == 0 ? DOCTOR_ON : DOCTOR_OFF;
        LocalFree(scheme);
    }
    if (library != NULL)
        FreeLibrary(library);
}

void doctor_take_system_facts(struct doctor_facts *facts)
{
    SYSTEM_INFO system;
    GetSystemInfo(&system); /* the count of one group, where Wine can't count them */
    facts->cpus_of_system = GetActiveProcessorCount(ALL_PROCESSOR_GROUPS);
    if (facts->cpus_of_system == 0)
        facts->cpus_of_system = system.dwNumberOfProcessors;
    power_scheme_take(facts);
    facts->memory_bytes = host_memory_left();
    port_range_take(facts);
}
