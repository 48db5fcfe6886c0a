/*
 * terminal: what differs when a person watches: the width, and a line that is written over.
 */
#ifndef IOMODELS_TERMINAL_H
#define IOMODELS_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

/* True: a person sees what is written there. */
bool terminal_is(FILE *file);
/* Columns; 80 where that is not known. */
unsigned terminal_width(FILE *file);
/*
 * Columns for a table: what the variable COLUMNS of the environment says, else those of the
 * terminal, and 100 where no person watches.
 */
unsigned terminal_table_width(FILE *file);
/* Columns for lines of text: the same, but 0 (no line is broken) where no person watches. */
unsigned terminal_text_width(FILE *file);

/* A line of text, broken between words where it is longer than width (0: nowhere); further lines are
 * indented by 4. */
void terminal_print_wrapped(FILE *file, const char *text, unsigned indent, unsigned width);

/*
 * The progress line on standard error, which overwrites the one before; NULL takes it away. Nothing
 * where standard error is no terminal. One thread.
 */
void terminal_progress(const char *text);
/* Shows a text behind the last progress line, in the place of the last such text. */
void terminal_progress_add(const char *text);

#endif
