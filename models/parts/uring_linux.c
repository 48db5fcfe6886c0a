#include "uring.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/*
 * DEFER_TASKRUN: the kernel does its part of the work inside our own io_uring_enter, when we wait,
 * and does not interrupt us. Before Linux 6.1, COOP_TASKRUN comes nearest to that. Linux before
 * 5.19 has neither of them, and no multishot accept.
 */
static const unsigned setups[] = {
    IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
    IORING_SETUP_COOP_TASKRUN,
};

bool uring_params(struct io_uring_params *params, unsigned choice, unsigned completions)
{
    if (choice >= sizeof setups / sizeof setups[0])
        return false;
    *params = (struct io_uring_params){
        /* SUBMIT_ALL: one refused operation does not hold up those behind it. */
        .flags =
            setups[choice] | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP,
        .cq_entries = completions < URING_SUBMISSIONS ? URING_SUBMISSIONS : completions,
    };
    return true;
}

struct io_uring_params uring_params_polled(unsigned idle_ms, unsigned completions)
{
    struct io_uring_params params;
    (void)uring_params(&params, 0, completions);
    params.flags &= ~setups[0]; /* they are for a ring whose submissions are handed in */
    params.flags |= IORING_SETUP_SQPOLL;
    params.sq_thread_idle = idle_ms;
    return params;
}

const char *uring_setup_call(int error)
{
    return error == -ENOMEM ? "io_uring_setup (no memory, or ulimit -l is too low for its queues)"
                            : "io_uring_setup";
}

/* fd: of io_uring_setup, closed here; with errno where it failed. */
static const char *refusal_of(int fd)
{
    if (fd >= 0) {
        close(fd);
        return NULL;
    }
    switch (errno) {
    case ENOSYS:
        return "io_uring_setup: ENOSYS: this kernel has no io_uring, or a container's seccomp "
               "profile hides it and must allow it";
    case EPERM:
    case EACCES:
        return "io_uring_setup: EPERM: forbidden by the sysctl kernel.io_uring_disabled (0 allows "
               "it) or by a container's seccomp profile, which must allow it";
    case EINVAL:
        return "io_uring_setup: EINVAL: this kernel's io_uring is too old, Linux 5.19 is needed";
    default:
        return NULL; /* something is used up; serve names it when it fails */
    }
}

const char *uring_unavailable(void)
{
    struct io_uring_params params;
    int fd = -1;
    for (unsigned choice = 0; uring_params(&params, choice, 1); choice++)
        if ((fd = io_uring_setup(URING_SUBMISSIONS, &params)) >= 0 || errno != EINVAL)
            break;
    return refusal_of(fd);
}

const char *uring_polled_unavailable(void)
{
    struct io_uring_params params = uring_params_polled(1, 1);
    return refusal_of(io_uring_setup(URING_SUBMISSIONS, &params));
}

/* What that operation brings on no socket at all: -EBADF, or -EINVAL where the kernel does not know it. */
static int refusal_of_operation(struct uring *ring, int fd, enum io_uring_op opcode,
                                unsigned short ioprio)
{
    struct io_uring_cqe completion;
    uring_submission(ring, 0, opcode, -1)->ioprio = ioprio;
    if (io_uring_enter(fd, uring_hand_in(ring), 1, IORING_ENTER_GETEVENTS) < 0)
        return -errno;
    return uring_completion(ring, &completion) ? completion.res : -EBADF;
}

const char *uring_zero_copy_unavailable(void)
{
    const char *refusal = uring_unavailable();
    if (refusal != NULL)
        return refusal;
    struct uring ring = {.worker = NULL};
    struct io_uring_params params = {.flags = IORING_SETUP_CLAMP};
    int fd = io_uring_setup(1, &params), error = -EBADF;
    if (fd < 0)
        return NULL; /* something is used up, as in refusal_of */
    size_t queues_bytes = uring_queues_bytes(&params),
           submissions_bytes = uring_submissions_bytes(&params);
    void *queues =
        mmap(NULL, queues_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, IORING_OFF_SQ_RING);
    void *submissions =
        mmap(NULL, submissions_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, IORING_OFF_SQES);
    if (queues != MAP_FAILED && submissions != MAP_FAILED) {
        uring_lay_out(&ring, &params, queues, submissions);
        error = refusal_of_operation(&ring, fd, IORING_OP_SEND_ZC, IORING_SEND_ZC_REPORT_USAGE);
    }
    if (queues != MAP_FAILED)
        munmap(queues, queues_bytes);
    if (submissions != MAP_FAILED)
        munmap(submissions, submissions_bytes);
    close(fd);
    return error == -EINVAL
               ? "IORING_OP_SEND_ZC: EINVAL: this kernel's io_uring can't send without "
                 "a copy, or does not say what it copied; Linux 6.2 is needed"
               : NULL;
}

const char *uring_registered_unavailable(void)
{
    const char *refusal = uring_unavailable();
    if (refusal != NULL)
        return refusal;
    struct io_uring_params params = {.flags = IORING_SETUP_CLAMP};
    int fd = io_uring_setup(1, &params);
    if (fd < 0)
        return NULL; /* something is used up, as in refusal_of */
    close(fd);
    return (params.features & IORING_FEAT_RW_ATTR) != 0
               ? NULL
               : "io_uring_register: this kernel's io_uring keeps registered sockets open that are "
                 "taken out while others wait; Linux 6.14 is needed";
}

size_t uring_queues_bytes(const struct io_uring_params *params)
{
    size_t submissions_end = params->sq_off.array + params->sq_entries * sizeof(unsigned);
    size_t completions_end = params->cq_off.cqes + params->cq_entries * sizeof(struct io_uring_cqe);
    return submissions_end > completions_end ? submissions_end : completions_end;
}

size_t uring_submissions_bytes(const struct io_uring_params *params)
{
    return params->sq_entries * sizeof(struct io_uring_sqe);
}

void uring_lay_out(struct uring *ring, const struct io_uring_params *params, void *queues,
                   void *submissions)
{
    char *begin = queues;
    ring->submissions = submissions;
    ring->submissions_size = params->sq_entries;
    ring->submissions_head = (atomic_uint *)(void *)(begin + params->sq_off.head);
    ring->submissions_tail = (atomic_uint *)(void *)(begin + params->sq_off.tail);
    ring->submissions_flags = (atomic_uint *)(void *)(begin + params->sq_off.flags);
    ring->completions_size = params->cq_entries;
    ring->completions_head = (atomic_uint *)(void *)(begin + params->cq_off.head);
    ring->completions_tail = (atomic_uint *)(void *)(begin + params->cq_off.tail);
    ring->completions = (struct io_uring_cqe *)(void *)(begin + params->cq_off.cqes);
    ring->submitted = ring->handed_in = ring->under_way = 0;
    /* The kernel finds the submissions by an array of their indices: here always in order. */
    unsigned *order = (unsigned *)(void *)(begin + params->sq_off.array);
    for (unsigned i = 0; i < params->sq_entries; i++)
        order[i] = i;
}

unsigned uring_queued(const struct uring *ring)
{
    return ring->submitted - atomic_load_explicit(ring->submissions_head, memory_order_acquire);
}

unsigned uring_room(const struct uring *ring)
{
    return ring->submissions_size - uring_queued(ring);
}

struct io_uring_sqe *uring_submission(struct uring *ring, uint64_t user_data,
                                      enum io_uring_op opcode, int fd)
{
    struct io_uring_sqe *next =
        &ring->submissions[ring->submitted++ & (ring->submissions_size - 1)];
    *next =
        (struct io_uring_sqe){.user_data = user_data, .opcode = (unsigned char)opcode, .fd = fd};
    ring->under_way++;
    return next;
}

/* The operation as a trace shows it. */
static const char *operation_text(const struct io_uring_sqe *operation, char *text, size_t size)
{
    switch (operation->opcode) {
    case IORING_OP_ACCEPT:
        return (operation->ioprio & IORING_ACCEPT_MULTISHOT) != 0 ? "IORING_OP_ACCEPT(multishot)"
                                                                  : "IORING_OP_ACCEPT()";
    case IORING_OP_RECV:
        if ((operation->ioprio & IORING_RECV_MULTISHOT) != 0)
            return "IORING_OP_RECV(multishot)";
        snprintf(text, size, "IORING_OP_RECV(at most %u bytes)", operation->len);
        return text;
    case IORING_OP_READ_FIXED:
        snprintf(text, size, "IORING_OP_READ_FIXED(at most %u bytes)", operation->len);
        return text;
    case IORING_OP_SEND:
        snprintf(text, size, "IORING_OP_SEND(pending %u bytes)", operation->len);
        return text;
    case IORING_OP_SEND_ZC:
        snprintf(text, size, "IORING_OP_SEND_ZC(pending %u bytes)", operation->len);
        return text;
    case IORING_OP_READ:
        return "IORING_OP_READ(what wakes the thread)";
    case IORING_OP_POLL_ADD:
        return "IORING_OP_POLL_ADD(listener)";
    case IORING_OP_ASYNC_CANCEL:
        return "IORING_OP_ASYNC_CANCEL()";
    default:
        snprintf(text, size, "operation %u", operation->opcode);
        return text;
    }
}

/* Those that the kernel has not seen yet. */
static void operations_note(const struct uring *ring)
{
    char text[64];
    for (unsigned i = ring->handed_in; i != ring->submitted; i++) {
        const struct io_uring_sqe *operation = &ring->submissions[i & (ring->submissions_size - 1)];
        const struct connection *connection =
            (const struct connection *)(uintptr_t)(operation->user_data &
                                                   ~(uint64_t)(URING_OWN - 1));
        observe_note(ring->worker, connection == NULL ? 0 : connection->id,
                     operation_text(operation, text, sizeof text), "queued");
    }
}

unsigned uring_hand_in(struct uring *ring)
{
    if (ring->worker != NULL && observe_tracing(ring->worker))
        operations_note(ring);
    ring->handed_in = ring->submitted;
    atomic_store_explicit(ring->submissions_tail, ring->submitted, memory_order_release);
    return uring_queued(ring);
}

bool uring_needs_wakeup(const struct uring *ring)
{
    /* io_uring(7): the thread sets the flag, then looks at the tail once more; the other way here. */
    atomic_thread_fence(memory_order_seq_cst);
    return (atomic_load_explicit(ring->submissions_flags, memory_order_relaxed) &
            IORING_SQ_NEED_WAKEUP) != 0;
}

unsigned uring_completed(const struct uring *ring)
{
    return atomic_load_explicit(ring->completions_tail, memory_order_acquire) -
           atomic_load_explicit(ring->completions_head, memory_order_relaxed);
}

static size_t buffers_ring_bytes(const struct uring_buffers *buffers)
{
    return buffers->count * sizeof(struct io_uring_buf);
}

int uring_buffers_open(struct uring_buffers *buffers, int fd, unsigned count, size_t bytes)
{
    *buffers = (struct uring_buffers){.count = count, .bytes = bytes};
    void *mapped = mmap(NULL, buffers_ring_bytes(buffers) + count * bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED)
        return -errno;
    buffers->ring = mapped; /* it has to begin a page */
    buffers->memory = (char *)mapped + buffers_ring_bytes(buffers);
    struct io_uring_buf_reg registered = {.ring_addr = (uintptr_t)mapped, .ring_entries = count};
    if (io_uring_register(fd, IORING_REGISTER_PBUF_RING, &registered, 1) != 0) {
        int error = -errno;
        uring_buffers_close(buffers);
        return error;
    }
    for (unsigned id = 0; id < count; id++)
        uring_buffer_return(buffers, id);
    return 0;
}

void uring_buffers_close(struct uring_buffers *buffers)
{
    if (buffers->ring != NULL)
        munmap(buffers->ring, buffers_ring_bytes(buffers) + buffers->count * buffers->bytes);
    buffers->ring = NULL;
}

char *uring_buffer(const struct uring_buffers *buffers, unsigned id)
{
    return buffers->memory + id * buffers->bytes;
}

void uring_buffer_return(struct uring_buffers *buffers, unsigned id)
{
    struct io_uring_buf *free_one = &buffers->ring->bufs[buffers->returned & (buffers->count - 1)];
    free_one->addr = (uintptr_t)uring_buffer(buffers, id);
    free_one->len = (unsigned)buffers->bytes;
    free_one->bid = (unsigned short)id;
    buffers->returned++;
    atomic_store_explicit((_Atomic unsigned short *)&buffers->ring->tail,
                          (unsigned short)buffers->returned, memory_order_release);
}

bool uring_completion(struct uring *ring, struct io_uring_cqe *completion)
{
    unsigned head = atomic_load_explicit(ring->completions_head, memory_order_relaxed);
    if (uring_completed(ring) == 0)
        return false;
    *completion = ring->completions[head & (ring->completions_size - 1)];
    ring->under_way -= (completion->flags & IORING_CQE_F_MORE) == 0;
    atomic_store_explicit(ring->completions_head, head + 1, memory_order_release);
    return true;
}
