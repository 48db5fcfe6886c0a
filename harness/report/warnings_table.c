#include "report/warnings_table.h"

#include "base/terminal.h"
#include "rows/drift.h"
#include "rows/warnings.h"

void warnings_print(FILE *file, const struct row *all, size_t count, unsigned width)
{
    char line[400];
    size_t measured = 0;
    bool first = true;
    for (size_t i = 0; i < count; i++)
        measured += all[i].status != ROW_SKIPPED;
    for (int warning = 0; warning < WARNINGS; warning++) {
        size_t rows = 0;
        for (size_t i = 0; i < count; i++)
            rows += warning_has(&all[i], (enum warning)warning);
        if (rows == 0)
            continue;
        snprintf(line, sizeof line, "warning: %s in %zu of %zu rows: %s",
                 warning_word((enum warning)warning), rows, measured,
                 warning_advice((enum warning)warning));
        fprintf(file, "%s", first ? "\n" : "");
        terminal_print_wrapped(file, line, 0, width);
        first = false;
    }
    struct drift drift = drift_of(all, count);
    if (!drift.found)
        return;
    snprintf(line, sizeof line, "warning: %s, %s by %.0f %%: %s", warning_word(WARNING_DRIFT),
             drift.metric, 100 * drift.change, warning_advice(WARNING_DRIFT));
    fprintf(file, "%s", first ? "\n" : "");
    terminal_print_wrapped(file, line, 0, width);
}
