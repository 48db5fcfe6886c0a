#include "names.h"

#include <string.h>

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool name_equals_part(const char *name, const char *typed, size_t length)
{
    if (strlen(name) != length)
        return false;
    for (size_t i = 0; i < length; i++)
        if (lower(name[i]) != lower(typed[i]))
            return false;
    return true;
}

bool name_equals(const char *name, const char *typed)
{
    return name_equals_part(name, typed, strlen(typed));
}
