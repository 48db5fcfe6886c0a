/*
 * A model serves the same scenario again and again, and each time one of its system calls fails.
 *
 *     faults MODEL [CALL]
 *
 * The first time all calls are counted. Then each kind of call fails in each way that its man page
 * names, the first time it is made, the second time and so on. Whatever fails: every byte that comes
 * back is right, the server ends when it is asked to, has closed what it opened, freed what it had and
 * counted each connection's end; and where a client was not served to its end, a counter or a message
 * says so. Each time is a process of its own, so that one that hangs or crashes is one line of the
 * report. Exit status 0, 1 where something did not hold, 77 where the model can't run here.
 */
#include "faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model.h"
#include "scenario.h"

enum {
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_SKIPPED = 77,
    NUMBERS_FIRST = 12, /* the first calls of a kind fail one by one, */
    NUMBERS_REST = 4,   /* and so many of the rest */
    HANG_S = 40,        /* the scenario itself gives up before */
    TEXT_BYTES = 400
};

/* What a scenario tells the process that started it. */
struct report {
    unsigned made[FAULT_CALLS];
    bool happened;
    char text[TEXT_BYTES]; /* what did not hold, or "" */
};

static const struct model_entry *entry;
static struct report *report; /* in memory that both share */

static bool is_model(const char *name)
{
    return strcmp(entry->name, name) == 0;
}

/* Where a change is reported once, the system's answers mean more. */
static bool is_possible(enum fault_call call, int error)
{
    bool moves = call == FAULT_RECV || call == FAULT_SEND;
    /* After an EAGAIN a report follows, which one without a cause would not have. */
    if (moves && error == EAGAIN)
        return !is_model("epoll_edge") && !is_model("sigio");
    /* A receive that did not fill the buffer was the last one: epoll(7) has it so. */
    return call != FAULT_RECV || error != FAULT_SHORT || !is_model("sigio");
}

static const char *error_text(int error, char *text, size_t size)
{
    if (error == FAULT_SHORT)
        return "a part of it";
    return net_error_text(-error, text, size);
}

/* One scenario, in a process of its own. False: something did not hold. */
static bool fault_try(enum fault_call call, unsigned number, int error)
{
    int status = 0;
    char cause[120];
    memset(report, 0, sizeof *report);
    fflush(NULL);
    pid_t child = fork();
    if (child < 0)
        abort();
    if (child == 0) {
        alarm(HANG_S);
        fault_plan(call, number, error);
        scenario_run(entry, report->text, sizeof report->text);
        for (unsigned i = 0; i < FAULT_CALLS; i++)
            report->made[i] = fault_calls_made(i);
        report->happened = fault_happened();
        if (report->text[0] != '\0')
            _exit(EXIT_FAILED);
        exit(0); /* where a sanitizer looks for leaks */
    }
    waitpid(child, &status, 0);
    if (status == 0)
        return true;
    printf("FAILED %s, %s number %u: %s: %s", entry->name, fault_calls[call].name, number,
           number == 0 ? "no fault" : error_text(error, cause, sizeof cause), report->text);
    if (report->text[0] == '\0')
        printf(WIFSIGNALED(status) ? "signal %d" : "exit status %d",
               WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    printf("\n");
    return false;
}

/* The call number to fail next, after that one; 0: none is left. */
static unsigned number_next(unsigned number, unsigned made)
{
    unsigned step = made > NUMBERS_FIRST ? (made - NUMBERS_FIRST) / NUMBERS_REST : 0;
    number += number < NUMBERS_FIRST ? 1 : step + (step == 0);
    return number > made ? 0 : number;
}

/* Returns how many did not hold. */
static unsigned call_try(enum fault_call call, unsigned made)
{
    unsigned tried = 0, reached = 0, failed = 0;
    for (unsigned number = 1; made > 0 && number != 0; number = number_next(number, made))
        for (unsigned i = 0; i < FAULT_ERRORS_MOST && fault_calls[call].errors[i] != 0; i++) {
            if (!is_possible(call, fault_calls[call].errors[i]))
                continue;
            failed += !fault_try(call, number, fault_calls[call].errors[i]);
            reached += report->happened;
            tried++;
        }
    if (made > 0)
        printf("%s: %s was made %u times, failed in %u of %u trials; %u did not hold\n",
               entry->name, fault_calls[call].name, made, reached, tried, failed);
    return failed;
}

int main(int argc, char **argv)
{
    char text[160];
    unsigned made[FAULT_CALLS], failed = 0;
    entry = argc > 1 ? model_find(argv[1]) : NULL;
    if (entry == NULL) {
        fprintf(stderr, "usage: faults MODEL [CALL]\n");
        return EXIT_USAGE;
    }
    const char *why = model_unavailable(entry, text, sizeof text);
    if (why != NULL) {
        printf("skipped %s: %s\n", entry->name, why);
        return EXIT_SKIPPED;
    }
    report = mmap(NULL, sizeof *report, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (report == MAP_FAILED)
        abort();
    if (!fault_try(FAULT_ACCEPT, 0, 0))
        return EXIT_FAILED;
    memcpy(made, report->made, sizeof made);
    for (unsigned call = 0; call < FAULT_CALLS; call++)
        if (argc < 3 || strcmp(argv[2], fault_calls[call].name) == 0)
            failed += call_try(call, made[call]);
    return failed == 0 ? 0 : EXIT_FAILED;
}
