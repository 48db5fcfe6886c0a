/*
 * The conformance suite: one test body for every model and every target.
 *
 *     conformance [--all] [--threads N] PROGRAM MODEL [CASE...]
 *
 * starts PROGRAM (an iomodels) as a server of MODEL for each case and drives it as its clients.
 * One line for each case: "ok NAME", "FAILED NAME: why" or "skipped NAME: why". A case that hangs
 * ends the run, since most of the others would take a minute each; with --all they run. With --threads
 * each server has N serving threads, except where the case itself says how many. Exit status 0, 1
 * where a case failed, 2 for bad usage, 77 where PROGRAM does not have the model.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "compiler.h"
#include "load/payload.h"
#include "platform.h"
#include "rows/csv_table.h"
#include "subject.h"
#include "test.h"

enum { EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_SKIPPED = 77, PATH_BYTES = 4096 };

static const struct test_case *const groups[] = {cases_echo, cases_end, cases_limits, cases_stop};
enum { GROUPS = sizeof groups / sizeof groups[0] };

static bool fail_first(struct test *test, const char *format, va_list arguments)
    COMPILER_PRINTF(2, 0);
static bool fail_first(struct test *test, const char *format, va_list arguments)
{
    if (test->failure[0] == '\0')
        vsnprintf(test->failure, sizeof test->failure, format, arguments);
    return false;
}

bool test_fail(struct test *test, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fail_first(test, format, arguments);
    va_end(arguments);
    return false;
}

bool test_hang(struct test *test, const char *format, ...)
{
    va_list arguments;
    test->hangs = true;
    va_start(arguments, format);
    fail_first(test, format, arguments);
    va_end(arguments);
    return false;
}

bool test_skip(struct test *test, const char *reason)
{
    test->skip = reason;
    return true;
}

/* What every case ends with, unless it has ended the server itself. */
static bool case_end(struct test *test)
{
    clients_drop(test);
    if (test->child == NULL)
        return true;
    if (test->base_threads != 0 && !subject_wait_clean(test))
        return false;
    return subject_ask_stop(test) && subject_wait_stopped(test);
}

static void case_run(struct test *test, const struct test_case *one)
{
    char words[256] = "";
    test->skip = NULL;
    test->failure[0] = '\0';
    test->hangs = false;
    test->waiting = 0;
    test->stats[0] = '\0';
    test->base_threads = test->base_handles = 0;
    if (one->run(test))
        case_end(test);
    if (test->child != NULL)
        snprintf(words, sizeof words, "%s", child_error_line(test->child));
    subject_kill(test);
    clients_drop(test);

    if (test->failure[0] != '\0')
        printf("FAILED %s: %s%s%s\n", one->name, test->failure,
               words[0] == '\0' ? "" : "; the server's last words: ", words);
    else if (test->skip != NULL)
        printf("skipped %s: %s\n", one->name, test->skip);
    else
        printf("ok %s\n", one->name);
    fflush(stdout);
}

static bool is_wanted(const char *name, char *const *names)
{
    bool any = *names != NULL;
    for (; *names != NULL; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return !any;
}

/* Returns how many failed. */
static unsigned cases_run(struct test *test, char *const *names)
{
    unsigned failed = 0;
    for (size_t i = 0; i < GROUPS; i++)
        for (const struct test_case *one = groups[i]; one->name != NULL; one++) {
            if (!is_wanted(one->name, names))
                continue;
            case_run(test, one);
            if (test->failure[0] == '\0')
                continue;
            failed++;
            test->hang_ms = TEST_HANG_AGAIN_MS;
            if (test->hangs && !test->all) {
                printf("stopped after the first case that hangs; --all runs the rest as well\n");
                return failed;
            }
        }
    return failed;
}

static bool case_exists(const char *name)
{
    for (size_t i = 0; i < GROUPS; i++)
        for (const struct test_case *one = groups[i]; one->name != NULL; one++)
            if (strcmp(one->name, name) == 0)
                return true;
    return false;
}

/* The program's own list of models, in a block to free(); NULL after a failure. */
static char *list_read(struct test *test)
{
    enum { LIST_BYTES = 64 * 1024, LINE_BYTES = 4096 };
    const char *words[] = {test->program, "list", "--csv", NULL};
    char line[LINE_BYTES];
    struct failure failure = {""};
    char *list = malloc(LIST_BYTES);
    size_t used = 0;
    enum child_read read = CHILD_FAILED;
    struct child *child = list == NULL ? NULL : child_start(words, NULL, &failure);
    if (child == NULL) {
        test_fail(test, "%s", list == NULL ? "no memory" : failure.text);
        free(list);
        return NULL;
    }
    uint64_t deadline_ns = child_deadline_ns(test->hang_ms);
    while (used < LIST_BYTES - LINE_BYTES - 1 &&
           (read = child_read_line(child, line, sizeof line, deadline_ns, NULL, NULL)) ==
               CHILD_LINE)
        used += (size_t)snprintf(list + used, LIST_BYTES - used, "%s\n", line);
    int status = child_end(child, test->hang_ms, NULL);
    if (read == CHILD_EOF && status == 0)
        return list;
    test_fail(test, "list --csv failed with status %d", status);
    free(list);
    return NULL;
}

static unsigned list_number(const struct csv_table *table, size_t row, const char *column)
{
    return (unsigned)strtoul(csv_field(table, row, csv_column(table, column)), NULL, 10);
}

/* What the list says of the model; *available only where it has it. */
static bool model_find(struct test *test, bool *available)
{
    struct csv_table table;
    struct failure failure = {""};
    char *list = list_read(test);
    bool found = false;
    *available = false;
    if (list == NULL)
        return false;
    if (csv_parse(&table, list, strlen(list), false, &failure) != 0) {
        free(list);
        return test_fail(test, "list --csv: %s", failure.text);
    }
    for (size_t row = 1; row < table.rows && !found; row++) {
        found = strcmp(csv_field(&table, row, csv_column(&table, "model")), test->model) == 0;
        if (!found)
            continue;
        *available = strcmp(csv_field(&table, row, csv_column(&table, "available")), "yes") == 0;
        test->threads_apply =
            strcmp(csv_field(&table, row, csv_column(&table, "threads_apply")), "yes") == 0;
        test->buffers_pooled =
            strcmp(csv_field(&table, row, csv_column(&table, "buffers_pooled")), "yes") == 0;
        const char *notification = csv_field(&table, row, csv_column(&table, "notification"));
        test->waits = strcmp(notification, "refusal") != 0;
        test->sends_without_blocking = !test->waits || strcmp(notification, "readiness") == 0;
        test->connections_per_thread = list_number(&table, row, "connections_per_thread");
        test->clients_at_once = list_number(&table, row, "clients_at_once");
    }
    csv_table_free(&table);
    free(list);
    return found || test_fail(test, "list --csv does not have the model %s", test->model);
}

/* A model that this build (2) or this system (1) does not have is refused in words. */
static int unavailable_run(struct test *test)
{
    const char *words[] = {test->program, "serve", "--model", test->model, NULL};
    char line[256];
    struct failure failure = {""};
    struct child *child = child_start(words, NULL, &failure);
    if (child == NULL) {
        printf("FAILED unavailable: %s\n", failure.text);
        return EXIT_FAILED;
    }
    enum child_read read =
        child_read_line(child, line, sizeof line, child_deadline_ns(test->hang_ms), NULL, NULL);
    failure_set(&failure, "%s", child_error_line(child));
    int status = child_end(child, test->hang_ms, NULL);
    bool refused = status == EXIT_USAGE || status == EXIT_FAILED;
    if (read != CHILD_EOF || !refused || strstr(failure.text, test->model) == NULL) {
        printf("FAILED unavailable: serve --model %s: exit status %d and \"%s\"\n", test->model,
               status, failure.text);
        return EXIT_FAILED;
    }
    printf("skipped %s: %s\n", test->model, failure.text);
    return EXIT_SKIPPED;
}

static int model_run(struct test *test, char *const *names)
{
    bool available;
    if (!model_find(test, &available)) {
        printf("FAILED list: %s\n", test->failure);
        return EXIT_FAILED;
    }
    if (!available)
        return unavailable_run(test);
    return cases_run(test, names) == 0 ? 0 : EXIT_FAILED;
}

int main(int argc, char **argv)
{
    static struct test test = {.hang_ms = TEST_HANG_MS};
    static char program[PATH_BYTES];
    char cause[160];
    for (; argc > 1 && strcmp(argv[1], "--all") == 0; argc--, argv++)
        test.all = true;
    for (; argc > 2 && strcmp(argv[1], "--threads") == 0; argc -= 2, argv += 2)
        test.threads_asked = argv[2];
    if (argc < 3 || !platform_argument_utf8(argv[1], program, sizeof program)) {
        fprintf(stderr, "usage: conformance [--all] [--threads N] PROGRAM MODEL [CASE...]\n");
        return EXIT_USAGE;
    }
    for (int i = 3; i < argc; i++)
        if (!case_exists(argv[i])) {
            fprintf(stderr, "conformance: unknown case %s\n", argv[i]);
            return EXIT_USAGE;
        }
    int error = net_startup();
    if (error != 0) {
        fprintf(stderr, "conformance: %s\n", net_error_text(error, cause, sizeof cause));
        return EXIT_FAILED;
    }
    net_raise_limit();
    payload_init();
    test.program = program;
    test.model = argv[2];
    test.clients = calloc(TEST_CLIENTS_MOST, sizeof *test.clients);
    int status = test.clients == NULL ? EXIT_FAILED : model_run(&test, argv + 3);
    free(test.clients);
    net_cleanup();
    return status;
}
