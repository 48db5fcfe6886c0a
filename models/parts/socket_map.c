#include "socket_map.h"

#include <stdlib.h>
#include <string.h>

/* Descriptors that are no connections: standard ones, the listener, what wakes threads. */
enum { OTHERS = 256 };

bool socket_map_open(struct socket_map *map, unsigned most)
{
    map->count = (size_t)most + OTHERS;
    map->connections = calloc(map->count, sizeof(struct connection *));
    return map->connections != NULL;
}

bool socket_map_put(struct socket_map *map, struct connection *connection)
{
    size_t wanted = (size_t)connection->socket + 1, count = map->count;
    if (wanted > count) {
        size_t larger = wanted < 2 * count ? 2 * count : wanted;
        struct connection **connections =
            realloc((void *)map->connections, larger * sizeof(struct connection *));
        if (connections == NULL)
            return false;
        memset((void *)(connections + count), 0, (larger - count) * sizeof(struct connection *));
        *map = (struct socket_map){.connections = connections, .count = larger};
    }
    map->connections[connection->socket] = connection;
    return true;
}

void socket_map_remove(struct socket_map *map, net_socket socket)
{
    map->connections[socket] = NULL;
}

struct connection *socket_map_find(const struct socket_map *map, net_socket socket)
{
    return socket >= 0 && (size_t)socket < map->count ? map->connections[socket] : NULL;
}

void socket_map_close(struct socket_map *map)
{
    free((void *)map->connections);
}
