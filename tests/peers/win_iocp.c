#include "peer.h"

#include <process.h>

const char peer_model[] = "iocp";

/* A session that always finds data must not keep the others from the worker. */
enum { INLINE_ROUNDS = 4 };

static HANDLE port;

/* Goes on inline while operations complete at once: those bring no packet. */
static void run(struct session *session)
{
    for (int round = 0; round < INLINE_ROUNDS; round++) {
        DWORD bytes = 0;
        int error = session_post(session, NULL, &bytes);
        if (error == WSA_IO_PENDING)
            return;
        if (error != 0 || session_completed(session, bytes) == STEP_CLOSED) {
            session_close(session);
            return;
        }
    }
    PostQueuedCompletionStatus(port, 0, (ULONG_PTR)session, NULL);
}

static unsigned __stdcall work(void *unused)
{
    (void)unused;
    for (;;) {
        DWORD bytes;
        ULONG_PTR key;
        OVERLAPPED *overlapped;
        BOOL done = GetQueuedCompletionStatus(port, &bytes, &key, &overlapped, INFINITE);
        struct session *session = (struct session *)key;
        if (!overlapped) {
            if (!done)
                peer_fail("GetQueuedCompletionStatus");
            run(session);
        } else if (!done || session_completed(session, bytes) == STEP_CLOSED) {
            session_close(session);
        } else {
            run(session);
        }
    }
    return 0;
}

void peer_serve(socket_t listener)
{
    port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1);
    peer_thread_began();
    if (!port || !_beginthreadex(NULL, 0, work, NULL, 0, NULL))
        peer_fail("CreateIoCompletionPort");
    for (;;) {
        struct session *session = session_accept(listener, true);
        if (!session)
            continue;
        HANDLE handle = (HANDLE)session->socket;
        if (CreateIoCompletionPort(handle, port, (ULONG_PTR)session, 0) &&
            SetFileCompletionNotificationModes(handle, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS |
                                                           FILE_SKIP_SET_EVENT_ON_HANDLE))
            PostQueuedCompletionStatus(port, 0, (ULONG_PTR)session, NULL);
        else
            session_close(session);
    }
}
