#include "report/page_parts.h"

#include <math.h>

#include "base/units.h"
#include "report/svg.h"

void page_figure_begin(struct page *page, const char *heading, bool is_wine, const char *sentence)
{
    markup_put(&page->out, "<figure><figcaption>");
    markup_element(&page->out, "h3", heading);
    if (is_wine)
        markup_put(&page->out, "<span class=\"badge\">Wine's, not Windows'</span>");
    if (sentence[0] != '\0')
        markup_element(&page->out, "p", sentence);
    markup_put(&page->out, "</figcaption>\n");
}

void page_figure_end(struct page *page)
{
    markup_put(&page->out, "</figure>\n");
}

void page_table_begin(struct page *page, const char *const *names, size_t count)
{
    markup_put(&page->out,
               "<details><summary>Figures</summary><div class=\"wide\"><table><thead><tr>");
    for (size_t i = 0; i < count; i++)
        markup_element(&page->out, "th", names[i]);
    markup_put(&page->out, "</tr></thead><tbody>\n");
}

void page_table_row(struct page *page, const char *head)
{
    markup_put(&page->out, "<tr>");
    markup_element(&page->out, "th", head);
}

void page_table_text(struct page *page, const char *text)
{
    markup_element(&page->out, "td", text);
}

void page_table_number(struct page *page, double value)
{
    char text[64];
    markup_put(&page->out, "<td class=\"num\"");
    markup_value(&page->out, "data-value", value);
    markup_put(&page->out, ">");
    markup_text(&page->out, page_number_text(value, text, sizeof text));
    markup_put(&page->out, "</td>");
}

void page_table_row_end(struct page *page)
{
    markup_put(&page->out, "</tr>\n");
}

void page_table_end(struct page *page)
{
    markup_put(&page->out, "</tbody></table></div></details>\n");
}

void page_mark_wine(struct page *page, bool is_wine)
{
    if (is_wine)
        svg_text(&page->out, SVG_WIDTH - 2, 10, SVG_END, "wine", "Wine's, not Windows'");
}

const char *page_number_text(double value, char *text, size_t size)
{
    static const double most = 1e300; /* an endless one */
    if (!number_is_known(value))
        snprintf(text, size, "%s", "\xe2\x80\x93");
    else if (value > most)
        snprintf(text, size, "%s", "\xe2\x88\x9e");
    else if (fabs(value) >= 999.5)
        units_format_grouped(value, text, size);
    else
        units_format_double(value, 3, text, size);
    return text;
}
