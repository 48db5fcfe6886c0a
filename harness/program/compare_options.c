#include "program/compare_options.h"

#include "names.h"
#include "program/command.h"
#include "program/options.h"

#define GIVEN(member) offsetof(struct compare_options, member)

static const struct option options[] = {
    {"RUN", NULL, OPTION_ARGUMENTS, GIVEN(runs), 1, 2,
     "a run's folder, or its runs.csv; two: the second one against the first"},
    {"--by", "WORD", OPTION_TEXT, GIVEN(by), 0, 0,
     "model: the models of each target with one of them;\n"
     "target: each model on all targets with itself on one of them (two\n"
     "builds in one run). By default model, but target where the run has\n"
     "one model and several targets"},
    {"--baseline", "NAME", OPTION_TEXT, GIVEN(baseline), 0, 0,
     "the model or target that the others are compared with. By default\n"
     "of models: the first of 'iomodels list' that was measured there,\n"
     "for a lesson the model that it changes; of targets: the one that\n"
     "was given first to the run (environment.csv), else the first by name"},
    {"--metric", "NAME[,NAME]", OPTION_TEXTS, GIVEN(metrics), 0, 0,
     "columns of runs.csv that have a better side; by default\n"
     "server_cpu_us_per_msg, throughput_msgs_per_s, rtt_p99_us"},
    {"--model", "NAME[,NAME]", OPTION_TEXTS, GIVEN(models), 0, 0, "only these models"},
    {"--target", "NAME[,NAME]", OPTION_TEXTS, GIVEN(targets), 0, 0, "only these targets"},
    {"--format", "WORD", OPTION_TEXT, GIVEN(format), 0, 0, "text (by default), markdown, csv"},
    {"--fail-if", "CONDITION", OPTION_TEXT, GIVEN(fail_if), 0, 0,
     "a gate for scripts: slower, or slower:10, by more than 10 %; its exit\n"
     "statuses are below"},
    {.name = NULL}};

static const struct command command = {
    "compare", "RUN [NEW] [OPTION...]",
    "Tells what differs in a run: in each configuration by which ratio the trials of two "
    "sides\n"
    "differ, and whether that is more than noise. Two builds are best compared as two targets\n"
    "of one run, which takes them in turn; two separate runs have the machine's drift in "
    "them.\n",
    options,
    "The verdict is 'faster' or 'slower' where a Mann-Whitney test tells the two sides apart\n"
    "(p < 0.05 after Holm's correction over all pairs of one metric), '~' where nothing can\n"
    "be told, and none with fewer than 6 trials on either side. The ratio is not that of the\n"
    "two medians, but the middle of all quotients of a trial by a trial of the baseline\n"
    "(Hodges-Lehmann). Its 95 % interval has all ratios that the same test does not exclude:\n"
    "it holds 1 exactly where the verdict is '~'. Only Holm's correction, which the interval\n"
    "is without, can make a '~' beside an interval that does not hold 1. Two runs are\n"
    "compared where their server_threads agree too, and what else differs between them\n"
    "(machine, version, window) is named.\n"
    "\n"
    "--fail-if slower:10 ends with\n"
    "  0  where each interval ends below 10 % slower: more is excluded\n"
    "  1  where a verdict is 'slower' and its interval begins above 10 %, or where a "
    "contestant\n"
    "     has only failed rows\n"
    "  3  where neither is shown: the interval has 10 % in it, there is no verdict, or what "
    "the\n"
    "     baseline measured the contestant did not, or more of its rows failed\n"
    "--fail-if slower ends with 1 where a verdict is 'slower'. Its 0 does not exclude one: it\n"
    "says which change the trials could have missed. It ends with 3 in the same cases, and "
    "where so "
    "few\n"
    "trials could not have shown any change. Standard error names each cell. With several "
    "models\n"
    "on several targets --fail-if takes --by.\n"
    "\n"
    "Exit status: 0, 1 and 3 by --fail-if, 2 for bad usage, or where there is nothing to\n"
    "compare.\n"};

static bool is_given_rightly(const struct compare_options *given, int *status)
{
    if (given->by != NULL && !name_equals("model", given->by) && !name_equals("target", given->by))
        *status = options_fail("compare", "--by %s: known are model, target", given->by);
    else if (given->runs.count == 2 && given->by != NULL)
        *status =
            options_fail("compare", "--by is for one run; two are compared by model and target");
    else if (given->runs.count == 2 && given->baseline != NULL)
        *status = options_fail("compare", "--baseline is for one run; of two it is the first");
    return *status == 0;
}

bool compare_options_take(struct compare_options *given, int argc, char **argv, int *status)
{
    *given = (struct compare_options){.by = NULL};
    return options_take(&command, given, argc, argv, status) && is_given_rightly(given, status);
}
