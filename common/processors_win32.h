/*
 * processors_win32: the machine's cores, nodes and groups, as GetLogicalProcessorInformationEx tells
 * them.
 */
#ifndef IOMODELS_PROCESSORS_WIN32_H
#define IOMODELS_PROCESSORS_WIN32_H

#include <windows.h>

/* The system's answer, entries of different sizes in a row. */
struct processors {
    char *answer; /* NULL: the system doesn't tell */
    DWORD bytes;
};

/* Of one relation or of all (RelationAll). Freed by processors_free, also where it is empty. */
void processors_ask(LOGICAL_PROCESSOR_RELATIONSHIP relation, struct processors *processors);
void processors_free(struct processors *processors);
/* The entry behind `entry`; NULL: the first one. NULL at the end. */
const SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *
processors_next(const struct processors *processors,
                const SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *entry);
/*
 * A core's EfficiencyClass: the higher, the faster; 0 where all are alike ("PROCESSOR_RELATIONSHIP
 * structure").
 */
unsigned processors_core_class(const SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX *core);

#endif
