/*
 * conditions: how two runs differ besides the change that is compared: another machine, another
 * length of the window, another number of threads.
 */
#ifndef IOMODELS_CONDITIONS_H
#define IOMODELS_CONDITIONS_H

#include "report/pairing.h"

enum { CONDITIONS_MAX = COLUMN_CONDITIONS + 1, CONDITIONS_TEXT = 360 };

/*
 * A line for each column, such as "the runs differ in duration_s: 2 in the
 * first one and 0.5 in the second, in 4 of 6 cells"; returns how many. Of cells
 * that both runs have measured, also those that are not compared since their server_threads differ.
 */
size_t conditions_differ(const struct cells *cells, const struct pairing *pairing,
                         char texts[CONDITIONS_MAX][CONDITIONS_TEXT]);

#endif
