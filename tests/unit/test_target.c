#include "base/failure.h"
#include "check.h"
#include "run/target.h"
#include "run/target_line.h"

static void test_line_text(void)
{
    static const char line[] = "iomodels=1 event=stats model=select empty= a=b=c last=end";
    char text[16];
    CHECK(target_line_text(line, "event", text, sizeof text));
    CHECK_EQ_TEXT(text, "stats");
    CHECK(target_line_text(line, "iomodels", text, sizeof text));
    CHECK_EQ_TEXT(text, "1");
    CHECK(target_line_text(line, "last", text, sizeof text));
    CHECK_EQ_TEXT(text, "end");
    CHECK(target_line_text(line, "a", text, sizeof text));
    CHECK_EQ_TEXT(text, "b=c");
    CHECK(target_line_text(line, "empty", text, sizeof text));
    CHECK_EQ_TEXT(text, "");
    CHECK(!target_line_text(line, "mode", text, sizeof text));
    CHECK(!target_line_text(line, "odel", text, sizeof text));
    CHECK(!target_line_text(line, "select", text, sizeof text));
    CHECK(!target_line_text(line, "c", text, sizeof text));
    CHECK(!target_line_text("", "a", text, sizeof text));
    CHECK(!target_line_text("a", "a", text, sizeof text));
    CHECK(!target_line_text("   ", "a", text, sizeof text));
    CHECK(target_line_text("  a=1  b=2 ", "b", text, sizeof text));
    CHECK_EQ_TEXT(text, "2");
}

static void test_line_text_too_long(void)
{
    char text[6];
    CHECK(target_line_text("a=12345", "a", text, sizeof text));
    CHECK_EQ_TEXT(text, "12345");
    CHECK(!target_line_text("a=123456", "a", text, sizeof text));
}

static void test_line_number(void)
{
    static const char line[] = "iomodels=1 recv_calls=18446744073709551615 x=-2 half=1.5 word=x1 "
                               "long=1234567890123456789012345678901234567890 empty=";
    CHECK_NEAR(target_line_number(line, "recv_calls"), 18446744073709551615.0, 1);
    CHECK_NEAR(target_line_number(line, "x"), -2, 0);
    CHECK_NEAR(target_line_number(line, "half"), 1.5, 0);
    CHECK_NAN(target_line_number(line, "word"));
    CHECK_NAN(target_line_number(line, "calls"));
    CHECK_NAN(target_line_number(line, "long"));
    CHECK_NAN(target_line_number(line, "empty"));
    CHECK_NAN(target_line_number("", "x"));
}

static void test_find(void)
{
    static const char list[] = "summary,model,available,reason,threads_apply,"
                               "connections_per_thread\n"
                               ",select,yes,,yes,0\n"
                               ",wsaeventselect,yes,,yes,63\n"
                               ",blocking,yes,,no,1\n"
                               ",epoll,no,runs on Linux only,,\n"
                               ",odd,maybe,,yes,many\n";
    struct failure failure = {""};
    struct target target = {.name = "test"};
    CHECK(csv_parse(&target.models, list, sizeof list - 1, false, &failure) == 0);
    struct target_model found = target_find(&target, "wsaeventselect");
    CHECK(found.known && found.available && found.threads_apply);
    CHECK_EQ_U64(found.connections_per_thread, 63);
    CHECK_EQ_TEXT(found.reason, "");
    found = target_find(&target, "blocking");
    CHECK(found.known && found.available && !found.threads_apply);
    found = target_find(&target, "epoll");
    CHECK(found.known && !found.available);
    CHECK_EQ_TEXT(found.reason, "runs on Linux only");
    found = target_find(&target, "odd");
    CHECK(found.known && !found.available);
    CHECK_EQ_U64(found.connections_per_thread, 0);
    found = target_find(&target, "selec");
    CHECK(!found.known && !found.available);
    CHECK_EQ_TEXT(found.reason, "");
    target_close(&target);
}

/* A target need tell no more than its models' names, and whether it has them. */
static void test_find_without_limits(void)
{
    static const char list[] = "model,available\nfake,yes\n";
    struct failure failure = {""};
    struct target target = {.name = "test"};
    CHECK(csv_parse(&target.models, list, sizeof list - 1, false, &failure) == 0);
    struct target_model found = target_find(&target, "fake");
    CHECK(found.known && found.available);
    CHECK_EQ_U64(found.connections_per_thread, 0);
    CHECK_EQ_TEXT(found.reason, "");
    target_close(&target);
}

int main(void)
{
    test_line_text();
    test_line_text_too_long();
    test_line_number();
    test_find();
    test_find_without_limits();
    return check_report();
}
