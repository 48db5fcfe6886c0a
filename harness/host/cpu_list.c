#include "host/cpu_list.h"

#include <stdio.h>
#include <string.h>

bool cpu_list_has(const struct cpu_list *list, unsigned cpu)
{
    return (list->words[cpu / CPU_LIST_WORD_BITS] >> (cpu % CPU_LIST_WORD_BITS) & 1) != 0;
}

void cpu_list_add(struct cpu_list *list, unsigned cpu)
{
    list->words[cpu / CPU_LIST_WORD_BITS] |= 1UL << (cpu % CPU_LIST_WORD_BITS);
}

unsigned cpu_list_next(const struct cpu_list *list, unsigned cpu)
{
    while (cpu < CPU_LIST_MOST && !cpu_list_has(list, cpu))
        cpu += list->words[cpu / CPU_LIST_WORD_BITS] == 0
                   ? CPU_LIST_WORD_BITS - cpu % CPU_LIST_WORD_BITS
                   : 1;
    return cpu;
}

unsigned cpu_list_count(const struct cpu_list *list)
{
    unsigned count = 0;
    for (unsigned cpu = cpu_list_next(list, 0); cpu < CPU_LIST_MOST;
         cpu = cpu_list_next(list, cpu + 1))
        count++;
    return count;
}

bool cpu_list_contains(const struct cpu_list *list, const struct cpu_list *part)
{
    for (size_t i = 0; i < sizeof list->words / sizeof list->words[0]; i++)
        if ((part->words[i] & ~list->words[i]) != 0)
            return false;
    return true;
}

unsigned cpu_list_number(const char **text)
{
    unsigned value = 0;
    if (**text < '0' || **text > '9')
        return CPU_LIST_MOST;
    for (; **text >= '0' && **text <= '9'; (*text)++) {
        value = value * 10 + (unsigned)(**text - '0');
        if (value >= CPU_LIST_MOST)
            return CPU_LIST_MOST;
    }
    return value;
}

bool cpu_list_parse(const char *text, struct cpu_list *list)
{
    memset(list, 0, sizeof *list);
    for (;; text++) {
        unsigned first = cpu_list_number(&text), last = first;
        if (*text == '-') {
            text++;
            last = cpu_list_number(&text);
        }
        if (first == CPU_LIST_MOST || last == CPU_LIST_MOST || last < first)
            return false;
        for (unsigned cpu = first; cpu <= last; cpu++)
            cpu_list_add(list, cpu);
        if (*text != ',')
            return *text == '\0';
    }
}

const char *cpu_list_format(const struct cpu_list *list, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (unsigned cpu = cpu_list_next(list, 0); cpu < CPU_LIST_MOST;
         cpu = cpu_list_next(list, cpu + 1)) {
        unsigned first = cpu;
        while (cpu + 1 < CPU_LIST_MOST && cpu_list_has(list, cpu + 1))
            cpu++;
        const char *comma = used == 0 ? "" : ",";
        int length = first == cpu
                         ? snprintf(text + used, size - used, "%s%u", comma, cpu)
                         : snprintf(text + used, size - used, "%s%u-%u", comma, first, cpu);
        if (length < 0 || (size_t)length >= size - used) {
            text[0] = '\0';
            break;
        }
        used += (size_t)length;
    }
    return text;
}
