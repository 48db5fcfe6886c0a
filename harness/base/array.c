#include "base/array.h"

#include <stdint.h>
#include <stdlib.h>

void *array_grow(void *array, size_t item_size, size_t count, size_t *capacity)
{
    if (count < *capacity)
        return array;
    size_t larger = *capacity == 0 ? 64 : *capacity * 2;
    void *grown = larger > SIZE_MAX / item_size ? NULL : realloc(array, larger * item_size);
    if (grown != NULL)
        *capacity = larger;
    return grown;
}
