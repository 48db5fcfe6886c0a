#include "rows/cells.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

/* What stands in front of a cell's texts in its key: the file's number. */
enum { FILE_BYTES = sizeof(size_t), KEY_BYTES = FILE_BYTES + ROW_KEY_BYTES + ROW_NUMBER_BYTES };

struct key {
    char bytes[KEY_BYTES];
    size_t factors; /* where they begin, and end */
    size_t factors_end;
    size_t length;
};

static void key_make(const struct cells *cells, const struct row *row, struct key *key)
{
    char *texts = key->bytes + FILE_BYTES;
    memcpy(key->bytes, &cells->file, FILE_BYTES);
    key->factors_end = FILE_BYTES + row_cell_key(row, texts);
    key->factors = FILE_BYTES + strlen(row->target) + 1 + strlen(row->model) + 1;
    char *threads = key->bytes + key->factors_end;
    threads[0] = '\0';
    if (cells->by_threads)
        column_text(row, &row_columns[COLUMN_server_threads], threads, ROW_NUMBER_BYTES);
    key->length = key->factors_end + strlen(threads) + 1;
}

static char *text_copy(const char *text, size_t size)
{
    char *copy = malloc(size);
    return copy == NULL ? NULL : memcpy(copy, text, size);
}

/* The number of the key's configuration; CELLS_NONE where it is new. */
static size_t configuration_find(const struct cells *cells, const struct key *key)
{
    return key_table_find(&cells->configuration_keys, key->bytes + key->factors,
                          key->factors_end - key->factors);
}

/* The same, but CELLS_NONE without memory. */
static size_t configuration_number(struct cells *cells, const struct key *key)
{
    size_t number = configuration_find(cells, key);
    if (number != KEY_TABLE_NONE ||
        key_table_add(&cells->configuration_keys, key->bytes + key->factors,
                      key->factors_end - key->factors, cells->configurations) != 0)
        return number;
    return cells->configurations++;
}

/* A new one; CELLS_NONE without memory. */
static size_t cell_add(struct cells *cells, const struct key *key)
{
    struct cell *grown = array_grow(cells->cells, sizeof *grown, cells->count, &cells->capacity);
    size_t configuration = configuration_number(cells, key);
    if (grown == NULL)
        return CELLS_NONE;
    cells->cells = grown;
    struct cell *cell = &cells->cells[cells->count];
    *cell = (struct cell){.file = cells->file, .configuration = configuration};
    cell->texts = text_copy(key->bytes + FILE_BYTES, key->length - FILE_BYTES);
    if (cell->texts == NULL || configuration == CELLS_NONE ||
        key_table_add(&cells->keys, key->bytes, key->length, cells->count) != 0) {
        free(cell->texts);
        return CELLS_NONE;
    }
    return cells->count++;
}

/* Those that the cell does not have yet; false without memory. */
static bool conditions_keep(struct cell *cell, const struct row *row)
{
    char text[ROW_NUMBER_BYTES];
    for (size_t i = 0; i < COLUMN_CONDITIONS; i++) {
        if (cell->conditions[i] != NULL)
            continue;
        column_text(row, column_conditions[i], text, sizeof text);
        if (text[0] != '\0' && (cell->conditions[i] = text_copy(text, strlen(text) + 1)) == NULL)
            return false;
    }
    return true;
}

size_t cells_number(struct cells *cells, const struct row *row)
{
    struct key key;
    key_make(cells, row, &key);
    size_t number = key_table_find(&cells->keys, key.bytes, key.length);
    if (number == KEY_TABLE_NONE)
        number = cell_add(cells, &key);
    return number != CELLS_NONE && conditions_keep(&cells->cells[number], row) ? number
                                                                               : CELLS_NONE;
}

size_t cells_find(const struct cells *cells, const struct row *row)
{
    struct key key;
    key_make(cells, row, &key);
    return key_table_find(&cells->keys, key.bytes, key.length);
}

size_t cells_configuration(const struct cells *cells, const struct row *row)
{
    struct key key;
    key_make(cells, row, &key);
    return configuration_find(cells, &key);
}

int cells_count_row(struct cells *cells, size_t number, const struct row *row)
{
    struct cell *cell = &cells->cells[number];
    cell->skipped += row->status == ROW_SKIPPED;
    cell->failed += row->status != ROW_SKIPPED && row->status != ROW_OK;
    if (row->status != ROW_OK)
        return 0;
    size_t *grown =
        array_grow(cells->row_cells, sizeof *grown, cells->row_count, &cells->row_capacity);
    if (grown == NULL)
        return -1;
    cells->row_cells = grown;
    cells->row_cells[cells->row_count++] = number;
    cell->rows++;
    cell->client_bound += row->bound == BOUND_CLIENT;
    cell->latency_bound += row->bound == BOUND_LATENCY;
    cell->warned += row->warnings[0] != '\0';
    for (int warning = 0; warning < WARNINGS && row->warnings[0] != '\0'; warning++)
        cell->warned_by[warning] += warning_has(row, (enum warning)warning);
    if (cell->host_kind[0] == '\0') {
        row_set_text(cell->host_kind, sizeof cell->host_kind, row_word(row, COLUMN_host_kind));
        cell->host = row->host_kind;
        cell->is_wine = row->host_kind == HOST_WINE;
    }
    return 1;
}

int cells_sort(struct cells *cells)
{
    size_t first = 0;
    cells->order = malloc((cells->row_count + 1) * sizeof *cells->order);
    if (cells->order == NULL)
        return -1;
    for (size_t i = 0; i < cells->count; i++) {
        cells->cells[i].first = first;
        first += cells->cells[i].rows;
        cells->cells[i].rows = 0; /* counted again below */
    }
    for (size_t i = 0; i < cells->row_count; i++) {
        struct cell *cell = &cells->cells[cells->row_cells[i]];
        cells->order[cell->first + cell->rows++] = i;
    }
    return 0;
}

int cells_of_rows(struct cells *cells, const struct row *rows, size_t count)
{
    size_t *indices = malloc((count + 1) * sizeof *indices);
    int counted = indices == NULL ? -1 : 0;
    cells->rows = rows;
    for (size_t i = 0; i < count && counted >= 0; i++) {
        if (rows[i].status != ROW_OK)
            continue;
        size_t cell = cells_number(cells, &rows[i]);
        counted = cell == CELLS_NONE ? -1 : cells_count_row(cells, cell, &rows[i]);
        if (counted > 0)
            indices[cells->row_count - 1] = i;
    }
    int error = counted < 0 ? -1 : cells_sort(cells);
    for (size_t i = 0; error == 0 && i < cells->row_count; i++)
        cells->order[i] = indices[cells->order[i]];
    free(indices);
    return error;
}

void cells_free(struct cells *cells)
{
    for (size_t i = 0; i < cells->count; i++) {
        free(cells->cells[i].texts);
        free(cells->cells[i].shown_model);
        for (size_t j = 0; j < COLUMN_CONDITIONS; j++)
            free(cells->cells[i].conditions[j]);
    }
    free(cells->cells);
    free(cells->order);
    free(cells->row_cells);
    key_table_free(&cells->keys);
    key_table_free(&cells->configuration_keys);
    *cells = (struct cells){0};
}

const struct row *cells_row(const struct cells *cells, const struct cell *cell, size_t index)
{
    return &cells->rows[cells->order[cell->first + index]];
}

size_t cells_values(const struct cells *cells, const struct cell *cell,
                    double (*of)(const struct row *row, enum column_id column),
                    enum column_id column, double *values)
{
    size_t found = 0;
    for (size_t i = 0; i < cell->rows; i++) {
        double value = of(cells_row(cells, cell, i), column);
        if (number_is_known(value))
            values[found++] = value;
    }
    return found;
}

/* The text behind `count` others. */
static const char *text_at(const char *texts, size_t count)
{
    for (; count > 0; count--)
        texts += strlen(texts) + 1;
    return texts;
}

const char *cell_target(const struct cell *cell)
{
    return cell->texts;
}

const char *cell_model(const struct cell *cell)
{
    return text_at(cell->texts, 1);
}

const char *cell_shown_target(const struct cell *cell)
{
    return cell->shown_target != NULL ? cell->shown_target : cell_target(cell);
}

const char *cell_shown_model(const struct cell *cell)
{
    return cell->shown_model != NULL ? cell->shown_model : cell_model(cell);
}

const char *cell_factors(const struct cell *cell)
{
    return text_at(cell->texts, 2);
}

const char *cell_threads(const struct cell *cell)
{
    return text_at(cell->texts, 2 + COLUMN_FACTORS);
}

void cell_describe(const struct cell *cell, struct row *row)
{
    const char *text = cell_factors(cell);
    row_clear(row);
    column_set(row, &row_columns[COLUMN_target], cell_target(cell));
    column_set(row, &row_columns[COLUMN_model], cell_model(cell));
    for (size_t i = 0; i < COLUMN_FACTORS; i++, text = text_at(text, 1))
        column_set(row, column_factors[i], text);
    column_set(row, &row_columns[COLUMN_server_threads], text);
}
