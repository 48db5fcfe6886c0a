/*
 * lists: options that were given several times, or with commas: "select,blocking", "1,16,1k".
 */
#ifndef IOMODELS_LISTS_H
#define IOMODELS_LISTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIST_TEXTS_MAX   64
#define LIST_NUMBERS_MAX 64

struct text_list {
    const char *items[LIST_TEXTS_MAX]; /* point into argv */
    size_t count;
};

struct number_list {
    uint64_t items[LIST_NUMBERS_MAX];
    size_t count; /* 0: not given */
};

/* Word number `index` of lists such as "select,blocking"; false where there are fewer words. */
bool text_list_word(const struct text_list *lists, size_t index, char *word, size_t size);
/* True: one of the words is `name`, without regard to case; and: one text is exactly that. */
bool text_list_names(const struct text_list *lists, const char *name);
bool text_list_has(const struct text_list *lists, const char *text);

#endif
