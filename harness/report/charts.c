#include "report/chart.h"

/* The only list of them, in the order of the page. */
const struct chart *const charts[] = {
    &chart_changes,
    &chart_cost,
    &chart_trials,
    &chart_scaling,
    &chart_percentiles,
    &chart_calls,
    &chart_fairness,
    &chart_timeline,
    &chart_rates,
    &chart_tradeoff,
    &chart_trace,
    &chart_conditions,
    NULL,
};

bool chart_has_data(const struct chart *chart, const struct report *report)
{
    if (chart->has_data != NULL)
        return chart->has_data(report);
    for (size_t i = 0; i < report->panels_shown; i++)
        if (chart->panel_has_data(report, &report->panels[i]))
            return true;
    return false;
}

void chart_draw(const struct chart *chart, struct page *page)
{
    const struct report *report = page->report;
    if (chart->draw != NULL) {
        chart->draw(page);
        return;
    }
    for (size_t i = 0; i < report->panels_shown; i++)
        if (chart->panel_has_data(report, &report->panels[i]))
            chart->panel_draw(page, &report->panels[i]);
}
