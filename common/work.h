/*
 * work: what a server does for a message besides sending it back: it uses the processor, or it waits
 * as for the blocking call to a database, or both. All of it happens in the thread that serves,
 * between the receive and the send, so whoever else that thread serves has to wait meanwhile.
 */
#ifndef IOMODELS_WORK_H
#define IOMODELS_WORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WORK_NS_MAX UINT64_C(1000000000)

/* How long something takes for one message. */
struct work_time {
    uint64_t mean_ns; /* at most WORK_NS_MAX; 0: nothing is done */
    bool
        exponential; /* that is the mean of an exponential distribution; else each takes that long */
};

struct work {
    struct work_time cpu;
    struct work_time wait;
    size_t message_bytes; /* of a message. 0: there is no work */
};

/* What a connection remembers. Zeroed at first. */
struct work_progress {
    uint64_t bytes;    /* of the message that has come in part */
    uint64_t messages; /* whose work has been done */
};

/* Of the messages that `bytes` more complete, how many. */
uint64_t work_messages(struct work_progress *progress, const struct work *work, size_t bytes);
/*
 * How long it takes for that message of a connection, by its number from 0. It is the same for the
 * same connection and message, whatever the model.
 */
uint64_t work_ns(const struct work_time *time, uint64_t connection, uint64_t message);
/*
 * Uses the processor for `ns` of the thread's own time (clock_thread_ns). Where there is no such clock
 * it goes by clock_now_ns: a gap of 10 us or more between two readings is taken for time in which the
 * thread had no processor, and does not count.
 */
void work_spin(uint64_t ns);
/* Waits for at least `ns` (clock_sleep_ns). */
void work_wait(uint64_t ns);

#endif
