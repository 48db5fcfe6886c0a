#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "host/doctor.h"
#include "net.h"
#include "program.h"

enum {
    LOOK_MS = 250,
    CLOCK_ROUNDS = 20,
    CLOCK_READS = 1000,
    LOOPBACK_MS = 2000, /* a firewall that drops says nothing */
    NS_PER_MS = 1000000
};

/* The least of several rounds: what the clock costs, not who else runs. */
static void clock_measure(struct doctor_facts *facts)
{
    facts->clock_source = clock_source();
    facts->clock_resolution_ns = clock_resolution_ns();
    facts->clock_read_ns = INFINITY;
    uint64_t before_ns = clock_now_ns();
    for (int round = 0; round < CLOCK_ROUNDS; round++) {
        uint64_t begun_ns = before_ns;
        for (int i = 0; i < CLOCK_READS; i++) {
            uint64_t now_ns = clock_now_ns();
            facts->clock_steps_back |= now_ns < before_ns;
            before_ns = now_ns;
        }
        facts->clock_read_ns =
            fmin(facts->clock_read_ns, (double)(before_ns - begun_ns) / CLOCK_READS);
    }
}

static void failed(char *failure, size_t size, const char *call, int error)
{
    char cause[120];
    snprintf(failure, size, "%s: %s", call, net_error_text(error, cause, sizeof cause));
}

/* The listener's side of the connection; none where it does not come in time. */
static net_socket accept_in_time(net_socket listener)
{
    uint64_t begun_ns = clock_now_ns();
    net_socket accepted;
    while ((accepted = accept(listener, NULL, NULL)) == NET_SOCKET_NONE &&
           clock_now_ns() - begun_ns < (uint64_t)LOOPBACK_MS * NS_PER_MS)
        clock_sleep_ms(1);
    if (accepted != NET_SOCKET_NONE)
        (void)net_set_nonblocking(accepted, true);
    return accepted;
}

static bool byte_comes_in_time(net_socket socket, char wanted)
{
    uint64_t begun_ns = clock_now_ns();
    char byte = 0;
    while (recv(socket, &byte, 1, 0) != 1 &&
           clock_now_ns() - begun_ns < (uint64_t)LOOPBACK_MS * NS_PER_MS)
        clock_sleep_ms(1);
    return byte == wanted;
}

/* A byte from one end to the other; failure: "" where it came. */
static void loopback_try(const char *text, char *failure, size_t size)
{
    struct net_address address;
    net_socket listener, client, accepted = NET_SOCKET_NONE;
    const char *call = "";
    failure[0] = '\0';
    if (!net_address_parse(&address, text, 0))
        return;
    int error = net_listen(&listener, &address, 1, &call);
    if (error != 0) {
        failed(failure, size, call, error);
        return;
    }
    client = socket(address.storage.ss_family, SOCK_STREAM, IPPROTO_TCP);
    if (client == NET_SOCKET_NONE) {
        failed(failure, size, "socket", net_last_error());
        net_close(listener);
        return;
    }
    net_set_nonblocking(listener, true);
    net_set_nonblocking(client, true);
    error = 0;
    if (connect(client, (const struct sockaddr *)&address.storage, address.length) != 0)
        error = net_last_error();
    accepted = accept_in_time(listener);
    if (accepted == NET_SOCKET_NONE && error != 0 && net_error_kind(error) != NET_ERROR_WOULD_BLOCK)
        failed(failure, size, "connect", error);
    else if (accepted == NET_SOCKET_NONE)
        snprintf(failure, size, "a connect to %s does not arrive", text);
    else if (send(client, "x", 1, NET_SEND_FLAGS) != 1 || !byte_comes_in_time(accepted, 'x'))
        snprintf(failure, size, "a byte sent to %s does not arrive", text);
    if (accepted != NET_SOCKET_NONE)
        net_close(accepted);
    net_close(client);
    net_close(listener);
}

/* How busy the machine is while this process sleeps, and the prefix's wineserver with it. */
static void load_look(struct doctor_facts *facts)
{
    /* Where `bench` would place the two sides. */
    const char *cpus[HOST_SIDES] = {facts->client_cpus, facts->server_cpus};
    size_t sides = facts->server_cpus[0] == '\0' ? 1 : 2;
    struct host_times from[HOST_SIDES], to[HOST_SIDES];
    cpus[0] = sides == 1 ? NULL : cpus[0];
    uint64_t server_from = 0, server_to = 0, begun_ns = clock_now_ns();
    facts->busy = facts->stolen = facts->wineserver_load = NAN;
    facts->wineserver = host_wineserver_pid();
    bool known = host_times_now(cpus, from, sides);
    bool server_known = host_process_cpu_ns(facts->wineserver, &server_from);
    clock_sleep_ms(LOOK_MS);
    if (known && host_times_now(cpus, to, sides)) {
        facts->busy = host_busiest_share(from, to, sides);
        facts->stolen = 0;
        for (size_t i = 0; i < sides; i++)
            if (to[i].total > from[i].total && to[i].stolen >= from[i].stolen)
                facts->stolen = fmax(facts->stolen, (double)(to[i].stolen - from[i].stolen) /
                                                        (double)(to[i].total - from[i].total));
    }
    if (server_known && host_process_cpu_ns(facts->wineserver, &server_to))
        facts->wineserver_load =
            (double)(server_to - server_from) / (double)(clock_now_ns() - begun_ns);
}

void doctor_take_port_line(struct doctor_facts *facts, const char *line)
{
    char *end;
    const char *colon = strrchr(line, ':');
    uint64_t number = colon == NULL ? 0 : strtoull(colon + 1, &end, 10);
    if (number == 0 || number > UINT16_MAX || facts->port_last != 0)
        return;
    if (facts->port_first == 0)
        facts->port_first = number;
    else
        facts->port_last = facts->port_first + number - 1;
}

void doctor_take_topology(struct doctor_facts *facts, const struct topology *topology)
{
    const struct topology_cpu *server, *client;
    facts->kinds = topology_kinds_text(topology, facts->kinds_text, sizeof facts->kinds_text);
    facts->nodes = topology_nodes_text(topology, facts->nodes_text, sizeof facts->nodes_text);
    if (!topology_split(topology, &server, &client))
        return;
    facts->share_core = server->core == client->core;
    facts->differ_in_kind = server->kind != client->kind;
    facts->differ_in_node = server->node != client->node;
}

void doctor_take_facts(struct doctor_facts *facts)
{
    const char *prefix = getenv("WINEPREFIX");
    struct topology topology;
    struct program_usage usage;
    memset(facts, 0, sizeof *facts);
    doctor_take_system_facts(facts);
    clock_measure(facts);
    program_usage_prepare();
    program_usage_now(&usage);
    facts->cpu_resolution_us = usage.cpu_resolution_us;
    facts->cpus = host_cpu_count();
    facts->pin_error = host_pin_error();
    host_cpus_text(NULL, facts->cpus_text, sizeof facts->cpus_text);
    if (!host_split_cpus(facts->server_cpus, facts->client_cpus, sizeof facts->server_cpus))
        facts->server_cpus[0] = facts->client_cpus[0] = '\0';
    if (host_topology(&topology)) {
        doctor_take_topology(facts, &topology);
        topology_free(&topology);
    }
    load_look(facts);
    host_cpu_governor(facts->governor, sizeof facts->governor);
    facts->throttles = host_throttles();
    facts->system = program_system();
    host_system_text(facts->system_text, sizeof facts->system_text);
    snprintf(facts->wine_prefix, sizeof facts->wine_prefix, "%s", prefix == NULL ? "" : prefix);
    loopback_try("127.0.0.1", facts->loopback_ipv4, sizeof facts->loopback_ipv4);
    loopback_try("::1", facts->loopback_ipv6, sizeof facts->loopback_ipv6);
}
