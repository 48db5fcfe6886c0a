#include "report/text_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/terminal.h"
#include "base/utf8.h"

enum { GAP = 2, HEAD_LINE_MIN = 12 };

struct text_column {
    char *head; /* owned; once it is laid out, its lines have \n between them */
    enum text_table_align align;
    unsigned importance;
    size_t head_lines;
    size_t width; /* of what is aligned, its head too */
    size_t tail;  /* of what stands behind it */
    bool left_out;
};

/* A copy to free(). NULL without memory, which the table then knows. */
static char *copy_of(struct text_table *table, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    if (copy != NULL)
        memcpy(copy, text, size);
    table->incomplete |= copy == NULL;
    return copy;
}

void text_table_add_column(struct text_table *table, const char *head, enum text_table_align align,
                           unsigned importance)
{
    struct text_column *grown =
        array_grow(table->columns, sizeof *grown, table->column_count, &table->column_capacity);
    table->incomplete |= grown == NULL;
    char *copy = grown == NULL ? NULL : copy_of(table, head);
    if (grown != NULL)
        table->columns = grown;
    if (copy != NULL)
        grown[table->column_count++] =
            (struct text_column){.head = copy, .align = align, .importance = importance};
}

void text_table_add_cell(struct text_table *table, const char *text)
{
    char **grown =
        array_grow(table->cells, sizeof *grown, table->cell_count, &table->cell_capacity);
    table->incomplete |= grown == NULL;
    char *copy = grown == NULL ? NULL : copy_of(table, text);
    if (grown != NULL)
        table->cells = grown;
    if (copy != NULL)
        grown[table->cell_count++] = copy;
}

/* Columns of the widest part of a text between characters of `separators`. */
static size_t widest_part(const char *text, const char *separators)
{
    size_t widest = 0;
    while (*text != '\0') {
        size_t length = strcspn(text, separators), columns = utf8_columns(text, length);
        widest = columns > widest ? columns : widest;
        text += length + (text[length] != '\0');
    }
    return widest;
}

/* Breaks the head between words where it is wider than `most`, unless it has lines already. */
static void head_break(struct text_column *column, size_t most)
{
    size_t used = 0;
    bool has_lines = strchr(column->head, '\n') != NULL;
    column->head_lines = 1;
    for (char *at = column->head; *at != '\0';) {
        size_t length = strcspn(at, " \n");
        used += utf8_columns(at, length);
        at += length;
        if (!has_lines && *at == ' ' &&
            used + 1 + utf8_columns(at + 1, strcspn(at + 1, " \n")) > most)
            *at = '\n';
        if (*at == '\n') {
            used = 0;
            column->head_lines++;
        } else {
            used++;
        }
        at += *at != '\0';
    }
}

static void column_lay_out(struct text_table *table, size_t index)
{
    struct text_column *column = &table->columns[index];
    size_t word = widest_part(column->head, " \n"), least = word;
    for (size_t i = index; i < table->cell_count; i += table->column_count) {
        const char *text = table->cells[i];
        size_t aligned = strcspn(text, "\t"), columns = utf8_columns(text, aligned), tail = 0;
        if (text[aligned] != '\0')
            tail = utf8_columns(text + aligned + 1, strlen(text + aligned + 1));
        column->width = columns > column->width ? columns : column->width;
        column->tail = tail > column->tail ? tail : column->tail;
    }
    least = column->width > least ? column->width : least;
    head_break(column, least > HEAD_LINE_MIN ? least : HEAD_LINE_MIN);
    size_t head = widest_part(column->head, "\n");
    column->width = head > column->width ? head : column->width;
}

static size_t width_of(const struct text_table *table, unsigned indent)
{
    size_t width = indent;
    for (size_t i = 0; i < table->column_count; i++)
        if (!table->columns[i].left_out)
            width += table->columns[i].width + table->columns[i].tail + (i == 0 ? 0 : GAP);
    return width;
}

/* Leaves the least important column out, of equals the last. False: only the first one is left. */
static bool column_leave_out(struct text_table *table)
{
    struct text_column *least = NULL;
    size_t shown = 0;
    for (size_t i = 1; i < table->column_count; i++) {
        struct text_column *column = &table->columns[i];
        if (column->left_out)
            continue;
        shown++;
        if (least == NULL || column->importance <= least->importance)
            least = column;
    }
    if (shown > 1)
        least->left_out = true;
    return shown > 1;
}

/* A line of output: blanks are written once something follows them. */
struct line {
    FILE *file;
    size_t blanks;
};

static void line_put(struct line *line, const char *text, size_t bytes)
{
    if (bytes == 0)
        return;
    fprintf(line->file, "%*s%.*s", (int)line->blanks, "", (int)bytes, text);
    line->blanks = 0;
}

/* The part that is aligned, then the tail. */
static void field_put(struct line *line, const struct text_column *column, const char *text,
                      size_t aligned, size_t length)
{
    size_t columns = utf8_columns(text, aligned), tail = 0, behind = aligned + 1;
    bool right = column->align == TEXT_TABLE_RIGHT;
    line->blanks += right ? column->width - columns : 0;
    line_put(line, text, aligned);
    line->blanks += right ? 0 : column->width - columns;
    if (behind < length) {
        tail = utf8_columns(text + behind, length - behind);
        line_put(line, text + behind, length - behind);
    }
    line->blanks += column->tail - tail + GAP;
}

/* Line number `index` of the heads, from 0; all of them end with the last of `lines`. */
static void heads_print(const struct text_table *table, FILE *file, unsigned indent, size_t lines,
                        size_t index)
{
    struct line line = {file, indent};
    for (size_t i = 0; i < table->column_count; i++) {
        const struct text_column *column = &table->columns[i];
        const char *at = column->head;
        size_t above = lines - column->head_lines;
        if (column->left_out)
            continue;
        for (size_t skipped = above; skipped < index; skipped++)
            at += strcspn(at, "\n") + 1;
        size_t length = index < above ? 0 : strcspn(at, "\n");
        field_put(&line, column, at, length, length);
    }
    fprintf(file, "\n");
}

static void row_print(const struct text_table *table, FILE *file, unsigned indent,
                      char *const *cells)
{
    struct line line = {file, indent};
    for (size_t i = 0; i < table->column_count; i++)
        if (!table->columns[i].left_out)
            field_put(&line, &table->columns[i], cells[i], strcspn(cells[i], "\t"),
                      strlen(cells[i]));
    fprintf(file, "\n");
}

/* Says what has no room, once; `needed`: columns in which all of it has. */
static void left_out_print(const struct text_table *table, FILE *file, unsigned indent,
                           unsigned width, size_t needed, struct text_table_told *told)
{
    char names[sizeof told->left_out] = "", text[sizeof names + 80];
    size_t used = 0;
    for (size_t i = 0; i < table->column_count && used < sizeof names; i++)
        if (table->columns[i].left_out)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s",
                                     used == 0 ? "" : "; ", table->columns[i].head);
    if (used == 0 || strcmp(names, told->left_out) == 0)
        return;
    memcpy(told->left_out, names, sizeof names);
    for (char *at = names; *at != '\0'; at++)
        *at = *at == '\n' ? ' ' : *at;
    snprintf(text, sizeof text, "no room for: %s (COLUMNS=%zu has room for all)", names, needed);
    terminal_print_wrapped(file, text, indent, width);
}

int text_table_print(struct text_table *table, FILE *file, unsigned indent, unsigned width,
                     struct text_table_told *told)
{
    size_t lines = 0;
    if (table->incomplete)
        return -1;
    if (table->column_count == 0)
        return 0;
    for (size_t i = 0; i < table->column_count; i++)
        column_lay_out(table, i);
    size_t needed = width_of(table, indent);
    while (width_of(table, indent) > width && column_leave_out(table))
        continue;
    for (size_t i = 0; i < table->column_count; i++)
        if (!table->columns[i].left_out && table->columns[i].head_lines > lines)
            lines = table->columns[i].head_lines;
    for (size_t i = 0; i < lines; i++)
        heads_print(table, file, indent, lines, i);
    for (size_t i = 0; i + table->column_count <= table->cell_count; i += table->column_count)
        row_print(table, file, indent, table->cells + i);
    left_out_print(table, file, indent, width, needed, told);
    return 0;
}

void text_table_free(struct text_table *table)
{
    for (size_t i = 0; i < table->column_count; i++)
        free(table->columns[i].head);
    for (size_t i = 0; i < table->cell_count; i++)
        free(table->cells[i]);
    free(table->columns);
    free(table->cells);
    *table = (struct text_table){.columns = NULL};
}
