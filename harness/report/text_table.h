/*
 * text_table: a table of texts for a terminal. Its columns are as wide as what stands in them; where
 * all together are wider than the terminal, some go, and a line below says which.
 */
#ifndef IOMODELS_TEXT_TABLE_H
#define IOMODELS_TEXT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum text_table_align { TEXT_TABLE_LEFT, TEXT_TABLE_RIGHT };

/* All zero is empty. The rest is its own. */
struct text_table {
    struct text_column *columns; /* owned */
    size_t column_count;
    size_t column_capacity;
    char **cells; /* row by row; each is owned */
    size_t cell_count;
    size_t cell_capacity;
    bool incomplete; /* there was no memory for all of it */
};

/* The columns that a line has said to be left out. All zero: none. */
struct text_table_told {
    char left_out[1024];
};

/*
 * All columns come before the first cell. head: lines with \n between them, or one that is broken
 * between words. Where there is too little room the least important columns go first, of equals the
 * last; the first column stays.
 */
void text_table_add_column(struct text_table *table, const char *head, enum text_table_align align,
                           unsigned importance);
/*
 * The next cell, row by row. In a column that is aligned at the right, what follows a \t stands
 * behind the aligned part: "7.67\t(client)".
 */
void text_table_add_cell(struct text_table *table, const char *text);
/*
 * Prints it, each line behind `indent` blanks, within `width` columns. told: of the table before,
 * which need not be said again. 0, or -1 where memory was missing, when nothing is printed.
 */
int text_table_print(struct text_table *table, FILE *file, unsigned indent, unsigned width,
                     struct text_table_told *told);
void text_table_free(struct text_table *table);

#endif
