/*
 * reach: where a target's servers listen, and where the load reaches them. By default both are
 * loopback, and the port is any free one; across machines the user says where.
 */
#ifndef IOMODELS_REACH_H
#define IOMODELS_REACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net.h"

struct reach {
    bool remote;                 /* --connect was given: the server may be another machine's */
    struct net_address address;  /* where the load reaches it; without a port */
    char bind[NET_ADDRESS_TEXT]; /* the address it shall listen at; "": its own choice */
};

/* The ports that servers are given, one after the other and then again from the first. */
struct server_ports {
    uint16_t first; /* 0: any free one */
    uint16_t last;
    uint16_t next;
};
/* "7000" or "7000-7099"; false where it is neither. */
bool server_ports_parse(struct server_ports *ports, const char *text);
uint16_t server_ports_take(struct server_ports *ports);

#endif
