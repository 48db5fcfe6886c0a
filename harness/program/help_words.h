/*
 * help_words: a command's options as words for a shell: a line for each, with its name, what the help
 * calls its value, and the values that are known. A flag is a name alone. What is no option ("RUN") is
 * a line that begins with no dash.
 */
#ifndef IOMODELS_HELP_WORDS_H
#define IOMODELS_HELP_WORDS_H

#include "program/option_table.h"

void help_words_print(const struct command *command);

#endif
