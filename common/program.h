/*
 * program: what this process has used so far, and what it runs on.
 */
#ifndef IOMODELS_PROGRAM_H
#define IOMODELS_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct program_usage {
    uint64_t cpu_user_us;
    uint64_t cpu_system_us;
    uint64_t cpu_resolution_us; /* the step of the sum of these two */
    uint64_t rss_peak_bytes;    /* 0: not known */
    int64_t context_switches;   /* -1: not known */
};

/*
 * Finds out how finely this system measures CPU time. On Windows that takes up to 70 ms of the
 * calling thread, elsewhere nothing. Before this call Windows' CPU times have the step of the
 * scheduler's tick. Call it before anything is measured; any thread, one at a time.
 *
 * Windows counts the cycles of a process ("QueryProcessCycleTime function"), which are time where
 * they pass at one rate everywhere: the processor says so, all of its cores are of one kind, and a
 * calibration repeats. The page on QueryThreadCycleTime warns of those where they don't.
 */
void program_usage_prepare(void);
/*
 * Of this process, all threads, and the child processes that serve (child_process.h), ended ones
 * included. Of the children's memory it is the sum of their peaks, in which pages that they share count
 * for each. Any thread.
 */
void program_usage_now(struct program_usage *usage);

/* CPU time that this process has used, in nanoseconds, as finely as the system tells. Any thread. */
uint64_t program_cpu_ns(void);

/* "linux", "windows" or "wine": where this process really runs. */
const char *program_system(void);
/* The process id. */
unsigned long program_id(void);
/* The path of this program in UTF-8 into text; false where it can't be told. */
bool program_path(char *text, size_t size);

/*
 * Calls stop(argument) once on a thread of its own when the user or the system asks the process
 * to end: Ctrl-C, Ctrl-Break, closing of the console; SIGINT, SIGTERM, SIGHUP, those of them that
 * the process does not ignore (nohup). Call it before any thread is started. 0 or a negative error.
 */
int program_on_stop(void (*stop)(void *argument), void *argument);

/*
 * Reads at most `size` bytes of standard input, waiting for some: how many; 0: its end, or there
 * is none. Not by the C library, whose lock on stdin would let exit wait for a thread in here.
 */
size_t program_read_input(char *buffer, size_t size);
/*
 * Writes by one call of the system where that takes it all. Not by the C library: a child process must not
 * take its locks nor write again what its buffers had at the fork.
 */
enum program_stream { PROGRAM_OUTPUT, PROGRAM_ERROR };
void program_write(enum program_stream stream, const char *text, size_t size);
/* Standard output takes bytes as they are; else Windows would end lines in CRLF. */
void program_set_output_binary(void);
/*
 * A Windows console shows UTF-8, which this program writes, until the process ends: by itself or by
 * Ctrl-C. Then its code page is the one that the user had. Call it before program_on_stop, whose
 * function must come first at Ctrl-C. Nothing elsewhere: a terminal has no such setting.
 */
void program_set_console_utf8(void);

#endif
