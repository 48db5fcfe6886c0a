/*
 * cpu_list: a set of processors, and its text, such as "0,2-3". Pure memory, no locks.
 */
#ifndef IOMODELS_CPU_LIST_H
#define IOMODELS_CPU_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* More than any system has: Linux' kernels are built for 8,192 at most, Windows has 2,048. */
enum { CPU_LIST_MOST = 65536, CPU_LIST_WORD_BITS = 8 * sizeof(unsigned long) };

/* One bit for each processor, as sched_setaffinity(2) takes them. Begins zeroed. */
struct cpu_list {
    unsigned long words[CPU_LIST_MOST / CPU_LIST_WORD_BITS];
};

bool cpu_list_has(const struct cpu_list *list, unsigned cpu);
void cpu_list_add(struct cpu_list *list, unsigned cpu);
/* The list's first processor from `cpu` on; CPU_LIST_MOST: none. */
unsigned cpu_list_next(const struct cpu_list *list, unsigned cpu);
unsigned cpu_list_count(const struct cpu_list *list);
/* Whether all of `part` are in the list too. */
bool cpu_list_contains(const struct cpu_list *list, const struct cpu_list *part);

/* Moves *text past a processor's number; CPU_LIST_MOST where there is none. */
unsigned cpu_list_number(const char **text);
/* False where text is not a list of processors, such as "0,2-3". */
bool cpu_list_parse(const char *text, struct cpu_list *list);
/* Returns text, "" where it does not fit: a list cut short would name other processors. */
const char *cpu_list_format(const struct cpu_list *list, char *text, size_t size);

#endif
