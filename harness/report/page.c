#include "report/page.h"

#include <string.h>

#include "report/chart.h"
#include "report/page_style.h"

/* How a page begins; between the two is what may differ from version to version. */
static const char page_start[] = "<!DOCTYPE html>\n<html lang=\"en\">";
static const char page_title[] = "<title>iomodels: ";
enum { PAGE_HEAD_BYTES = 2048 };

static void heading_put(struct page *page)
{
    const struct report *report = page->report;
    markup_put(&page->out, "<header><h1>");
    for (size_t i = report->has_baseline; i < report->run_count; i++) {
        const struct report_run *run = &report->runs[i];
        markup_put(&page->out, "%s", i > (size_t)report->has_baseline ? ", " : "");
        markup_text(&page->out, run->run_id[0] != '\0' ? run->run_id : run->name);
    }
    if (report->has_baseline) {
        markup_put(&page->out, " against ");
        markup_text(&page->out, report->runs[0].run_id[0] != '\0' ? report->runs[0].run_id
                                                                  : report->runs[0].name);
    }
    markup_put(&page->out,
               "</h1>\n<p>Socket I/O models, measured side by side by iomodels: the same "
               "echo service behind each of them, the same load in front.</p>\n<nav>");
    for (size_t i = 0; charts[i] != NULL; i++)
        if (chart_has_data(charts[i], report)) {
            markup_put(&page->out, "<a href=\"#%s\">", charts[i]->name);
            markup_text(&page->out, charts[i]->question);
            markup_put(&page->out, "</a>\n");
        }
    markup_put(&page->out, "</nav></header>\n");
}

static bool any_wine(const struct report *report)
{
    for (size_t i = 0; i < report->trials.cells.count; i++)
        if (report->trials.cells.cells[i].is_wine)
            return true;
    return false;
}

/* What holds for the whole page. */
static void notes_put(struct page *page)
{
    const struct report *report = page->report;
    if (report->trials.ok == 0)
        markup_put(&page->out, "<p class=\"note\">No row of these runs has the status ok: there is "
                               "nothing to draw. What was left out, and why, is below.</p>\n");
    if (any_wine(report))
        markup_put(
            &page->out,
            "<p class=\"note\"><span class=\"badge\">Wine's, not Windows'</span> marks "
            "figures of Wine, which runs Windows programs on Linux. They show that a program "
            "is right and how it behaves. Which model is cheap on Windows they do not show: "
            "nearly every wait there is a message to one other process, wineserver. To choose "
            "a model for Windows, measure on Windows.</p>\n");
    if (report->panels_shown < report->panel_count)
        markup_put(&page->out,
                   "<p class=\"note\">Charts of one target and one workload each are drawn of the "
                   "first %zu "
                   "of them. %zu more are in summary.csv.</p>\n",
                   report->panels_shown, report->panel_count - report->panels_shown);
}

static void section_put(struct page *page, const struct chart *chart)
{
    if (!chart_has_data(chart, page->report))
        return;
    markup_put(&page->out, "<section id=\"%s\"><h2>", chart->name);
    markup_text(&page->out, chart->question);
    markup_put(&page->out, "</h2>\n");
    if (chart->reading[0] != '\0')
        markup_element(&page->out, "p", chart->reading);
    markup_put(&page->out, "<div class=\"panels\">\n");
    chart_draw(chart, page);
    markup_put(&page->out, "</div></section>\n");
}

int page_write(const struct report *report, FILE *file)
{
    struct page page = {.report = report, .out = {.file = file}};
    markup_put(&page.out,
               "%s<head><meta charset=\"utf-8\"/>\n"
               "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
               "'none'; style-src 'unsafe-inline'\"/>\n"
               "<meta name=\"viewport\" content=\"width=device-width, "
               "initial-scale=1\"/>\n"
               "<meta name=\"color-scheme\" content=\"light dark\"/>\n%s",
               page_start, page_title);
    for (size_t i = report->has_baseline; i < report->run_count; i++) {
        markup_put(&page.out, "%s", i > (size_t)report->has_baseline ? ", " : "");
        markup_text(&page.out, report->runs[i].run_id);
    }
    markup_put(&page.out, "</title>\n<style>\n");
    page_style_write(&page.out);
    markup_put(&page.out, "</style></head>\n<body><main>\n");
    heading_put(&page);
    notes_put(&page);
    for (size_t i = 0; charts[i] != NULL; i++)
        section_put(&page, charts[i]);
    markup_put(&page.out, "</main></body></html>\n");
    return page.out.error;
}

bool page_is_begun(FILE *file)
{
    char head[PAGE_HEAD_BYTES + 1];
    head[fread(head, 1, PAGE_HEAD_BYTES, file)] = '\0';
    return strncmp(head, page_start, sizeof page_start - 1) == 0 &&
           strstr(head, page_title) != NULL;
}
