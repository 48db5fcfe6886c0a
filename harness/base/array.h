/*
 * array: room in arrays that grow one item at a time.
 */
#ifndef IOMODELS_ARRAY_H
#define IOMODELS_ARRAY_H

#include <stddef.h>

/*
 * The array with room for one more than `count` items, twice as large where it was full; *capacity, in
 * items, follows. NULL without memory, when the old array stays. item_size: above 0. The array is the
 * caller's to free().
 */
void *array_grow(void *array, size_t item_size, size_t count, size_t *capacity);

#endif
