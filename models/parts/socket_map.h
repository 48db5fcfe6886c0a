/*
 * socket_map: from a descriptor's number to the connection that has it, for a model that learns
 * numbers only. POSIX gives out the lowest free number, so an array is enough. It calls nothing.
 */
#ifndef IOMODELS_SOCKET_MAP_H
#define IOMODELS_SOCKET_MAP_H

#include "server.h"

/* Zeroed at first. */
struct socket_map {
    struct connection **connections;
    size_t count; /* entries of that */
};

/*
 * most: connections at once. Room for their numbers is made beforehand, for more only if the process
 * has unusually many other descriptors: an array that grows among the connections' memory would keep
 * that from going back to the system. False: no memory.
 */
bool socket_map_open(struct socket_map *map, unsigned most);
/* False: no memory, and nothing has changed. */
bool socket_map_put(struct socket_map *map, struct connection *connection);
void socket_map_remove(struct socket_map *map, net_socket socket);
/* NULL: none has it. Any number is allowed. */
struct connection *socket_map_find(const struct socket_map *map, net_socket socket);
/* A zeroed one may be closed too. */
void socket_map_close(struct socket_map *map);

#endif
