#include "rows/columns.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "names.h"
#include "rows/foreign.h"

/* The first two values of each column of words, whose field is read and written as an int. */
enum { WORD_EMPTY, WORD_OTHER };
#define IS_INT_TEXT(name)
#define IS_INT_NUMBER(name)
#define IS_INT_WORD(name)             _Static_assert(sizeof(enum row_##name) == sizeof(int), #name);
#define IS_INT(kind, name, size, ...) IS_INT_##kind(name)
COLUMNS(IS_INT)

static const char *const words_of_host_kind[] = {
    [WORD_EMPTY] = "", [HOST_NATIVE] = "native", [HOST_WINE] = "wine", [HOST_REMOTE] = "remote"};
static const char *const words_of_loop[] = {
    [WORD_EMPTY] = "", [LOOP_CLOSED] = "closed", [LOOP_OPEN] = "open"};
static const char *const words_of_tcp_nodelay[] = {
    [WORD_EMPTY] = "", [NODELAY_NO] = "no", [NODELAY_YES] = "yes"};
static const char *const words_of_status[] = {
    [WORD_EMPTY] = "", [ROW_OK] = "ok", [ROW_SKIPPED] = "skipped", [ROW_FAILED] = "failed"};
static const char *const words_of_bound[] = {
    [WORD_EMPTY] = "",           [BOUND_SERVER] = "server", [BOUND_CLIENT] = "client",
    [BOUND_LATENCY] = "latency", [BOUND_RATE] = "rate",     [BOUND_UNDECIDED] = "undecided"};

const struct column row_columns[COLUMN_COUNT] = {
#define KIND_TEXT(name_)
#define KIND_NUMBER(name_)
#define KIND_WORD(name_)                                                                           \
    .offset_other = offsetof(struct row, name_##_other), .words = words_of_##name_,                \
    .word_count = sizeof words_of_##name_ / sizeof words_of_##name_[0],
#define METRIC_NONE
#define METRIC_LESS       .better = COLUMN_LESS,
#define METRIC_MORE       .better = COLUMN_MORE,
#define METRIC_NEITHER    .better = COLUMN_NEITHER,
#define METRIC_THROUGHPUT .better = COLUMN_MORE, .of_throughput = true,
#define METRIC_LATENCY(basis_, percentile_)                                                        \
    .better = COLUMN_LESS, .basis = COLUMN_##basis_, .percentile = (percentile_),
#define RANGE_NONE
#define RANGE_FROM_0 .low = 0, .high = COLUMN_MOST,
#define RANGE_FROM_1 .low = 1, .high = COLUMN_MOST,
#define RANGE_SIGNED .low = -COLUMN_MOST, .high = COLUMN_MOST,
#define COLUMN(kind_, name_, size_, use_, metric_, merging_, range_)                               \
    [COLUMN_##name_] = {KIND_##kind_(name_) METRIC_##metric_ RANGE_##range_.name = #name_,         \
                        .kind = COLUMN_##kind_,                                                    \
                        .size = (size_),                                                           \
                        .offset = offsetof(struct row, name_),                                     \
                        .use = COLUMN_##use_,                                                      \
                        .merging = COLUMN_##merging_},
    COLUMNS(COLUMN)
#undef COLUMN
};

#define ID_PLAIN(name)
#define ID_FACTOR(name) &row_columns[COLUMN_##name],
#define ID_CONDITION(name)
#define ID(kind, name, size, use, ...) ID_##use(name)
const struct column *const column_factors[COLUMN_FACTORS] = {COLUMNS(ID)};
#undef ID_FACTOR
#undef ID_CONDITION
#define ID_FACTOR(name)
#define ID_CONDITION(name) &row_columns[COLUMN_##name],
const struct column *const column_conditions[COLUMN_CONDITIONS] = {COLUMNS(ID)};

const struct column *column_find(const char *name)
{
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        if (strcmp(row_columns[i].name, name) == 0)
            return &row_columns[i];
    return NULL;
}

const struct column *column_find_metric(const char *name)
{
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        if (row_columns[i].better != COLUMN_NO_METRIC && name_equals(row_columns[i].name, name))
            return &row_columns[i];
    return NULL;
}

bool column_has_better_side(const struct column *column)
{
    return column->better == COLUMN_LESS || column->better == COLUMN_MORE;
}

static const char *text_of(const struct row *row, size_t offset)
{
    return (const char *)row + offset;
}

static const int *word_of(const struct row *row, const struct column *column)
{
    return (const int *)(const void *)((const char *)row + column->offset);
}

static const double *number_of(const struct row *row, const struct column *column)
{
    return (const double *)(const void *)((const char *)row + column->offset);
}

void row_set_text(char *field, size_t size, const char *text)
{
    size_t length = strlen(text);
    if (length >= size) {
        length = size - 1;
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
            length--;
    }
    memcpy(field, text, length);
    field[length] = '\0';
}

static void word_set(struct row *row, const struct column *column, const char *text)
{
    int *word = (int *)(void *)((char *)row + column->offset);
    for (size_t i = 0; i < column->word_count; i++)
        if (column->words[i] != NULL && strcmp(column->words[i], text) == 0) {
            *word = (int)i;
            return;
        }
    *word = WORD_OTHER;
    row_set_text((char *)row + column->offset_other, column->size, text);
}

void column_clear(struct row *row, const struct column *column)
{
    char *field = (char *)row + column->offset;
    switch (column->kind) {
    case COLUMN_TEXT:
        field[0] = '\0';
        break;
    case COLUMN_WORD:
        *(int *)(void *)field = WORD_EMPTY;
        break;
    case COLUMN_NUMBER:
        column_set_number(row, column, NAN);
        break;
    }
}

bool column_parse(const struct column *column, const char *text, double *number)
{
    double parsed;
    if (!units_parse_double(text, &parsed) || parsed < column->low || parsed > column->high)
        return false;
    *number = parsed;
    return true;
}

int column_fault(const struct column *column, const char *text, struct failure *failure)
{
    char low[32], high[32];
    double number;
    if (!units_parse_double(text, &number))
        return failure_set(failure, "%s: %s", column->name, foreign_number_fault(text));
    return failure_set(failure, "%s: %.40s is not within its range, %s to %s", column->name, text,
                       units_format_double(column->low, 17, low, sizeof low),
                       units_format_double(column->high, 17, high, sizeof high));
}

bool column_set(struct row *row, const struct column *column, const char *text)
{
    double number = NAN;
    switch (column->kind) {
    case COLUMN_TEXT:
        row_set_text((char *)row + column->offset, column->size, text);
        break;
    case COLUMN_WORD:
        word_set(row, column, text);
        break;
    case COLUMN_NUMBER:
        if (text[0] != '\0' && !column_parse(column, text, &number))
            return false;
        column_set_number(row, column, number);
        break;
    }
    return true;
}

const char *column_word(const struct row *row, const struct column *column)
{
    if (column->kind == COLUMN_TEXT)
        return text_of(row, column->offset);
    if (column->kind == COLUMN_NUMBER)
        return "";
    int word = *word_of(row, column);
    return word == WORD_OTHER ? text_of(row, column->offset_other) : column->words[word];
}

const char *column_text(const struct row *row, const struct column *column, char *text, size_t size)
{
    if (column->kind == COLUMN_NUMBER)
        units_format_double(*number_of(row, column), (int)column->size, text, size);
    else
        snprintf(text, size, "%s", column_word(row, column));
    return text;
}

double column_number(const struct row *row, const struct column *column)
{
    return column->kind == COLUMN_NUMBER ? *number_of(row, column) : NAN;
}

void column_set_number(struct row *row, const struct column *column, double number)
{
    *(double *)(void *)((char *)row + column->offset) = number;
}

void column_write(struct csv_writer *csv, const struct row *row, const struct column *column)
{
    if (column->kind == COLUMN_NUMBER)
        csv_write_double(csv, *number_of(row, column), (int)column->size);
    else
        csv_write_text(csv, column_word(row, column));
}

void column_write_text(struct csv_writer *csv, const struct column *column, const char *text)
{
    if (column->kind == COLUMN_NUMBER)
        csv_write_number(csv, text);
    else
        csv_write_text(csv, text);
}

bool column_is_equal(const struct column *column, const struct row *a, const struct row *b)
{
    if (column->kind != COLUMN_NUMBER)
        return strcmp(column_word(a, column), column_word(b, column)) == 0;
    double of_a = column_number(a, column), of_b = column_number(b, column);
    return of_a == of_b || (!number_is_known(of_a) && !number_is_known(of_b));
}
