/*
 * clock: one monotonic clock (CLOCK_MONOTONIC; QueryPerformanceCounter) and the calendar.
 */
#ifndef IOMODELS_CLOCK_H
#define IOMODELS_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* Nanoseconds since an arbitrary moment; never steps back. Any thread. */
uint64_t clock_now_ns(void);
/* The clock's own step in nanoseconds, at least 1. */
uint64_t clock_resolution_ns(void);
const char *clock_source(void); /* the API's name */
/* At least so long; coarse on Windows (15.6 ms), so never used to pace a load. */
void clock_sleep_ms(unsigned ms);
/* "2026-11-23T16:56:40Z" (ISO 8601, UTC) into text of at least 21 bytes; returns text. */
const char *clock_utc_text(char *text, size_t size);

#endif
