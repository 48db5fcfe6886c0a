/* Begins and ends the measured window. */
#include "load/load_state.h"

/* When the interval under way ends; without intervals, the window. */
static uint64_t next_deadline(const struct load *load)
{
    const struct load_options *options = load->options;
    uint64_t ended = load->intervals_ended + 1;
    return load->window_begin_ns + (ended < load->result->interval_count
                                        ? ended * options->interval_ns
                                        : options->duration_ns);
}

static void at_window(const struct load *load, bool at_end)
{
    if (load->thread == 0)
        load->options->at_window(load->options->context, at_end);
}

static void window_begin(struct load *load, uint64_t begin_ns, uint64_t now)
{
    load->phase = PHASE_WINDOW;
    load->window_begin_ns = begin_ns;
    load->deadline_ns = next_deadline(load);
    /* Another thread had begun it, while this one did not get to run. */
    if (now - begin_ns >= LOAD_PAUSE_NS_LEAST)
        load->result->paused_ns += now - begin_ns;
    at_window(load, false);
}

/* Whether the server owes it something: an answer, the connect or its own end. */
static bool is_owed(const struct load_connection *connection)
{
    return connection->outstanding > 0 || connection->connecting || connection->finishing;
}

/* From when on what it is owed is due. */
static uint64_t waits_since(const struct load *load, const struct load_connection *connection)
{
    if (connection->connecting)
        return connection->connect_begun_ns;
    if (connection->finishing)
        return connection->finished_ns;
    if (!load->kind->is_open || connection->completed == 0)
        return connection->begun_ns[connection->oldest];
    return open_loop_meant_ns(load, open_loop_message(load, connection, connection->completed - 1));
}

/* How much it is owed: in an open loop also what became due meanwhile, and waits at the client. */
static uint64_t owed_count(const struct load *load, const struct load_connection *connection,
                           uint64_t at_ns)
{
    if (connection->outstanding == 0)
        return 1;
    if (!load->kind->is_open || connection->completed == 0)
        return connection->outstanding;
    uint64_t all = open_loop_between(load, load->schedule_begin_ns, at_ns);
    uint64_t others = load->workload->connections - 1 - connection->engine.id;
    return (all + others) / load->workload->connections - (connection->completed - 1);
}

struct debt {
    uint64_t outstanding;
    uint64_t oldest_ns; /* for so long */
};

/* What the server owes at a moment, up to which all is counted; noted in each connection, too. */
static struct debt debt_at(const struct load *load, uint64_t at_ns)
{
    struct debt debt = {0, 0};
    struct load_connection *connection;
    for (unsigned i = 0; (connection = connection_next_open(load, &i)) != NULL;) {
        bool owed = is_owed(connection);
        uint64_t since = owed ? waits_since(load, connection) : at_ns;
        /* A connect, or an end, begins by a reading of its own, which may be later. */
        connection->owed_ns = since < at_ns ? at_ns - since : 0;
        debt.outstanding += owed ? owed_count(load, connection, at_ns) : 0;
        if (connection->owed_ns > debt.oldest_ns)
            debt.oldest_ns = connection->owed_ns;
    }
    return debt;
}

/* The interval under way. */
static void interval_end(struct load *load, uint64_t at_ns, const struct debt *debt)
{
    const struct load_options *options = load->options;
    struct load_interval *interval = &load->result->intervals[load->intervals_ended];
    interval->length_ns =
        at_ns - (load->window_begin_ns + load->intervals_ended * options->interval_ns);
    interval->outstanding = debt->outstanding;
    interval->oldest_unanswered_ns = debt->oldest_ns;
    team_interval_ended(load->team, load->intervals_ended++, interval);
}

void intervals_settle(struct load *load)
{
    struct load_result *result = load->result;
    uint64_t begin = load->window_begin_ns;
    for (size_t i = 0; i < result->interval_count && load->kind->is_open; i++) {
        struct load_interval *interval = &result->intervals[i];
        uint64_t end = begin + interval->length_ns;
        interval->unanswered = open_loop_between(load, begin, end) - interval->rtt.total;
        begin = end;
    }
}

void window_end(struct load *load, uint64_t end_ns)
{
    struct load_result *result = load->result;
    const struct load_connection *connection;
    load->phase = PHASE_DRAIN;
    load->deadline_ns = end_ns; /* the drain is begun outside the callbacks */
    load->window_end_ns = end_ns;
    at_window(load, true);
    result->window_ns = end_ns - load->window_begin_ns;
    struct debt debt = debt_at(load, end_ns);
    result->oldest_unanswered_ns = debt.oldest_ns;
    for (unsigned i = 0; (connection = connection_next_open(load, &i)) != NULL;)
        result->starved += connection->answered_ns < load->window_begin_ns &&
                           connection->owed_ns >= result->window_ns;
    if (result->interval_count > 0)
        interval_end(load, end_ns, &debt);
}

void window_pause_count(struct load *load, uint64_t gap_ns)
{
    if (load->phase == PHASE_WINDOW || (load->phase == PHASE_DRAIN && load->kind->is_open))
        load->result->paused_ns += gap_ns - LOAD_WAIT_NS_MOST;
}

void load_phase_end(struct load *load, uint64_t now)
{
    struct load_team *team = load->team;
    if (load->phase == PHASE_WARMUP) {
        uint64_t begin_ns = team_agree(team, &team->window_begin_ns, now);
        if (now < begin_ns) {
            load->deadline_ns = begin_ns;
            return;
        }
        window_begin(load, begin_ns, now);
    }
    /* What did not get to run meanwhile finds several of them over. */
    while (load->phase == PHASE_WINDOW && now >= load->deadline_ns &&
           load->intervals_ended + 1 < load->result->interval_count) {
        struct debt debt = debt_at(load, load->deadline_ns);
        interval_end(load, load->deadline_ns, &debt);
        load->deadline_ns = next_deadline(load);
    }
    if (load->phase != PHASE_WINDOW || now < load->deadline_ns)
        return;
    uint64_t end_ns = team_agree(team, &team->window_end_ns, now);
    if (now < end_ns)
        load->deadline_ns = end_ns;
    else
        window_end(load, end_ns);
}
