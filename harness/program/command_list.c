#include <stdio.h>

#include "model.h"
#include "names.h"
#include "program.h"
#include "program/command.h"
#include "program/options.h"
#include "rows/csv_writer.h"

static void rows_write(struct csv_writer *csv)
{
    static const char *const columns[] = {"model",
                                          "available",
                                          "reason",
                                          "platforms",
                                          "notification",
                                          "threads_apply",
                                          "connections_per_thread",
                                          "clients_at_once",
                                          "buffers_pooled",
                                          "thread_stack_bytes",
                                          "connection_bytes",
                                          "lesson_of",
                                          "summary"};
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        csv_write_text(csv, columns[i]);
    csv_end_row(csv);
    for (const struct model_entry *entry = model_registry; entry->name != NULL; entry++) {
        const struct io_model *model = entry->model;
        char text[64];
        const char *reason = model_unavailable(entry, text, sizeof text);
        csv_write_text(csv, entry->name);
        csv_write_text(csv, reason == NULL ? "yes" : "no");
        csv_write_text(csv, reason);
        csv_write_text(csv, model_platforms_text(entry));
        csv_write_text(csv, model_notification_text(entry));
        csv_write_text(csv, model == NULL ? "" : model->threads_apply ? "yes" : "no");
        csv_write_u64(csv, entry->connections_per_thread);
        if (model == NULL) {
            for (int i = 0; i < 4; i++)
                csv_write_empty(csv);
        } else {
            csv_write_u64(csv, model->clients_at_once);
            csv_write_text(csv, model->buffers_pooled ? "yes" : "no");
            csv_write_u64(csv, model->thread_stack_bytes);
            csv_write_u64(csv, model->connection_bytes);
        }
        csv_write_text(csv, entry->lesson_of == NULL ? "" : entry->lesson_of);
        csv_write_text(csv, entry->summary);
        csv_end_row(csv);
    }
}

static int list_csv(void)
{
    struct csv_writer csv;
    program_set_output_binary();
    csv_writer_init(&csv, stdout);
    rows_write(&csv);
    return csv.failed ? EXIT_FAILED : 0;
}

static int list_json(void)
{
    struct json_rows json;
    struct csv_writer csv;
    program_set_output_binary();
    json_rows_begin(&json, stdout, "list");
    csv_writer_init_json(&csv, &json);
    rows_write(&csv);
    return json_rows_end(&json) == 0 ? 0 : EXIT_FAILED;
}

static void limit_print(const struct model_entry *entry)
{
    if (entry->connections_per_thread == 0)
        printf("  %-14s", "none");
    else
        printf("  %-14u", entry->connections_per_thread);
}

static void unavailable_print(bool lessons)
{
    for (const struct model_entry *entry = model_registry; entry->name != NULL; entry++) {
        char text[64];
        const char *reason = model_unavailable(entry, text, sizeof text);
        if ((entry->lesson_of != NULL) == lessons && entry->model != NULL && reason != NULL)
            printf("%s is not available here: %s\n", entry->name, reason);
    }
}

static int list_lessons(void)
{
    printf("%-28s  %-14s  %-14s  %s\n", "lesson", "changes", "runs on", "how");
    for (const struct model_entry *entry = model_registry; entry->name != NULL; entry++)
        if (entry->lesson_of != NULL)
            printf("%-28s  %-14s  %-14s  %s\n", entry->name, entry->lesson_of,
                   model_platforms_text(entry), entry->summary);
    unavailable_print(true);
    printf("Each is measured beside the model it changes by: iomodels bench --suite lessons\n");
    return 0;
}

static int list_table(void)
{
    printf("%-20s  %-14s  %-10s  %-14s  %s\n", "model", "runs on", "reports", "sockets/thread",
           "idea");
    for (const struct model_entry *entry = model_registry; entry->name != NULL; entry++) {
        if (entry->lesson_of != NULL)
            continue;
        printf("%-20s  %-14s  %-10s", entry->name, model_platforms_text(entry),
               model_notification_text(entry));
        limit_print(entry);
        printf("  %s\n", entry->summary);
    }
    unavailable_print(false);
    return 0;
}

struct list_options {
    bool csv;
    const char *format;
    bool lessons;
};

#define GIVEN(member) offsetof(struct list_options, member)

static const struct option options[] = {
    {"--lessons", NULL, OPTION_FLAG, GIVEN(lessons), 0, 0,
     "the lessons instead: models with one thing changed, to see\n"
     "what it does"},
    {"--csv", NULL, OPTION_FLAG, GIVEN(csv), 0, 0,
     "all of them as CSV: the same capabilities that `bench`\n"
     "obeys; lesson_of is empty for a model"},
    {"--format", "text|csv|json", OPTION_TEXT, GIVEN(format), 0, 0,
     "text by default; csv is --csv"},
    {.name = NULL}};

static const struct command command = {
    "list", "[OPTION...]",
    "The I/O models, also those of the other system. `reports`: what the system tells, that a\n"
    "call would not block (readiness), that it has been done (completion), or only that it would\n"
    "have blocked (refusal).\n",
    options, NULL};

int command_list(int argc, char **argv)
{
    struct list_options given = {.csv = false};
    int status;
    if (!options_take(&command, &given, argc, argv, &status))
        return status;
    const char *format = given.format == NULL ? given.csv ? "csv" : "text" : given.format;
    if (name_equals("csv", format))
        return list_csv();
    if (name_equals("json", format))
        return list_json();
    if (!name_equals("text", format))
        return options_fail("list", "--format %s: text, csv or json", format);
    return given.lessons ? list_lessons() : list_table();
}
