#include "run/target_kind.h"

#include <string.h>

#include "base/units.h"

enum target_kind target_kind_of(const char *command, const char **text)
{
    static const char exec[] = "exec:", tcp[] = "tcp:";
    *text = command;
    if (strncmp(command, exec, sizeof exec - 1) == 0) {
        *text += sizeof exec - 1;
        return TARGET_EXEC;
    }
    if (strncmp(command, tcp, sizeof tcp - 1) == 0) {
        *text += sizeof tcp - 1;
        return TARGET_TCP;
    }
    return TARGET_IOMODELS;
}

/* "192.0.2.7:7000" or "[2001:db8::7]:7000". */
static bool address_take(struct reach *reach, const char *text)
{
    char address[NET_ADDRESS_TEXT];
    uint64_t port;
    const char *colon = strrchr(text, ':');
    if (colon == NULL || !units_parse_count(colon + 1, 1, UINT16_MAX, &port))
        return false;
    bool brackets = text[0] == '[' && colon[-1] == ']';
    size_t length = (size_t)(colon - text) - (brackets ? 2 : 0);
    if (length >= sizeof address)
        return false;
    memcpy(address, text + brackets, length);
    address[length] = '\0';
    reach->remote = true;
    return net_address_parse(&reach->address, address, (uint16_t)port);
}

static bool has_port(char *const *words)
{
    for (; *words != NULL; words++)
        if (strstr(*words, TARGET_KIND_PORT) != NULL)
            return true;
    return false;
}

int target_kind_open(enum target_kind kind, const char *text, char *const *words,
                     struct reach *reach, struct csv_table *models, struct failure *failure)
{
    static const char list[] = "model,available,reason,threads_apply,connections_per_thread,"
                               "clients_at_once,lesson_of\nexternal,yes,,no,0,0,\n";
    if (kind == TARGET_TCP && !address_take(reach, text))
        return failure_set(failure, "not tcp:ADDRESS:PORT with a numeric address, as in "
                                    "tcp:192.0.2.7:7000 or tcp:[2001:db8::7]:7000");
    if (kind == TARGET_EXEC && !has_port(words))
        return failure_set(failure, "the command has no " TARGET_KIND_PORT
                                    ", in whose place the program gets the port to listen at");
    return csv_parse(models, list, sizeof list - 1, false, failure);
}
