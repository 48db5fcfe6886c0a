#include "host/host.h"

#include <stdio.h>

#include "host/cpu_list.h"

bool host_split_cpus(char *server, char *client, size_t size)
{
    struct topology topology;
    const struct topology_cpu *server_cpu, *client_cpu;
    if (host_pin_error() != 0 || !host_topology(&topology))
        return false;
    bool split = topology_split(&topology, &server_cpu, &client_cpu);
    if (split) {
        snprintf(server, size, "%u", server_cpu->cpu);
        snprintf(client, size, "%u", client_cpu->cpu);
    }
    topology_free(&topology);
    return split;
}

unsigned host_share_cpus(unsigned server_threads, unsigned client_threads, char *server,
                         char *client, size_t size)
{
    struct topology topology;
    struct cpu_list servers = {{0}}, clients = {{0}};
    unsigned share = 0;
    if (!host_split_cpus(server, client, size))
        return 0;
    if ((server_threads < 2 && client_threads < 2) || !host_topology(&topology))
        return 1;
    share = topology_share(&topology, server_threads > 1 ? server_threads : 1, &servers, &clients);
    topology_free(&topology);
    if (share == 0)
        return 1;
    cpu_list_format(&servers, server, size);
    cpu_list_format(&clients, client, size);
    /* Of several processor groups of Windows they can't be given to one process. */
    if (host_cpus_count(server) == share && host_cpus_count(client) > 0)
        return share;
    return host_split_cpus(server, client, size) ? 1 : 0;
}

double host_busy_share(const struct host_times *from, const struct host_times *to)
{
    if (to->total <= from->total || to->busy <= from->busy)
        return 0;
    double share = (double)(to->busy - from->busy) / (double)(to->total - from->total);
    /* iowait can step back (proc(5)), and the total with it. */
    return share > 1 ? 1 : share;
}

double host_busiest_share(const struct host_times *from, const struct host_times *to, size_t count)
{
    double most = 0;
    for (size_t i = 0; i < count; i++) {
        double share = host_busy_share(&from[i], &to[i]);
        most = share > most ? share : most;
    }
    return most;
}
