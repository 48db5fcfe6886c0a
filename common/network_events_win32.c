#include "network_events_win32.h"

#include <stdio.h>

enum session_want network_events_step(struct worker *worker, struct connection *connection,
                                      struct network_events *events, long reported, int *error)
{
    enum readiness_received received;
    events->readable |= (reported & FD_READ) != 0;
    events->closing |= (reported & FD_CLOSE) != 0;
    enum session_want want = readiness_step(
        worker, connection, events->readable || events->closing ? 1 : 0, &received, error);
    if (received != READINESS_NOT_TRIED)
        events->readable = false; /* re-enabled, and reported again where data is left */
    return want;
}

void network_events_accept(struct worker *worker, readiness_begin *begin)
{
    net_socket socket;
    int error;
    /* Only this one is known of; and after an accept for nothing Wine 8.0 reports no more. */
    do
        error = observe_accept(worker, socket = accept(worker->server->listener, NULL, NULL));
    while (error != 0 && server_accept_failed(worker, error) > 0);
    if (error != 0)
        return;
    struct connection *connection = server_admit(worker, socket);
    if (connection != NULL && crew_assign(worker, connection) != NULL)
        begin(worker, connection);
}

void network_events_listener(struct worker *worker, WSAEVENT event, readiness_begin *begin)
{
    long reported;
    int error = network_events_take(worker, NULL, worker->server->listener, event, &reported);
    /* Of an error that FD_ACCEPT brings the accept tells, and whether it is the listener's. */
    if ((reported & FD_ACCEPT) != 0)
        network_events_accept(worker, begin);
    else if (error != 0)
        server_fail(worker->server, "WSAEnumNetworkEvents", error);
}

/* The first error in the record, or 0: iErrorCode counts only where the event's bit is set. */
static int record_error(const WSANETWORKEVENTS *record)
{
    for (int bit = 0; bit < FD_MAX_EVENTS; bit++)
        if ((record->lNetworkEvents & (1L << bit)) != 0 && record->iErrorCode[bit] != 0)
            return -record->iErrorCode[bit];
    return 0;
}

int network_events_take(struct worker *worker, const struct connection *connection,
                        net_socket socket, WSAEVENT event, long *reported)
{
    char text[64] = "";
    WSANETWORKEVENTS record = {0};
    bool taken = WSAEnumNetworkEvents(socket, event, &record) == 0;
    if (taken && observe_tracing(worker))
        network_events_text(record.lNetworkEvents, text, sizeof text);
    int error = observe_call(worker, connection, "WSAEnumNetworkEvents()", taken, text);
    *reported = record.lNetworkEvents;
    return error != 0 ? error : record_error(&record);
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
