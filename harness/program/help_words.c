#include "program/help_words.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "load/workload.h"
#include "model.h"
#include "rows/columns.h"
#include "run/suite.h"

static void models_print(void)
{
    for (const struct model_entry *entry = model_registry; entry->name != NULL; entry++)
        printf(" %s", entry->name);
}

static void suites_print(void)
{
    for (const struct suite *suite = suites; suite->name != NULL; suite++)
        printf(" %s", suite->name);
}

static void workloads_print(void)
{
    for (size_t i = 0; workload_kinds[i] != NULL; i++)
        printf(" %s", workload_kinds[i]->name);
}

/* What `compare --metric` takes. */
static void metrics_print(void)
{
    printf(" all");
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        if (column_has_better_side(&row_columns[i]))
            printf(" %s", row_columns[i].name);
}

/* The options whose values are names that this program knows. */
static const struct {
    const char *option;
    void (*print)(void);
} known[] = {
    {"--model", models_print},       {"--baseline", models_print}, {"--suite", suites_print},
    {"--workload", workloads_print}, {"--metric", metrics_print},
};

static void values_print(const struct option *option)
{
    if (islower((unsigned char)option->argument[0])) {
        for (const char *word = option->argument; *word != '\0'; word += *word == '|') {
            size_t length = strcspn(word, "|");
            printf(" %.*s", (int)length, word);
            word += length;
        }
        return;
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strncmp(option->argument, "NAME", 4) == 0 && strcmp(option->name, known[i].option) == 0)
            known[i].print();
}

void help_words_print(const struct command *command)
{
    for (const struct option *option = command->options; option->name != NULL; option++) {
        if (option->kind == OPTION_HEADING)
            continue;
        printf("%s", option->name);
        if (option->argument != NULL) {
            printf(" %s", option->argument);
            values_print(option);
        }
        printf("\n");
    }
    printf("--help\n");
}
