/*
 * uring: io_uring's two queues, memory shared with the kernel: what is to be done goes in by one
 * (submissions, SQEs), what has become of it comes out by the other (completions, CQEs).
 *
 * Nothing but the kernel's own header. A ring belongs to the thread that opened it.
 * Documentation: io_uring(7), io_uring_setup(2), io_uring_enter(2).
 */
#ifndef IOMODELS_URING_H
#define IOMODELS_URING_H

#include <linux/io_uring.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct uring {
    int fd;
    void *queues; /* the heads and tails of both, and the completions */
    size_t queues_bytes;
    struct io_uring_sqe *submissions;
    struct io_uring_cqe *completions;
    unsigned submissions_size; /* entries, a power of two */
    unsigned completions_size;
    unsigned submitted; /* our tail, which the kernel sees with the next uring_enter */
    atomic_uint *submissions_head, *submissions_tail;
    atomic_uint *completions_head, *completions_tail;
};

/* Why this machine refuses io_uring, and the remedy; NULL where it does not. */
const char *uring_unavailable(void);

/* Room for at least so many completions, as far as the kernel goes. 0, or a negative error. */
int uring_open(struct uring *ring, unsigned completions);
/* What is still under way is cancelled, but not at once: drain before memory of it is freed. */
void uring_close(struct uring *ring);

/* How many submissions wait for the next uring_enter, and how many more there is room for. */
unsigned uring_queued(const struct uring *ring);
unsigned uring_room(const struct uring *ring);
/* The next submission, all zero, to be filled in. Only while there is room. */
struct io_uring_sqe *uring_submission(struct uring *ring);

/*
 * Hands in what is queued and waits for a completion, where none is there. Returns how many there
 * are (0 where a signal ended the wait), or -1 with errno.
 */
int uring_enter(struct uring *ring);
/*
 * Buffers that belong to the ring: a receive with IOSQE_BUFFER_SELECT takes one when bytes have come,
 * and its completion tells which (IORING_REGISTER_PBUF_RING).
 */
struct uring_buffers {
    struct io_uring_buf_ring *ring; /* those that are free, for the kernel to take */
    char *memory;
    unsigned count; /* a power of two, at most 32,768 */
    size_t bytes;   /* of each */
    unsigned returned;
};

/* As group 0 of that ring. 0, or a negative error. Close it after the ring. */
int uring_buffers_open(struct uring_buffers *buffers, struct uring *ring, unsigned count,
                       size_t bytes);
void uring_buffers_close(struct uring_buffers *buffers);
char *uring_buffer(const struct uring_buffers *buffers, unsigned id);
/* The kernel may take it again. */
void uring_buffer_return(struct uring_buffers *buffers, unsigned id);

/* Takes the oldest completion out of its queue; false where there is none. */
bool uring_completion(struct uring *ring, struct io_uring_cqe *completion);

#endif
