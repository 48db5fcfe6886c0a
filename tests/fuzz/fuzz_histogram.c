/* histogram.csv beside two rows that it may belong to. */
#include "fuzz.h"
#include "rows/histogram_lines.h"

enum { ROWS = 2, BASIS_BYTES = 16 };

/* As in the corpus. */
static void rows_make(struct row rows[ROWS])
{
    for (size_t i = 0; i < ROWS; i++) {
        row_clear(&rows[i]);
        strcpy(rows[i].run_id, "r");
        strcpy(rows[i].target, "t");
        strcpy(rows[i].model, "select");
        strcpy(rows[i].workload, i == 0 ? "pingpong" : "rate");
        rows[i].connections = rows[i].connections_active = 1;
        rows[i].message_bytes = 64;
        rows[i].trial = 1;
    }
    rows[1].target_rate_msgs_per_s = 1000;
}

static int row_read_all(struct row_lines_reader *reader, const struct row *row,
                        struct histogram *histogram)
{
    static struct row summed;
    char basis[BASIS_BYTES];
    uint64_t before = histogram->total;
    int result = row_lines_reader_seek(reader, row, NULL);
    while (result == 0 && (result = histogram_lines_read(reader, row, basis, sizeof basis,
                                                         histogram, NULL)) == 1) {
        FUZZ_HOLDS(histogram->total >= before);
        before = histogram->total;
        FUZZ_HOLDS(histogram->total == 0 || histogram->min <= histogram->max);
        uint64_t median = histogram_percentile(histogram, 50);
        FUZZ_HOLDS(histogram->total == 0 || (histogram->min <= median && median <= histogram->max));
        row_clear(&summed);
        row_set_round_trips(&summed, histogram, 0);
        result = 0;
    }
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct row rows[ROWS];
    static struct histogram histogram;
    struct row_lines_reader reader;
    if (size == 0)
        return 0;
    if (histogram.counts == NULL) {
        rows_make(rows);
        if (histogram_init(&histogram) != 0)
            abort();
    }
    FILE *file = fuzz_file(data, size);
    int error = row_lines_reader_open(&reader, ROW_FILE_HISTOGRAM, "folder", file, NULL);
    for (size_t i = 0; i < ROWS && error == 0; i++) {
        if (histogram.total > 0)
            histogram_clear(&histogram);
        error = row_read_all(&reader, &rows[i], &histogram);
    }
    FUZZ_HOLDS(error != 0 || row_lines_reader_bytes(&reader) <= size);
    row_lines_reader_close(&reader);
    return 0;
}
