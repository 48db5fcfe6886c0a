#include "run/placement.h"

#include <stdio.h>

#include "base/failure.h"
#include "host/host.h"
#include "names.h"
#include "net.h"

/* Pins the client, this thread. 0, or -1 with a failure. */
static int client_pin(const char *cpus, struct failure *failure)
{
    char cause[160];
    int error = cpus == NULL ? 0 : host_pin_self(cpus);
    if (error == 0)
        return 0;
    return failure_set(failure, "pinning to processor %s: %s; try --placement none", cpus,
                       net_error_text(error, cause, sizeof cause));
}

static const char no_choice[] = "the system does not let this process choose its processors";

static void refused(struct failure *failure, const char *option)
{
    char cause[160];
    failure_set(failure, "%s: %s (%s); try --placement none", option, no_choice,
                net_error_text(host_pin_error(), cause, sizeof cause));
}

/* The processors that were asked for. As place. */
static int place_as_given(const struct bench_request *given, bool remote,
                          struct run_settings *settings, struct failure *failure)
{
    static char placement[4 * HOST_CPUS_TEXT], cpus[2][HOST_CPUS_TEXT];
    const char *lists[] = {given->server_cpus, given->client_cpus};
    char usable[HOST_CPUS_TEXT], groups[2 * HOST_CPUS_TEXT];
    if (given->placement != NULL || (remote && given->server_cpus != NULL))
        return failure_set(
            failure, "%s",
            given->placement != NULL
                ? "--placement and --server-cpus or --client-cpus exclude each other"
                : "--server-cpus: the processors of another machine can't be chosen from here");
    if (host_pin_error() != 0) {
        refused(failure, given->server_cpus != NULL ? "--server-cpus" : "--client-cpus");
        return -1;
    }
    /* As the system writes them: rows of one placement are told by its text. */
    for (size_t i = 0; i < 2; i++) {
        if (lists[i] != NULL && host_cpus_text(lists[i], cpus[i], sizeof cpus[i])[0] == '\0') {
            bool grouped = host_groups_text(groups, sizeof groups)[0] != '\0';
            return failure_set(
                failure,
                "--%s-cpus %s: not a list such as 0,2-3 of the processors that can be used "
                "here%s: %s",
                i == 0 ? "server" : "client", lists[i],
                grouped ? ", all of one processor group" : "",
                grouped ? groups : host_cpus_text(NULL, usable, sizeof usable));
        }
        lists[i] = lists[i] == NULL ? NULL : cpus[i];
    }
    snprintf(placement, sizeof placement, "%s/%s", lists[0] == NULL ? "any" : lists[0],
             lists[1] == NULL ? "any" : lists[1]);
    settings->placement = placement;
    settings->server_cpus = lists[0];
    settings->client_cpus = lists[1];
    settings->server_cpu_count = lists[0] == NULL ? host_cpu_count() : host_cpus_count(lists[0]);
    return client_pin(lists[1], failure);
}

int placement_choose(const struct bench_request *given, unsigned threads,
                     struct run_settings *settings, struct failure *failure)
{
    static char server[HOST_CPUS_TEXT], client[HOST_CPUS_TEXT], several[32];
    bool remote = given->connects.count > 0 || given->generator.count > 1;
    unsigned servers =
        host_share_cpus(threads, (unsigned)given->client_threads, server, client, sizeof server);
    bool can_split = servers > 0;
    if (given->server_cpus != NULL || given->client_cpus != NULL)
        return place_as_given(given, given->connects.count > 0, settings, failure);
    if (given->placement == NULL && !remote && host_pin_error() != 0) {
        char cause[160];
        fprintf(stderr,
                "iomodels bench: server and client run wherever the system puts them (placement "
                "none): %s (%s)\n",
                no_choice, net_error_text(host_pin_error(), cause, sizeof cause));
    }
    bool split =
        given->placement == NULL ? can_split && !remote : name_equals("split", given->placement);
    if (given->placement != NULL && !split && !name_equals("none", given->placement))
        return failure_set(failure, "unknown placement %s; known are split, none",
                           given->placement);
    settings->placement = split ? "split" : "none";
    settings->server_cpu_count = host_cpu_count();
    if (!split)
        return 0;
    if (!can_split) {
        if (host_pin_error() != 0)
            refused(failure, "--placement split");
        else
            failure_set(failure, "--placement split needs two processors");
        return -1;
    }
    settings->server_cpus = server;
    settings->client_cpus = client;
    settings->server_cpu_count = servers;
    if (servers > 1 || host_cpus_count(client) > 1) {
        snprintf(several, sizeof several, "split-%u", servers);
        settings->placement = several;
    }
    return client_pin(client, failure);
}
