#include "run/target_reach.h"
#include "base/failure.h"

#include <stdio.h>
#include <string.h>

/* The targets that one text is for. -1 with a failure. */
static int text_apply(struct target *targets, size_t count, const char *option, const char *text,
                      void (*apply)(struct reach *reach, const struct net_address *address),
                      struct failure *failure)
{
    struct net_address address;
    size_t length = strcspn(text, "="), applied = 0;
    bool named = text[length] == '=';
    const char *numbers = named ? text + length + 1 : text;
    if (!net_address_parse(&address, numbers, 0))
        return failure_set(
            failure,
            "%s %s: not [NAME=]ADDRESS with a numeric IPv4 or IPv6 address; `getent hosts "
            "NAME` tells that of a name, and a link-local one needs its interface, "
            "fe80::1%%eth0",
            option, text);
    for (size_t i = 0; i < count; i++)
        /* A server that runs already has the address that its target says. */
        if (targets[i].kind != TARGET_TCP &&
            (!named ||
             (strlen(targets[i].name) == length && strncmp(targets[i].name, text, length) == 0))) {
            apply(&targets[i].reach, &address);
            applied++;
        }
    if (applied > 0)
        return 0;
    return failure_set(failure, "%s %s: no --target is called %.*s", option, text, (int)length,
                       text);
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
                 const struct text_list *binds, struct failure *failure)
{
    int error = 0;
    for (size_t i = 0; i < connects->count && error == 0; i++)
        error = text_apply(targets, count, "--connect", connects->items[i], connect_apply, failure);
    for (size_t i = 0; i < binds->count && error == 0; i++)
        error = text_apply(targets, count, "--server-bind", binds->items[i], bind_apply, failure);
    return error;
}
