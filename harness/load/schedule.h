/*
 * schedule: when each message of an open loop is meant to be sent. Messages are numbered from 0;
 * `together` of them in a row are meant for the same moment. Computed from the number, exactly: no
 * error adds up, and nothing has to be kept. Pure functions.
 */
#ifndef IOMODELS_SCHEDULE_H
#define IOMODELS_SCHEDULE_H

#include <stdint.h>

#define SCHEDULE_RATE_MAX 1000000000 /* moments in a second: one for each nanosecond */

/* Moment i is at i * interval_ns / moments. */
struct schedule {
    uint64_t together; /* at least 1 */
    uint64_t interval_ns;
    uint64_t moments; /* in interval_ns, at most one for each of its nanoseconds */
};

/* per_second: 1..SCHEDULE_RATE_MAX, evenly spread. */
struct schedule schedule_rate(uint64_t per_second);
/* `together` messages at a time, every interval_ns. */
struct schedule schedule_bursts(uint64_t together, uint64_t interval_ns);

/* When the message is meant to be sent, in nanoseconds from the begin, rounded down. */
uint64_t schedule_moment(const struct schedule *schedule, uint64_t message);
/* How many messages are meant to be sent before that time: those with lower numbers. */
uint64_t schedule_before(const struct schedule *schedule, uint64_t elapsed_ns);

#endif
