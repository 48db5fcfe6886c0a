#include "dll_win32.h"

#include <string.h>

bool dll_find(HMODULE module, const char *name, void *function)
{
    /* All pointers to functions have one size on Windows. */
    FARPROC found = GetProcAddress(module, name);
    memcpy(function, &found, sizeof found);
    return found != NULL;
}
