#include "load/workload.h"

#include <stdio.h>

#include "base/share.h"
#include "names.h"
#include "server.h"

/* A client's next connection can arrive before the server has noticed the last one's end. */
enum { RECONNECT_ROOM = 16 };

/* The only list of them, in order of presentation. */
const struct workload_kind *const workload_kinds[] = {
    &workload_pingpong, &workload_stream, &workload_rate,
    &workload_burst,    &workload_idle,   &workload_churn,
    &workload_mixed,    &workload_ramp,   NULL,
};

const struct workload_kind *workload_find(const char *name)
{
    for (size_t i = 0; workload_kinds[i] != NULL; i++)
        if (name_equals(workload_kinds[i]->name, name))
            return workload_kinds[i];
    return NULL;
}

const char *workload_takers(enum workload_option option, char *text, size_t size)
{
    unsigned left = 0;
    size_t used = 0;
    for (size_t i = 0; workload_kinds[i] != NULL; i++)
        left += (workload_kinds[i]->options & option) != 0;
    text[0] = '\0';
    for (size_t i = 0; workload_kinds[i] != NULL && used < size; i++)
        if ((workload_kinds[i]->options & option) != 0) {
            left--;
            used += (size_t)snprintf(text + used, size - used, "%s%s", workload_kinds[i]->name,
                                     left > 1    ? ", "
                                     : left == 1 ? " or "
                                                 : "");
        }
    return text;
}

struct workload workload_default(const struct workload_kind *kind)
{
    struct workload workload = kind->defaults;
    workload.kind = kind;
    return workload;
}

static bool work_time_equals(const struct work_time *a, const struct work_time *b)
{
    return a->mean_ns == b->mean_ns && a->exponential == b->exponential;
}

bool workload_equals(const struct workload *a, const struct workload *b)
{
    return a->kind == b->kind && a->connections == b->connections && a->active == b->active &&
           a->misbehaving == b->misbehaving && a->message_bytes == b->message_bytes &&
           a->pipeline_depth == b->pipeline_depth && a->rate_msgs_per_s == b->rate_msgs_per_s &&
           a->burst_interval_ns == b->burst_interval_ns &&
           work_time_equals(&a->work_cpu, &b->work_cpu) &&
           work_time_equals(&a->work_wait, &b->work_wait) && a->threads == b->threads &&
           a->client_threads == b->client_threads;
}

/* All connections have equal parts of a rate: that of this generator's. */
static uint64_t rate_share(const struct workload *workload, unsigned index, unsigned count)
{
    uint64_t others = 0;
    for (unsigned i = 1; i < index; i++)
        others += share_of(workload->connections, i, count);
    double rate = (double)workload->rate_msgs_per_s, all = workload->connections;
    double before = (double)others, own = (double)share_of(workload->connections, index, count);
    return (uint64_t)(rate * (before + own) / all) - (uint64_t)(rate * before / all);
}

struct workload workload_share(const struct workload *workload, unsigned index, unsigned count)
{
    struct workload share = *workload;
    share.connections = (unsigned)share_of(workload->connections, index, count);
    share.active = (unsigned)share_of(workload->active, index, count);
    share.misbehaving = (unsigned)share_of(workload->misbehaving, index, count);
    share.rate_msgs_per_s = rate_share(workload, index, count);
    return share;
}

unsigned workload_client_threads(const struct workload *workload)
{
    unsigned asked = workload->client_threads == 0 ? 1 : workload->client_threads;
    return asked < workload->connections ? asked : workload->connections;
}

unsigned workload_server_connections(const struct workload *workload)
{
    unsigned room = workload->connections + 2 * workload->misbehaving;
    return workload->kind->reconnects ? room + workload->connections + RECONNECT_ROOM : room;
}

unsigned workload_connections_most(const struct workload *workload)
{
    unsigned most = SERVER_CONNECTIONS_MAX - 2 * workload->misbehaving;
    return workload->kind->reconnects ? (most - RECONNECT_ROOM) / 2 : most;
}
