#include "network_events_win32.h"

#include <stdio.h>

struct turn network_events_turn(struct network_events *events, long reported,
                                struct session *session)
{
    events->readable |= (reported & FD_READ) != 0;
    events->closing |= (reported & FD_CLOSE) != 0;
    return turn_begin(session, events->readable || events->closing ? 1 : 0);
}

bool network_events_again(struct network_events *events, const struct turn *turn)
{
    if (turn->has_received)
        events->readable = false; /* re-enabled, and reported again where data is left */
    return events->closing && turn_wants(turn) == SESSION_RECV;
}

void network_events_note(struct worker *worker, const struct connection *connection, long reported,
                         const struct turn *turn)
{
    if (turn_wants(turn) == SESSION_CLOSE)
        return;
    if (turn->has_received)
        observe_note(worker, connection->id, "FD_READ", "re-armed by recv");
    else if ((reported & FD_READ) != 0)
        observe_note(worker, connection->id, "FD_READ", "kept until a recv");
    if (turn_wants(turn) == SESSION_SEND)
        observe_note(worker, connection->id, "FD_WRITE", "re-armed by the send that failed");
}

/* iErrorCode counts only where the event's bit is set. */
int network_events_error(const WSANETWORKEVENTS *record)
{
    for (int bit = 0; bit < FD_MAX_EVENTS; bit++)
        if ((record->lNetworkEvents & (1L << bit)) != 0 && record->iErrorCode[bit] != 0)
            return -record->iErrorCode[bit];
    return 0;
}

const char *network_events_text(long reported, char *text, size_t size)
{
    snprintf(text, size, "%s%s%s%s%s", reported == 0 ? "nothing" : "",
             (reported & FD_ACCEPT) != 0 ? "FD_ACCEPT " : "",
             (reported & FD_READ) != 0 ? "FD_READ " : "",
             (reported & FD_WRITE) != 0 ? "FD_WRITE " : "",
             (reported & FD_CLOSE) != 0 ? "FD_CLOSE" : "");
    return text;
}
