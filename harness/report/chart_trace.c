#include <stdlib.h>
#include <string.h>

#include "report/chart.h"

enum { TRACES_MAX = 16, STEPS_MAX = 80, TEXT_BYTES = 200, SENTENCE_BYTES = 1600 };

/* Of `trace --format csv`, where its columns are. */
struct columns {
    int target, model, step_index, step, thread, time, call, result;
};

struct layout {
    const struct csv_table *table;
    struct columns column;
    size_t traces[TRACES_MAX]; /* the first row of each model on each target */
    size_t trace_count;
    size_t steps[STEPS_MAX]; /* a row of each step, ascending */
    size_t step_count;
    bool targets_differ;
};

static const char *field(const struct layout *layout, size_t row, int column)
{
    return csv_field(layout->table, row, column);
}

static bool is_same_trace(const struct layout *layout, size_t a, size_t b)
{
    return strcmp(field(layout, a, layout->column.model), field(layout, b, layout->column.model)) ==
               0 &&
           strcmp(field(layout, a, layout->column.target),
                  field(layout, b, layout->column.target)) == 0;
}

static long step_index(const struct layout *layout, size_t row)
{
    return strtol(field(layout, row, layout->column.step_index), NULL, 10);
}

static void step_insert(struct layout *layout, size_t row)
{
    size_t at = layout->step_count;
    for (; at > 0 && step_index(layout, layout->steps[at - 1]) >= step_index(layout, row); at--)
        if (step_index(layout, layout->steps[at - 1]) == step_index(layout, row))
            return;
    if (layout->step_count == STEPS_MAX)
        return;
    memmove(&layout->steps[at + 1], &layout->steps[at],
            (layout->step_count++ - at) * sizeof layout->steps[0]);
    layout->steps[at] = row;
}

static void layout_make(struct layout *layout, const struct csv_table *table)
{
    *layout = (struct layout){
        .table = table,
        .column = {csv_column(table, "target"), csv_column(table, "model"),
                   csv_column(table, "step_index"), csv_column(table, "step"),
                   csv_column(table, "thread"), csv_column(table, "time"),
                   csv_column(table, "call"), csv_column(table, "result")},
    };
    for (size_t row = 1; row < table->rows; row++) {
        size_t at = 0;
        while (at < layout->trace_count && !is_same_trace(layout, layout->traces[at], row))
            at++;
        if (at == layout->trace_count && at < TRACES_MAX)
            layout->traces[layout->trace_count++] = row;
        layout->targets_differ |= strcmp(field(layout, 1, layout->column.target),
                                         field(layout, row, layout->column.target)) != 0;
        step_insert(layout, row);
    }
}

static bool has_data(const struct report *report)
{
    return report->trace.rows > 1;
}

/* Whether the runs say that this target is Wine. */
static bool is_wine(const struct report *report, const char *target)
{
    const struct cells *cells = &report->trials.cells;
    for (size_t i = 0; i < cells->count; i++)
        if (cells->cells[i].is_wine && strcmp(cell_target(&cells->cells[i]), target) == 0)
            return true;
    return false;
}

static const char *name_make(const struct layout *layout, size_t row, char *text, size_t size)
{
    snprintf(text, size, "%s%s%s", field(layout, row, layout->column.model),
             layout->targets_differ ? " on " : "",
             layout->targets_differ ? field(layout, row, layout->column.target) : "");
    return text;
}

static bool may_wait(const struct layout *layout, size_t row)
{
    return strcmp(field(layout, row, layout->column.time), "waited") == 0;
}

/* How many calls the client's steps took. */
static void sentence_make(const struct layout *layout, char *text, size_t size)
{
    char name[TEXT_BYTES];
    size_t used =
        (size_t)snprintf(text, size, "Calls between the server's start and its stop, by model:");
    for (size_t i = 0; i < layout->trace_count && used < size; i++) {
        size_t calls = 0, waits = 0;
        for (size_t row = layout->traces[i]; row < layout->table->rows; row++) {
            const char *step = field(layout, row, layout->column.step);
            if (!is_same_trace(layout, layout->traces[i], row) || strcmp(step, "start") == 0 ||
                strcmp(step, "stop") == 0)
                continue;
            calls++;
            waits += may_wait(layout, row);
        }
        used += (size_t)snprintf(
            text + used, size - used, "%s %.80s %zu (%zu that may wait)", i == 0 ? "" : ",",
            name_make(layout, layout->traces[i], name, sizeof name), calls, waits);
    }
    if (used < size)
        snprintf(text + used, size - used, ".");
}

static bool has_threads(const struct layout *layout, size_t first)
{
    for (size_t row = first; row < layout->table->rows; row++)
        if (is_same_trace(layout, first, row) &&
            strcmp(field(layout, row, layout->column.thread),
                   field(layout, first, layout->column.thread)) != 0)
            return true;
    return false;
}

static void call_put(struct page *page, const struct layout *layout, size_t row, bool threads)
{
    bool waits = may_wait(layout, row);
    markup_put(&page->out, waits ? "<div class=\"waits\">" : "<div>");
    if (threads)
        markup_format(&page->out, "thread %s: ", field(layout, row, layout->column.thread));
    markup_text(&page->out, field(layout, row, layout->column.call));
    markup_put(&page->out, " = ");
    markup_text(&page->out, field(layout, row, layout->column.result));
    markup_put(&page->out, waits ? " <em>may wait</em></div>" : "</div>");
}

static void step_put(struct page *page, const struct layout *layout, size_t step)
{
    const char *text = field(layout, step, layout->column.step);
    bool is_client = strcmp(text, "start") != 0 && strcmp(text, "stop") != 0;
    markup_put(&page->out, "<tr><th>");
    markup_format(&page->out, is_client ? "%s" : "the server's %s", text);
    markup_put(&page->out, "</th>");
    for (size_t i = 0; i < layout->trace_count; i++) {
        size_t first = layout->traces[i];
        bool threads = has_threads(layout, first);
        markup_put(&page->out, "<td>");
        for (size_t row = first; row < layout->table->rows; row++)
            if (is_same_trace(layout, first, row) &&
                step_index(layout, row) == step_index(layout, step))
                call_put(page, layout, row, threads);
        markup_put(&page->out, "</td>");
    }
    page_table_row_end(page);
}

static void draw(struct page *page)
{
    static struct layout layout;
    char sentence[SENTENCE_BYTES], name[TEXT_BYTES];
    bool any_wine = false;
    layout_make(&layout, &page->report->trace);
    sentence_make(&layout, sentence, sizeof sentence);
    for (size_t i = 0; i < layout.trace_count; i++)
        any_wine |= is_wine(page->report, field(&layout, layout.traces[i], layout.column.target));
    markup_put(&page->out, "<figure class=\"full\"><figcaption>");
    markup_element(&page->out, "h3", "The client's steps, and the server's calls");
    if (any_wine)
        markup_put(&page->out, "<span class=\"badge\">Wine's, not Windows'</span>");
    markup_element(&page->out, "p", sentence);
    markup_put(&page->out, "</figcaption><div class=\"wide\"><table class=\"trace\"><thead><tr>"
                           "<th>the client</th>");
    for (size_t i = 0; i < layout.trace_count; i++)
        markup_element(&page->out, "th", name_make(&layout, layout.traces[i], name, sizeof name));
    markup_put(&page->out, "</tr></thead><tbody>\n");
    for (size_t i = 0; i < layout.step_count; i++)
        step_put(page, &layout, layout.steps[i]);
    markup_put(&page->out, "</tbody></table></div></figure>\n");
}

const struct chart chart_trace = {
    .name = "trace",
    .question = "How does it work?",
    .reading =
        "What 'iomodels trace' saw: a client's steps from the top to the bottom, and in each step "
        "the calls that returned in the server, model beside model. In a call that may "
        "wait the thread may sleep.",
    .has_data = has_data,
    .draw = draw,
};
