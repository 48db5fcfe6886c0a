#include "peer.h"

#include <pthread.h>

const char peer_model[] = "blocking";

static void *echo(void *argument)
{
    struct session *session = argument;
    while (session_receive(session) == STEP_DONE)
        ;
    session_close(session);
    peer_thread_ended();
    return NULL;
}

void peer_serve(socket_t listener)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, 64 * 1024);
    for (;;) {
        struct session *session = session_accept(listener, false);
        if (!session)
            continue;
        pthread_t thread;
        peer_thread_began();
        if (pthread_create(&thread, &attributes, echo, session) != 0) {
            peer_thread_ended();
            session_close(session);
        }
    }
}
