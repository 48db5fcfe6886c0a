/*
 * results_folder: a run's folder as it is written: how a file of it becomes whole, and what a failure
 * tells.
 */
#ifndef IOMODELS_RESULTS_FOLDER_H
#define IOMODELS_RESULTS_FOLDER_H

#include <stdio.h>

#include "base/failure.h"
#include "rows/csv_writer.h"
#include "rows/curve_name.h"

#define RESULTS_PATH_BYTES 1024

enum { RESULTS_FILE_BYTES = RESULTS_PATH_BYTES + CURVE_NAME_BYTES };

enum results_state {
    RESULTS_KEPT,
    RESULTS_NOT_KEPT, /* something could not be written */
    RESULTS_GONE      /* the folder was deleted or moved meanwhile */
};

struct results_folder {
    char path[RESULTS_PATH_BYTES];
    enum results_state state;
    const char *remedy; /* what a failure to write tells to do */
};

/* -1, with the message: what failed, why, and what to do. */
int results_folder_fail(struct results_folder *folder, struct failure *failure, const char *path,
                        int error);
/* The path of a file of the folder; returns path. */
const char *results_folder_path(const struct results_folder *folder, const char *name,
                                char path[RESULTS_FILE_BYTES]);
/* A whole file: it is there with all that it holds, or not at all. 0, or -1 with the message. */
int results_folder_write(struct results_folder *folder, const char *name,
                         const struct csv_writer *csv, struct failure *failure);
/*
 * Ends a file of files_replace_begin. error: the errno of a write that failed before, or 0. 0, or -1
 * with the message where it could not take its place.
 */
int results_folder_end(struct results_folder *folder, FILE *file, const char *path, int error,
                       struct failure *failure);

#endif
