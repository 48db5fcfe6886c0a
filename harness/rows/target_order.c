#include "rows/target_order.h"

#include <string.h>

static bool is_behind_separator(const char *text, const char *at)
{
    return at == text || (at - text >= 2 && at[-1] == ' ' && (at[-2] == ';' || at[-2] == ':'));
}

size_t target_order_given(const char *given, const char *target)
{
    size_t length = strlen(target);
    for (const char *at = given; length > 0 && (at = strstr(at, target)) != NULL; at++)
        if (is_behind_separator(given, at) && strncmp(at + length, ": ", 2) == 0)
            return (size_t)(at - given);
    return SIZE_MAX;
}

static bool is_before(const char *given, const char *a, const char *b)
{
    size_t a_place = target_order_given(given, a), b_place = target_order_given(given, b);
    return a_place != b_place ? a_place < b_place : strcmp(a, b) < 0;
}

void target_order_add(struct text_list *order, const char *given, const char *target)
{
    if (order->count == LIST_TEXTS_MAX || text_list_has(order, target))
        return;
    size_t at = order->count++;
    for (; at > 0 && is_before(given, target, order->items[at - 1]); at--)
        order->items[at] = order->items[at - 1];
    order->items[at] = target;
}

size_t target_order_place(const struct text_list *order, const char *target)
{
    size_t place = 0;
    while (place < order->count && strcmp(order->items[place], target) != 0)
        place++;
    return place;
}
