/*
 * window_parts: what the page shows of intervals.csv and connections.csv, by cells: some trials over
 * time, and what each connection got in one of them. It is reduced while it is read, so that files of
 * any size can be shown.
 */
#ifndef IOMODELS_WINDOW_PARTS_H
#define IOMODELS_WINDOW_PARTS_H

#include "rows/cells.h"
#include "rows/row_lines_reader.h"

enum { TIMELINES_OF_CELL = 6 };

/* An interval, or as many neighbours as had to be taken together. */
struct timeline_point {
    double begin_s, end_s;
    double messages_per_s;
    double outstanding; /* the most */
    double p99_us;      /* the longest; NaN: none; infinite: among messages without an answer */
    double max_us;      /* as p99_us */
};

/* One trial, of one load generator. */
struct timeline {
    double trial;
    double slowest_us;             /* what took or waited longest; infinite: there was no answer */
    struct timeline_point *points; /* owned */
    size_t count;
};

/* A connection, or the one that is off worst of as many neighbours as had to be taken together. */
struct share {
    double value; /* what Jain's index compares; NaN: a mean of nothing */
    bool starved; /* it got nothing */
};

struct window_part {
    struct timeline timelines[TIMELINES_OF_CELL]; /* those with the slowest messages */
    size_t timeline_count;
    size_t timelines_read;
    struct share *shares; /* of the trial that was least fair; owned */
    size_t share_count;
    size_t connections; /* whose shares these are */
    double share_trial;
    double fairness; /* of that trial */
};

/* All zero is empty. */
struct window_parts {
    struct cells cells;        /* by their server_threads too */
    struct window_part *parts; /* of each cell; owned */
    size_t points_most;        /* of a timeline; set before the first row */
    size_t shares_most;        /* of a cell; as well */
    size_t capacity;           /* its own */
};

/* How many points and shares are kept, so that a page of that many cells stays small. */
void window_parts_limit(struct window_parts *parts, size_t cells);
/*
 * Takes the row's lines of those of both files that are open. 0, or -1 with a failure. Rows as for
 * row_lines_reader_seek.
 */
int window_parts_take(struct window_parts *parts, const struct row *row,
                      struct row_lines_reader lines[ROW_FILES], struct failure *failure);
/* Those of the row's cell, or NULL. */
const struct window_part *window_parts_find(const struct window_parts *parts,
                                            const struct row *row);
void window_parts_free(struct window_parts *parts);

#endif
