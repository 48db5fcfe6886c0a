#include <stdio.h>
#include <string.h>

#include "net.h"
#ifndef _WIN32
#include <arpa/inet.h>
#include <netdb.h>
#endif

static struct sockaddr_in *as_ipv4(struct net_address *address)
{
    return (struct sockaddr_in *)&address->storage;
}

static struct sockaddr_in6 *as_ipv6(struct net_address *address)
{
    return (struct sockaddr_in6 *)&address->storage;
}

/* "fe80::1%eth0", "fe80::1%2": the scope is an interface, by name or (Windows) by number. */
static bool scoped_parse(struct net_address *address, const char *text, uint16_t port)
{
    struct addrinfo *found = NULL, wanted = {.ai_flags = AI_NUMERICHOST, .ai_family = AF_INET6};
    if (getaddrinfo(text, NULL, &wanted, &found) != 0)
        return false;
    memcpy(&address->storage, found->ai_addr, sizeof(struct sockaddr_in6));
    address->length = sizeof(struct sockaddr_in6);
    freeaddrinfo(found);
    net_address_set_port(address, port);
    return as_ipv6(address)->sin6_scope_id != 0;
}

bool net_address_parse(struct net_address *address, const char *text, uint16_t port)
{
    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, text, &as_ipv4(address)->sin_addr) == 1) {
        as_ipv4(address)->sin_family = AF_INET;
        as_ipv4(address)->sin_port = htons(port);
        address->length = sizeof(struct sockaddr_in);
        return true;
    }
    if (strchr(text, '%') != NULL)
        return scoped_parse(address, text, port);
    if (inet_pton(AF_INET6, text, &as_ipv6(address)->sin6_addr) == 1) {
        /* It is another one at each interface (RFC 4007). */
        if (IN6_IS_ADDR_LINKLOCAL(&as_ipv6(address)->sin6_addr))
            return false;
        as_ipv6(address)->sin6_family = AF_INET6;
        as_ipv6(address)->sin6_port = htons(port);
        address->length = sizeof(struct sockaddr_in6);
        return true;
    }
    return false;
}

const char *net_address_format(const struct net_address *address, char *text, size_t size)
{
    struct net_address copy = *address;
    const void *bytes = copy.storage.ss_family == AF_INET6
                            ? (const void *)&as_ipv6(&copy)->sin6_addr
                            : (const void *)&as_ipv4(&copy)->sin_addr;
    char made[NET_ADDRESS_TEXT];
    bool known = inet_ntop(copy.storage.ss_family, bytes, made, sizeof made) != NULL;
    unsigned long scope =
        copy.storage.ss_family == AF_INET6 ? (unsigned long)as_ipv6(&copy)->sin6_scope_id : 0;
    if (known && scope != 0)
        snprintf(text, size, "%s%%%lu", made, scope);
    else
        snprintf(text, size, "%s", known ? made : "?");
    return text;
}

uint16_t net_address_port(const struct net_address *address)
{
    struct net_address copy = *address;
    return ntohs(copy.storage.ss_family == AF_INET6 ? as_ipv6(&copy)->sin6_port
                                                    : as_ipv4(&copy)->sin_port);
}

void net_address_set_port(struct net_address *address, uint16_t port)
{
    if (address->storage.ss_family == AF_INET6)
        as_ipv6(address)->sin6_port = htons(port);
    else
        as_ipv4(address)->sin_port = htons(port);
}

struct net_address net_address_reachable(const struct net_address *bound)
{
    static const struct in6_addr loopback = IN6ADDR_LOOPBACK_INIT;
    struct net_address reachable = *bound;
    struct sockaddr_in *ipv4 = as_ipv4(&reachable);
    struct sockaddr_in6 *ipv6 = as_ipv6(&reachable);
    if (reachable.storage.ss_family == AF_INET && ipv4->sin_addr.s_addr == htonl(INADDR_ANY))
        ipv4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (reachable.storage.ss_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&ipv6->sin6_addr))
        ipv6->sin6_addr = loopback;
    return reachable;
}

bool net_connected_to_itself(net_socket socket)
{
    struct net_address own = {.length = sizeof own.storage}, peer = {.length = sizeof own.storage};
    char own_text[NET_ADDRESS_TEXT], peer_text[NET_ADDRESS_TEXT];
    if (getsockname(socket, (struct sockaddr *)&own.storage, &own.length) != 0 ||
        getpeername(socket, (struct sockaddr *)&peer.storage, &peer.length) != 0)
        return false;
    return net_address_port(&own) == net_address_port(&peer) &&
           strcmp(net_address_format(&own, own_text, sizeof own_text),
                  net_address_format(&peer, peer_text, sizeof peer_text)) == 0;
}
