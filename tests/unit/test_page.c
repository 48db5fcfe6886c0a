/* What a page is made of: text that is escaped, places of names, round values of axes. */
#include <stdlib.h>

#include "check.h"
#include "model.h"
#include "report/markup.h"
#include "report/model_style.h"
#include "report/scale.h"

/* What the function writes, into text. */
static const char *written(void (*write)(struct markup *markup), char *text, size_t size)
{
    struct markup markup = {.file = tmpfile()};
    size_t count = 0;
    CHECK(markup.file != NULL);
    if (markup.file != NULL) {
        write(&markup);
        rewind(markup.file);
        count = fread(text, 1, size - 1, markup.file);
        fclose(markup.file);
    }
    text[count] = '\0';
    CHECK(markup.error == 0);
    return text;
}

static void write_hostile(struct markup *markup)
{
    markup_text(markup, "<a href=\"x\">&'\x01\n\x7f\xc2\x85\xef\xbf\xbe\xff \xed\x95\x9c");
}

static void write_numbers(struct markup *markup)
{
    markup_number(markup, 12.50, 2);
    markup_raw(markup, " ");
    markup_number(markup, -0.001, 1);
    markup_raw(markup, " ");
    markup_number(markup, 100, 1);
    markup_number(markup, NAN, 1);
    markup_value(markup, "v", 5.18075);
    markup_value(markup, "v", INFINITY);
}

static void test_markup(void)
{
    char text[400];
    CHECK_EQ_TEXT(written(write_hostile, text, sizeof text),
                  "&lt;a href=&quot;x&quot;&gt;&amp;'\xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd"
                  "\xef\xbf\xbd\xef\xbf\xbd \xed\x95\x9c");
    CHECK_EQ_TEXT(written(write_numbers, text, sizeof text), "12.5 0 100 v=\"5.18075\"");
}

static void test_spread(void)
{
    double apart[] = {10, 30, 60};
    scale_spread(apart, 3, 13, 0, 100);
    CHECK(apart[0] == 10 && apart[1] == 30 && apart[2] == 60);
    double together[] = {50, 50, 51, 90, 99};
    scale_spread(together, 5, 13, 0, 100);
    for (size_t i = 1; i < 5; i++)
        CHECK(together[i] - together[i - 1] >= 13);
    CHECK(together[0] >= 0 && together[4] <= 100);
    double low[] = {-5, -4};
    scale_spread(low, 2, 13, 0, 100);
    CHECK(low[0] == 0 && low[1] == 13);
}

static void test_scale(void)
{
    double ticks[SCALE_TICKS_MAX];
    struct scale scale = scale_from_zero(10, 0, 106);
    CHECK_NEAR(scale_at(&scale, 5), 50, 1e-9);
    CHECK_EQ_U64(scale_ticks(&scale, 6, ticks), 6);
    CHECK(ticks[0] == 0 && ticks[5] == 10);
    struct scale decades = {1, 1e6, 0, 60, true};
    CHECK_NEAR(scale_at(&decades, 1000), 30, 1e-9);
    CHECK_EQ_U64(scale_ticks(&decades, 7, ticks), 7);
    CHECK_NEAR(ticks[6], 1e6, 1e-3);
    /* Within a decade: still more than one, and within the scale. */
    struct scale narrow = scale_log(5.1, 8.9, 0, 100);
    size_t count = scale_ticks(&narrow, 7, ticks);
    CHECK(count >= 3 && count <= 7);
    for (size_t i = 0; i < count; i++)
        CHECK(ticks[i] >= narrow.low * (1 - 1e-9) && ticks[i] <= narrow.high * (1 + 1e-9));
    /* A hundred decades have no more marks than asked for. */
    struct scale wide = {1e-50, 1e50, 0, 100, true};
    CHECK(scale_ticks(&wide, 7, ticks) <= 7);
    /* Bytes: 8, 16, 32, 64 MiB; 3 to 6 MiB by halves; many doublings, but not all of them. */
    const double mib = 1048576;
    struct scale bytes = {5 * mib, 70 * mib, 0, 100, true};
    CHECK_EQ_U64(scale_ticks_bytes(&bytes, 7, ticks), 4);
    CHECK(ticks[0] == 8 * mib && ticks[3] == 64 * mib);
    bytes = (struct scale){2.8 * mib, 6.1 * mib, 0, 100, true};
    CHECK_EQ_U64(scale_ticks_bytes(&bytes, 7, ticks), 7);
    CHECK(ticks[0] == 3 * mib && ticks[6] == 6 * mib);
    bytes = (struct scale){1, 1e12, 0, 100, true};
    CHECK_EQ_U64(scale_ticks_bytes(&bytes, 7, ticks), 7);
    CHECK(ticks[0] == 1 && ticks[1] == 64);
    bytes = (struct scale){0, 10 * mib, 0, 100, false};
    CHECK_EQ_U64(scale_ticks_bytes(&bytes, 7, ticks), 6);
    CHECK(ticks[0] == 0 && ticks[1] == 2 * mib);
    /* One value alone. */
    struct scale one = scale_log(7, 7, 0, 100);
    CHECK_NEAR(scale_at(&one, 7), 50, 1e-6);
}

static void test_styles(void)
{
    const struct text_list strangers = {.items = {"python", "asyncio"}, .count = 2};
    struct model_style iocp = model_style_of("iocp", &strangers),
                       inline_style = model_style_of("iocp_inline", &strangers),
                       unbounded = model_style_of("iocp_unbounded_inline", &strangers);
    CHECK(!iocp.is_lesson && inline_style.is_lesson && inline_style.colour == iocp.colour);
    CHECK(inline_style.shape != unbounded.shape || inline_style.dash != unbounded.dash);
    struct model_style first = model_style_of("python", &strangers),
                       second = model_style_of("asyncio", &strangers);
    CHECK(model_style_is_stranger("python") && !model_style_is_stranger("epoll"));
    CHECK(first.colour != second.colour && first.dash > 0 && second.dash > 0);
    for (const struct model_entry *entry = model_registry; entry->name != NULL; entry++) {
        struct model_style style = model_style_of(entry->name, &strangers);
        CHECK(style.shape != first.shape && style.shape != second.shape);
        CHECK(style.colour < MODEL_COLOURS && style.shape < MODEL_SHAPES);
    }
}

int main(void)
{
    test_markup();
    test_spread();
    test_scale();
    test_styles();
    return check_report();
}
