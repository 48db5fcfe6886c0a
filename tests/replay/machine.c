/*
 * The machine in place of clock.h's rest, program.h, host.h and descriptors.h. It has `cpus`
 * processors (4): the first is the servers', the last is the client's.
 *
 * Words of REPLAY_WORLD: cpus=N, pin=no, governor=NAME, utc=SECONDS (the calendar when the program
 * begins), others=PERCENT of each processor that others use, busy_ms=N (they use all of it for so
 * long), stolen=PERCENT, interrupts=PERCENT, quota=1 (stops in each window), throttle=1, step_ms=N
 * (the calendar gains that each second), asleep_ms=N (of each second), wineserver=PERCENT (what it
 * adds to a server's CPU time), spins=1 (it takes a processor until it is restarted), client=PERCENT (of the client's usual
 * CPU time), interrupt=N (Ctrl-C as the Nth server begins), misplaced=1 (all run on processor 1).
 */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "net.h"
#include "program.h"

enum { NS_PER_MS = 1000000, STEPS_PER_S = 100, WORDS_MOST = 32, WINESERVER_PID = 77 };

static const uint64_t s_ns = UINT64_C(1000000000);
static const uint64_t utc_begin_s = UINT64_C(1804240800); /* 2027-03-05T10:00:00Z */

static uint64_t server_cpu_ns, client_cpu_ns, begun_ns;
static bool server_hidden, wineserver_restarted;
static unsigned pinned; /* calls */
static void (*stop)(void *argument);
static void *stop_argument;

/* ---- words ---- */

const char *world_text(const char *const *words, const char *key)
{
    size_t length = strlen(key);
    for (; *words != NULL; words++)
        if (strncmp(*words, key, length) == 0 && (*words)[length] == '=')
            return *words + length + 1;
    return NULL;
}

uint64_t world_number(const char *const *words, const char *key, uint64_t otherwise)
{
    const char *text = world_text(words, key);
    return text == NULL ? otherwise : strtoull(text, NULL, 10);
}

const char *const *world_words(void)
{
    static const char *words[WORDS_MOST + 1];
    static char text[1024];
    size_t count = 0;
    if (words[0] != NULL || getenv("REPLAY_WORLD") == NULL)
        return words;
    snprintf(text, sizeof text, "%s", getenv("REPLAY_WORLD"));
    for (char *at = text; *at != '\0' && count < WORDS_MOST;) {
        words[count++] = at;
        at += strcspn(at, " ");
        if (*at == ' ')
            *at++ = '\0';
    }
    return words;
}

static uint64_t word(const char *key)
{
    return world_number(world_words(), key, 0);
}

/* Vigna's splitmix64. */
uint64_t world_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* ---- who uses the processors ---- */

void world_server_works(uint64_t ns)
{
    server_cpu_ns += ns;
}

void world_client_works(uint64_t ns)
{
    client_cpu_ns += ns * world_number(world_words(), "client", 100) / 100;
}

void world_server_is_hidden(bool hidden)
{
    server_hidden = hidden;
}

void world_server_begins(unsigned index)
{
    if (index == word("interrupt") && stop != NULL)
        stop(stop_argument);
}

/* ---- clock.h: but for what the network keeps ---- */

static uint64_t elapsed_ns(void)
{
    if (begun_ns == 0)
        begun_ns = clock_now_ns();
    return clock_now_ns() - begun_ns;
}

uint64_t clock_boot_ns(void)
{
    return clock_now_ns() + elapsed_ns() / 1000 * word("asleep_ms");
}

uint64_t clock_awake_ns(void)
{
    return clock_now_ns();
}

uint64_t clock_utc_ns(void)
{
    uint64_t begin_s = world_number(world_words(), "utc", utc_begin_s);
    return begin_s * s_ns + elapsed_ns() + elapsed_ns() / 1000 * word("step_ms");
}

/* ---- program.h ---- */

void program_usage_prepare(void)
{
}

uint64_t program_cpu_ns(void)
{
    return client_cpu_ns;
}

void program_usage_now(struct program_usage *usage)
{
    *usage = (struct program_usage){.cpu_user_us = client_cpu_ns / 1000,
                                    .cpu_resolution_us = 1,
                                    .rss_peak_bytes = 5000000,
                                    .context_switches = 1};
}

const char *program_system(void)
{
    return "linux";
}

unsigned long program_id(void)
{
    return 1000;
}

bool program_path(char *text, size_t size)
{
    snprintf(text, size, "%s", "/usr/bin/iomodels");
    return true;
}

int program_on_stop(void (*on_stop)(void *argument), void *argument)
{
    stop = on_stop;
    stop_argument = argument;
    return 0;
}

size_t program_read_input(char *buffer, size_t size)
{
    (void)buffer;
    (void)size;
    return 0;
}

void program_set_output_binary(void)
{
}

void program_set_console_utf8(void)
{
}

/* ---- descriptors.h ---- */

uint64_t descriptors_needed(unsigned connections)
{
    return connections;
}

unsigned descriptors_most_connections(void)
{
    return 300;
}

void descriptors_raise(const char *command, unsigned connections)
{
    (void)command;
    (void)connections;
}

/* ---- host.h ---- */

unsigned host_cpu_count(void)
{
    return (unsigned)world_number(world_words(), "cpus", 4);
}

static const char *text_set(char *text, size_t size, const char *value)
{
    snprintf(text, size, "%s", value == NULL ? "" : value);
    return text;
}

const char *host_cpu_model(char *text, size_t size)
{
    return text_set(text, size, "Example Processor 3 GHz");
}

const char *host_system_text(char *text, size_t size)
{
    return text_set(text, size, "Example System 1");
}

const char *host_cpu_governor(char *text, size_t size)
{
    return text_set(text, size, world_text(world_words(), "governor"));
}

bool host_topology(struct topology *topology)
{
    *topology = (struct topology){.count = host_cpu_count()};
    topology->cpus = calloc(topology->count, sizeof *topology->cpus);
    for (unsigned i = 0; topology->cpus != NULL && i < topology->count; i++)
        topology->cpus[i] = (struct topology_cpu){.cpu = i, .core = i};
    return topology->cpus != NULL;
}

/* The processors of a list, NULL: all. False where there are not as many. */
static bool cpus_of(const char *text, struct cpu_list *list)
{
    *list = (struct cpu_list){{0}};
    for (unsigned i = 0; text == NULL && i < host_cpu_count(); i++)
        cpu_list_add(list, i);
    return text == NULL ||
           (cpu_list_parse(text, list) && cpu_list_next(list, host_cpu_count()) == CPU_LIST_MOST);
}

unsigned host_cpus_count(const char *text)
{
    static struct cpu_list list;
    return cpus_of(text, &list) ? cpu_list_count(&list) : 0;
}

const char *host_cpus_text(const char *cpus, char *text, size_t size)
{
    static struct cpu_list list;
    return cpus_of(cpus, &list) ? cpu_list_format(&list, text, size) : text_set(text, size, NULL);
}

const char *host_groups_text(char *text, size_t size)
{
    return text_set(text, size, NULL);
}

int host_pin_error(void)
{
    return world_text(world_words(), "pin") == NULL ? 0 : -NET_REFUSED;
}

static char client_pinned[HOST_CPUS_TEXT];
static char server_pinned[HOST_CPUS_TEXT] = "0";

int host_pin_self(const char *cpus)
{
    host_cpus_text(cpus, client_pinned, sizeof client_pinned);
    return 0;
}

int host_pin_process(unsigned long pid, const char *cpus)
{
    (void)cpus;
    return pid == WINESERVER_PID && ++pinned % 5 == 0 ? -1 : 0;
}

const char *host_self_cpus(char *text, size_t size)
{
    if (word("misplaced"))
        return text_set(text, size, "1");
    return client_pinned[0] == '\0' ? host_cpus_text(NULL, text, size)
                                    : text_set(text, size, client_pinned);
}

const char *host_process_cpus(unsigned long pid, char *text, size_t size)
{
    (void)pid;
    return text_set(text, size, word("misplaced") ? "1" : server_pinned);
}

void world_server_pin(const char *cpus)
{
    snprintf(server_pinned, sizeof server_pinned, "%s", cpus == NULL ? "0" : cpus);
}

/* In ns, of one processor. */
static uint64_t others_ns(void)
{
    uint64_t fully_ns = word("busy_ms") * NS_PER_MS, now_ns = elapsed_ns();
    uint64_t busy_ns = now_ns < fully_ns ? now_ns : fully_ns;
    return busy_ns + (now_ns - busy_ns) / 100 * word("others");
}

bool host_times_now(const char *const *cpus, struct host_times *times, size_t count)
{
    static struct cpu_list list;
    uint64_t step_ns = s_ns / STEPS_PER_S;
    for (size_t i = 0; i < count; i++) {
        if (!cpus_of(cpus[i], &list))
            return false;
        uint64_t processors = cpu_list_count(&list), all_ns = elapsed_ns() * processors;
        uint64_t busy_ns = others_ns() * processors;
        busy_ns += cpu_list_has(&list, 0) ? server_cpu_ns : 0;
        busy_ns += cpu_list_has(&list, host_cpu_count() - 1) ? client_cpu_ns : 0;
        uint64_t interrupts_ns = all_ns / 100 * word("interrupts");
        times[i] = (struct host_times){.busy = (busy_ns + interrupts_ns) / step_ns,
                                       .total = all_ns / step_ns,
                                       .interrupts = interrupts_ns / step_ns,
                                       .stolen = all_ns / 100 * word("stolen") / step_ns,
                                       .per_s = STEPS_PER_S};
    }
    return true;
}

void host_quotas_add(struct cgroup_throttles *quotas, unsigned long pid)
{
    (void)quotas;
    (void)pid;
}

uint64_t host_quota_stops(const struct cgroup_throttles *quotas)
{
    (void)quotas;
    return word("quota") * (elapsed_ns() / (50 * NS_PER_MS));
}

uint64_t host_throttles(void)
{
    return word("throttle") * (elapsed_ns() / s_ns);
}

bool host_kernel_memory(uint64_t *bytes)
{
    *bytes = UINT64_C(500000000) + elapsed_ns() / 1000000 * 4096;
    return true;
}

uint64_t host_memory_left(void)
{
    return UINT64_C(4) << 30;
}

bool host_process_cpu_ns(unsigned long pid, uint64_t *ns)
{
    if (pid != WINESERVER_PID)
        *ns = server_hidden ? server_cpu_ns / 100 : server_cpu_ns;
    else if (word("spins") && !wineserver_restarted)
        *ns = elapsed_ns();
    else
        *ns = server_cpu_ns / 100 * word("wineserver");
    return true;
}

unsigned long host_wineserver_pid(void)
{
    return word("wineserver") ? WINESERVER_PID : 0;
}

bool host_wineserver_restart(void)
{
    wineserver_restarted = true;
    return true;
}
