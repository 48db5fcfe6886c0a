#include "overlapped_win32.h"

#include "readiness.h"

int64_t overlapped_post(struct worker *worker, struct connection *connection,
                        WSAOVERLAPPED *overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    struct session *session = &connection->session;
    net_socket socket = connection->socket;
    uint32_t id = connection->id;
    bool sending = session_wants(session) == SESSION_SEND;
    struct session_span span = sending ? session_send_span(session) : session_recv_span(session);
    WSABUF buffer = {.len = (ULONG)span.size, .buf = span.at};
    DWORD bytes = 0, flags = 0;
    if (sending)
        return observe_post(
            worker, id, "WSASend", span.size,
            WSASend(socket, &buffer, 1, &bytes, 0, overlapped, routine) == 0 ? (int)bytes : -1);
    return observe_post(
        worker, id, "WSARecv", span.size,
        WSARecv(socket, &buffer, 1, &bytes, &flags, overlapped, routine) == 0 ? (int)bytes : -1);
}

bool overlapped_posted(int64_t result)
{
    return result >= 0 || result == OVERLAPPED_PENDING;
}

int64_t overlapped_result(struct worker *worker, const struct connection *connection,
                          WSAOVERLAPPED *overlapped)
{
    DWORD bytes = 0, flags = 0;
    int error = observe_call(
        worker, connection, "WSAGetOverlappedResult()",
        WSAGetOverlappedResult(connection->socket, overlapped, &bytes, FALSE, &flags) != 0, NULL);
    return error == 0 ? (int64_t)bytes : error;
}

enum session_want overlapped_step(struct worker *worker, struct connection *connection,
                                  int64_t result, int *error)
{
    struct session *session = &connection->session;
    enum readiness_received received;
    if (session_wants(session) == SESSION_SEND) {
        size_t asked = session_send_span(session).size;
        if (observe_send_done(worker, connection, asked, result) >= 0)
            session_sent(session, (size_t)result);
    } else {
        size_t asked = session_recv_span(session).size;
        if (observe_recv_done(worker, connection, asked, result) >= 0)
            session_received(session, (size_t)result);
    }
    if (result >= 0)
        return readiness_step(worker, connection, 0, &received, error);
    *error = (int)result;
    return SESSION_CLOSE;
}
