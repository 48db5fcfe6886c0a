/*
 * target_order: the order in which targets are shown: that in which they were given to the run, which
 * its environment.csv tells. Those that it does not tell come last, by name.
 */
#ifndef IOMODELS_TARGET_ORDER_H
#define IOMODELS_TARGET_ORDER_H

#include "base/lists.h"

/*
 * Where the fact "targets" has the name: in "NAME: COMMAND; NAME: COMMAND", which merge may have put
 * behind "generator 1: ". SIZE_MAX: nowhere.
 */
size_t target_order_given(const char *given, const char *target);
/* Adds a target in its order, once; its name stays the caller's. given: that fact; "": none. */
void target_order_add(struct text_list *order, const char *given, const char *target);
/* Its place in the list; of one that is not in it, the number of those that are. */
size_t target_order_place(const struct text_list *order, const char *target);

#endif
