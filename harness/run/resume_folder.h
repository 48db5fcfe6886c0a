/*
 * resume_folder: the folder of a run that goes on, and the one where the run was begun, as far as the
 * first tells: `--out results`, as it is by default, leads from the one to the other.
 */
#ifndef IOMODELS_RESUME_FOLDER_H
#define IOMODELS_RESUME_FOLDER_H

#include <stdbool.h>

#include "base/failure.h"
#include "base/lists.h"
#include "rows/results_folder.h"

/* The folder of a run that was given as a folder or as its runs.csv. False: the path is too long. */
bool resume_folder_of(const char *path, char folder[RESULTS_PATH_BYTES]);
/*
 * targets, out: as the run got them. 0, or -1 with a failure where a target's command names a file that
 * is where the run was begun, but not in the working folder.
 */
int resume_folder_check(const char *folder, const char *out, const struct text_list *targets,
                        struct failure *failure);

#endif
