#include "peer.h"

#include <stdlib.h>
#include <uv.h>

const char peer_model[] = "epoll";

struct connection {
    uv_tcp_t handle;
    uv_write_t request;
    struct session *session;
};

static void closed(uv_handle_t *handle)
{
    struct connection *connection = handle->data;
    session_free(connection->session);
    free(connection);
}

static void connection_close(struct connection *connection)
{
    uv_close((uv_handle_t *)&connection->handle, closed);
}

static uv_buf_t pending(const struct session *session)
{
    return uv_buf_init(session->buffer + session->begin, (unsigned)(session->end - session->begin));
}

static void offer_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct connection *connection = handle->data;
    (void)suggested;
    *buffer = uv_buf_init(connection->session->buffer, (unsigned)peer.buffer_bytes);
}

static void received(uv_stream_t *stream, ssize_t bytes, const uv_buf_t *buffer);

static void sent(uv_write_t *request, int status)
{
    struct connection *connection = request->handle->data;
    struct session *session = connection->session;
    if (status == 0)
        session_drained(session, session->end - session->begin);
    if (status != 0 || uv_read_start(request->handle, offer_buffer, received) != 0)
        connection_close(connection);
}

/* uv_write alone would do, but tells even of what was sent at once in a later turn of the loop. */
static void received(uv_stream_t *stream, ssize_t bytes, const uv_buf_t *buffer)
{
    struct connection *connection = stream->data;
    struct session *session = connection->session;
    (void)buffer;
    if (bytes == 0)
        return;
    if (bytes < 0) {
        connection_close(connection);
        return;
    }
    session_filled(session, (size_t)bytes);
    uv_buf_t rest = pending(session);
    int at_once = uv_try_write(stream, &rest, 1);
    if (at_once > 0)
        session_drained(session, (size_t)at_once);
    if (session->begin == session->end)
        return;
    rest = pending(session);
    uv_read_stop(stream);
    if ((at_once < 0 && at_once != UV_EAGAIN) ||
        uv_write(&connection->request, stream, &rest, 1, sent) != 0)
        connection_close(connection);
}

static void accept_all(uv_poll_t *listening, int status, int events)
{
    socket_t *listener = listening->data;
    struct session *session;
    (void)status;
    (void)events;
    while ((session = session_accept(*listener, true))) {
        struct connection *connection = peer_allocate(1, sizeof *connection);
        connection->session = session;
        connection->handle.data = connection;
        if (uv_tcp_init(listening->loop, &connection->handle) != 0 ||
            uv_tcp_open(&connection->handle, session->socket) != 0 ||
            uv_read_start((uv_stream_t *)&connection->handle, offer_buffer, received) != 0)
            peer_fail("libuv's connection");
    }
}

void peer_serve(socket_t listener)
{
    uv_poll_t listening = {.data = &listener};
    uv_loop_t *loop = uv_default_loop();
    if (!loop || uv_poll_init(loop, &listening, listener) != 0 ||
        uv_poll_start(&listening, UV_READABLE, accept_all) != 0)
        peer_fail("libuv");
    uv_run(loop, UV_RUN_DEFAULT);
}
