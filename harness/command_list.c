#include <stdio.h>

#include "command.h"
#include "csv.h"
#include "model.h"
#include "options.h"
#include "program.h"

static int list_csv(void)
{
    static const char *const columns[] = {"model",
                                          "available",
                                          "reason",
                                          "platforms",
                                          "notification",
                                          "threads_apply",
                                          "connections_per_thread",
                                          "thread_stack_bytes",
                                          "connection_bytes",
                                          "summary"};
    struct csv_writer csv;
    program_set_output_binary();
    csv_writer_init(&csv, stdout);
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        csv_write_text(&csv, columns[i]);
    csv_end_row(&csv);
    for (const struct model_entry *entry = model_registry; entry->name != NULL; entry++) {
        const struct io_model *model = entry->model;
        char text[64];
        const char *reason = model_unavailable(entry, text, sizeof text);
        csv_write_text(&csv, entry->name);
        csv_write_text(&csv, reason == NULL ? "yes" : "no");
        csv_write_text(&csv, reason);
        csv_write_text(&csv, model_platforms_text(entry));
        if (model == NULL) {
            for (int i = 0; i < 5; i++)
                csv_write_empty(&csv);
        } else {
            csv_write_text(&csv, model_notification_text(model));
            csv_write_text(&csv, model->threads_apply ? "yes" : "no");
            csv_write_u64(&csv, model->connections_per_thread);
            csv_write_u64(&csv, model->thread_stack_bytes);
            csv_write_u64(&csv, model->connection_bytes);
        }
        csv_write_text(&csv, entry->summary);
        csv_end_row(&csv);
    }
    return csv.failed ? STATUS_FAILED : 0;
}

static void limit_print(const struct model_entry *entry)
{
    const struct io_model *model = entry->model;
    if (model == NULL)
        printf("  %-14s", "-");
    else if (model->connections_per_thread == 0)
        printf("  %-14s", "none");
    else
        printf("  %-14u", model->connections_per_thread);
}

static int list_table(void)
{
    printf("%-20s  %-14s  %-10s  %-14s  %s\n", "model", "runs on", "tells of", "sockets/thread",
           "idea");
    for (const struct model_entry *entry = model_registry; entry->name != NULL; entry++) {
        printf("%-20s  %-14s  %-10s", entry->name, model_platforms_text(entry),
               entry->model == NULL ? "-" : model_notification_text(entry->model));
        limit_print(entry);
        printf("  %s\n", entry->summary);
    }
    for (const struct model_entry *entry = model_registry; entry->name != NULL; entry++) {
        char text[64];
        const char *reason = model_unavailable(entry, text, sizeof text);
        if (entry->model != NULL && reason != NULL)
            printf("%s is not available here: %s\n", entry->name, reason);
    }
    return 0;
}

int command_list(int argc, char **argv)
{
    bool csv = false;
    const struct option options[] = {{"--csv", NULL, OPTION_FLAG, &csv, 0, 0,
                                      "as CSV: the same capabilities that `bench` obeys"},
                                     {.name = NULL}};
    const struct command command = {
        "list", "[--csv]",
        "The I/O models, also those of the other system. `tells of`: what a wait reports, that a\n"
        "call would not block (readiness) or that it has been done (completion).\n",
        options, NULL};
    int status;
    if (!options_take(&command, argc, argv, &status))
        return status;
    return csv ? list_csv() : list_table();
}
