#include "host/host_cpus.h"

bool host_cpus_parse(const char *cpus, struct cpu_list *list)
{
    *list = *host_initial_cpus();
    return cpus == NULL ||
           (cpu_list_parse(cpus, list) && cpu_list_contains(host_initial_cpus(), list));
}

unsigned host_cpus_count(const char *text)
{
    struct cpu_list list;
    return host_cpus_parse(text, &list) ? cpu_list_count(&list) : 0;
}
