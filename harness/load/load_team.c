/* What the client threads of a run decide together, and what they have seen together. */
#include <stdlib.h>

#include "load/load_state.h"

enum { CANCEL_LOOK_MS = 50 };

int team_open(struct load_team *team, const struct load_options *options)
{
    *team = (struct load_team){.options = options,
                               .threads = workload_client_threads(&options->workload),
                               .mutex = THREAD_MUTEX_INIT,
                               .changed = THREAD_CONDITION_INIT};
    team->loads = calloc(team->threads, sizeof *team->loads);
    return team->loads == NULL ? -NET_NO_MEMORY : 0;
}

void team_close(struct load_team *team)
{
    for (unsigned i = 0; i < team->threads && team->loads != NULL; i++) {
        free(team->loads[i].connections);
        free(team->loads[i].bursts);
        if (i > 0)
            load_result_free(&team->loads[i].own);
    }
    free(team->loads);
    free(team->shares);
    free(team->progress);
}

void team_end(struct load_team *team)
{
    thread_mutex_lock(&team->mutex);
    atomic_store_explicit(&team->over, true, memory_order_relaxed);
    thread_condition_wake_all(&team->changed);
    thread_mutex_unlock(&team->mutex);
}

/* *count is the team's, of the threads that have done something. Returns at once when all is over. */
static void team_await(struct load *load, const unsigned *count, unsigned wanted)
{
    struct load_team *team = load->team;
    thread_mutex_lock(&team->mutex);
    while (*count < wanted && !load_is_over(load)) {
        if (load->thread > 0) {
            thread_condition_wait(&team->changed, &team->mutex);
            continue;
        }
        thread_condition_wait_ms(&team->changed, &team->mutex, CANCEL_LOOK_MS);
        thread_mutex_unlock(&team->mutex);
        load_look_for_cancel(load);
        thread_mutex_lock(&team->mutex);
    }
    thread_mutex_unlock(&team->mutex);
}

void team_await_turn(struct load *load)
{
    struct load_team *team = load->team;
    team_await(load, &team->turns, load->thread);
    if (load->thread == 0) /* the others read it after their turn has come */
        team->connect_until_ns = clock_now_ns() + team->options->connect_timeout_ns;
}

void team_pass_turn(struct load *load)
{
    struct load_team *team = load->team;
    if (load->turn_passed)
        return;
    load->turn_passed = true;
    thread_mutex_lock(&team->mutex);
    team->turns++;
    thread_condition_wake_all(&team->changed);
    thread_mutex_unlock(&team->mutex);
}

bool team_capacity_is_found(struct load_team *team)
{
    thread_mutex_lock(&team->mutex);
    bool found = team->capacity_found;
    thread_mutex_unlock(&team->mutex);
    return found;
}

void team_capacity_found(struct load_team *team)
{
    thread_mutex_lock(&team->mutex);
    team->capacity_found = true;
    thread_mutex_unlock(&team->mutex);
}

bool team_connected(struct load *load)
{
    struct load_team *team = load->team;
    thread_mutex_lock(&team->mutex);
    team->connected++;
    team->established += load->result->established;
    if (team->connected == team->threads)
        team->begin_ns = clock_now_ns();
    thread_condition_wake_all(&team->changed);
    thread_mutex_unlock(&team->mutex);
    team_await(load, &team->connected, team->threads);
    return !load_is_over(load) && team->established > 0;
}

/* Counts this thread, and waits until all are counted. */
static void all_await(struct load *load, unsigned *count)
{
    struct load_team *team = load->team;
    thread_mutex_lock(&team->mutex);
    ++*count;
    thread_condition_wake_all(&team->changed);
    thread_mutex_unlock(&team->mutex);
    team_await(load, count, team->threads);
}

void team_drained(struct load *load)
{
    all_await(load, &load->team->drained);
}

void team_closed(struct load *load)
{
    all_await(load, &load->team->closed);
}

uint64_t team_agree(struct load_team *team, uint64_t *moment_ns, uint64_t now)
{
    thread_mutex_lock(&team->mutex);
    if (*moment_ns == 0)
        *moment_ns = now;
    uint64_t agreed_ns = *moment_ns;
    thread_mutex_unlock(&team->mutex);
    return agreed_ns;
}

void team_interval_ended(struct load_team *team, size_t index, const struct load_interval *interval)
{
    if (team->progress == NULL)
        return;
    thread_mutex_lock(&team->mutex);
    struct load_progress *progress = &team->progress[index].seen;
    progress->length_ns = interval->length_ns;
    progress->messages += interval->rtt.total;
    if (interval->rtt.max > progress->rtt_max_ns)
        progress->rtt_max_ns = interval->rtt.max;
    if (++team->progress[index].threads == team->threads)
        team->options->at_interval(team->options->context, progress);
    thread_mutex_unlock(&team->mutex);
}
