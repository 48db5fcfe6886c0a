/*
 * session: one connection's echo state. Pure memory: it knows no socket, no thread and no model.
 *
 * One rule: receive only when nothing is pending, then send until nothing is. That is the
 * back-pressure, the same in every model. One thread at a time.
 */
#ifndef IOMODELS_SESSION_H
#define IOMODELS_SESSION_H

#include <stdbool.h>
#include <stddef.h>

enum session_want {
    SESSION_RECV, /* nothing pending: receive into session_recv_span */
    SESSION_SEND, /* something pending: send session_send_span */
    SESSION_CLOSE /* the peer has finished and has everything back */
};

struct session {
    char *buffer; /* the caller's; at least one byte */
    size_t size;  /* bytes of buffer */
    size_t begin; /* buffer[begin, end) came in and has not yet gone out */
    size_t end;
    bool peer_finished; /* the peer's half-close was received */
};

struct session_span {
    char *at;
    size_t size; /* bytes, never 0 */
};

/* buffer stays the caller's and must outlive the session. */
void session_init(struct session *session, char *buffer, size_t size);

enum session_want session_wants(const struct session *session);

/* Only while session_wants is SESSION_RECV: where to receive and at most how much. */
struct session_span session_recv_span(const struct session *session);
/* True: the last receive filled the buffer, and nothing of that has been sent yet. */
bool session_is_full(const struct session *session);
/* `count` bytes came into that span; 0: the peer has finished sending. */
void session_received(struct session *session, size_t count);

/*
 * From now on the buffer is this one, as large and the caller's as well: what is pending is copied to
 * it, to the same place. For a model whose idle sessions need no buffer of their own.
 */
void session_move(struct session *session, char *buffer);

/* Only while session_wants is SESSION_SEND: what is pending. */
struct session_span session_send_span(const struct session *session);
/* `count` bytes of that span went out. */
void session_sent(struct session *session, size_t count);

#endif
