/*
 * dll: functions that are found by name while the program runs: those that no import library has,
 * and those of a DLL that only one model needs.
 */
#ifndef IOMODELS_DLL_WIN32_H
#define IOMODELS_DLL_WIN32_H

#include <stdbool.h>

#include "net.h"

/*
 * Puts the function of that name into *function, a pointer to a function of whatever type. False: the
 * DLL does not have it, and *function is NULL (GetLastError says why).
 */
bool dll_find(HMODULE module, const char *name, void *function);

#endif
