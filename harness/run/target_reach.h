/*
 * target_reach: what a user says of where the targets are reached.
 */
#ifndef IOMODELS_TARGET_REACH_H
#define IOMODELS_TARGET_REACH_H

#include <stddef.h>

#include "base/failure.h"
#include "base/lists.h"
#include "run/target.h"

/*
 * Sets each target's reach by the options' texts, "ADDRESS" for every target or "NAME=ADDRESS"
 * for one; a later text counts. Who is reached at an address listens there, unless `binds` says
 * otherwise. 0, or -1 with a failure.
 */
int reach_choose(struct target *targets, size_t count, const struct text_list *connects,
                 const struct text_list *binds, struct failure *failure);

#endif
