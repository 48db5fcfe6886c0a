/* What the peers share: the harness's control protocol, and a session with its persistent buffer.
 * Each peer is one file with peer_model and peer_serve; everything that is its model is in there.
 */
#ifndef PEER_H
#define PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef _WIN32
#include <windows.h>
#include <winsock2.h>
typedef SOCKET socket_t;
#define BAD_SOCKET INVALID_SOCKET
#else
typedef int socket_t;
#define BAD_SOCKET (-1)
#endif

struct session {
    socket_t socket;
    size_t index; /* the place in the model's own table */
    size_t begin; /* buffer[begin, end) is received and not yet sent */
    size_t end;
#ifdef _WIN32
    bool finishing; /* FD_CLOSE was seen, and is not signalled again */
    WSAEVENT event;
    WSAOVERLAPPED overlapped;
#endif
    char *buffer;
};

enum step {
    STEP_DONE,    /* received and sent back */
    STEP_IDLE,    /* there was nothing to receive */
    STEP_PENDING, /* the socket does not take the rest yet */
    STEP_CLOSED
};

struct peer {
    size_t buffer_bytes;
    size_t max_connections;
    const char *delays; /* as they were given, for native_delays; else NULL */
    const char *stall;
};

extern struct peer peer;

/* Given by each peer. */
extern const char peer_model[];
void peer_serve(socket_t listener);

void peer_fail(const char *what);
void *peer_allocate(size_t count, size_t size);
void peer_thread_began(void);
void peer_thread_ended(void);

void socket_set_nonblocking(socket_t sock);

/* NULL when nothing is left to accept. A connection beyond the maximum is refused. */
struct session *session_accept(socket_t listener, bool nonblocking);
enum step session_receive(struct session *session);
enum step session_send(struct session *session);
void session_close(struct session *session);

/* For who receives, sends and closes by other means. What is received goes behind what is pending. */
void session_filled(struct session *session, size_t bytes);
void session_drained(struct session *session, size_t bytes);
void session_free(struct session *session);

#ifdef _WIN32
/* The FD_ bits of a session; false when it is over. */
bool session_notified(struct session *session, long events);

/* An overlapped operation ended: what is to be sent is tried at once, without overlapping. */
enum step session_completed(struct session *session, size_t bytes);
/* The overlapped operation that is due: 0, WSA_IO_PENDING, or an error. */
int session_post(struct session *session, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine, DWORD *bytes);
#endif

#endif
