#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/chart.h"
#include "report/plot.h"

enum { PLACES_MAX = 64, TEXT_BYTES = 160 };

/* What it is drawn against. */
struct axis {
    const char *many, *one, *attribute;
    enum column_id column;
    enum column_id other; /* which follows from it */
};

static const struct axis axes[] = {
    {"connections", "connection", "data-connections", COLUMN_connections,
     COLUMN_connections_active},
    {"threads", "thread", "data-threads", COLUMN_threads, COLUMN_threads},
};

enum { AXES = sizeof axes / sizeof axes[0] };

/* What is drawn. */
static const struct {
    enum trial_figure figure;
    const char *title;
    const char *unit;
    plot_text *text;
    bool less_is_better;
} figures[] = {
    {TRIAL_CPU_US, "CPU time for a message", "CPU time for a message", plot_text_us, true},
    {TRIAL_MESSAGES_PER_S, "messages a second", "messages/s", plot_text_number, false},
    {TRIAL_MEMORY_BYTES, "the server's memory", "memory at its peak", plot_text_bytes, true},
};

/* Panels that differ in nothing but their place on an axis, ascending. */
struct row_of_panels {
    const struct axis *axis;
    const struct panel *panels[PLACES_MAX];
    size_t count;
};

/* NaN: the panel has none. */
static double place_of(const struct axis *axis, const struct panel *panel)
{
    return column_number(&panel->row, &row_columns[axis->column]);
}

static bool is_alike(const struct axis *axis, const struct panel *a, const struct panel *b)
{
    if (a->run != b->run || strcmp(a->target, b->target) != 0)
        return false;
    for (size_t i = 0; i < COLUMN_FACTORS; i++)
        if (column_factors[i] != &row_columns[axis->column] &&
            column_factors[i] != &row_columns[axis->other] &&
            !column_is_equal(column_factors[i], &a->row, &b->row))
            return false;
    return true;
}

static void panel_insert(struct row_of_panels *found, const struct panel *panel)
{
    size_t at = found->count++;
    for (; at > 0 && place_of(found->axis, found->panels[at - 1]) > place_of(found->axis, panel);
         at--)
        found->panels[at] = found->panels[at - 1];
    found->panels[at] = panel;
}

/* Those alike to the panel of that number; false where an earlier one is, or there is no other. */
static bool panels_collect(const struct report *report, size_t number, const struct axis *axis,
                           struct row_of_panels *found)
{
    *found = (struct row_of_panels){.axis = axis};
    if (!number_is_known(place_of(axis, &report->panels[number])))
        return false;
    for (size_t i = 0; i < report->panel_count; i++) {
        const struct panel *panel = &report->panels[i];
        if (!is_alike(axis, panel, &report->panels[number]) ||
            !number_is_known(place_of(axis, panel)))
            continue;
        if (i < number)
            return false;
        if (found->count < PLACES_MAX)
            panel_insert(found, panel);
    }
    return found->count > 1 &&
           place_of(axis, found->panels[0]) < place_of(axis, found->panels[found->count - 1]);
}

static bool has_data(const struct report *report)
{
    struct row_of_panels found;
    for (size_t i = 0; i < report->panel_count * AXES; i++)
        if (panels_collect(report, i / AXES, &axes[i % AXES], &found))
            return true;
    return false;
}

/* The panel's cell of the model; NULL where it has none. */
static const struct cell *cell_of(const struct panel *panel, const char *model)
{
    for (size_t i = 0; i < panel->count; i++)
        if (strcmp(cell_shown_model(panel->cells[i]), model) == 0)
            return panel->cells[i];
    return NULL;
}

/* The models of all places, each once, in the order in which they came. */
static size_t models_collect(const struct row_of_panels *found,
                             const char *models[REPORT_MODELS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < found->count; i++)
        for (size_t j = 0; j < found->panels[i]->count; j++) {
            const char *model = cell_shown_model(found->panels[i]->cells[j]);
            size_t at = 0;
            while (at < count && strcmp(models[at], model) != 0)
                at++;
            if (at == count && count < REPORT_MODELS_MAX)
                models[count++] = model;
        }
    return count;
}

static double value_of(const struct report *report, const struct panel *panel, const char *model,
                       enum trial_figure figure)
{
    const struct cell *cell = cell_of(panel, model);
    double value = cell == NULL ? NAN : trials_median(&report->trials, cell, figure);
    /* What the load sets is no property of a model. */
    if (figure == TRIAL_MESSAGES_PER_S && (number_is_known(panel->row.target_rate_msgs_per_s) ||
                                           number_is_known(panel->row.burst_interval_us)))
        return NAN;
    return value > 0 ? value : NAN; /* the axis is logarithmic */
}

static void model_draw(struct page *page, struct plot *plot, const struct row_of_panels *found,
                       const char *model, enum trial_figure figure)
{
    char classes[40], tip[TEXT_BYTES], text[64];
    struct model_style style = model_style_of(model, &page->report->strangers);
    double last_x = NAN, last_y = NAN;
    svg_group_begin(&page->out, "");
    markup_put(&page->out, " data-model=\"");
    markup_text(&page->out, model);
    markup_put(&page->out, "\"");
    svg_group_tip(&page->out, model);
    svg_path_begin(&page->out);
    bool is_first = true;
    for (size_t i = 0; i < found->count; i++) {
        double value = value_of(page->report, found->panels[i], model, figure);
        if (!number_is_known(value))
            continue;
        last_x = place_of(found->axis, found->panels[i]);
        last_y = value;
        svg_path_to(&page->out, is_first, scale_at(&plot->x, last_x), scale_at(&plot->y, last_y));
        is_first = false;
    }
    svg_path_end(&page->out, svg_curve_classes(&style, true, classes, sizeof classes));
    for (size_t i = 0; i < found->count; i++) {
        double value = value_of(page->report, found->panels[i], model, figure);
        if (!number_is_known(value))
            continue;
        svg_group_begin(&page->out, "");
        double place = place_of(found->axis, found->panels[i]);
        markup_value(&page->out, found->axis->attribute, place);
        markup_value(&page->out, "data-value", value);
        snprintf(tip, sizeof tip, "%.60s, %.0f %s: %s", model, place,
                 place == 1 ? found->axis->one : found->axis->many,
                 page_number_text(value, text, sizeof text));
        svg_group_tip(&page->out, tip);
        svg_point(&page->out, &style, scale_at(&plot->x, place), scale_at(&plot->y, value));
        svg_group_end(&page->out);
    }
    svg_group_end(&page->out);
    if (number_is_known(last_y))
        plot_label_add(plot, model, &style, last_x, last_y);
}

static void table_put(struct page *page, const struct row_of_panels *found,
                      const char *const *models, size_t count, enum trial_figure figure)
{
    char heads[PLACES_MAX][48];
    const char *names[PLACES_MAX + 1] = {"model"};
    for (size_t i = 0; i < found->count; i++) {
        snprintf(heads[i], sizeof heads[i], "%.0f", place_of(found->axis, found->panels[i]));
        names[i + 1] = heads[i];
    }
    page_table_begin(page, names, found->count + 1);
    for (size_t i = 0; i < count; i++) {
        page_table_row(page, models[i]);
        for (size_t j = 0; j < found->count; j++)
            page_table_number(page, value_of(page->report, found->panels[j], models[i], figure));
        page_table_row_end(page);
    }
    page_table_end(page);
}

/* Which model's figure grows the most from the first to the last place, and which the least. */
static void sentence_make(const struct report *report, const struct row_of_panels *found,
                          const char *const *models, size_t count, enum trial_figure figure,
                          char *text, size_t size)
{
    const struct panel *first = found->panels[0], *last = found->panels[found->count - 1];
    const char *most = NULL, *least = NULL;
    double high = -INFINITY, low = INFINITY;
    char low_text[64], high_text[64];
    for (size_t i = 0; i < count; i++) {
        double growth =
            value_of(report, last, models[i], figure) / value_of(report, first, models[i], figure);
        if (growth > high) {
            high = growth;
            most = models[i];
        }
        if (growth < low) {
            low = growth;
            least = models[i];
        }
    }
    page_number_text(low, low_text, sizeof low_text);
    page_number_text(high, high_text, sizeof high_text);
    text[0] = '\0';
    if (most != NULL && most == least)
        snprintf(text, size, "From %.0f to %.0f %s: %s times as much with %.60s.",
                 place_of(found->axis, first), place_of(found->axis, last), found->axis->many,
                 high_text, most);
    else if (most != NULL)
        snprintf(text, size,
                 "From %.0f to %.0f %s: between %s times as much (%.60s) and %s times "
                 "(%.60s).",
                 place_of(found->axis, first), place_of(found->axis, last), found->axis->many,
                 low_text, least, high_text, most);
}

static const char *heading_make(const struct report *report, const struct row_of_panels *found,
                                const char *what, char *text, size_t size)
{
    char bytes[160], ending[64];
    const struct panel *panel = found->panels[0];
    struct row row = panel->row;
    if (found->axis->column == COLUMN_threads)
        row.threads = NAN;
    row_workload_text(&row, bytes, sizeof bytes);
    char *times = found->axis->column == COLUMN_connections ? strstr(bytes, " x ") : NULL;
    if (times != NULL) { /* the connections, up to what else tells workloads apart */
        char *rest = times + 3 + strcspn(times + 3, ",");
        memmove(times, rest, strlen(rest) + 1);
    }
    snprintf(text, size, "%s, %s: %s%s", panel->target, bytes, what,
             report_run_ending(report, panel->run, ending, sizeof ending));
    return text;
}

static void figure_draw(struct page *page, const struct row_of_panels *found, size_t number)
{
    const char *models[REPORT_MODELS_MAX];
    size_t count = models_collect(found, models);
    struct plot_range x = plot_range_none(), y = plot_range_none();
    struct plot plot;
    char sentence[480], heading[REPORT_LABEL_BYTES];
    double width = 60;
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < found->count; j++) {
            plot_range_add(&x, place_of(found->axis, found->panels[j]));
            plot_range_add(
                &y, value_of(page->report, found->panels[j], models[i], figures[number].figure));
            width = fmax(width, svg_text_width(models[i]));
        }
    if (plot_range_is_empty(&y))
        return;
    plot_init(&plot, &x, true, &y, true, width);
    sentence_make(page->report, found, models, count, figures[number].figure, sentence,
                  sizeof sentence);
    heading_make(page->report, found, figures[number].title, heading, sizeof heading);
    page_figure_begin(page, heading, found->panels[0]->is_wine, sentence);
    svg_begin(&page->out, plot_height(&plot), heading, sentence);
    plot_axes_draw(&plot, page, found->axis->many, plot_text_number, figures[number].unit,
                   figures[number].text);
    for (size_t i = 0; i < count; i++)
        model_draw(page, &plot, found, models[i], figures[number].figure);
    plot_labels_draw(&plot, page);
    page_mark_wine(page, found->panels[0]->is_wine);
    svg_end(&page->out);
    table_put(page, found, models, count, figures[number].figure);
    page_figure_end(page);
}

static void draw(struct page *page)
{
    struct row_of_panels found;
    size_t drawn = 0;
    for (size_t i = 0; i < page->report->panel_count * AXES && drawn < REPORT_PANELS_MAX; i++)
        if (panels_collect(page->report, i / AXES, &axes[i % AXES], &found)) {
            drawn++;
            for (size_t j = 0; j < sizeof figures / sizeof figures[0]; j++)
                figure_draw(page, &found, j);
        }
}

const struct chart chart_scaling = {
    .name = "scaling",
    .question = "How does it scale?",
    .reading =
        "Medians against the number of connections, or of the server's threads; both axes are "
        "logarithmic. A level line of CPU time is a model to which a message costs the same "
        "however many there are; one that climbs pays for the others with each message.",
    .has_data = has_data,
    .draw = draw,
};
