#include "program/compare_notes.h"

/* To the reader of a table below it, else on standard error. */
static void note(struct comparison_table *table, const char *text)
{
    if (comparison_format_is_for_programs(table->format))
        fprintf(stderr, "iomodels compare: %s\n", text);
    else
        comparison_table_note(table, text, true);
}

static void left_out_print(struct comparison_table *table, size_t failed, size_t skipped,
                           size_t incomplete)
{
    const struct {
        size_t rows;
        const char *one, *many;
    } causes[] = {
        {failed, "that failed", "that failed"},
        {skipped, "that was skipped", "that were skipped"},
        {incomplete, "in which connections were missing", "in which connections were missing"}};
    char text[200];
    size_t used = 0;
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++) {
        bool is_one = causes[i].rows == 1;
        if (causes[i].rows > 0)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%zu %s%s",
                                     used == 0 ? "left out: " : ", ", causes[i].rows,
                                     used > 0 ? ""
                                     : is_one ? "row "
                                              : "rows ",
                                     is_one ? causes[i].one : causes[i].many);
    }
    if (used > 0)
        note(table, text);
}

static void warned_print(struct comparison_table *table, size_t warned, size_t rows,
                         const size_t warned_by[WARNINGS])
{
    char text[1600]; /* all words with their numbers */
    const char *between = ": ";
    size_t used =
        (size_t)snprintf(text, sizeof text, "%zu of %zu rows have warnings", warned, rows);
    for (int warning = 0; warning < WARNINGS; warning++) {
        if (warned_by[warning] == 0)
            continue;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %zu", between,
                                 warning_word((enum warning)warning), warned_by[warning]);
        between = ", ";
    }
    snprintf(text + used, sizeof text - used, "; see that column of runs.csv");
    note(table, text);
}

void compare_notes_print(struct comparison_table *table, const struct cells *cells,
                         const struct pairing_rules *rules, const struct pairing *pairing)
{
    static const char *const alone[] = {
        "no other model was measured on that target with that load",
        "that model was not measured with that load on the other target",
        "the other run has it not, or with another number of server threads"};
    char text[240];
    size_t skipped = 0, failed = 0, incomplete = 0, warned = 0, rows = 0, measured = 0;
    size_t warned_by[WARNINGS] = {0};
    for (size_t i = 0; i < cells->count; i++) {
        const struct cell *cell = &cells->cells[i];
        if (!pairing_wants(rules, cell))
            continue;
        skipped += cell->skipped;
        failed += cell->failed;
        incomplete += cell->incomplete;
        warned += cell->warned;
        for (int warning = 0; warning < WARNINGS; warning++)
            warned_by[warning] += cell->warned_by[warning];
        rows += cell->rows;
        measured += cell->rows > 0;
    }
    left_out_print(table, failed, skipped, incomplete);
    if (warned > 0)
        warned_print(table, warned, rows, warned_by);
    if (pairing->alone > 0) {
        snprintf(text, sizeof text,
                 "not compared: %zu of %zu combinations of model, target and load: %s",
                 pairing->alone, measured, alone[rules->by]);
        note(table, text);
    }
}
