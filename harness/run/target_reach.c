#include "run/target_reach.h"

#include <stdio.h>
#include <string.h>

/* The targets that one text is for. -1 with a message. */
static int text_apply(struct target *targets, size_t count, const char *option, const char *text,
                      void (*apply)(struct reach *reach, const struct net_address *address),
                      char *message, size_t message_size)
{
    struct net_address address;
    size_t length = strcspn(text, "="), applied = 0;
    bool named = text[length] == '=';
    const char *numbers = named ? text + length + 1 : text;
    if (!net_address_parse(&address, numbers, 0)) {
        snprintf(message, message_size,
                 "%s %s: not [NAME=]ADDRESS with a numeric IPv4 or IPv6 address; `getent hosts "
                 "NAME` tells that of a name, and a link-local one needs its interface, "
                 "fe80::1%%eth0",
                 option, text);
        return -1;
    }
    for (size_t i = 0; i < count; i++)
        if (!named ||
            (strlen(targets[i].name) == length && strncmp(targets[i].name, text, length) == 0)) {
            apply(&targets[i].reach, &address);
            applied++;
        }
    if (applied > 0)
        return 0;
    snprintf(message, message_size, "%s %s: no --target is called %.*s", option, text, (int)length,
             text);
    return -1;
}

static void connect_apply(struct reach *reach, const struct net_address *address)
{
    reach->remote = true;
    reach->address = *address;
    net_address_format(address, reach->bind, sizeof reach->bind);
}

static void bind_apply(struct reach *reach, const struct net_address *address)
{
    net_address_format(address, reach->bind, sizeof reach->bind);
}

int reach_choose(struct target *targets, size_t count, const struct text_list *connects,
                 const struct text_list *binds, char *message, size_t message_size)
{
    int error = 0;
    for (size_t i = 0; i < connects->count && error == 0; i++)
        error = text_apply(targets, count, "--connect", connects->items[i], connect_apply, message,
                           message_size);
    for (size_t i = 0; i < binds->count && error == 0; i++)
        error = text_apply(targets, count, "--server-bind", binds->items[i], bind_apply, message,
                           message_size);
    return error;
}
