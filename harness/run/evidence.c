#include "run/evidence.h"

#include <math.h>
#include <string.h>

#include "base/terminal.h"
#include "base/units.h"
#include "clock.h"
#include "program.h"

enum {
    IDLE_LOOK_MS = 60,  /* six steps of the kernel's 100 Hz accounting on each processor */
    IDLE_WAIT_MS = 250, /* between looks at a host that is busy */
    NS_PER_MS = 1000000
};

/* It is written inside the window, so not too often. */
static const uint64_t SHOW_EVERY_NS = 500000000;

bool evidence_is_remote(const struct evidence *evidence)
{
    return evidence->target->reach.remote;
}

bool evidence_is_wine(const struct evidence *evidence)
{
    return strcmp(evidence->server_system, "wine") == 0;
}

size_t evidence_sides(const struct evidence *evidence, const char *cpus[HOST_SIDES])
{
    cpus[0] = evidence->settings->client_cpus;
    cpus[1] = evidence->settings->server_cpus;
    return evidence_is_remote(evidence) || (cpus[0] == NULL && cpus[1] == NULL) ? 1 : 2;
}

/*
 * How busy the host is in the next look_ms, and whether its wineserver spins. False where the
 * system doesn't tell.
 */
static bool host_look(struct evidence *evidence, unsigned look_ms, bool *spins)
{
    const char *cpus[HOST_SIDES];
    struct host_times from[HOST_SIDES], to[HOST_SIDES];
    size_t sides = evidence_sides(evidence, cpus);
    uint64_t server_from = 0, server_to = 0;
    unsigned long wineserver = host_wineserver_pid();
    bool server_known = wineserver != 0 && host_process_cpu_ns(wineserver, &server_from);
    if (!host_times_now(cpus, from, sides))
        return false;
    clock_sleep_ms(look_ms);
    if (!host_times_now(cpus, to, sides))
        return false;
    evidence->busy_before = host_busiest_share(from, to, sides);
    server_known = server_known && host_process_cpu_ns(wineserver, &server_to);
    *spins = server_known &&
             (double)(server_to - server_from) > HOST_WINESERVER_SPINS_SHARE * look_ms * NS_PER_MS;
    return true;
}

/* Another generator's restart would end the server that the first one has started. */
void evidence_wait_idle(struct evidence *evidence)
{
    const struct run_settings *settings = evidence->settings;
    uint64_t begun_ns = clock_now_ns();
    unsigned look_ms = IDLE_LOOK_MS;
    bool spins;
    evidence->busy_before = NAN;
    do {
        if (!host_look(evidence, look_ms, &spins))
            return;
        if (spins && settings->generator->index == 1)
            evidence->wineserver_restarted |= host_wineserver_restart();
        else if (evidence->busy_before < HOST_IDLE_SHARE)
            return;
        if (settings->cancelled(settings->context))
            return;
        look_ms = IDLE_WAIT_MS;
    } while (clock_now_ns() - begun_ns < settings->idle_wait_ns);
    evidence->host_busy = true;
}

void evidence_look_at_host(struct evidence *evidence, bool at_end)
{
    uint64_t bytes;
    evidence->kernel_memory[at_end] = host_kernel_memory(&bytes) ? (double)bytes : NAN;
    evidence->throttles[at_end] = host_throttles();
}

static struct evidence_moment moment_now(const struct evidence *evidence)
{
    const char *cpus[HOST_SIDES];
    size_t sides = evidence_sides(evidence, cpus);
    const struct child *child = evidence->server.child;
    struct evidence_moment now = {.at_ns = clock_now_ns(),
                                  .boot_ns = clock_boot_ns(),
                                  .awake_ns = clock_awake_ns(),
                                  .utc_ns = clock_utc_ns(),
                                  .client_cpu_ns = program_cpu_ns()};
    now.server_known = child != NULL && !evidence_is_remote(evidence) &&
                       host_process_cpu_ns(child_pid(child), &now.server_cpu_ns);
    now.wineserver_known = evidence->wineserver != 0 &&
                           host_process_cpu_ns(evidence->wineserver, &now.wineserver_cpu_ns);
    now.quota_stops = host_quota_stops(&evidence->quotas);
    now.host_known = host_times_now(cpus, now.host, sides);
    return now;
}

void evidence_at_window(void *context, bool at_end)
{
    struct evidence *evidence = context;
    struct child *child = evidence->server.child;
    evidence->moments[at_end] = moment_now(evidence);
    if (child != NULL) {
        /* What was before the window does not count, nor what comes after it. */
        evidence->server_stopped = child_was_stopped(child) && at_end;
        target_server_ask(&evidence->server);
    }
    if (at_end)
        evidence_look_at_host(evidence, at_end);
}

void evidence_at_interval(void *context, const struct load_progress *progress)
{
    struct evidence *evidence = context;
    char text[80], moment[24], rate[24], longest[24];
    uint64_t now_ns = clock_now_ns(), within_ns = now_ns - evidence->moments[0].at_ns;
    if (progress->length_ns == 0 || now_ns - evidence->interval_shown_ns < SHOW_EVERY_NS)
        return;
    evidence->interval_shown_ns = now_ns;
    snprintf(text, sizeof text, "  at %s: %s/s, longest %s",
             units_format_duration(within_ns / NS_PER_MS * NS_PER_MS, moment, sizeof moment),
             units_format_si((double)progress->messages * 1e9 / (double)progress->length_ns, rate,
                             sizeof rate),
             units_format_duration(progress->rtt_max_ns / 1000 * 1000, longest, sizeof longest));
    terminal_progress_add(text);
}

int evidence_at_thread(void *context)
{
    const struct evidence *evidence = context;
    const char *cpus = evidence->settings->client_cpus;
    return cpus == NULL ? 0 : host_pin_self(cpus);
}
