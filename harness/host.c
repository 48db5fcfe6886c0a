#include "host.h"

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
