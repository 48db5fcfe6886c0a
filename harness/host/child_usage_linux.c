/* What a child and its descendants use, from /proc (proc(5), proc_pid_stat(5), proc_tid_children(5)). */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/child_posix.h"
#include "host/host.h"
#include "proc_linux.h"

enum {
    PATH_BYTES = 384,
    LINE_BYTES = 1024,
    PROCESSES_MOST = 4096, /* of one child: with more nothing is known */
    NS_PER_S = 1000000000
};

/* The processes that are still to be looked at. */
struct tree {
    unsigned long pids[PROCESSES_MOST];
    size_t count;
    bool has_more;
};

/* The children that one thread has started. */
static void children_add(struct tree *tree, unsigned long pid, const char *thread)
{
    char path[PATH_BYTES];
    unsigned long child;
    snprintf(path, sizeof path, "/proc/%lu/task/%s/children", pid, thread);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return;
    while (!tree->has_more && fscanf(file, "%lu", &child) == 1)
        if (tree->count < PROCESSES_MOST)
            tree->pids[tree->count++] = child;
        else
            tree->has_more = true;
    fclose(file);
}

static uint64_t switches_of(unsigned long pid, const char *thread)
{
    char path[PATH_BYTES], line[LINE_BYTES];
    uint64_t sum = 0;
    snprintf(path, sizeof path, "/proc/%lu/task/%s/status", pid, thread);
    if (proc_line(path, "voluntary_ctxt_switches:", line, sizeof line))
        sum += strtoull(line, NULL, 10);
    if (proc_line(path, "nonvoluntary_ctxt_switches:", line, sizeof line))
        sum += strtoull(line, NULL, 10);
    return sum;
}

/* Its threads, and the processes that they have started. */
static void threads_add(struct tree *tree, unsigned long pid, struct child_usage *usage)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "/proc/%lu/task", pid);
    DIR *folder = opendir(path);
    if (folder == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        uint64_t thread = strtoull(entry->d_name, NULL, 10);
        if (thread == 0)
            continue;
        usage->threads++;
        usage->threads_hash += thread * thread;
        usage->context_switches += switches_of(pid, entry->d_name);
        children_add(tree, pid, entry->d_name);
    }
    closedir(folder);
}

/* The processor's time as /proc/PID/stat has it, in ticks, and as its clock has it. */
static void times_add(unsigned long pid, struct child_usage *usage)
{
    char path[PATH_BYTES], line[LINE_BYTES];
    uint64_t user, system, ended_user, ended_system, used_ns = 0;
    const uint64_t tick_ns = NS_PER_S / (uint64_t)sysconf(_SC_CLK_TCK);
    snprintf(path, sizeof path, "/proc/%lu/stat", pid);
    /* A program's name may have anything in it, but for the fields behind it no parenthesis. */
    const char *fields = proc_line(path, "", line, sizeof line) ? strrchr(line, ')') : NULL;
    if (fields == NULL || sscanf(fields,
                                 ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %" SCNu64
                                 " %" SCNu64 " %" SCNu64 " %" SCNu64,
                                 &user, &system, &ended_user, &ended_system) != 4)
        return;
    usage->cpu_user_ns += ended_user * tick_ns;
    usage->cpu_system_ns += (system + ended_system) * tick_ns;
    if (ended_user + ended_system > 0)
        usage->cpu_resolution_ns = tick_ns;
    if (!host_process_cpu_ns(pid, &used_ns))
        used_ns = (user + system) * tick_ns;
    usage->cpu_user_ns += used_ns > system * tick_ns ? used_ns - system * tick_ns : 0;
}

static void memory_add(unsigned long pid, struct child_usage *usage)
{
    char path[PATH_BYTES], line[LINE_BYTES];
    snprintf(path, sizeof path, "/proc/%lu/status", pid);
    if (proc_line(path, "VmHWM:", line, sizeof line))
        usage->memory_peak_bytes += strtoull(line, NULL, 10) * 1024;
}

/* Wine's loader is called wine-preloader, wine64, ... */
static bool is_wine(unsigned long pid)
{
    char path[PATH_BYTES], program[LINE_BYTES];
    snprintf(path, sizeof path, "/proc/%lu/exe", pid);
    ssize_t length = readlink(path, program, sizeof program - 1);
    if (length < 0)
        return false;
    program[length] = '\0';
    const char *name = strrchr(program, '/');
    return name != NULL && strncmp(name + 1, "wine", 4) == 0 && strcmp(name, "/wineserver") != 0;
}

bool child_usage(struct child *child, struct child_usage *usage)
{
    struct tree tree;
    *usage = (struct child_usage){.cpu_resolution_ns = 1000};
    if (child_ended(child, NULL))
        return false;
    tree.has_more = false;
    tree.count = 1;
    tree.pids[0] = child_pid(child);
    for (size_t i = 0; i < tree.count; i++) {
        unsigned long pid = tree.pids[i];
        threads_add(&tree, pid, usage);
        times_add(pid, usage);
        memory_add(pid, usage);
        usage->is_wine |= is_wine(pid);
    }
    return usage->threads > 0 && !tree.has_more;
}
