#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "base/terminal.h"
#include "program/command.h"
#include "program/merge_environment.h"
#include "program/options.h"
#include "report/summary_table.h"
#include "report/warnings_table.h"
#include "rows/cell_histograms.h"
#include "rows/merge.h"
#include "rows/results.h"
#include "rows/results_reader.h"
#include "run/generator.h"

enum {
    PARTS_MAX = GENERATORS_MAX,
    BASES_MAX = CELL_BASES_MAX,
    BASIS_BYTES = 16,
};

/* What one load generator has kept. */
struct part {
    struct results_reader reader;
    bool *used;    /* each of its rows: merged already */
    size_t cursor; /* the row after the last one that was found */
};

struct basis {
    char name[BASIS_BYTES];
    struct histogram histogram;
};

struct merger {
    struct part parts[PARTS_MAX]; /* by the generators' numbers; no folder where one is missing */
    size_t count;                 /* of all generators, missing ones too */
    struct basis bases[BASES_MAX];
    size_t bases_made; /* initialised */
    size_t bases_used;
    struct results results;
    struct cell_histograms histograms;
    struct row *rows; /* that were written */
    size_t row_count;
    size_t failed;
    struct failure failure;
};

_Static_assert((int)PARTS_MAX <= LIST_TEXTS_MAX, "each part's folder is an argument");

#define FAIL(merger, ...) (failure_set(&(merger)->failure, __VA_ARGS__), EXIT_FAILED)

static bool is_there(const struct part *part)
{
    return part->reader.folder != NULL;
}

/* ---- which folder is whose ---- */

/* The Ith of N: as all its rows say. 0, or the exit status with a failure. */
static int identity_read(struct merger *merger, const struct results_reader *reader,
                         uint64_t *index, uint64_t *count)
{
    struct generator generator;
    const char *text = reader->count > 0 ? reader->rows[0].generator : "";
    for (size_t i = 1; i < reader->count; i++)
        if (strcmp(reader->rows[i].generator, text) != 0)
            return FAIL(merger,
                        "%s: rows of several generators; merge takes what bench has written",
                        reader->folder);
    if (reader->count == 0)
        return FAIL(merger, "%s: it has no rows", reader->folder);
    if (text[0] == '\0')
        return FAIL(merger,
                    "%s: it is no part of a run by several load generators (its column generator "
                    "is empty); whole runs are not merged but compared: iomodels compare",
                    reader->folder);
    if (!generator_identify(&generator, text) || generator.count < 2)
        return FAIL(merger,
                    "%s: generator %s is not I of N, such as 1 of 3; did a spreadsheet take it for "
                    "a date?",
                    reader->folder, text);
    if (generator.count > PARTS_MAX)
        return FAIL(merger, "%s: of %u generators; merge takes at most %d", reader->folder,
                    generator.count, PARTS_MAX);
    *index = generator.index;
    *count = generator.count;
    return 0;
}

/* Any row that was kept of an earlier folder; NULL: this is the first. */
static const struct results_reader *reader_any(const struct merger *merger)
{
    for (size_t i = 0; i < merger->count; i++)
        if (is_there(&merger->parts[i]))
            return &merger->parts[i].reader;
    return NULL;
}

/* What puts the rows of all parts together. */
static int trials_check(struct merger *merger, const struct results_reader *reader)
{
    for (size_t i = 0; i < reader->count; i++)
        if (!number_is_known(reader->rows[i].trial))
            return FAIL(merger, "%s: row %zu has no trial; merge takes what bench has written",
                        reader->folder, i + 1);
    return 0;
}

static int part_place(struct merger *merger, struct results_reader *reader)
{
    uint64_t index, count;
    const struct results_reader *other = reader_any(merger);
    int status = identity_read(merger, reader, &index, &count);
    if (status == 0)
        status = trials_check(merger, reader);
    if (status != 0)
        return status;
    if (other != NULL && merger->count != count)
        return FAIL(merger, "%s is of %llu generators, %s of %zu", reader->folder,
                    (unsigned long long)count, other->folder, merger->count);
    if (other != NULL && strcmp(other->rows[0].run_id, reader->rows[0].run_id) != 0)
        return FAIL(merger, "%s is of the run %s, %s of %s", reader->folder, reader->rows[0].run_id,
                    other->folder, other->rows[0].run_id);
    struct part *part = &merger->parts[index - 1];
    if (is_there(part))
        return FAIL(merger, "%s and %s are both generator %llu's", part->reader.folder,
                    reader->folder, (unsigned long long)index);
    bool *used = calloc(reader->count, sizeof *used);
    if (used == NULL)
        return FAIL(merger, "out of memory");
    merger->count = (size_t)count;
    *part = (struct part){.reader = *reader, .used = used};
    return 0;
}

static int parts_open(struct merger *merger, const struct text_list *folders)
{
    for (size_t i = 0; i < folders->count; i++) {
        struct results_reader reader;
        if (results_reader_open(&reader, folders->items[i], &merger->failure) != 0)
            return EXIT_FAILED;
        int status = part_place(merger, &reader);
        if (status != 0) {
            results_reader_close(&reader);
            return status;
        }
    }
    for (size_t i = 0; i < merger->count; i++)
        if (!is_there(&merger->parts[i]))
            fprintf(stderr, "iomodels merge: nothing of generator %zu/%zu is given\n", i + 1,
                    merger->count);
    return 0;
}

/* ---- rows ---- */

static bool is_same_run(const struct row *a, const struct row *b)
{
    return a->trial == b->trial && row_same_cell(a, b);
}

/* The part's row of that run, which is then used; NULL: none. Mostly it is the next one. */
static const struct row *row_take(struct part *part, const struct row *run)
{
    size_t count = part->reader.count;
    for (size_t i = 0; i < count; i++) {
        size_t at = (part->cursor + i) % count;
        if (part->used[at] || !is_same_run(&part->reader.rows[at], run))
            continue;
        part->used[at] = true;
        part->cursor = at + 1;
        return &part->reader.rows[at];
    }
    return NULL;
}

static struct basis *basis_of(struct merger *merger, const char *name)
{
    for (size_t i = 0; i < merger->bases_used; i++)
        if (strcmp(merger->bases[i].name, name) == 0)
            return &merger->bases[i];
    if (merger->bases_used == BASES_MAX)
        return NULL;
    struct basis *basis = &merger->bases[merger->bases_used];
    if (merger->bases_used == merger->bases_made) {
        if (histogram_init(&basis->histogram) != 0)
            return NULL;
        merger->bases_made++;
    }
    histogram_clear(&basis->histogram);
    snprintf(basis->name, sizeof basis->name, "%s", name);
    merger->bases_used++;
    return basis;
}

/* Adds those of one part. None may be lost: its round trips are as many as its row tells. */
static int part_histograms(struct merger *merger, struct part *part, const struct row *row,
                           struct histogram *kept)
{
    char name[BASIS_BYTES];
    uint64_t round_trips = 0;
    int found;
    do {
        histogram_clear(kept);
        found =
            results_reader_histogram(&part->reader, row, name, sizeof name, kept, &merger->failure);
        if (found <= 0)
            break;
        struct basis *basis = basis_of(merger, name);
        if (basis == NULL)
            return FAIL(merger, "%s: too many histograms of one row, or out of memory",
                        part->reader.folder);
        histogram_add(&basis->histogram, kept);
        if (strcmp(name, row->latency_basis) == 0)
            round_trips += kept->total;
    } while (found > 0);
    if (found < 0)
        return EXIT_FAILED;
    if ((double)round_trips != row->rtt_samples)
        return FAIL(merger, "%s: histogram.csv has %llu round trips of a row that has %.0f (%s %s)",
                    part->reader.folder, (unsigned long long)round_trips, row->rtt_samples,
                    row->target, row->model);
    return 0;
}

/* The lines of all parts, one part after the other. */
static int lines_merge(struct merger *merger, const struct row *const *rows,
                       const struct row *merged)
{
    for (int file = ROW_FILE_HISTOGRAM + 1; file < ROW_FILES; file++)
        for (size_t i = 0; i < merger->count; i++)
            if (results_keeps(&merger->results, (enum row_file)file) && rows[i] != NULL &&
                rows[i]->rtt_samples > 0 &&
                results_reader_take(&merger->parts[i].reader, (enum row_file)file, rows[i],
                                    results_lines(&merger->results, (enum row_file)file), merged,
                                    &merger->failure) != 0)
                return EXIT_FAILED;
    return 0;
}

static int samples_merge(struct merger *merger, const struct row *const *rows, struct row *merged,
                         struct histogram *kept)
{
    merger->bases_used = 0;
    for (size_t i = 0; i < merger->count; i++)
        if (rows[i] != NULL && rows[i]->rtt_samples > 0) {
            int status = part_histograms(merger, &merger->parts[i], rows[i], kept);
            if (status != 0)
                return status;
        }
    for (size_t i = 0; i < merger->bases_used; i++)
        merge_histogram(merged, merger->bases[i].name, &merger->bases[i].histogram);
    return lines_merge(merger, rows, merged);
}

static int row_keep(struct merger *merger, const struct row *merged)
{
    struct row_histogram kept[BASES_MAX];
    struct row *larger = realloc(merger->rows, (merger->row_count + 1) * sizeof *merger->rows);
    if (larger == NULL)
        return FAIL(merger, "out of memory");
    merger->rows = larger;
    merger->rows[merger->row_count++] = *merged;
    for (size_t i = 0; i < merger->bases_used; i++)
        kept[i] = (struct row_histogram){merger->bases[i].name, &merger->bases[i].histogram};
    if (cell_histograms_add(&merger->histograms, merged, kept, merger->bases_used) != 0)
        return FAIL(merger, "out of memory");
    return results_add(&merger->results, merged, kept, merger->bases_used, &merger->failure) == 0
               ? 0
               : EXIT_FAILED;
}

/* The run of that row, of all generators from this one on: those before do not have it. */
static int run_merge(struct merger *merger, size_t first, const struct row *run,
                     struct histogram *kept)
{
    const struct row *rows[PARTS_MAX] = {NULL};
    struct row merged;
    for (size_t i = first; i < merger->count; i++)
        if (is_there(&merger->parts[i]))
            rows[i] = row_take(&merger->parts[i], run);
    merge_rows(&merged, rows, merger->count);
    merger->bases_used = 0;
    int status = 0;
    if (merged.status == ROW_OK)
        status = samples_merge(merger, rows, &merged, kept);
    merger->failed += merged.status == ROW_FAILED;
    return status != 0 ? status : row_keep(merger, &merged);
}

static int rows_merge(struct merger *merger)
{
    struct histogram kept;
    int status = 0;
    if (histogram_init(&kept) != 0)
        return FAIL(merger, "out of memory");
    for (size_t i = 0; i < merger->count && status == 0; i++) {
        const struct part *part = &merger->parts[i];
        for (size_t row = 0; row < part->reader.count && status == 0; row++)
            if (!part->used[row])
                status = run_merge(merger, i, &part->reader.rows[row], &kept);
    }
    histogram_free(&kept);
    return status;
}

/* ---- the command ---- */

static int results_make(struct merger *merger, const char *folder)
{
    unsigned keeps = 0;
    for (size_t i = 0; i < merger->count; i++)
        if (is_there(&merger->parts[i]))
            keeps |= results_reader_keeps(&merger->parts[i].reader);
    if (results_open_at(&merger->results, folder, reader_any(merger)->rows[0].run_id, keeps,
                        &merger->failure) != 0)
        return EXIT_FAILED;
    const char *folders[PARTS_MAX] = {NULL};
    for (size_t i = 0; i < merger->count; i++)
        folders[i] = merger->parts[i].reader.folder;
    int status = merge_environment(&merger->results, folders, merger->count, &merger->failure) == 0
                     ? rows_merge(merger)
                     : EXIT_FAILED;
    if (status == 0 && results_write_derived(&merger->results, merger->rows, merger->row_count,
                                             &merger->histograms, &merger->failure) != 0)
        status = EXIT_FAILED;
    struct failure failure = {""};
    if (results_close(&merger->results, &failure) != 0 && status == 0)
        status = FAIL(merger, "%s", failure.text);
    return status;
}

static void merger_close(struct merger *merger)
{
    for (size_t i = 0; i < merger->count; i++)
        if (is_there(&merger->parts[i])) {
            results_reader_close(&merger->parts[i].reader);
            free(merger->parts[i].used);
        }
    for (size_t i = 0; i < merger->bases_made; i++)
        histogram_free(&merger->bases[i].histogram);
    cell_histograms_free(&merger->histograms);
    free(merger->rows);
}

static int merge(const struct text_list *folders, const char *out)
{
    static struct merger merger; /* not on the stack: it has a place for each generator */
    int status = parts_open(&merger, folders);
    if (status == 0)
        status = results_make(&merger, out);
    if (status != 0) {
        fprintf(stderr, "iomodels merge: %s\n", merger.failure.text);
    } else {
        struct text_list targets;
        merge_targets_order(&merger.results, merger.rows, merger.row_count, &targets);
        summary_table_print(stdout, merger.rows, merger.row_count, &targets,
                            terminal_table_width(stdout));
        warnings_print(stdout, merger.rows, merger.row_count, terminal_text_width(stdout));
        printf("\nresults: %s\n", merger.results.folder.path);
        status = merger.failed > 0 ? EXIT_FAILED : 0;
    }
    merger_close(&merger);
    return status;
}

struct merge_options {
    struct text_list folders;
    const char *out;
};

#define GIVEN(member) offsetof(struct merge_options, member)

static const struct option options[] = {
    {"DIR", NULL, OPTION_ARGUMENTS, GIVEN(folders), 1, PARTS_MAX,
     "the folder of each load generator's part"},
    {"--out", "DIR", OPTION_TEXT, GIVEN(out), 0, 0, "the folder that is made, of the whole run"},
    {.name = NULL}};

static const struct command command = {
    "merge", "DIR... --out DIR",
    "Adds what several load generators (bench --generator) have measured together: a row for\n"
    "each run, with the sums of their counts and percentiles of all their round trips.\n",
    options,
    "All parts of the run are needed: where one is missing, the rows fail, and say so.\n"
    "Exit status: 0, 1 where a row failed or a folder can't be read, 2 for bad usage.\n"};

int command_merge(int argc, char **argv)
{
    struct merge_options given = {.out = NULL};
    int status;
    if (!options_take(&command, &given, argc, argv, &status))
        return status;
    if (given.out == NULL)
        return options_fail("merge", "--out is missing: where the merged run is written");
    return merge(&given.folders, given.out);
}
