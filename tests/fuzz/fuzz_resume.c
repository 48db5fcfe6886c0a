/* environment.csv of a run that is to go on, down to the options that it makes of its arguments. */
#include <errno.h>
#include <unistd.h>

#include "fuzz.h"
#include "host/child.h"
#include "program/bench_options.h"
#include "run/resume.h"

static char folder[64], path[96];

static void folder_remove(void)
{
    remove(path);
    rmdir(folder);
}

/* In memory where the system has such a folder. */
static void folder_make(void)
{
    snprintf(folder, sizeof folder, "/dev/shm/fuzz-resume-XXXXXX");
    if (mkdtemp(folder) == NULL) {
        snprintf(folder, sizeof folder, "/tmp/fuzz-resume-XXXXXX");
        if (mkdtemp(folder) == NULL)
            abort();
    }
    snprintf(path, sizeof path, "%s/environment.csv", folder);
    atexit(folder_remove);
}

static void file_write(const uint8_t *data, size_t size)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(data, 1, size, file) != size || fclose(file) != 0)
        abort();
}

/* The words as one line are the same words again. */
static void words_again(char *const *words)
{
    size_t count = 0, i = 0;
    while (words[count] != NULL)
        count++;
    char *line = child_quote_words((const char *const *)words, count);
    char **again = line == NULL ? NULL : child_split_command(line, NULL);
    FUZZ_HOLDS(again != NULL);
    for (; i < count; i++)
        FUZZ_HOLDS(again[i] != NULL && strcmp(again[i], words[i]) == 0);
    FUZZ_HOLDS(again[i] == NULL);
    free(again);
    free(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char option[] = "--resume=folder", trials[] = "--trials", three[] = "3";
    char *argv[] = {option, trials, three, NULL};
    struct results_fact now = {.name = "tool_version", .value = IOMODELS_VERSION};
    struct bench_request request = {.suite = NULL};
    struct resume resume;
    int status;
    if (folder[0] == '\0')
        folder_make();
    file_write(data, size);
    if (resume_open(&resume, folder, 3, argv, NULL) != 0)
        return 0;
    FUZZ_HOLDS(resume.arguments != NULL && resume.argc >= 5);
    FUZZ_HOLDS(strcmp(resume.argv[resume.argc - 1], three) == 0);
    if (resume.words != NULL)
        words_again(resume.words);
    /* What is given now is what counts. */
    if (bench_options_take(&request, resume.argc, resume.argv, &status))
        FUZZ_HOLDS(request.trials == 3 && strcmp(request.resume, "folder") == 0);
    (void)resume_check(&resume, &now, 1, NULL);
    resume_close(&resume);
    return 0;
}
