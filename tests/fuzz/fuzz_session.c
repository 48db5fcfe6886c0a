/*
 * The session and the turn: the bytes say how large the buffer is, and then what each call of a
 * connection's turns answers. What went out is what came in, and nothing waits for ever.
 */
#include <errno.h>

#include "fuzz.h"
#include "turn.h"

enum { BUFFER_MOST = 64, MOVE = 0x80, FULL = 0x7f, STEPS_IN_A_TURN = 4096 };

struct fuzz {
    const uint8_t *next, *end;
    struct session session;
    char *buffers[2]; /* of exactly that size, so that a byte past it is seen */
    size_t size;
    uint64_t came, went; /* bytes: number n of a connection is the byte n */
};

/* The next answer; 0 behind the last one. */
static unsigned answer(struct fuzz *fuzz)
{
    return fuzz->next == fuzz->end ? 0 : *fuzz->next++;
}

/* A call's count of a span, or one of the errors that it may have. */
static int64_t count_of(unsigned chosen, size_t size, bool zero_is_possible)
{
    static const int errors[] = {EAGAIN, EINTR, ECONNRESET, EPIPE, ETIMEDOUT, ENOBUFS};
    if (chosen >= 0x60 && chosen < FULL)
        return -errors[chosen % (sizeof errors / sizeof errors[0])];
    if (chosen == FULL || (chosen == 0 && !zero_is_possible))
        return (int64_t)size;
    return (int64_t)(chosen % (size + 1)) + (zero_is_possible || chosen % (size + 1) > 0 ? 0 : 1);
}

static void came_in(struct fuzz *fuzz, const struct session_span *span, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        span->at[i] = (char)fuzz->came++;
}

static void went_out(struct fuzz *fuzz, const struct session_span *span, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        FUZZ_HOLDS(span->at[i] == (char)fuzz->went++);
}

/* A step of a turn that is not over. */
static void step_take(struct fuzz *fuzz, struct turn *turn)
{
    bool receives = turn->step == TURN_RECV;
    FUZZ_HOLDS(turn->span.size > 0 && turn->span.size <= fuzz->size);
    FUZZ_HOLDS(turn->span.at >= fuzz->session.buffer &&
               turn->span.at + turn->span.size <= fuzz->session.buffer + fuzz->size);
    /* Only where nothing is pending. */
    FUZZ_HOLDS(!receives || fuzz->came == fuzz->went);
    int64_t count = count_of(answer(fuzz) & ~(unsigned)MOVE, turn->span.size, receives);
    if (receives) {
        came_in(fuzz, &turn->span, count);
        turn_received(turn, count);
    } else {
        went_out(fuzz, &turn->span, count);
        turn_sent(turn, count);
    }
}

/* A turn: false once the connection is over. */
static bool turn_take(struct fuzz *fuzz)
{
    unsigned begin = answer(fuzz), steps = 0;
    if ((begin & MOVE) != 0)
        session_move(&fuzz->session,
                     fuzz->buffers[fuzz->session.buffer == fuzz->buffers[0] ? 1 : 0]);
    struct turn turn = turn_begin(&fuzz->session, begin % (TURN_RECEIVES + 1));
    while (turn_next(&turn) != TURN_OVER) {
        step_take(fuzz, &turn);
        FUZZ_HOLDS(++steps < STEPS_IN_A_TURN || fuzz->next < fuzz->end);
    }
    enum session_want want = turn_wants(&turn);
    FUZZ_HOLDS(want != SESSION_RECV || fuzz->came == fuzz->went);
    FUZZ_HOLDS(want != SESSION_SEND || fuzz->came > fuzz->went);
    /* In order: only when all that came has gone. */
    FUZZ_HOLDS(want != SESSION_CLOSE || turn.error != 0 || fuzz->came == fuzz->went);
    return want != SESSION_CLOSE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz fuzz = {.next = data, .end = data + size};
    fuzz.size = answer(&fuzz) % BUFFER_MOST + 1;
    for (size_t i = 0; i < 2; i++)
        fuzz.buffers[i] = malloc(fuzz.size);
    if (fuzz.buffers[0] == NULL || fuzz.buffers[1] == NULL)
        abort();
    session_init(&fuzz.session, fuzz.buffers[0], fuzz.size);
    while (fuzz.next < fuzz.end && turn_take(&fuzz))
        continue;
    free(fuzz.buffers[0]);
    free(fuzz.buffers[1]);
    return 0;
}
