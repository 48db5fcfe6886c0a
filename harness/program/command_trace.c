#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "base/terminal.h"
#include "load/payload.h"
#include "observe.h"
#include "program.h"
#include "program/command.h"
#include "program/interrupt.h"
#include "program/options.h"
#include "run/plan.h"
#include "trace/trace_table.h"

enum { MODELS_MAX = 16 };

struct trace_options {
    struct text_list models;
    struct text_list targets;
    const char *script;
    const char *format;
    uint64_t clients;
    uint64_t threads;
    uint64_t buffer_bytes;
};

static const char script_default[] = "connect,pause:300ms,send:6,pause:300ms,finish,pause:300ms";

/* 0 or the exit status, after a message. */
static int targets_open(struct plan *plan, const struct trace_options *given)
{
    struct failure failure = {""};
    int status =
        given->targets.count == 0 ? plan_add_self(plan, interrupt_came, NULL, &failure) : 0;
    for (size_t i = 0; i < given->targets.count && status == 0; i++) {
        status =
            plan_add_target(plan, given->targets.items[i], false, interrupt_came, NULL, &failure);
        if (status == 0 && plan->targets[i].kind != TARGET_IOMODELS) {
            failure_set(&failure,
                        "target %s: an external server prints no calls; `strace -f` shows "
                        "those of any program",
                        plan->targets[i].name);
            status = EXIT_USAGE;
        }
    }
    if (interrupt_came(NULL))
        return EXIT_INTERRUPTED;
    if (status == EXIT_USAGE)
        return options_fail("trace", "%s", failure.text);
    if (status != 0) {
        fprintf(stderr, "iomodels trace: %s\n", failure.text);
        return status;
    }
    if (plan_choose_models(plan, &given->models, NULL, &failure) != 0)
        return options_fail("trace", "%s", failure.text);
    return 0;
}

/* What a model can't run on is said, and the others go on. */
static size_t contestants_choose(const struct plan *plan, const struct text_list *models,
                                 const struct contestant **chosen)
{
    size_t count = 0;
    char word[64];
    /* In the order of --model, each on all targets. */
    for (size_t i = 0; text_list_word(models, i, word, sizeof word); i++)
        for (size_t j = 0; j < plan->contestant_count; j++) {
            const struct contestant *contestant = &plan->contestants[j];
            struct text_list one = {.items = {word}, .count = 1};
            if (!text_list_names(&one, contestant->model))
                continue;
            if (contestant->skipped[0] != '\0')
                fprintf(stderr, "iomodels trace: %s on %s is left out: %s\n", contestant->model,
                        contestant->target->name, contestant->skipped);
            else if (count < MODELS_MAX)
                chosen[count++] = contestant;
        }
    return count;
}

static int traces_take(const struct contestant **chosen, size_t count, const struct trace_run *run,
                       struct trace *traces, size_t *taken)
{
    int status = 0;
    for (*taken = 0; *taken < count && !interrupt_came(NULL);) {
        struct failure failure = {""};
        char progress[160];
        const struct contestant *contestant = chosen[*taken];
        snprintf(progress, sizeof progress, "%zu of %zu  %s %s", *taken + 1, count,
                 contestant->target->name, contestant->model);
        terminal_progress(progress);
        if (trace_take(&traces[*taken], contestant->target, contestant->model, run, &failure) !=
                0 &&
            !interrupt_came(NULL)) {
            terminal_progress(NULL);
            fprintf(stderr, "iomodels trace: %s on %s: %s\n", contestant->model,
                    contestant->target->name, failure.text);
            status = EXIT_FAILED;
        }
        (*taken)++;
    }
    terminal_progress(NULL);
    return interrupt_came(NULL) ? EXIT_INTERRUPTED : status;
}

static int trace(struct plan *plan, const struct trace_options *given,
                 const struct trace_script *script)
{
    const struct contestant *chosen[MODELS_MAX];
    struct trace traces[MODELS_MAX];
    struct csv_writer writer;
    size_t taken;
    struct trace_run run = {.script = script,
                            .clients = (unsigned)given->clients,
                            .threads = (unsigned)given->threads,
                            .buffer_bytes = given->buffer_bytes,
                            .cancelled = interrupt_came};
    if (!interrupt_catch("trace"))
        return EXIT_FAILED;
    payload_init();
    int status = targets_open(plan, given);
    if (status != 0)
        return status;
    size_t count = contestants_choose(plan, &given->models, chosen);
    status = traces_take(chosen, count, &run, traces, &taken);
    /* What was seen of a run that failed shows where it did. */
    if (status == EXIT_INTERRUPTED) {
        fprintf(stderr, "iomodels trace: interrupted\n");
    } else if (given->format == NULL) {
        trace_table_print(stdout, script, traces, taken, terminal_table_width(stdout));
    } else {
        program_set_output_binary();
        csv_writer_init(&writer, stdout);
        if (trace_table_write_csv(&writer, script, traces, taken) != 0)
            status = EXIT_FAILED;
    }
    for (size_t i = 0; i < taken; i++)
        trace_free(&traces[i]);
    return status;
}

#define GIVEN(member) offsetof(struct trace_options, member)

static const struct option options[] = {
    {"--model", "NAME,...", OPTION_TEXTS, GIVEN(models), 0, 0,
     "the models, in the order of the columns"},
    {"--script", "STEP,...", OPTION_TEXT, GIVEN(script), 0, 0,
     "what the client does; by default\n"
     "connect,pause:300ms,send:6,pause:300ms,finish,pause:300ms"},
    {"--clients", "N", OPTION_COUNT, GIVEN(clients), 1, TRACE_CLIENTS_MAX,
     "each step is done by one after the other; 1 by default"},
    {"--target", "NAME=COMMAND", OPTION_TEXTS, GIVEN(targets), 0, 0,
     "whose models, as in bench; by default this program's.\nGiven again: another one beside "
     "it"},
    {"--threads", "N", OPTION_COUNT, GIVEN(threads), 1, 64,
     "of the server, where the model has several"},
    {"--buffer-bytes", "SIZE", OPTION_SIZE, GIVEN(buffer_bytes), 1, (uint64_t)64 << 20,
     "of each connection; 64KiB by default"},
    {"--format", "csv", OPTION_TEXT, GIVEN(format), 0, 0,
     "one row for each call, with its times; columns for\npeople without it"},
    {.name = NULL}};

static const struct command command = {
    "trace", "--model NAME,... [OPTION...]",
    "Runs a scripted client against each model in turn, and shows the calls that each one\n"
    "makes, side by side, aligned at the client's steps.\n",
    options,
    "The steps of a script, with commas between:\n"
    "  connect       a connection to the server\n"
    "  send:SIZE     that many bytes, and receives them back\n"
    "  write:SIZE    that many, as far as they get off, without receiving: a slow reader\n"
    "  read          receives what is owed, and sends what was left\n"
    "  pause:TIME    does nothing\n"
    "  finish        sends no more, receives until the end, closes\n"
    "  reset         closes by a reset\n"
    "Each step ends when the server sleeps again; where that takes more than 15 seconds\n"
    "the run has failed. Before the first step stands the server's start, behind the last\n"
    "one its stop.\n"
    "\nTry it:\n"
    "  iomodels trace --model blocking,select\n"
    "  iomodels trace --model select --script connect,send:6,send:6,reset\n"
    "  iomodels trace --model select --script connect,write:8MiB,read,finish --format csv\n"
    "  iomodels trace --model select --target linux=iomodels \\\n"
    "      --target \"wine=wine iomodels.exe\"\n"
    "\nA trace shows the order of calls and where a thread sleeps, not what a call costs: to\n"
    "print a line takes longer than most calls. Exit status: 0, 1 where a run failed (what\n"
    "was seen of it is shown), 2 for bad usage, 130 after Ctrl-C.\n"};

int command_trace(int argc, char **argv)
{
    static struct plan plan;
    static struct trace_script script;
    struct failure failure = {""};
    struct trace_options given = {
        .script = script_default, .clients = 1, .buffer_bytes = (uint64_t)64 * 1024};
    int status;
    if (!options_take(&command, &given, argc, argv, &status))
        return status;
    if (given.models.count == 0)
        return options_fail("trace", "--model is missing, such as --model select,blocking; "
                                     "`iomodels list` has them all");
    if (given.format != NULL && strcmp(given.format, "csv") != 0)
        return options_fail("trace", "--format %s: csv is the only one", given.format);
    if (!trace_script_parse(&script, given.script, &failure))
        return options_fail("trace", "--script: %s", failure.text);
    if (!observe_enabled() && given.targets.count == 0)
        return options_fail("trace", "this build observes nothing (-Dobserve=false)");
    status = trace(&plan, &given, &script);
    plan_close(&plan);
    return status;
}
