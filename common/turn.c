#include "turn.h"

#include "net.h"

struct turn turn_begin(struct session *session, unsigned receives)
{
    return (struct turn){.session = session, .receives = receives};
}

enum turn_step turn_next(struct turn *turn)
{
    turn->step = TURN_OVER;
    switch (turn_wants(turn)) {
    case SESSION_RECV:
        if (turn->receives > 0) {
            turn->step = TURN_RECV;
            turn->span = session_recv_span(turn->session);
        }
        break;
    case SESSION_SEND:
        if (!turn->send_blocked) {
            turn->step = TURN_SEND;
            turn->span = session_send_span(turn->session);
        }
        break;
    case SESSION_CLOSE:
        break;
    }
    return turn->step;
}

/* True: the call moved nothing, and the connection goes on. */
static bool nothing_moved(struct turn *turn, int64_t count, bool *would_block)
{
    enum net_error_kind kind = count < 0 ? net_error_kind((int)count) : NET_ERROR_OTHER;
    *would_block = kind == NET_ERROR_WOULD_BLOCK;
    if (count < 0 && !*would_block && kind != NET_ERROR_INTERRUPTED)
        turn->error = (int)count;
    return count < 0;
}

void turn_received(struct turn *turn, int64_t count)
{
    turn->has_received = true;
    if (nothing_moved(turn, count, &turn->found_nothing)) {
        if (turn->found_nothing)
            turn->receives = 0;
        return;
    }
    session_received(turn->session, (size_t)count);
    if (turn->receives > 0)
        turn->receives = session_is_full(turn->session) ? turn->receives - 1 : 0;
}

void turn_sent(struct turn *turn, int64_t count)
{
    if (!nothing_moved(turn, count, &turn->send_blocked))
        session_sent(turn->session, (size_t)count);
}

void turn_completed(struct turn *turn, int64_t count)
{
    if (session_wants(turn->session) == SESSION_SEND)
        turn_sent(turn, count);
    else
        turn_received(turn, count);
}

enum session_want turn_wants(const struct turn *turn)
{
    return turn->error != 0 ? SESSION_CLOSE : session_wants(turn->session);
}
