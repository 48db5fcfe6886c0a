/*
 * key_table: numbers byte strings in the order in which they come; a hash table.
 */
#ifndef IOMODELS_KEY_TABLE_H
#define IOMODELS_KEY_TABLE_H

#include <stddef.h>
#include <stdint.h>

#define KEY_TABLE_NONE SIZE_MAX

struct key_table {
    struct key_entry *entries; /* owned; all zero is an empty table */
    size_t count;
    size_t capacity; /* a power of two, or 0 */
};

/* The number that was given with the key, or KEY_TABLE_NONE. */
size_t key_table_find(const struct key_table *table, const char *key, size_t length);
/* For a key that is not in it; copied. 0, or -1 without memory. */
int key_table_add(struct key_table *table, const char *key, size_t length, size_t number);
void key_table_free(struct key_table *table);

#endif
