#include "base/failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int failure_set(struct failure *failure, const char *format, ...)
{
    if (failure == NULL)
        return -1;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(failure->text, sizeof failure->text, format, arguments);
    va_end(arguments);
    return -1;
}

void failure_add(struct failure *failure, const char *format, ...)
{
    if (failure == NULL)
        return;
    size_t used = strlen(failure->text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(failure->text + used, sizeof failure->text - used, format, arguments);
    va_end(arguments);
}
