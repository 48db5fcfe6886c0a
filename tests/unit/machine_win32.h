/*
 * machine_win32: a machine of Windows that this one is not. The test tells its cores, nodes and groups,
 * and links with --wrap=__imp_GetLogicalProcessorInformationEx (see stand_in.h).
 */
#ifndef IOMODELS_MACHINE_WIN32_H
#define IOMODELS_MACHINE_WIN32_H

#include <string.h>

#include "stand_in.h"

struct machine_core {
    WORD group;
    KAFFINITY mask;
    BYTE efficiency_class;
};

static struct {
    struct machine_core cores[8];
    GROUP_AFFINITY nodes[2];
    KAFFINITY groups[2]; /* their processors */
} machine;

enum { MACHINE_MOST_BYTES = 4096 };

/* An entry; it uses `size` bytes. */
static inline SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *
machine_entry(char *answer, DWORD *used, LOGICAL_PROCESSOR_RELATIONSHIP relation, size_t size)
{
    SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *entry = (void *)(answer + *used);
    memset(entry, 0, size);
    entry->Relationship = relation;
    entry->Size = (DWORD)size;
    *used += entry->Size;
    return entry;
}

static inline DWORD machine_describe(LOGICAL_PROCESSOR_RELATIONSHIP relation, char *answer)
{
    const size_t size = sizeof(SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX);
    DWORD used = 0;
    for (size_t i = 0; i < sizeof machine.cores / sizeof machine.cores[0]; i++) {
        const struct machine_core *core = &machine.cores[i];
        if (core->mask == 0 || (relation != RelationAll && relation != RelationProcessorCore))
            continue;
        SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *entry =
            machine_entry(answer, &used, RelationProcessorCore, size);
        /* Behind Flags. */
        ((BYTE *)&entry->Processor)[1] = core->efficiency_class;
        entry->Processor.GroupCount = 1;
        entry->Processor.GroupMask[0] = (GROUP_AFFINITY){.Mask = core->mask, .Group = core->group};
    }
    for (size_t i = 0; i < 2 && relation == RelationAll; i++) {
        if (machine.nodes[i].Mask == 0)
            continue;
        SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *entry =
            machine_entry(answer, &used, RelationNumaNode, size);
        entry->NumaNode.NodeNumber = (DWORD)i;
        entry->NumaNode.GroupMask = machine.nodes[i];
    }
    if (relation != RelationAll && relation != RelationGroup)
        return used;
    SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *entry =
        machine_entry(answer, &used, RelationGroup, size + sizeof(PROCESSOR_GROUP_INFO));
    entry->Group.MaximumGroupCount = 2;
    for (WORD i = 0; i < 2 && machine.groups[i] != 0; i++) {
        entry->Group.GroupInfo[i].ActiveProcessorMask = machine.groups[i];
        entry->Group.ActiveGroupCount++;
    }
    return used;
}

STAND_IN(BOOL, GetLogicalProcessorInformationEx,
         (LOGICAL_PROCESSOR_RELATIONSHIP relation, PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX answer,
          PDWORD bytes))
{
    static char all[MACHINE_MOST_BYTES];
    DWORD used = machine_describe(relation, all);
    BOOL fits = *bytes >= used;
    if (fits)
        memcpy(answer, all, used);
    else
        SetLastError(ERROR_INSUFFICIENT_BUFFER);
    *bytes = used;
    return fits;
}

#endif
