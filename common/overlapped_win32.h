/*
 * overlapped: what every model of overlapped I/O shares: the one operation that a connection has
 * going, a WSARecv or a WSASend, and what is done when it is complete.
 *
 * The WSAOVERLAPPED and the session's buffer belong to the system from overlapped_post until the
 * operation is complete, cancelled ones too ("WSARecv"): only then may the connection be released.
 * The socket must be non-blocking, so that a send does not wait for a peer that does not read;
 * overlapped operations stay pending on it all the same.
 */
#ifndef IOMODELS_OVERLAPPED_WIN32_H
#define IOMODELS_OVERLAPPED_WIN32_H

#include "crew.h"
#include "server.h"

/* overlapped_post: the operation goes on, and its completion will be told. */
#define OVERLAPPED_PENDING (-(int64_t)WSA_IO_PENDING)

/*
 * Starts what the session wants: WSARecv into its span, or WSASend of what is pending. routine:
 * NULL where the model has none. Returns OVERLAPPED_PENDING, the bytes of an operation that was
 * complete at once (which is told all the same, but for FILE_SKIP_COMPLETION_PORT_ON_SUCCESS), or
 * another negative error, and then nothing was started.
 *
 * On a completion port another thread may have ended the connection before this returns.
 */
int64_t overlapped_post(struct worker *worker, struct connection *connection,
                        WSAOVERLAPPED *overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);
/* Whether so a result means that a completion will be told, but for that flag. */
bool overlapped_posted(int64_t result);

/* WSAGetOverlappedResult of a complete operation: its bytes, or a negative error. */
int64_t overlapped_result(struct worker *worker, const struct connection *connection,
                          WSAOVERLAPPED *overlapped);
/*
 * Moves the bytes of the complete operation through the session, then sends what is pending by
 * plain send, as far as the socket takes it. result: its bytes, or a negative error. Returns what
 * to post next; SESSION_CLOSE: release it with *error, which is 0 unless a call failed.
 */
enum session_want overlapped_step(struct worker *worker, struct connection *connection,
                                  int64_t result, int *error);

#endif
