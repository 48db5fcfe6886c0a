#include "program/compare_options.h"

#include "names.h"
#include "program/command.h"
#include "program/options.h"

#define GIVEN(member) offsetof(struct compare_options, member)

static const struct option options[] = {
    {"RUN", NULL, OPTION_ARGUMENTS, GIVEN(runs), 1, 2,
     "a run's folder, or its runs.csv; two: the second one against the first"},
    {"--by", "model|target", OPTION_TEXT, GIVEN(by), 0, 0,
     "model: the models of each target with one of them, and with them the\n"
     "external servers that ran in the same way;\n"
     "target: each model on all targets with itself on one of them (two\n"
     "builds in one run). By default target where several targets have one\n"
     "and the same model and no external server ran beside it; else model"},
    {"--baseline", "NAME", OPTION_TEXT, GIVEN(baseline), 0, 0,
     "the model or target that the others are compared with. By default\n"
     "of models: the first of 'iomodels list' that was measured there,\n"
     "for a lesson the model that it changes; of targets: the one that\n"
     "was given first to the run (environment.csv), else the first by name"},
    {"--metric", "NAME[,NAME]", OPTION_TEXTS, GIVEN(metrics), 0, 0,
     "columns of runs.csv that have a better side, or all of them: all.\n"
     "By default server_cpu_us_per_msg, throughput_msgs_per_s and\n"
     "rtt_p99_us; text and markdown then show throughput only where clients\n"
     "wait for answers, rtt_p99_us only where they keep to a rate"},
    {"--model", "NAME[,NAME]", OPTION_TEXTS, GIVEN(models), 0, 0, "only these models"},
    {"--target", "NAME[,NAME]", OPTION_TEXTS, GIVEN(targets), 0, 0, "only these targets"},
    {"--format", "text|markdown|csv|json|bencher|github-smaller|github-bigger", OPTION_TEXT,
     GIVEN(format), 0, 0,
     "text (by default), markdown; for programs csv, json, bencher\n"
     "(Bencher's metric format), and for github-action-benchmark\n"
     "github-smaller (metrics where less is better; its tool\n"
     "customSmallerIsBetter) or github-bigger (customBiggerIsBetter)"},
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
    "The verdict is 'better' or 'worse' (in CSV 'faster' or 'slower') where a Mann-Whitney\n"
    "test tells the two sides apart (p < 0.05 after Holm's correction over all pairs of one\n"
    "metric), '~' where nothing can be told, and none with fewer than 6 trials on either side.\n"
    "The ratio, always of the row's trials by the baseline's, is not that of the two medians,\n"
    "but the middle of all quotients of a trial by a trial of the baseline (Hodges-Lehmann).\n"
    "Its 95 % interval has all ratios that the same test does not exclude: it holds 1 exactly\n"
    "where the verdict is '~'. Only Holm's correction, which the interval is without, can make\n"
    "a '~' beside an interval that does not hold 1.\n"
    "\n"
    "Last comes the conclusion, by the first metric: which models are best under each load,\n"
    "and how many times as much the others take, by the same test; over several loads, the\n"
    "geometric mean of the ratios.\n"
    "\n"
    "Two runs are compared where their server_threads agree too, and what else differs\n"
    "between them (machine, version, window) is named.\n"
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
    "says which change the trials could have missed. It ends with 3 in the same cases, and\n"
    "where so few trials could not have shown any change. Standard error names each cell.\n"
    "With several models on several targets --fail-if takes --by.\n"
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
