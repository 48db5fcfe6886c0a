/*
 * uring: io_uring's two queues, which lie in memory shared with the kernel. The program puts what
 * it wants done into one (submissions, SQEs) and takes the results from the other (completions,
 * CQEs).
 *
 * Only the memory is handled here; the models make the calls. A ring belongs to the thread that
 * made it. Only the kernel's own header is needed. Documentation: io_uring(7), io_uring_setup(2),
 * io_uring_enter(2).
 */
#ifndef IOMODELS_URING_H
#define IOMODELS_URING_H

#include <linux/io_uring.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "crew.h"

enum {
    URING_SUBMISSIONS = 1024, /* the most that can be queued */
    URING_OWN = 8             /* numbers below it are no addresses of connections */
};

/* Of Linux 6.2; the build has headers of 6.0 at least. */
#ifndef IORING_SEND_ZC_REPORT_USAGE
#define IORING_SEND_ZC_REPORT_USAGE  (1U << 3)
#define IORING_NOTIF_USAGE_ZC_COPIED (1U << 31)
#endif

/* Of Linux 6.14. */
#ifndef IORING_FEAT_RW_ATTR
#define IORING_FEAT_RW_ATTR (1U << 16)
#endif

/* The system calls, which the C library has no functions for. -1 with errno. */
static inline int io_uring_setup(unsigned entries, struct io_uring_params *params)
{
    return (int)syscall(SYS_io_uring_setup, entries, params);
}

static inline int io_uring_enter(int fd, unsigned to_submit, unsigned min_complete, unsigned flags)
{
    return (int)syscall(SYS_io_uring_enter, fd, to_submit, min_complete, flags, NULL, 0);
}

static inline int io_uring_register(int fd, unsigned opcode, void *argument, unsigned count)
{
    return (int)syscall(SYS_io_uring_register, fd, opcode, argument, count);
}

/* The call's name for server_fail, and what to look at where it has failed with that error. */
const char *uring_setup_call(int error);

/* The queues as they lie in the memory that is shared with the kernel. */
struct uring {
    struct io_uring_sqe *submissions;
    struct io_uring_cqe *completions;
    unsigned submissions_size; /* entries, a power of two */
    unsigned completions_size;
    unsigned submitted;    /* our tail, which the kernel sees from uring_hand_in on */
    unsigned handed_in;    /* the tail that the kernel has seen */
    unsigned under_way;    /* completions that are still to come */
    struct worker *worker; /* whose trace shows the operations; NULL: nobody's */
    atomic_uint *submissions_head, *submissions_tail, *submissions_flags;
    atomic_uint *completions_head, *completions_tail;
};

/* Why this machine refuses io_uring, and the remedy; NULL where it does not. */
const char *uring_unavailable(void);

/*
 * What to pass to io_uring_setup besides URING_SUBMISSIONS. Choice 0 is the best; where the kernel
 * answers EINVAL, try choice 1, for older kernels, and so on. False: there are no more choices.
 */
bool uring_params(struct io_uring_params *params, unsigned choice, unsigned completions);
/*
 * The same for a ring whose submissions a thread of the kernel takes (IORING_SETUP_SQPOLL), which sleeps
 * after idle_ms without one.
 */
struct io_uring_params uring_params_polled(unsigned idle_ms, unsigned completions);
/* As uring_unavailable, of such a ring. */
const char *uring_polled_unavailable(void);
/* As uring_unavailable, of IORING_OP_SEND_ZC that says what was copied (Linux 6.2). */
const char *uring_zero_copy_unavailable(void);
/*
 * As uring_unavailable, of tables of files and buffers that come and go. Before Linux 6.13 what is
 * taken out of a table is kept until everything posted before has completed: one idle client, whose
 * receive waits, would hold the sockets of all that leave after it. 6.14 is the first that can be told
 * apart.
 */
const char *uring_registered_unavailable(void);
/* Bytes to map at IORING_OFF_SQ_RING and at IORING_OFF_SQES. */
size_t uring_queues_bytes(const struct io_uring_params *params);
size_t uring_submissions_bytes(const struct io_uring_params *params);
/* Finds the queues in what was mapped there. */
void uring_lay_out(struct uring *ring, const struct io_uring_params *params, void *queues,
                   void *submissions);

/* How many submissions wait for the next io_uring_enter, and how many more have room. */
unsigned uring_queued(const struct uring *ring);
unsigned uring_room(const struct uring *ring);
/*
 * The next submission, with these fields, the others zero, to be filled in. Only while there is room.
 * user_data, which its completion brings back: the address of the struct connection that it serves,
 * whose lowest 3 bits are free for more, or a number below URING_OWN.
 */
struct io_uring_sqe *uring_submission(struct uring *ring, uint64_t user_data,
                                      enum io_uring_op opcode, int fd);
/* Lets the kernel see what is queued; returns how many, for io_uring_enter. */
unsigned uring_hand_in(struct uring *ring);

/* After uring_hand_in: whether the thread that takes the submissions sleeps (IORING_ENTER_SQ_WAKEUP). */
bool uring_needs_wakeup(const struct uring *ring);

/* How many completions there are to take. */
unsigned uring_completed(const struct uring *ring);
/* Takes the oldest completion out of its queue; false where there is none. */
bool uring_completion(struct uring *ring, struct io_uring_cqe *completion);

/*
 * Buffers that belong to the ring: a receive with IOSQE_BUFFER_SELECT takes one when bytes have
 * come, and its completion says which (IORING_REGISTER_PBUF_RING).
 */
struct uring_buffers {
    struct io_uring_buf_ring *ring; /* those that are free, for the kernel to take */
    char *memory;
    unsigned count; /* a power of two, at most 32,768 */
    size_t bytes;   /* of each */
    unsigned returned;
};

/* As group 0 of the ring `fd`. 0, or a negative error. Close it after the ring; that does nothing without them. */
int uring_buffers_open(struct uring_buffers *buffers, int fd, unsigned count, size_t bytes);
void uring_buffers_close(struct uring_buffers *buffers);
char *uring_buffer(const struct uring_buffers *buffers, unsigned id);
/* Gives the buffer back to the kernel. */
void uring_buffer_return(struct uring_buffers *buffers, unsigned id);

#endif
