#include "program.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "child_process.h"
#include "thread.h"

/* VmHWM, not ru_maxrss: the latter keeps the peak of the program that called exec. */
static uint64_t rss_peak_bytes(void)
{
    char line[128];
    unsigned long long kib = 0;
    FILE *file = fopen("/proc/self/status", "re");
    if (file == NULL)
        return 0;
    while (fgets(line, sizeof line, file) != NULL && sscanf(line, "VmHWM: %llu kB", &kib) != 1)
        continue;
    fclose(file);
    return kib * 1024;
}

static uint64_t timeval_us(struct timeval time)
{
    return (uint64_t)time.tv_sec * 1000000u + (uint64_t)time.tv_usec;
}

void program_usage_prepare(void)
{
}

void program_usage_now(struct program_usage *usage)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    *usage = (struct program_usage){
        .cpu_user_us = timeval_us(used.ru_utime),
        .cpu_system_us = timeval_us(used.ru_stime),
        .cpu_resolution_us = 1,
        .rss_peak_bytes = rss_peak_bytes(),
        .context_switches = (int64_t)used.ru_nvcsw + used.ru_nivcsw,
    };
    processes_use(usage);
}

uint64_t program_cpu_ns(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

const char *program_system(void)
{
    return "linux";
}

unsigned long program_id(void)
{
    return (unsigned long)getpid();
}

bool program_path(char *text, size_t size)
{
    ssize_t length = readlink("/proc/self/exe", text, size - 1);
    if (length <= 0 || (size_t)length >= size - 1)
        return false;
    text[length] = '\0';
    return true;
}

struct stop_request {
    void (*stop)(void *argument);
    void *argument;
    sigset_t signals;
};

static void wait_for_signal(void *argument)
{
    struct stop_request *request = argument;
    int signal_number;
    while (sigwait(&request->signals, &signal_number) != 0)
        continue;
    request->stop(request->argument);
    /* timeout(1) signals the process and then its group: two within a second count as one. */
    const struct timespec second = {.tv_sec = 1};
    while (sigtimedwait(&request->signals, NULL, &second) > 0)
        continue;
    /* A second Ctrl-C ends the process at once, should the stop hang. */
    for (size_t i = 0; i < 3; i++)
        signal((int[]){SIGINT, SIGTERM, SIGHUP}[i], SIG_DFL);
    pthread_sigmask(SIG_UNBLOCK, &request->signals, NULL);
    while (pause() < 0)
        continue;
}

int program_on_stop(void (*stop)(void *argument), void *argument)
{
    static struct stop_request request; /* for as long as the process runs */
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    request.stop = stop;
    request.argument = argument;
    sigemptyset(&request.signals);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        struct sigaction now;
        /* A signal that nohup or a background shell has set to be ignored stays ignored. */
        if (sigaction(signals[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
            sigaddset(&request.signals, signals[i]);
    }
    /* Blocked before the first thread starts, so that every thread inherits it. */
    int error = pthread_sigmask(SIG_BLOCK, &request.signals, NULL);
    if (error != 0)
        return -error;
    return thread_start_detached(wait_for_signal, &request);
}

size_t program_read_input(char *buffer, size_t size)
{
    ssize_t count;
    do
        count = read(STDIN_FILENO, buffer, size);
    while (count < 0 && errno == EINTR);
    return count > 0 ? (size_t)count : 0;
}

void program_write(enum program_stream stream, const char *text, size_t size)
{
    int descriptor = stream == PROGRAM_OUTPUT ? STDOUT_FILENO : STDERR_FILENO;
    while (size > 0) {
        ssize_t count = write(descriptor, text, size);
        if (count < 0 && errno != EINTR)
            return;
        text += count > 0 ? count : 0;
        size -= count > 0 ? (size_t)count : 0;
    }
}

void program_set_output_binary(void)
{
}

void program_set_console_utf8(void)
{
}
