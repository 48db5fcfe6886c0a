/*
 * names: how the words that a person types (models, workloads, units) are compared: without regard
 * to case. Only ASCII letters have a case here, whatever the locale.
 */
#ifndef IOMODELS_NAMES_H
#define IOMODELS_NAMES_H

#include <stdbool.h>
#include <stddef.h>

bool name_equals(const char *name, const char *typed);
/* The same for the first `length` bytes of typed, which has at least `length` bytes. */
bool name_equals_part(const char *name, const char *typed, size_t length);

#endif
