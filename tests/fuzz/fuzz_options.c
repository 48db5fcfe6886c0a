/* The words behind `iomodels bench` or `iomodels compare`, one a line, as far as a plan of workloads. */
#include "base/units.h"
#include "fuzz.h"
#include "load/work_text.h"
#include "program/bench_options.h"
#include "program/compare_options.h"
#include "run/plan_workloads.h"

enum { WORDS_MOST = 32 };

static void bench_take(int argc, char **argv)
{
    static struct plan plan;
    struct bench_request request = {.suite = NULL};
    int status = -1;
    if (!bench_options_take(&request, argc, argv, &status)) {
        FUZZ_HOLDS(status == 0 || status == 2);
        return;
    }
    const struct suite *suite = request.suite == NULL ? &suites[0] : suite_find(request.suite);
    plan.workload_count = 0;
    if (suite == NULL || plan_choose_workloads(&plan, suite, &request, NULL) != 0)
        return;
    FUZZ_HOLDS(plan.workload_count > 0 && plan.workload_count <= SUITE_WORKLOADS_MAX);
    for (size_t i = 0; i < plan.workload_count; i++) {
        const struct workload *workload = &plan.workloads[i];
        FUZZ_HOLDS(workload->connections >= 1 && workload->active <= workload->connections);
        FUZZ_HOLDS(workload->message_bytes >= 1 && workload->pipeline_depth >= 1);
        for (size_t j = 0; j < i; j++)
            FUZZ_HOLDS(!workload_equals(workload, &plan.workloads[j]));
    }
}

static void compare_take(int argc, char **argv)
{
    struct compare_options given = {.by = NULL};
    int status = -1;
    if (!compare_options_take(&given, argc, argv, &status))
        FUZZ_HOLDS(status == 0 || status == 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *rest = text, *argv[WORDS_MOST + 1], *word;
    const char *command = fuzz_line(&rest);
    int argc = 0;
    while (argc < WORDS_MOST && (word = fuzz_line(&rest)) != NULL)
        argv[argc++] = word;
    argv[argc] = NULL;
    if (strcmp(command, "compare") == 0)
        compare_take(argc, argv);
    else
        bench_take(argc, argv);
    free(text);
    return 0;
}
