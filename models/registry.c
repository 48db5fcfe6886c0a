#include <string.h>

#include "model.h"

/* The only list of the models, in order of presentation. */

extern const struct io_model model_blocking;
extern const struct io_model model_select;
extern const struct io_model model_wsaeventselect;

/* The one platform block: a model of the other system is a row without its file. */
#ifdef _WIN32
#define ON_WINDOWS(model) MODEL_WINDOWS, &(model)
#define ON_LINUX(model)   MODEL_LINUX, NULL
#else
#define ON_WINDOWS(model) MODEL_WINDOWS, NULL
#define ON_LINUX(model)   MODEL_LINUX, &(model)
#endif
#define ON_BOTH(model) MODEL_EVERYWHERE, &(model)

const struct model_entry model_registry[] = {
    {"blocking", "a thread for each connection, waiting inside recv and send",
     ON_BOTH(model_blocking)},
    {"select", "the sets of all sockets go to the kernel with every wait", ON_BOTH(model_select)},
    {"wsaeventselect", "an event object for each socket; a thread for every 63 sessions",
     ON_WINDOWS(model_wsaeventselect)},
    {NULL, NULL, 0, NULL},
};

const struct model_entry *model_find(const char *name)
{
    for (const struct model_entry *entry = model_registry; entry->name != NULL; entry++)
        if (strcmp(entry->name, name) == 0)
            return entry;
    return NULL;
}

const char *model_platforms_text(const struct model_entry *entry)
{
    switch (entry->platforms) {
    case MODEL_LINUX:
        return "Linux";
    case MODEL_WINDOWS:
        return "Windows";
    default:
        return "Linux, Windows";
    }
}

const char *model_notification_text(const struct io_model *model)
{
    switch (model->notification) {
    case MODEL_READINESS:
        return "readiness";
    case MODEL_COMPLETION:
        return "completion";
    case MODEL_BLOCKS:
        break;
    }
    return "none";
}

struct server_needs model_needs(const struct io_model *model)
{
    return (struct server_needs){
        .connection_bytes = model->connection_bytes,
        .connections_per_thread = model->threads_apply ? model->connections_per_thread : 0,
    };
}
