#include "check.h"
#include "host/topology.h"

/* The processors that are chosen of the first `count`, as "server client". */
static const char *chosen(struct topology_cpu *cpus, size_t count)
{
    static char text[64];
    const struct topology_cpu *server, *client;
    struct topology topology = {cpus, count};
    if (!topology_split(&topology, &server, &client))
        return "none";
    snprintf(text, sizeof text, "%u %u", server->cpu, client->cpu);
    return text;
}

/* All alike: the first and the last, though not of one core where there are others. */
static void test_one_kind(void)
{
    struct topology_cpu plain[] = {{0, 0, 0, 0}, {1, 1, 0, 0}, {70, 70, 0, 1}};
    struct topology_cpu threads[] = {{0, 0, 0, 0}, {1, 1, 0, 0}, {2, 1, 0, 0}, {3, 0, 0, 0}};
    CHECK_EQ_TEXT(chosen(plain, 0), "none");
    CHECK_EQ_TEXT(chosen(plain, 1), "none");
    CHECK_EQ_TEXT(chosen(plain, 2), "0 1");
    CHECK_EQ_TEXT(chosen(plain, 3), "0 70");
    CHECK_EQ_TEXT(chosen(threads, 4), "0 2");
    threads[1].core = 0;
    CHECK_EQ_TEXT(chosen(threads, 2), "0 1");
}

/* Two fast cores of two threads each, then four slow ones, then one that is slower still. */
static void test_kinds(void)
{
    struct topology_cpu cpus[] = {{0, 0, 9, 0}, {1, 0, 9, 0}, {2, 2, 9, 0},
                                  {3, 2, 9, 0}, {4, 4, 5, 0}, {5, 5, 5, 0},
                                  {6, 6, 5, 0}, {7, 7, 5, 0}, {8, 8, 0, 0}};
    char text[64];
    struct topology topology = {cpus, 9};
    CHECK_EQ_TEXT(chosen(cpus, 9), "0 3");
    CHECK_EQ_U64(topology_kinds_text(&topology, text, sizeof text), 3);
    CHECK_EQ_TEXT(text, "4 (0-3), 4 (4-7), 1 (8)");
    CHECK_EQ_U64(topology_nodes_text(&topology, text, sizeof text), 1);
    CHECK_EQ_TEXT(text, "9 (0-8)");
    CHECK_EQ_U64(topology_kinds_text(&topology, text, 10), 3);
    CHECK_EQ_TEXT(text, "");
    /* The slow ones first, as on some of Arm's. */
    CHECK_EQ_TEXT(chosen(cpus + 4, 5), "4 7");
    for (size_t i = 0; i < 9; i++)
        cpus[i].kind = 9 - cpus[i].kind;
    CHECK_EQ_TEXT(chosen(cpus, 9), "4 7");
    CHECK_EQ_U64(topology_kinds_text(&topology, text, sizeof text), 3);
    CHECK_EQ_TEXT(text, "1 (8), 4 (4-7), 4 (0-3)");
}

/* Where the fastest kind has not two cores. */
static void test_lone_cores(void)
{
    struct topology_cpu cpus[] = {{0, 0, 2, 0}, {1, 0, 2, 0}, {2, 2, 1, 0}, {3, 3, 1, 0}};
    CHECK_EQ_TEXT(chosen(cpus, 4), "2 3");
    CHECK_EQ_TEXT(chosen(cpus, 3), "0 1");
    CHECK_EQ_TEXT(chosen(cpus + 1, 2), "1 2");
}

/* The lists that a server of up to `most` processors and its client get, of the first `count`. */
static const char *shared(struct topology_cpu *cpus, size_t count, unsigned most)
{
    static char text[128];
    char server[60], client[60];
    struct cpu_list servers = {{0}}, clients = {{0}};
    struct topology topology = {cpus, count};
    unsigned share = topology_share(&topology, most, &servers, &clients);
    if (share == 0)
        return cpu_list_count(&servers) + cpu_list_count(&clients) == 0 ? "none" : "some";
    CHECK_EQ_U64(cpu_list_count(&servers), share);
    snprintf(text, sizeof text, "%s %s", cpu_list_format(&servers, server, sizeof server),
             cpu_list_format(&clients, client, sizeof client));
    return text;
}

static void test_share(void)
{
    struct topology_cpu plain[8], threads[8];
    for (unsigned i = 0; i < 8; i++) {
        plain[i] = (struct topology_cpu){i, i, 0, i / 4};
        threads[i] = (struct topology_cpu){i, i % 4, 0, 0}; /* 4 shares a core with 0 */
    }
    CHECK_EQ_TEXT(shared(plain, 0, 2), "none");
    CHECK_EQ_TEXT(shared(plain, 2, 2), "none");
    CHECK_EQ_TEXT(shared(plain, 3, 2), "0-1 2");
    CHECK_EQ_TEXT(shared(plain, 3, 9), "0-1 2");
    /* Within a node where that fits. */
    CHECK_EQ_TEXT(shared(plain, 8, 2), "0-1 2-3");
    /* For a client of several threads. */
    CHECK_EQ_TEXT(shared(plain, 1, 1), "none");
    CHECK_EQ_TEXT(shared(plain, 2, 1), "0 1");
    CHECK_EQ_TEXT(shared(&plain[3], 2, 1), "3 4"); /* of two nodes */
    CHECK_EQ_TEXT(shared(plain, 8, 1), "0 1-3");
    CHECK_EQ_TEXT(shared(threads, 8, 1), "0 1-3,5-7");
    CHECK_EQ_TEXT(shared(plain, 8, 4), "0-3 4-7");
    CHECK_EQ_TEXT(shared(plain, 8, 100), "0-6 7");
    /* Nobody shares a core with the other side. */
    CHECK_EQ_TEXT(shared(threads, 8, 2), "0-1 2-3,6-7");
    CHECK_EQ_TEXT(shared(threads, 8, 4), "0-2 3,7");
}

/* The fastest kind alone where it has enough cores. */
static void test_share_kinds(void)
{
    struct topology_cpu cpus[] = {{0, 0, 1, 0}, {1, 1, 1, 0}, {2, 2, 2, 0},
                                  {3, 3, 2, 0}, {4, 4, 2, 0}, {5, 5, 1, 0}};
    CHECK_EQ_TEXT(shared(cpus, 6, 2), "2-3 4");
    CHECK_EQ_TEXT(shared(cpus, 6, 3), "0-2 3-5");
}

int main(void)
{
    test_share();
    test_share_kinds();
    test_one_kind();
    test_kinds();
    test_lone_cores();
    return check_report();
}
