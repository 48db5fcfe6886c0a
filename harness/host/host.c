#include "host/host.h"

#include <stdio.h>

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
