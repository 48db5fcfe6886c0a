#include "session.h"

#include <string.h>

void session_init(struct session *session, char *buffer, size_t size)
{
    *session = (struct session){.buffer = buffer, .size = size};
}

enum session_want session_wants(const struct session *session)
{
    if (session->begin < session->end)
        return SESSION_SEND;
    return session->peer_finished ? SESSION_CLOSE : SESSION_RECV;
}

struct session_span session_recv_span(const struct session *session)
{
    return (struct session_span){.at = session->buffer, .size = session->size};
}

bool session_is_full(const struct session *session)
{
    return session->begin == 0 && session->end == session->size;
}

void session_received(struct session *session, size_t count)
{
    if (count == 0)
        session->peer_finished = true;
    session->begin = 0;
    session->end = count;
}

void session_move(struct session *session, char *buffer)
{
    if (buffer != session->buffer && session->begin < session->end)
        memcpy(buffer + session->begin, session->buffer + session->begin,
               session->end - session->begin);
    session->buffer = buffer;
}

struct session_span session_send_span(const struct session *session)
{
    return (struct session_span){.at = session->buffer + session->begin,
                                 .size = session->end - session->begin};
}

void session_sent(struct session *session, size_t count)
{
    session->begin += count;
}
