#include "load/engine_iocp.h"

#include <stdlib.h>

#include "skip_mode_win32.h"

static struct slot *slot_take(struct engine *engine, struct engine_connection *connection)
{
    struct slot *slot = engine->free;
    if (slot != NULL) {
        engine->free = slot->next;
    } else {
        slot = calloc(1, sizeof *slot);
        if (slot == NULL)
            return NULL;
        slot->next_made = engine->made;
        engine->made = slot;
    }
    *slot = (struct slot){.connection = connection,
                          .closing = NET_SOCKET_NONE,
                          .next_made = slot->next_made,
                          .holds = 1,
                          .connecting = true,
                          .receiving = true,
                          .buffer = slot->buffer};
    return slot;
}

/* Extension functions belong to the provider of a socket, so they are asked for once a family. */
static int provider_learn(struct engine *engine, net_socket socket, int family)
{
    GUID function = WSAID_CONNECTEX;
    DWORD bytes = 0;
    if (engine->family == family)
        return 0;
    if (WSAIoctl(socket, SIO_GET_EXTENSION_FUNCTION_POINTER, &function, sizeof function,
                 &engine->connect_ex, sizeof engine->connect_ex, &bytes, NULL, NULL) != 0)
        return net_last_error();
    engine->may_skip_port = skip_mode_allowed(socket);
    engine->family = family;
    return 0;
}

/* ConnectEx takes bound sockets only. */
static int source_bind(net_socket socket, const struct net_address *source,
                       const struct net_address *to)
{
    struct net_address any = {.length = to->length};
    any.storage.ss_family = to->storage.ss_family;
    if (source == NULL)
        source = &any;
    return net_bind_source(socket, source);
}

static int port_join(struct engine *engine, struct slot *slot, net_socket socket)
{
    HANDLE handle = (HANDLE)socket;
    if (CreateIoCompletionPort(handle, engine->port, (ULONG_PTR)slot, 0) == NULL)
        return net_last_error();
    slot->skips_port = engine->may_skip_port && SetFileCompletionNotificationModes(
                                                    handle, FILE_SKIP_COMPLETION_PORT_ON_SUCCESS |
                                                                FILE_SKIP_SET_EVENT_ON_HANDLE);
    return 0;
}

static int connect_begin(struct engine *engine, struct slot *slot, net_socket socket,
                         const struct net_address *to)
{
    DWORD sent = 0;
    BOOL connected = engine->connect_ex(socket, (const struct sockaddr *)&to->storage, to->length,
                                        NULL, 0, &sent, &slot->inward.overlapped);
    int begun = operation_begun(engine, slot, &slot->inward, connected);
    if (begun < 0)
        return begun;
    if (begun != OPERATION_UNDER_WAY) {
        slot->completed = true;
        slot_make_ready(engine, slot);
    }
    return 0;
}

int engine_connect(struct engine *engine, struct engine_connection *connection,
                   const struct net_address *to, const struct net_address *source, bool nodelay)
{
    int family = to->storage.ss_family;
    struct slot *slot = slot_take(engine, connection);
    if (slot == NULL)
        return -WSA_NOT_ENOUGH_MEMORY;
    connection->platform = slot;
    connection->socket = WSASocketW(family, SOCK_STREAM, IPPROTO_TCP, NULL, 0,
                                    WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
    int error = connection->socket == NET_SOCKET_NONE ? net_last_error() : 0;
    if (error == 0)
        error = provider_learn(engine, connection->socket, family);
    if (error == 0)
        error = source_bind(connection->socket, source, to);
    if (error == 0)
        error = net_set_nodelay(connection->socket, nodelay);
    if (error == 0)
        error = port_join(engine, slot, connection->socket);
    if (error == 0)
        error = connect_begin(engine, slot, connection->socket, to);
    if (error != 0) {
        if (connection->socket != NET_SOCKET_NONE)
            net_close(connection->socket);
        connection->socket = NET_SOCKET_NONE;
        slot_release(engine, slot);
        return error;
    }
    connection->open = true;
    return 0;
}

void engine_connect_report(struct engine *engine, struct slot *slot)
{
    int error = (int)slot->result;
    slot->connecting = false;
    /* Without it shutdown and getpeername don't know the socket for connected (ConnectEx). */
    if (error == 0 &&
        setsockopt(slot->connection->socket, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0) != 0)
        error = net_last_error();
    slot->receiving = error == 0;
    engine->callbacks.connected(engine->context, slot->connection, error);
}
