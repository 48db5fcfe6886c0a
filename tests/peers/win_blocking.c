#include "peer.h"

#include <process.h>

const char peer_model[] = "blocking";

static unsigned __stdcall echo(void *argument)
{
    struct session *session = argument;
    while (session_receive(session) == STEP_DONE)
        ;
    session_close(session);
    peer_thread_ended();
    return 0;
}

void peer_serve(socket_t listener)
{
    for (;;) {
        struct session *session = session_accept(listener, false);
        if (!session)
            continue;
        peer_thread_began();
        uintptr_t thread =
            _beginthreadex(NULL, 64 * 1024, echo, session, STACK_SIZE_PARAM_IS_A_RESERVATION, NULL);
        if (thread) {
            CloseHandle((HANDLE)thread);
        } else {
            peer_thread_ended();
            session_close(session);
        }
    }
}
