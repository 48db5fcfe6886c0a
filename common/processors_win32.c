#include "processors_win32.h"

#include <stdlib.h>

void processors_ask(LOGICAL_PROCESSOR_RELATIONSHIP relation, struct processors *processors)
{
    DWORD bytes = 0;
    *processors = (struct processors){0};
    GetLogicalProcessorInformationEx(relation, NULL, &bytes);
    void *answer = bytes == 0 ? NULL : malloc(bytes);
    if (answer == NULL)
        return;
    if (GetLogicalProcessorInformationEx(relation, answer, &bytes))
        *processors = (struct processors){.answer = answer, .bytes = bytes};
    else
        free(answer);
}

void processors_free(struct processors *processors)
{
    free(processors->answer);
    *processors = (struct processors){0};
}

const SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *
processors_next(const struct processors *processors,
                const SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *entry)
{
    const char *at = entry == NULL ? processors->answer : (const char *)entry + entry->Size;
    if (at == NULL || at >= processors->answer + processors->bytes)
        return NULL;
    return (const void *)at;
}

unsigned processors_core_class(const SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *core)
{
    /* The second member; older headers count it among the reserved ones. */
    return ((const BYTE *)&core->Processor)[1];
}
