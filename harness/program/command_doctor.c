#include <stdio.h>
#include <string.h>

#include "base/failure.h"
#include "host/doctor.h"
#include "load/engine.h"
#include "model.h"
#include "program/command.h"
#include "program/options.h"
#include "run/plan.h"
#include "run/target.h"
#include "server.h"

enum { CONNECTIONS = 1000 };

/* What of this build can't serve here, and why. */
static void judge_models(struct doctor_report *report)
{
    unsigned able = 0;
    for (const struct model_entry *entry = model_registry; entry->name != NULL; entry++) {
        char text[64];
        const char *reason =
            entry->model == NULL ? NULL : model_unavailable(entry, text, sizeof text);
        if (entry->lesson_of != NULL || entry->model == NULL)
            continue;
        able += reason == NULL;
        if (reason == NULL)
            continue;
        doctor_find(report, DOCTOR_NOTE, "models", "%s can't serve here", entry->name);
        doctor_advise(report, "%s", reason);
    }
    doctor_find(report, DOCTOR_OK, "models", "%u of this build can serve here", able);
}

static void judge_waits(struct doctor_report *report)
{
    char text[320];
    if (!engine_waits_otherwise(text, sizeof text))
        return;
    doctor_find(report, DOCTOR_NOTE, "waits", "%s", text);
    doctor_advise(report, "it needs Linux 5.11 and a C library of 2022; in a container, a seccomp "
                          "profile that allows it");
}

/* What a target answered to `list --csv`. */
struct answer {
    const struct target *target; /* NULL: it did not, as the message says */
    struct failure failure;
};

/* Asks all before anything is printed, since what was given may be no target. 0 or the exit status. */
static int targets_ask(const struct text_list *given, struct plan *plan, struct answer *answers)
{
    for (size_t i = 0; i < given->count; i++) {
        struct answer *answer = &answers[i];
        int status = plan_add_target(plan, given->items[i], false, NULL, NULL, &answer->failure);
        if (status == EXIT_USAGE)
            return options_fail("doctor", "%s", answer->failure.text);
        answer->target = status == 0 ? &plan->targets[plan->target_count - 1] : NULL;
    }
    return 0;
}

static void judge_target(struct doctor_report *report, const struct answer *answer)
{
    const struct target *target = answer->target;
    unsigned able = 0;
    if (target == NULL) {
        doctor_find(report, DOCTOR_PROBLEM, "target", "%s", answer->failure.text);
        doctor_advise(report, "the command, run by hand, has to print a list of models");
        return;
    }
    int name = csv_column(&target->models, "model");
    for (size_t row = 1; row < target->models.rows; row++)
        able += target_find(target, csv_field(&target->models, row, name)).available;
    doctor_find(report, able > 0 ? DOCTOR_OK : DOCTOR_PROBLEM, "target",
                "%s answers: %u of the %zu models and lessons that it lists can serve there",
                target->name, able, target->models.rows - 1);
    if (able == 0)
        doctor_advise(report, "`%s list` says why", target->command);
}

static int examine(unsigned connections, const struct text_list *targets, struct plan *plan)
{
    static struct answer answers[LIST_TEXTS_MAX];
    struct doctor_report report = {.file = stdout};
    struct doctor_facts facts;
    int status = targets_ask(targets, plan, answers);
    if (status != 0)
        return status;
    doctor_take_facts(&facts);
    doctor_judge(&report, &facts, connections);
    judge_models(&report);
    judge_waits(&report);
    for (size_t i = 0; i < targets->count; i++)
        judge_target(&report, &answers[i]);
    unsigned problems = report.counts[DOCTOR_PROBLEM], notes = report.counts[DOCTOR_NOTE];
    printf("\n%u problem%s, %u note%s\n", problems, problems == 1 ? "" : "s", notes,
           notes == 1 ? "" : "s");
    return problems == 0 ? 0 : EXIT_FAILED;
}

struct doctor_options {
    uint64_t connections;
    struct text_list targets;
};

#define GIVEN(member) offsetof(struct doctor_options, member)

static const struct option options[] = {
    {"--connections", "N", OPTION_COUNT, GIVEN(connections), 1, SERVER_CONNECTIONS_MAX,
     "that are to be measured; 1000 by default"},
    {"--target", "NAME=COMMAND", OPTION_TEXTS, GIVEN(targets), 0, 0,
     "also whether this target answers, as `bench` would ask it;\nmay be repeated"},
    {.name = NULL}};

static const struct command command = {
    "doctor", "[--connections N] [--target NAME=COMMAND]...",
    "Examines the machine before a benchmark: limits, clock, processors, who else is busy, "
    "Wine.\n"
    "A line for each finding, `ok`, `note` or `problem`, and below it what helps. Changes "
    "nothing.\n",
    options, "Exit status: 0 where there is no problem, 1 where there is one, 2 for bad usage.\n"};

int command_doctor(int argc, char **argv)
{
    static struct plan plan;
    struct doctor_options given = {.connections = CONNECTIONS};
    int status;
    if (!options_take(&command, &given, argc, argv, &status))
        return status;
    status = examine((unsigned)given.connections, &given.targets, &plan);
    plan_close(&plan);
    return status;
}
