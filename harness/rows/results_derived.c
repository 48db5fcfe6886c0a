/* What is written whole into a run's folder: environment.csv, and what follows from all rows. */
#include <errno.h>

#include "rows/results.h"
#include "rows/summary.h"

int results_write_environment(struct results *results, const struct results_fact *facts,
                              size_t count, struct failure *failure)
{
    struct csv_writer *csv = &results->csv;
    csv_writer_clear(csv);
    csv_write_text(csv, "name");
    csv_write_text(csv, "value");
    csv_end_row(csv);
    for (size_t i = 0; i < count; i++) {
        csv_write_text(csv, facts[i].name);
        csv_write_text(csv, facts[i].value);
        csv_end_row(csv);
    }
    return results_folder_write(&results->folder, "environment.csv", csv, failure);
}

int results_write_csv(struct results *results, const char *name,
                      int (*write)(struct csv_writer *csv, const void *context),
                      const void *context, struct failure *failure)
{
    csv_writer_clear(&results->csv);
    if (write(&results->csv, context) != 0 && !results->csv.failed)
        return results_folder_fail(&results->folder, failure, results->folder.path, ENOMEM);
    return results_folder_write(&results->folder, name, &results->csv, failure);
}

struct summarized {
    const char *run_id;
    const struct row *rows;
    size_t count;
    const struct cell_histograms *histograms;
};

static int summarized_write(struct csv_writer *csv, const void *context)
{
    const struct summarized *all = context;
    return summary_write(csv, all->run_id, all->rows, all->count, all->histograms);
}

static int summary_write_file(struct results *results, const struct row *rows, size_t count,
                              const struct cell_histograms *histograms, struct failure *failure)
{
    const struct summarized all = {results->run_id, rows, count, histograms};
    return results_write_csv(results, "summary.csv", summarized_write, &all, failure);
}

static int curve_write(struct results *results, const struct row *cell,
                       const struct histogram *histogram, struct failure *failure)
{
    char path[RESULTS_FILE_BYTES], name[CURVE_NAME_BYTES];
    if (curve_name_take(&results->curves, cell, name) != 0)
        return results_folder_fail(&results->folder, failure, results->folder.path, ENOMEM);
    FILE *file = files_replace_begin(results_folder_path(&results->folder, name, path));
    if (file == NULL)
        return results_folder_fail(&results->folder, failure, path, errno);
    int error = histogram_write_hgrm(histogram, file) == 0 ? 0 : errno;
    return results_folder_end(&results->folder, file, path, error, failure);
}

int results_write_derived(struct results *results, const struct row *rows, size_t count,
                          const struct cell_histograms *histograms, struct failure *failure)
{
    int error = summary_write_file(results, rows, count, histograms, failure);
    for (size_t i = 0; i < histograms->cells.count; i++) {
        const struct cell_histogram *cell = &histograms->histograms[i];
        if (curve_write(results, &cell->row, cell_histogram_of(cell, cell->row.latency_basis),
                        error == 0 ? failure : NULL) != 0)
            error = -1;
    }
    return error;
}
