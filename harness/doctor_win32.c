#include <stdlib.h>
#include <windows.h>

#include "child.h"
#include "doctor.h"

enum { NETSH_MS = 5000, LINE_BYTES = 256 };

/* Whether the two processors are one core's. False where the system doesn't tell. */
static bool is_one_core(unsigned a, unsigned b)
{
    DWORD bytes = 0;
    bool found = false;
    GetLogicalProcessorInformation(NULL, &bytes);
    SYSTEM_LOGICAL_PROCESSOR_INFORMATION *parts = malloc(bytes);
    if (parts != NULL && GetLogicalProcessorInformation(parts, &bytes))
        for (DWORD i = 0; i < bytes / sizeof *parts; i++)
            found |= parts[i].Relationship == RelationProcessorCore &&
                     (parts[i].ProcessorMask >> a & 1) != 0 &&
                     (parts[i].ProcessorMask >> b & 1) != 0;
    free(parts);
    return found;
}

/* No function tells the range. Wine's netsh says nothing. */
static void port_range_take(struct doctor_facts *facts)
{
    static const char *const words[] = {"netsh", "int", "ipv4", "show", "dynamicport", "tcp", NULL};
    char text[LINE_BYTES];
    struct child *netsh = child_start(words, NULL, text, sizeof text);
    if (netsh == NULL)
        return;
    while (child_read_line(netsh, text, sizeof text, NETSH_MS, NULL, NULL) == CHILD_LINE)
        doctor_take_port_line(facts, text);
    child_end(netsh, NETSH_MS, NULL);
    facts->ports_are_pooled = true;
}

void doctor_take_system_facts(struct doctor_facts *facts)
{
    char server[HOST_CPUS_TEXT], client[HOST_CPUS_TEXT];
    SYSTEM_INFO system;
    GetSystemInfo(&system);
    facts->cpus_of_system = system.dwNumberOfProcessors;
    facts->share_core =
        host_split_cpus(server, client, sizeof server) &&
        is_one_core((unsigned)strtoul(server, NULL, 10), (unsigned)strtoul(client, NULL, 10));
    facts->memory_bytes = host_memory_left();
    port_range_take(facts);
}
