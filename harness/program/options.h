/*
 * options: a command's options as one constant table, which is parsed strictly and printed as its
 * help (option_table.h, help.h). It names members of a structure of the command's own, which takes what is given.
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

#include "base/lists.h"
#include "compiler.h"
#include "program/option_table.h"

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
