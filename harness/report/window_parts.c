#include "report/window_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "rows/workload_facts.h"

enum {
    POINTS_OF_TIMELINE = 200,
    POINTS_OF_PAGE = 12000,
    SHARES_OF_CELL = 200,
    SHARES_OF_PAGE = 8000,
    LEAST = 8 /* of either, however many cells there are */
};

/* The figures of a row's lines, as they are read. */
struct figures {
    double (*lines)[ROW_LINE_COLUMNS_MAX]; /* owned */
    size_t count, capacity;
};

static size_t limit(size_t of_one, size_t of_page, size_t count)
{
    size_t most = count == 0 ? of_one : of_page / count;
    return most > of_one ? of_one : most < LEAST ? LEAST : most;
}

void window_parts_limit(struct window_parts *parts, size_t cells)
{
    parts->points_most = limit(POINTS_OF_TIMELINE, POINTS_OF_PAGE, cells * TIMELINES_OF_CELL);
    parts->shares_most = limit(SHARES_OF_CELL, SHARES_OF_PAGE, cells);
}

static int no_memory(struct failure *failure)
{
    return failure_set(failure, "out of memory");
}

/* All lines of the row. */
static int figures_read(struct figures *figures, const struct row *row,
                        struct row_lines_reader *lines, struct failure *failure)
{
    figures->count = 0;
    if (row_lines_reader_seek(lines, row, failure) != 0)
        return -1;
    while (row_lines_reader_has(lines, row)) {
        void *grown =
            array_grow(figures->lines, sizeof *figures->lines, figures->count, &figures->capacity);
        if (grown == NULL)
            return no_memory(failure);
        figures->lines = grown;
        if (row_lines_reader_figures(lines, figures->lines[figures->count++], failure) != 0 ||
            row_lines_reader_next(lines, failure) != 0)
            return -1;
    }
    return 0;
}

/* ---- over time ---- */

/* The longer one; NaN is none. */
static double longer(double a, double b)
{
    return !number_is_known(a) || b > a ? b : a;
}

/* A round trip of an interval: where messages of it had no answer, an empty one is endless. */
static double round_trip(const double *interval, enum interval_figure figure)
{
    bool endless = interval[INTERVAL_UNANSWERED] > 0 && !number_is_known(interval[figure]);
    return endless ? INFINITY : interval[figure];
}

static struct timeline_point point_make(double (*intervals)[ROW_LINE_COLUMNS_MAX], size_t count)
{
    double messages = 0, length_s = 0;
    struct timeline_point point = {
        .begin_s = intervals[0][INTERVAL_START_S], .p99_us = NAN, .max_us = NAN};
    for (size_t i = 0; i < count; i++) {
        const double *interval = intervals[i];
        messages += interval[INTERVAL_MESSAGES];
        length_s += interval[INTERVAL_LENGTH_S];
        point.outstanding = longer(point.outstanding, interval[INTERVAL_OUTSTANDING]);
        point.p99_us = longer(point.p99_us, round_trip(interval, INTERVAL_P99_US));
        point.max_us = longer(point.max_us, round_trip(interval, INTERVAL_MAX_US));
    }
    point.end_s = point.begin_s + length_s;
    point.messages_per_s = length_s > 0 ? messages / length_s : NAN;
    return point;
}

/* Keeps it unless all those that are kept are slower. */
static void timeline_keep(struct window_part *part, struct timeline *timeline)
{
    size_t place = part->timeline_count;
    part->timelines_read++;
    if (place < TIMELINES_OF_CELL) {
        part->timelines[part->timeline_count++] = *timeline;
        return;
    }
    place = 0;
    for (size_t i = 1; i < TIMELINES_OF_CELL; i++)
        if (part->timelines[i].slowest_us < part->timelines[place].slowest_us)
            place = i;
    if (timeline->slowest_us > part->timelines[place].slowest_us) {
        struct timeline less = part->timelines[place];
        part->timelines[place] = *timeline;
        *timeline = less;
    }
    free(timeline->points);
}

/* Of one generator. 0, or -1 without memory. */
static int timeline_take(struct window_parts *parts, struct window_part *part, double trial,
                         double (*intervals)[ROW_LINE_COLUMNS_MAX], size_t count)
{
    size_t each = (count + parts->points_most - 1) / parts->points_most;
    struct timeline timeline = {.trial = trial};
    timeline.points = malloc(parts->points_most * sizeof *timeline.points);
    if (timeline.points == NULL)
        return -1;
    for (size_t i = 0; i < count; i++) {
        timeline.slowest_us =
            longer(timeline.slowest_us, round_trip(intervals[i], INTERVAL_MAX_US));
        timeline.slowest_us = longer(timeline.slowest_us, intervals[i][INTERVAL_OLDEST_US]);
    }
    for (size_t i = 0; i < count; i += each)
        timeline.points[timeline.count++] =
            point_make(intervals + i, count - i < each ? count - i : each);
    timeline_keep(part, &timeline);
    return 0;
}

/* The lines of a merged row are those of one generator after the other; each begins with interval 1. */
static int timelines_take(struct window_parts *parts, struct window_part *part,
                          const struct row *row, const struct figures *figures)
{
    size_t begin = 0;
    for (size_t i = 1; i <= figures->count; i++)
        if (i == figures->count ||
            figures->lines[i][INTERVAL_NUMBER] <= figures->lines[i - 1][INTERVAL_NUMBER]) {
            if (timeline_take(parts, part, row->trial, figures->lines + begin, i - begin) != 0)
                return -1;
            begin = i;
        }
    return 0;
}

/* ---- connection by connection ---- */

static struct share share_make(const struct row *row, const double *connection)
{
    const struct workload_facts *facts = workload_facts_of(row);
    enum connection_figure figure = facts->counts_bytes     ? CONNECTION_BYTES
                                    : facts->shows_fairness ? CONNECTION_MEAN_US
                                                            : CONNECTION_MESSAGES;
    return (struct share){.value = connection[figure],
                          .starved = connection[CONNECTION_MESSAGES] == 0};
}

static bool is_worse(const struct row *row, const struct share *share, const struct share *than)
{
    if (share->starved != than->starved)
        return share->starved;
    bool less_is_worse = !workload_facts_of(row)->shows_fairness;
    return less_is_worse ? share->value < than->value : share->value > than->value;
}

static int shares_take(const struct window_parts *parts, struct window_part *part,
                       const struct row *row, const struct figures *figures)
{
    if (figures->count == 0 || (part->shares != NULL && !(row->fairness_jain < part->fairness)))
        return 0;
    size_t each = (figures->count + parts->shares_most - 1) / parts->shares_most;
    if (part->shares == NULL)
        part->shares = malloc(parts->shares_most * sizeof *part->shares);
    if (part->shares == NULL)
        return -1;
    part->share_count = 0;
    part->connections = figures->count;
    part->share_trial = row->trial;
    part->fairness = row->fairness_jain;
    for (size_t i = 0; i < figures->count; i++) {
        struct share share = share_make(row, figures->lines[i]);
        if (i % each == 0)
            part->shares[part->share_count++] = share;
        else if (is_worse(row, &share, &part->shares[part->share_count - 1]))
            part->shares[part->share_count - 1] = share;
    }
    return 0;
}

/* ---- all cells ---- */

/* That of the row's cell, an empty one where there was none; NULL without memory. */
static struct window_part *part_of(struct window_parts *parts, const struct row *row)
{
    parts->cells.by_threads = true;
    size_t before = parts->cells.count;
    struct window_part *grown = array_grow(parts->parts, sizeof *grown, before, &parts->capacity);
    if (grown == NULL)
        return NULL;
    parts->parts = grown;
    size_t number = cells_number(&parts->cells, row);
    if (parts->cells.count > before)
        memset(&parts->parts[before], 0, sizeof parts->parts[before]);
    return number == CELLS_NONE ? NULL : &parts->parts[number];
}

static int part_take(struct window_parts *parts, struct figures *figures, const struct row *row,
                     struct row_lines_reader lines[ROW_FILES], struct failure *failure)
{
    struct window_part *part = part_of(parts, row);
    if (part == NULL)
        return no_memory(failure);
    if (lines[ROW_FILE_INTERVALS].file != NULL) {
        if (figures_read(figures, row, &lines[ROW_FILE_INTERVALS], failure) != 0)
            return -1;
        if (timelines_take(parts, part, row, figures) != 0)
            return no_memory(failure);
    }
    if (lines[ROW_FILE_CONNECTIONS].file != NULL) {
        if (figures_read(figures, row, &lines[ROW_FILE_CONNECTIONS], failure) != 0)
            return -1;
        if (shares_take(parts, part, row, figures) != 0)
            return no_memory(failure);
    }
    return 0;
}

int window_parts_take(struct window_parts *parts, const struct row *row,
                      struct row_lines_reader lines[ROW_FILES], struct failure *failure)
{
    struct figures figures = {.count = 0};
    if (lines[ROW_FILE_INTERVALS].file == NULL && lines[ROW_FILE_CONNECTIONS].file == NULL)
        return 0;
    int error = part_take(parts, &figures, row, lines, failure);
    free(figures.lines);
    return error;
}

const struct window_part *window_parts_find(const struct window_parts *parts, const struct row *row)
{
    size_t number = cells_find(&parts->cells, row);
    return number == CELLS_NONE ? NULL : &parts->parts[number];
}

void window_parts_free(struct window_parts *parts)
{
    for (size_t i = 0; i < parts->cells.count; i++) {
        for (size_t j = 0; j < parts->parts[i].timeline_count; j++)
            free(parts->parts[i].timelines[j].points);
        free(parts->parts[i].shares);
    }
    free(parts->parts);
    cells_free(&parts->cells);
    *parts = (struct window_parts){.points_most = 0};
}
