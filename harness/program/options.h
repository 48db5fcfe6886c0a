/*
 * options: a command's options as one constant table, which is parsed strictly and printed as its
 * help. It names members of a structure of the command's own, which takes what is given.
 *
 * "--name value" and "--name=value". One rule for all lists, which are OPTION_COUNTS, OPTION_SIZES
 * and OPTION_TEXTS: commas separate, and an option that is given again adds to its list. (Of
 * OPTION_TEXTS each one given is kept whole, since a target's command may have commas; text_list_word
 * takes them apart.) Of all others the last one counts.
 * Arguments that are no options are taken only where the table has OPTION_ARGUMENTS.
 */
#ifndef IOMODELS_OPTIONS_H
#define IOMODELS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/lists.h"
#include "compiler.h"

enum option_kind {
    OPTION_FLAG,     /* bool: given */
    OPTION_TEXT,     /* const char *: any text but the empty one */
    OPTION_TEXTS,    /* struct text_list: each one given */
    OPTION_COUNT,    /* uint64_t in low..high: "16", "20k" */
    OPTION_COUNTS,   /* struct number_list: "1,16,1k", each in low..high */
    OPTION_SIZE,     /* uint64_t, bytes in low..high: "64KiB" */
    OPTION_SIZES,    /* struct number_list: "64,64KiB", each in low..high */
    OPTION_DURATION, /* uint64_t, nanoseconds in low..high: "300ms" */
    OPTION_HEADING,  /* no option: a line of its own in the help, its name */
    OPTION_ARGUMENTS /* struct text_list: what is no option ("RUN"), low to high of them */
};

struct option {
    const char *name;     /* with its dashes; NULL ends a table */
    const char *argument; /* what the help calls its value */
    enum option_kind kind;
    size_t into; /* offset in what is given, of a member of the kind's type */
    uint64_t low, high;
    const char *help; /* lines are broken where it has '\n' */
};

struct command {
    const char *name;  /* "serve" */
    const char *usage; /* what follows "iomodels serve" */
    const char *intro; /* lines, the last with its '\n' */
    const struct option *options;
    const char *outro; /* as intro, or NULL */
};

enum options_result {
    OPTIONS_GIVEN, /* go on */
    OPTIONS_HELP,  /* the help was printed: exit status 0 */
    OPTIONS_BAD    /* one line on standard error says what: exit status 2 */
};

/* argv: what follows the command's name. A member of `given` keeps its value where nothing is given. */
enum options_result options_parse(const struct command *command, void *given, int argc,
                                  char **argv);
/* The same for a command's beginning: false where the command is over, with its exit status. */
bool options_take(const struct command *command, void *given, int argc, char **argv, int *status);
/* "iomodels COMMAND: MESSAGE" and where the help is; returns 2, the exit status of bad usage. */
int options_fail(const char *command, const char *format, ...) COMPILER_PRINTF(2, 3);

#endif
