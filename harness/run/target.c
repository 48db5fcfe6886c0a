#include "run/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/exit_status.h"
#include "base/failure.h"
#include "base/files.h"
#include "base/units.h"
#include "clock.h"
#include "host/shell.h"
#include "program.h"

enum {
    LIST_TIMEOUT_MS = 60000, /* Wine prepares itself at its first start */
    STOP_GRACE_MS = 15000,
    END_GRACE_MS = 500,
    LIST_LINE_BYTES = 2048,
    LIST_BYTES_MAX = 1 << 20,
    LIST_QUOTED = 40, /* most of what an error shows of a list */
    NS_PER_MS = 1000000
};

/* The command's words, then `added` (NULL-terminated); to free(). NULL without memory. */
static const char **words_join(char **command, const char *const *added)
{
    size_t count = 0, more = 0;
    while (command[count] != NULL)
        count++;
    while (added[more] != NULL)
        more++;
    const char **words = malloc((count + more + 1) * sizeof *words);
    if (words == NULL)
        return NULL;
    memcpy((void *)words, (void *)command, count * sizeof *words);
    memcpy((void *)(words + count), (const void *)added, (more + 1) * sizeof *words);
    return words;
}

struct child *target_start(const struct target *target, const char *const *added, const char *cpus,
                           struct failure *failure)
{
    struct child *child = NULL;
    const char **words = words_join(target->words, added);
    if (words == NULL)
        failure_set(failure, "out of memory");
    else
        child = child_start(words, cpus, failure);
    free((void *)words);
    return child;
}

/* A process ends a moment after its pipe does. */
static bool ended_soon(struct child *child, int *status)
{
    uint64_t begun_ns = clock_now_ns();
    while (!child_ended(child, status)) {
        if (clock_now_ns() - begun_ns >= (uint64_t)END_GRACE_MS * NS_PER_MS)
            return false;
        clock_sleep_ms(1);
    }
    return true;
}

void target_explain(struct child *child, enum child_read read, struct failure *failure)
{
    int status;
    bool ended = read == CHILD_EOF && ended_soon(child, &status);
    const char *words = child_error_line(child);
    const char *colon = words[0] == '\0' ? "" : ": ";
    if (read == CHILD_CANCELLED)
        failure_set(failure, "interrupted");
    else if (read == CHILD_STOPPED)
        failure_set(failure,
                    child_waits_for_terminal(child)
                        ? "it asks something on the terminal, which no target gets: `ssh -o "
                          "BatchMode=yes` and `sudo -n` ask nothing%s%s"
                        : "it was stopped by a signal%s%s",
                    colon, words);
    else if (read == CHILD_TIMEOUT)
        failure_set(failure, "no answer in time%s%s", colon, words);
    else if (read == CHILD_FAILED)
        failure_set(failure, "its answer can't be read%s%s", colon, words);
    else if (words[0] != '\0')
        failure_set(failure, "%s", words);
    else if (ended)
        failure_set(failure, "it ended with exit status %d and said nothing", status);
    else
        failure_set(failure, "it closed its standard output");
}

/* All lines of its standard output, in a block to free(); NULL with a failure. */
static char *read_all(struct child *child, bool (*cancelled)(void *context), void *context,
                      struct failure *failure)
{
    char line[LIST_LINE_BYTES];
    size_t length = 0, capacity = 0;
    char *text = NULL;
    enum child_read read;
    uint64_t deadline_ns = child_deadline_ns(LIST_TIMEOUT_MS);
    while ((read = child_read_line(child, line, sizeof line, deadline_ns, cancelled, context)) ==
           CHILD_LINE) {
        size_t more = strlen(line) + 1;
        if (length + more + 1 > capacity) {
            capacity = 2 * (length + more + 1);
            char *larger = capacity > LIST_BYTES_MAX ? NULL : realloc(text, capacity);
            if (larger == NULL) {
                failure_set(failure, "its list is too long");
                free(text);
                return NULL;
            }
            text = larger;
        }
        length += (size_t)snprintf(text + length, capacity - length, "%s\n", line);
    }
    if (read == CHILD_EOF && text != NULL)
        return text;
    target_explain(child, read, failure);
    free(text);
    return NULL;
}

/* Each model has a name of its own: it is what tells two rows apart. */
static bool models_valid(const struct csv_table *models, struct failure *failure)
{
    int column = csv_column(models, "model");
    if (column < 0 || csv_column(models, "available") < 0) {
        failure_set(failure, "no columns model and available");
        return false;
    }
    for (size_t row = 1; row < models->rows; row++) {
        const char *name = csv_field(models, row, column);
        if (name[0] == '\0') {
            failure_set(failure, "a model without a name");
            return false;
        }
        for (size_t before = 1; before < row; before++)
            if (strcmp(csv_field(models, before, column), name) == 0) {
                failure_set(failure, "two models are called %.40s", name);
                return false;
            }
    }
    return true;
}

/* Whether the command begins with this program's bare name, which then becomes its own path. */
static bool name_resolve(struct target *target)
{
    static char path[4096]; /* the words point into it */
    if (strcmp(target->words[0], "iomodels") != 0 || !program_path(path, sizeof path))
        return false;
    target->words[0] = path;
    return true;
}

static int models_ask(struct target *target, bool (*cancelled)(void *context), void *context,
                      struct failure *failure)
{
    static const char *const words[] = {"list", "--csv", NULL};
    struct failure cause = {""};
    struct child *child = target_start(target, words, NULL, failure);
    /* A program that was built, but not installed, is not in PATH. */
    if (child == NULL && name_resolve(target))
        child = target_start(target, words, NULL, failure);
    if (child == NULL)
        return -1;
    char *text = read_all(child, cancelled, context, failure);
    child_end(child, STOP_GRACE_MS, NULL);
    if (text == NULL)
        return -1;
    int error = csv_parse(&target->models, text, strlen(text), false, &cause);
    if (error == 0 && !models_valid(&target->models, &cause)) {
        csv_table_free(&target->models);
        error = -1;
    }
    if (error != 0)
        failure_set(failure, "it printed no list of models (%.*s): %s",
                    (int)strcspn(text, "\n") < LIST_QUOTED ? (int)strcspn(text, "\n") : LIST_QUOTED,
                    text, cause.text);
    free(text);
    return error;
}

/*
 * The command's words. A path with blanks is easily forgotten to be quoted, so what is a file as it
 * stands is that program. As child_split_command.
 */
static char **words_of(const char *command, struct failure *failure)
{
    FILE *file = files_open_read(command);
    if (file == NULL)
        return child_split_command(command, failure);
    fclose(file);
    size_t length = strlen(command);
    char **words = malloc(2 * sizeof *words + length + 1);
    if (words == NULL) {
        failure_set(failure, "out of memory");
        return NULL;
    }
    words[0] = memcpy(words + 2, command, length + 1);
    words[1] = NULL;
    return words;
}

/* What the user may have meant by a command that did not do; "" where nothing is known. */
static const char *remedy_of(const struct target *target, char *text, size_t size)
{
    shell_remedy(target->words, shell_here(), text, size);
    if (text[0] != '\0' || target->words[1] == NULL || strpbrk(target->words[0], "/\\") == NULL ||
        strpbrk(target->command, "'\"") != NULL)
        return text;
    FILE *file = files_open_read(target->words[0]);
    if (file != NULL)
        fclose(file);
    else
        snprintf(text, size, "a path with blanks takes quotes: --target \"%s='PATH' ...\"",
                 target->name);
    return text;
}

int target_open(struct target *target, const char *name, const char *command,
                bool (*cancelled)(void *context), void *context, struct failure *failure)
{
    struct failure cause = {""};
    char remedy[TARGET_MESSAGE_BYTES / 4] = "";
    const char *text;
    uint64_t begun_ns = clock_now_ns();
    *target = (struct target){.name = name, .command = command};
    target->kind = target_kind_of(command, &text);
    bool is_ours = target->kind == TARGET_IOMODELS;
    if (target->kind != TARGET_TCP)
        target->words = words_of(text, &cause);
    bool has_command = target->words != NULL;
    int error = target->kind != TARGET_TCP && !has_command ? -1
                : is_ours ? models_ask(target, cancelled, context, &cause)
                          : target_kind_open(target->kind, text, target->words, &target->reach,
                                             &target->models, &cause);
    if (error == 0) {
        target->start_ns = clock_now_ns() - begun_ns;
        return 0;
    }
    if (is_ours && has_command)
        remedy_of(target, remedy, sizeof remedy);
    failure_set(failure, "target %s: %s; %s%stried: %s%s", name, cause.text, remedy,
                remedy[0] == '\0' ? "" : "; ", command,
                is_ours && has_command ? " list --csv" : "");
    free((void *)target->words);
    target->words = NULL;
    return is_ours && has_command ? EXIT_FAILED : EXIT_USAGE;
}

void target_close(struct target *target)
{
    free((void *)target->words);
    csv_table_free(&target->models);
}

/* 0 where the list does not tell. */
static unsigned count_of(const struct csv_table *models, size_t row, const char *column)
{
    uint64_t count;
    return units_parse_count(csv_field(models, row, csv_column(models, column)), 0, UINT32_MAX,
                             &count)
               ? (unsigned)count
               : 0;
}

struct target_model target_find(const struct target *target, const char *model)
{
    const struct csv_table *models = &target->models;
    struct target_model found = {.reason = "", .lesson_of = ""};
    int lesson_of = csv_column(models, "lesson_of");
    for (size_t row = 1; row < models->rows; row++) {
        found.has_lessons |= strcmp(csv_field(models, row, lesson_of), model) == 0;
        if (strcmp(csv_field(models, row, csv_column(models, "model")), model) != 0)
            continue;
        found.known = true;
        found.available =
            strcmp(csv_field(models, row, csv_column(models, "available")), "yes") == 0;
        found.reason = csv_field(models, row, csv_column(models, "reason"));
        found.lesson_of = csv_field(models, row, lesson_of);
        found.threads_apply =
            strcmp(csv_field(models, row, csv_column(models, "threads_apply")), "no") != 0;
        found.connections_per_thread = count_of(models, row, "connections_per_thread");
        found.clients_at_once = count_of(models, row, "clients_at_once");
    }
    return found;
}
