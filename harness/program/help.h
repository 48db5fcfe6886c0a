/*
 * help: what a command says of itself, in one of three forms that are made of one table: for people, as
 * a part of the manual page, and as words for a shell that completes what is typed.
 */
#ifndef IOMODELS_HELP_H
#define IOMODELS_HELP_H

#include <stdbool.h>

#include "program/option_table.h"

enum help_form {
    HELP_TEXT, /* --help, -h */
    HELP_MAN,  /* --help=man */
    HELP_WORDS /* --help=words */
};

/* False: the argument does not ask for help. */
bool help_asked(const char *argument, enum help_form *form);
/* On standard output. */
void help_print(const struct command *command, enum help_form form);

#endif
