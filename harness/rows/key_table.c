#include "rows/key_table.h"

#include <stdlib.h>
#include <string.h>

struct key_entry {
    uint64_t hash;
    char *key; /* owned; NULL: a free place */
    size_t length;
    size_t number;
};

/* FNV-1a (Fowler, Noll, Vo). */
static uint64_t hash_of(const char *key, size_t length)
{
    uint64_t hash = 0xcbf29ce484222325U;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)key[i]) * 0x100000001b3U;
    return hash;
}

/* The key's place, or the free one where it belongs. There is always a free one. */
static struct key_entry *place_of(const struct key_table *table, const char *key, size_t length,
                                  uint64_t hash)
{
    size_t at = (size_t)hash & (table->capacity - 1);
    for (;; at = (at + 1) & (table->capacity - 1)) {
        struct key_entry *entry = &table->entries[at];
        if (entry->key == NULL || (entry->hash == hash && entry->length == length &&
                                   memcmp(entry->key, key, length) == 0))
            return entry;
    }
}

size_t key_table_find(const struct key_table *table, const char *key, size_t length)
{
    if (table->capacity == 0)
        return KEY_TABLE_NONE;
    const struct key_entry *entry = place_of(table, key, length, hash_of(key, length));
    return entry->key == NULL ? KEY_TABLE_NONE : entry->number;
}

static int grow(struct key_table *table)
{
    struct key_table larger = {.capacity = table->capacity == 0 ? 64 : table->capacity * 2,
                               .count = table->count};
    larger.entries = calloc(larger.capacity, sizeof *larger.entries);
    if (larger.entries == NULL)
        return -1;
    for (size_t i = 0; i < table->capacity; i++) {
        const struct key_entry *entry = &table->entries[i];
        if (entry->key != NULL)
            *place_of(&larger, entry->key, entry->length, entry->hash) = *entry;
    }
    free(table->entries);
    *table = larger;
    return 0;
}

int key_table_add(struct key_table *table, const char *key, size_t length, size_t number)
{
    if (2 * table->count >= table->capacity && grow(table) != 0)
        return -1;
    char *copy = malloc(length + 1);
    if (copy == NULL)
        return -1;
    memcpy(copy, key, length);
    uint64_t hash = hash_of(key, length);
    *place_of(table, key, length, hash) = (struct key_entry){hash, copy, length, number};
    table->count++;
    return 0;
}

void key_table_free(struct key_table *table)
{
    for (size_t i = 0; i < table->capacity; i++)
        free(table->entries[i].key);
    free(table->entries);
    *table = (struct key_table){0};
}
