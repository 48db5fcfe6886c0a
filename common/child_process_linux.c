/* See prctl(2), close_range(2), wait(2), clock_getcpuclockid(3) and proc_pid_status(5). */
#include "child_process.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "net.h"
#include "thread.h"

enum {
    PATH_BYTES = 64,
    LINE_BYTES = 512,
    READ_MOST = 64, /* files of /proc: busy children leave the reader little time for each */
    CLOCK_KIND = 3,
    CLOCK_OF_USER = 1
};

/* No child takes this mutex: the thread that had it at the fork is not in the child. */
static thread_mutex mutex = THREAD_MUTEX_INIT;
static struct process *processes;  /* those that run */
static struct program_usage ended; /* the sum of the others; in memory, the peak of all at once */
static bool memory_unseen;         /* one came and went between two looks, or there were too many */

void process_begin(struct process *process, pid_t id)
{
    *process = (struct process){.id = id};
    thread_mutex_lock(&mutex);
    process->next = processes;
    if (process->next != NULL)
        process->next->previous = process;
    processes = process;
    thread_mutex_unlock(&mutex);
    thread_count_change(1);
}

static int descriptors_close(int *kept)
{
    int first = STDERR_FILENO + 1;
    if (kept != NULL) {
        *kept = dup2(*kept, first);
        if (*kept < 0)
            return net_last_error();
        first++;
    }
    return syscall(SYS_close_range, (unsigned)first, ~0U, 0U) == 0 ? 0 : net_last_error();
}

int process_settle(pid_t parent, int *kept)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        return net_last_error();
    /* A parent that ended before this call sends no signal any more. */
    return getppid() == parent ? descriptors_close(kept) : -ESRCH;
}

const char *process_unavailable(void)
{
    /* No range begins behind its end: that is all that a kernel finds wrong which has the call. */
    if (syscall(SYS_close_range, 1U, 0U, 0U) == 0)
        return NULL;
    int error = net_last_error();
    return error == -EINVAL ? NULL
           : error == -ENOSYS
               ? "needs close_range, of Linux 5.9"
               : "close_range is refused, probably by a container's seccomp profile, "
                 "which must allow it";
}

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec time;
    return clock_gettime(clock, &time) != 0
               ? 0
               : (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/*
 * The sum of both times is exact, and each of them only rises: where the ticks in which the program's time
 * is known have caught up with the time that was said to be the system's, that one stays.
 */
static void times_add(struct process *process, struct program_usage *usage)
{
    clockid_t clock;
    if (clock_getcpuclockid(process->id, &clock) != 0)
        return;
    /* Of the clocks that a process has, which its last two bits choose (the kernel's posix-timers.h). */
    uint64_t user_ns = clock_ns((clock & ~CLOCK_KIND) | CLOCK_OF_USER), sum_ns = clock_ns(clock);
    if (sum_ns > user_ns + process->system_ns)
        process->system_ns = sum_ns - user_ns;
    if (sum_ns < process->system_ns) /* no clock any more */
        sum_ns = process->system_ns;
    usage->cpu_user_us += (sum_ns - process->system_ns) / 1000;
    usage->cpu_system_us += process->system_ns / 1000;
}

/* It is reaped under the mutex: else its time would count twice for a moment, or not at all. */
void process_end(struct process *process)
{
    siginfo_t info;
    struct rusage used;
    while (waitid(P_PID, (id_t)process->id, &info, WEXITED | WNOWAIT) != 0 && errno == EINTR)
        continue;
    thread_mutex_lock(&mutex);
    times_add(process, &ended);
    if (wait4(process->id, NULL, 0, &used) == process->id)
        ended.context_switches += (int64_t)used.ru_nvcsw + used.ru_nivcsw;
    if (!process->seen)
        memory_unseen = true;
    if (process->next != NULL)
        process->next->previous = process->previous;
    if (process->previous != NULL)
        process->previous->next = process->next;
    else
        processes = process->next;
    process->id = 0;
    thread_mutex_unlock(&mutex);
    thread_count_change(-1);
}

/* Returns the most memory that it has had; 0: not known, also of one that has ended. */
static uint64_t status_add(pid_t id, struct program_usage *usage, bool *missing)
{
    char path[PATH_BYTES], line[LINE_BYTES];
    uint64_t peak_kib = 0, switches;
    snprintf(path, sizeof path, "/proc/%ld/status", (long)id);
    FILE *file = fopen(path, "re");
    *missing = *missing || file == NULL; /* where no descriptor is left */
    if (file == NULL)
        return 0;
    while (fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "voluntary_ctxt_switches: %" SCNu64, &switches) == 1 ||
            sscanf(line, "nonvoluntary_ctxt_switches: %" SCNu64, &switches) == 1)
            usage->context_switches += (int64_t)switches;
        else
            (void)sscanf(line, "VmHWM: %" SCNu64, &peak_kib);
    fclose(file);
    return peak_kib * 1024;
}

void processes_use(struct program_usage *usage)
{
    uint64_t memory_bytes = 0;
    unsigned count = 0;
    bool missing = false;
    thread_mutex_lock(&mutex);
    usage->cpu_user_us += ended.cpu_user_us;
    usage->cpu_system_us += ended.cpu_system_us;
    usage->context_switches += ended.context_switches;
    for (const struct process *process = processes; process != NULL; process = process->next)
        count++;
    for (struct process *process = processes; process != NULL; process = process->next) {
        uint64_t bytes = count <= READ_MOST ? status_add(process->id, usage, &missing) : 0;
        memory_bytes += bytes;
        process->seen = process->seen || bytes > 0;
        times_add(process, usage);
    }
    if (memory_bytes > ended.rss_peak_bytes)
        ended.rss_peak_bytes = memory_bytes;
    usage->rss_peak_bytes += ended.rss_peak_bytes;
    if (count > READ_MOST || missing) {
        memory_unseen = true;
        usage->context_switches = -1;
    }
    if (memory_unseen)
        usage->rss_peak_bytes = 0;
    thread_mutex_unlock(&mutex);
}
