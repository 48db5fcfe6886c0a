#include "load/work_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "names.h"

static const char exponential[] = "exp:";

bool work_time_parse(const char *text, struct work_time *time)
{
    char head[sizeof exponential];
    snprintf(head, sizeof head, "%s", text);
    struct work_time found = {.exponential = name_equals(head, exponential)};
    if (found.exponential)
        text += sizeof exponential - 1;
    bool none = strcmp(text, "0") == 0;
    if (!none && !units_parse_duration(text, 0, WORK_NS_MAX, &found.mean_ns))
        return false;
    found.exponential = found.exponential && found.mean_ns > 0;
    *time = found;
    return true;
}

const char *work_time_write(const struct work_time *time, char *text)
{
    snprintf(text, WORK_TIME_TEXT, "%s%" PRIu64 "ns", time->exponential ? exponential : "",
             time->mean_ns);
    return text;
}
