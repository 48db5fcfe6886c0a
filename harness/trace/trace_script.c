#include "trace/trace_script.h"

#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "base/units.h"
#include "names.h"

enum { AMOUNT_NONE, AMOUNT_BYTES, AMOUNT_TIME };

#define BYTES_MOST   ((uint64_t)64 << 20)
#define PAUSE_MOST_S 60
#define NS_PER_S     UINT64_C(1000000000)

static const struct {
    const char *name;
    int amount;
} actions[] = {
    [TRACE_CONNECT] = {"connect", AMOUNT_NONE}, [TRACE_SEND] = {"send", AMOUNT_BYTES},
    [TRACE_WRITE] = {"write", AMOUNT_BYTES},    [TRACE_READ] = {"read", AMOUNT_NONE},
    [TRACE_PAUSE] = {"pause", AMOUNT_TIME},     [TRACE_FINISH] = {"finish", AMOUNT_NONE},
    [TRACE_RESET] = {"reset", AMOUNT_NONE},
};

enum { ACTIONS = sizeof actions / sizeof actions[0] };

static bool action_find(const char *name, size_t length, enum trace_action *action)
{
    for (size_t i = 0; i < ACTIONS; i++)
        if (name_equals_part(actions[i].name, name, length)) {
            *action = (enum trace_action)i;
            return true;
        }
    return false;
}

/* value: what follows the colon, NULL: there is none. */
static bool amount_parse(struct trace_step *step, const char *value, struct failure *failure)
{
    switch (actions[step->action].amount) {
    case AMOUNT_BYTES:
        if (value != NULL && units_parse_size(value, 1, BYTES_MOST, &step->amount))
            return true;
        failure_set(failure, "%s: %s takes a size from 1 B to 64 MiB, such as %s:6", step->text,
                    actions[step->action].name, actions[step->action].name);
        return false;
    case AMOUNT_TIME:
        if (value != NULL && units_parse_duration(value, 1, PAUSE_MOST_S * NS_PER_S, &step->amount))
            return true;
        failure_set(failure, "%s: pause takes a time of at most 60 s, such as pause:300ms",
                    step->text);
        return false;
    default:
        if (value == NULL)
            return true;
        failure_set(failure, "%s: %s takes nothing behind it", step->text,
                    actions[step->action].name);
        return false;
    }
}

static bool step_parse(struct trace_step *step, const char *text, size_t length,
                       struct failure *failure)
{
    snprintf(step->text, sizeof step->text, "%.*s", (int)length, text);
    step->amount = 0;
    const char *colon = strchr(step->text, ':');
    size_t name = colon == NULL ? strlen(step->text) : (size_t)(colon - step->text);
    if (length >= sizeof step->text || !action_find(step->text, name, &step->action)) {
        failure_set(
            failure,
            "%s is no step; the steps are connect, send:SIZE, write:SIZE, read, pause:TIME, "
            "finish and reset",
            step->text);
        return false;
    }
    return amount_parse(step, colon == NULL ? NULL : colon + 1, failure);
}

/* Each step where it can be done: what has no connection connects first. */
static bool order_check(const struct trace_script *script, struct failure *failure)
{
    bool connected = false;
    for (size_t i = 0; i < script->count; i++) {
        const struct trace_step *step = &script->steps[i];
        if (step->action == TRACE_PAUSE)
            continue;
        if ((step->action == TRACE_CONNECT) == connected) {
            failure_set(failure,
                        connected
                            ? "step %zu, %s: the client is connected already; finish or reset "
                              "before"
                            : "step %zu, %s: the client is not connected; begin with connect",
                        i + 1, step->text);
            return false;
        }
        connected = step->action != TRACE_FINISH && step->action != TRACE_RESET;
    }
    return true;
}

bool trace_script_parse(struct trace_script *script, const char *text, struct failure *failure)
{
    script->count = 0;
    for (;; text++) {
        size_t length = strcspn(text, ",");
        if (script->count == TRACE_STEPS_MAX) {
            failure_set(failure, "more than %d steps", TRACE_STEPS_MAX);
            return false;
        }
        if (!step_parse(&script->steps[script->count++], text, length, failure))
            return false;
        text += length;
        if (*text == '\0')
            return order_check(script, failure);
    }
}
