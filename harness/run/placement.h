/*
 * placement: which processors the server and the client have.
 */
#ifndef IOMODELS_PLACEMENT_H
#define IOMODELS_PLACEMENT_H

#include "base/failure.h"
#include "run/bench_request.h"
#include "run/run_settings.h"

/*
 * As the options say, by default apart, where this host has both sides. threads: that a server has at
 * most; where neither it nor the client has more than one, each side gets one processor. Pins the calling
 * thread, the client's first. Where the system lets nobody choose processors, the default is none, which is said on
 * standard error. The settings point to texts of its own. 0, or -1 with a failure.
 */
int placement_choose(const struct bench_request *given, unsigned threads,
                     struct run_settings *settings, struct failure *failure);

#endif
