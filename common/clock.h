/*
 * clock: one monotonic clock (CLOCK_MONOTONIC; QueryPerformanceCounter) and the calendar.
 */
#ifndef IOMODELS_CLOCK_H
#define IOMODELS_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Nanoseconds since an arbitrary moment; never steps back. Any thread. */
uint64_t clock_now_ns(void);
/*
 * Nanoseconds of a processor that the calling thread has used (CLOCK_THREAD_CPUTIME_ID), by a system
 * call; 0 on Windows, whose own such clock has steps of up to 15.6 ms (GetThreadTimes).
 */
uint64_t clock_thread_ns(void);
/* The clock's own step in nanoseconds, at least 1. */
uint64_t clock_resolution_ns(void);
const char *clock_source(void); /* the API's name */
/*
 * Nanoseconds since boot. The first counts the time while the machine was suspended, the second
 * does not: the difference is time asleep (CLOCK_BOOTTIME and CLOCK_MONOTONIC; GetTickCount64, in
 * steps of up to 16 ms, and QueryUnbiasedInterruptTime). QueryPerformanceCounter goes on during
 * such a sleep, CLOCK_MONOTONIC stands still.
 */
uint64_t clock_boot_ns(void);
uint64_t clock_awake_ns(void);
/* At least `ms`; on Windows up to 15.6 ms more, so it must not pace a load. */
void clock_sleep_ms(unsigned ms);
/*
 * At least `ns`, and little more: on Linux some 50 us (prctl(2), PR_SET_TIMERSLACK); on Windows some
 * 0.5 ms by a high-resolution timer (CreateWaitableTimerEx), before Windows 10 1803 up to 15.6 ms.
 */
void clock_sleep_ns(uint64_t ns);

/*
 * Calendar: nanoseconds since the beginning of 1970, UTC. It may step. Its text is ISO 8601,
 * "2026-11-23T16:56:40Z". calendar.c.
 */
uint64_t clock_utc_ns(void);
/* Now, as text of at least 21 bytes; returns text. */
const char *clock_utc_text(char *text, size_t size);
/* The second that utc_ns lies in. */
const char *clock_utc_format(uint64_t utc_ns, char *text, size_t size);
/* Reads exactly that form, from 1970 on. False: another form, or a day that does not exist. */
bool clock_utc_parse(const char *text, uint64_t *utc_ns);

#endif
