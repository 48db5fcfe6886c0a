/*
 * conditions: how two runs differ besides the change that is compared: another machine, another
 * length of the window, another number of threads.
 */
#ifndef IOMODELS_CONDITIONS_H
#define IOMODELS_CONDITIONS_H

#include "base/failure.h"
#include "report/pairing.h"

enum { CONDITIONS_MAX = COLUMN_CONDITIONS + 1, CONDITIONS_TEXT = 360 };

/*
 * A line for each column, such as "the runs differ in duration_s: 2 in the
 * first one and 0.5 in the second, in 4 of 6 cells"; returns how many. Of cells
 * that both runs have measured, also those that are not compared since their server_threads differ.
 */
size_t conditions_differ(const struct cells *cells, const struct pairing *pairing,
                         char texts[CONDITIONS_MAX][CONDITIONS_TEXT]);

/*
 * Of two runs without a common configuration: adds to the failure which factors have no value in common,
 * "; they differ in connections: 8 in the first one, 16 in the second".
 */
void conditions_factors_add(const struct cells *cells, struct failure *failure);

#endif
