/*
 * page_parts: what the charts' sections are made of: figures with their sentence, and tables.
 */
#ifndef IOMODELS_PAGE_PARTS_H
#define IOMODELS_PAGE_PARTS_H

#include "report/markup.h"
#include "report/report.h"

struct page {
    const struct report *report;
    struct markup out;
};

/* A part of a section: a heading, then what the figures say, in one sentence or some. */
void page_figure_begin(struct page *page, const char *heading, bool is_wine, const char *sentence);
void page_figure_end(struct page *page);
/* The data beneath it, folded. names: the columns' headings, the first one of the rows' heads. */
void page_table_begin(struct page *page, const char *const *names, size_t count);
/* Begins a row; its cells follow by the two functions, then the next row or the table's end. */
void page_table_row(struct page *page, const char *head);
void page_table_text(struct page *page, const char *text);
void page_table_number(struct page *page, double value);
void page_table_row_end(struct page *page);
void page_table_end(struct page *page);
/* "Wine's, not Windows'" within a drawing, at its upper right. */
void page_mark_wine(struct page *page, bool is_wine);

/* Three digits, and a dash where it was not measured: "5.21", "1,234". Returns text. */
const char *page_number_text(double value, char *text, size_t size);

#endif
