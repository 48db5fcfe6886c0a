#include "base/lists.h"

#include <stdio.h>
#include <string.h>

#include "names.h"

/* The word's beginning; NULL where there are fewer words. */
static const char *word_find(const struct text_list *lists, size_t index, size_t *length)
{
    for (size_t i = 0; i < lists->count; i++)
        for (const char *at = lists->items[i];; at++) {
            *length = strcspn(at, ",");
            if (index-- == 0)
                return at;
            at += *length;
            if (*at == '\0')
                break;
        }
    return NULL;
}

bool text_list_word(const struct text_list *lists, size_t index, char *word, size_t size)
{
    size_t length;
    const char *found = word_find(lists, index, &length);
    if (found == NULL)
        return false;
    snprintf(word, size, "%.*s", (int)length, found);
    return true;
}

bool text_list_names(const struct text_list *lists, const char *name)
{
    const char *word;
    size_t length;
    for (size_t i = 0; (word = word_find(lists, i, &length)) != NULL; i++)
        if (name_equals_part(name, word, length))
            return true;
    return false;
}

bool text_list_has(const struct text_list *lists, const char *text)
{
    const char *word;
    size_t length;
    for (size_t i = 0; (word = word_find(lists, i, &length)) != NULL; i++)
        if (length == strlen(text) && strncmp(word, text, length) == 0)
            return true;
    return false;
}
