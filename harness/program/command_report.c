#include <stdio.h>

#include "program/command.h"
#include "program/options.h"
#include "program/report_file.h"
#include "report/report.h"

struct report_options {
    struct text_list runs;
    const char *baseline;
    const char *trace;
    const char *out;
};

#define GIVEN(member) offsetof(struct report_options, member)

static const struct option options[] = {
    {"RUN", NULL, OPTION_ARGUMENTS, GIVEN(runs), 1, REPORT_RUNS_MAX,
     "a run's folder, or its runs.csv; of this version or an older one"},
    {"--baseline", "RUN", OPTION_TEXT, GIVEN(baseline), 0, 0,
     "another run that one RUN is compared with: what changed, and whether\n"
     "that is more than noise"},
    {"--trace", "FILE.csv", OPTION_TEXT, GIVEN(trace), 0, 0,
     "what 'iomodels trace --model A,B --format csv' printed: the calls of\n"
     "these models for one client, side by side"},
    {"--out", "FILE.html", OPTION_TEXT, GIVEN(out), 0, 0,
     "where the page goes; by default report.html in the first RUN's folder;\n"
     "an older page there is replaced, any other file is kept and refused"},
    {.name = NULL}};

static const struct command command = {
    "report", "RUN... [OPTION...]",
    "Makes a page to look at: which model is cheapest and whether that is certain, how it scales,\n"
    "how long one waits, why, and under which conditions it was measured. One HTML file, without\n"
    "scripts, that needs no network: it can be sent, projected and printed.\n",
    options,
    "A chart whose data the runs do not have is left out. Its verdicts are those of\n"
    "'iomodels compare', its figures those of summary.csv.\n"
    "\n"
    "Exit status: 0, 1 where the page could not be written, 2 for bad usage, or where a run\n"
    "or FILE.csv can't be read, or where the page would replace another file.\n"};

int command_report(int argc, char **argv)
{
    struct report_options given = {.out = NULL};
    struct failure failure = {""};
    int status;
    if (!options_take(&command, &given, argc, argv, &status))
        return status;
    if (given.baseline != NULL && given.runs.count > 1)
        return options_fail("report", "--baseline is for one RUN, and there are %zu",
                            given.runs.count);
    char path[REPORT_PATH_BYTES];
    status = report_file_make(given.runs.items, given.runs.count, given.baseline, given.trace,
                              given.out, path, &failure);
    if (status != 0)
        fprintf(stderr, "iomodels report: %s\n", failure.text);
    else
        printf("report: %s\n", path);
    return status;
}
