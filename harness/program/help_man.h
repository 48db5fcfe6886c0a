/*
 * help_man: the parts of a manual page, in the language of man(7). No text that is
 * given to it is taken for a request of that language.
 */
#ifndef IOMODELS_HELP_MAN_H
#define IOMODELS_HELP_MAN_H

#include <stdio.h>

#include "program/option_table.h"

void help_man_title(FILE *file, const char *name, const char *version, const char *summary);
void help_man_section(FILE *file, const char *title);
void help_man_subsection(FILE *file, const char *title);
/* Begins a paragraph; not directly below a title. */
void help_man_paragraph(FILE *file);
/* A command's first words, and what follows them. */
void help_man_usage(FILE *file, const char *words, const char *usage);
/* Paragraphs; lines that begin with a blank stay as they are. */
void help_man_text(FILE *file, const char *text);
/* argument: NULL or what follows the term. */
void help_man_item(FILE *file, const char *term, const char *argument, const char *text);
/* The section of a command. */
void help_man_command(FILE *file, const struct command *command);

#endif
