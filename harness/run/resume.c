#include "run/resume.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/exit_status.h"
#include "base/failure.h"
#include "clock.h"
#include "host/child.h"
#include "rows/results_reader.h"
#include "run/environment.h"
#include "run/resume_folder.h"

const char *resume_fact(const struct resume *resume, const char *name)
{
    const char *value = results_fact_find(&resume->facts, name);
    return value == NULL ? "" : value;
}

/* What may be given beside --resume, and whether it is for all later rows. */
static const struct {
    const char *name;
    bool has_value;
    bool stays;
} allowed[] = {
    {"--resume", true, false},
    {"--dry-run", false, false},
    {"--report", false, false},
    {"--trials", true, true},
};

enum { ALLOWED = sizeof allowed / sizeof allowed[0] };

static size_t allowed_find(const char *argument)
{
    size_t i = 0, length = strcspn(argument, "=");
    while (i < ALLOWED &&
           (strlen(allowed[i].name) != length || strncmp(allowed[i].name, argument, length) != 0))
        i++;
    return i;
}

/*
 * kept: those of argv that stay, room for argc; how many. SIZE_MAX, with a failure, where another
 * option is given.
 */
static size_t arguments_keep(int argc, char **argv, const char **kept, struct failure *failure)
{
    size_t count = 0;
    for (int i = 0; i < argc; i++) {
        size_t found = allowed_find(argv[i]);
        if (found == ALLOWED) {
            failure_set(failure,
                        "%s: --resume goes on with the run's own arguments; only --trials, "
                        "--report and --dry-run can be given beside it",
                        argv[i]);
            return SIZE_MAX;
        }
        bool apart = allowed[found].has_value && strchr(argv[i], '=') == NULL && i + 1 < argc;
        if (allowed[found].stays)
            kept[count++] = argv[i];
        if (apart && allowed[found].stays)
            kept[count++] = argv[i + 1];
        i += apart;
    }
    return count;
}

static int no_memory(struct failure *failure)
{
    failure_set(failure, "out of memory");
    return EXIT_FAILED;
}

/* The arguments of the run and those that stay, as one line. */
static int arguments_join(struct resume *resume, const char *const *kept, size_t count)
{
    const char *old = resume_fact(resume, "arguments");
    char *added = child_quote_words(kept, count);
    size_t size = added == NULL ? 0 : strlen(old) + strlen(added) + 2;
    resume->arguments = added == NULL ? NULL : malloc(size);
    if (resume->arguments != NULL)
        snprintf(resume->arguments, size, "%s%s%s", old,
                 old[0] == '\0' || added[0] == '\0' ? "" : " ", added);
    free(added);
    return resume->arguments == NULL ? -1 : 0;
}

/* The last one of an option counts, so what is given now comes last. */
static int argv_make(struct resume *resume, int argc, char **argv)
{
    static char seed_option[] = "--seed";
    size_t words = 0, used = 0;
    while (resume->words != NULL && resume->words[words] != NULL)
        words++;
    resume->argv = malloc((words + 2 + (size_t)argc + 1) * sizeof *resume->argv);
    if (resume->argv == NULL)
        return -1;
    for (size_t i = 0; i < words; i++)
        resume->argv[used++] = resume->words[i];
    resume->argv[used++] = seed_option;
    resume->argv[used++] = results_fact_find(&resume->facts, "seed");
    for (int i = 0; i < argc; i++)
        resume->argv[used++] = argv[i];
    resume->argv[used] = NULL;
    resume->argc = (int)used;
    return 0;
}

/* Whether bench may have begun a run by these words, as far as their options matter here. */
static bool words_begin_a_run(char *const *words)
{
    static const char *const others[] = {"--help", "-h", "--resume"};
    for (; *words != NULL; words++)
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
            if (strlen(others[i]) == strcspn(*words, "=") &&
                strncmp(*words, others[i], strlen(others[i])) == 0)
                return false;
    return true;
}

/* Whether the folder's environment.csv is of a run that can be gone on with. */
static int facts_check(const struct resume *resume, struct failure *failure)
{
    const char *cause = NULL;
    if (resume->facts.columns != 2 || resume_fact(resume, "seed")[0] == '\0' ||
        resume_fact(resume, "contestants")[0] == '\0')
        cause = "its environment.csv does not tell what it was to measure; begin a new run";
    else if (resume_fact(resume, "generator")[0] != '\0' ||
             resume_fact(resume, "generators")[0] != '\0')
        cause = "it is of several load generators, whose moments have passed; begin a new run";
    if (cause == NULL)
        return 0;
    failure_set(failure, "--resume %s: %s", resume->folder, cause);
    return EXIT_FAILED;
}

static int arguments_take(struct resume *resume, int argc, char **argv, struct failure *failure)
{
    const char **kept = malloc(((size_t)argc + 1) * sizeof *kept);
    if (kept == NULL)
        return no_memory(failure);
    int status = 0;
    size_t count = arguments_keep(argc, argv, kept, failure);
    if (count == SIZE_MAX)
        status = EXIT_USAGE;
    resume->changes = status == 0 && count > 0;
    const char *old = status == 0 ? resume_fact(resume, "arguments") : "";
    if (old[0] != '\0') {
        resume->words = child_split_command(old, failure);
        status = resume->words == NULL ? EXIT_FAILED : 0;
        if (status == 0 && !words_begin_a_run(resume->words)) {
            failure_set(failure,
                        "--resume %s: the arguments in its environment.csv are those of no run; "
                        "begin a new run",
                        resume->folder);
            status = EXIT_FAILED;
        }
    }
    if (status == 0 &&
        (arguments_join(resume, kept, count) != 0 || argv_make(resume, argc, argv) != 0))
        status = no_memory(failure);
    free(kept);
    return status;
}

int resume_open(struct resume *resume, const char *path, int argc, char **argv,
                struct failure *failure)
{
    *resume = (struct resume){.folder = ""};
    if (!resume_folder_of(path, resume->folder)) {
        failure_set(failure, "--resume %s: the path is too long", path);
        return EXIT_FAILED;
    }
    if (results_read_table(resume->folder, "environment.csv", &resume->facts, failure) != 0)
        return EXIT_FAILED;
    int status = facts_check(resume, failure);
    if (status == 0)
        status = arguments_take(resume, argc, argv, failure);
    if (status != 0)
        resume_close(resume);
    return status;
}

void resume_close(struct resume *resume)
{
    csv_table_free(&resume->facts);
    free(resume->words);
    free(resume->argv);
    free(resume->arguments);
    *resume = (struct resume){.folder = ""};
}

static const char *fact_now(const struct results_fact *facts, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(facts[i].name, name) == 0)
            return facts[i].value;
    return "";
}

int resume_check(const struct resume *resume, const struct results_fact *facts, size_t count,
                 struct failure *failure)
{
    static const char *const same[] = {"tool_version", "placement",     "cpu_model",
                                       "cpu_count",    "client_system", "contestants"};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        const char *then = resume_fact(resume, same[i]), *now = fact_now(facts, count, same[i]);
        if (strcmp(then, now) != 0)
            return failure_set(
                failure,
                "--resume %s: what is measured now could not be compared with it: %s was %.80s "
                "and is %.80s; begin a new run",
                resume->folder, same[i], then, now);
    }
    return 0;
}

int resume_note(const struct resume *resume, struct results *results, struct failure *failure)
{
    char now[24], *moments = NULL;
    const char *before = resume_fact(resume, "resumed_at_utc");
    size_t rows = resume->facts.rows, size = strlen(before) + sizeof now + 2;
    struct results_fact *facts = calloc(rows, sizeof *facts);
    moments = malloc(size);
    int error = -1;
    if (facts != NULL && moments != NULL) {
        snprintf(moments, size, "%s%s%s", before, before[0] == '\0' ? "" : "; ",
                 clock_utc_text(now, sizeof now));
        for (size_t row = 1; row < rows; row++) {
            struct results_fact *fact = &facts[row - 1];
            fact->name = csv_field(&resume->facts, row, 0);
            fact->value = csv_field(&resume->facts, row, 1);
            if (strcmp(fact->name, "resumed_at_utc") == 0)
                fact->value = moments;
            else if (strcmp(fact->name, "arguments") == 0)
                fact->value = resume->arguments;
        }
        error = results_write_environment(results, facts, rows - 1, failure);
    } else {
        no_memory(failure);
    }
    free(facts);
    free(moments);
    return error;
}
