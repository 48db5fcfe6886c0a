#include "check.h"
#include "rows/target_order.h"

static void add_all(struct text_list *order, const char *given)
{
    static const char *const names[] = {"c", "new", "other", "a b", "new", "old"};
    *order = (struct text_list){.count = 0};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        target_order_add(order, given, names[i]);
    CHECK(order->count == 5);
}

static void test_as_given(void)
{
    struct text_list order;
    add_all(&order, "old: /bin/new; a b: x; new: old; c");
    CHECK_EQ_TEXT(order.items[0], "old");
    CHECK_EQ_TEXT(order.items[1], "a b");
    CHECK_EQ_TEXT(order.items[2], "new");
    /* The others by name. */
    CHECK_EQ_TEXT(order.items[3], "c");
    CHECK_EQ_TEXT(order.items[4], "other");
    CHECK(target_order_place(&order, "new") == 2);
    CHECK(target_order_place(&order, "ne") == 5);
}

static void test_of_generators(void)
{
    struct text_list order;
    add_all(&order, "generator 1: other: x; new: y; generator 2: c: z");
    CHECK_EQ_TEXT(order.items[0], "other");
    CHECK_EQ_TEXT(order.items[1], "new");
    CHECK_EQ_TEXT(order.items[2], "c");
}

static void test_not_told(void)
{
    struct text_list order;
    add_all(&order, "");
    CHECK_EQ_TEXT(order.items[0], "a b");
    CHECK_EQ_TEXT(order.items[4], "other");
    CHECK(target_order_given("older: x; x-old: y; old", "old") == SIZE_MAX);
    CHECK(target_order_given(": x", "") == SIZE_MAX);
}

int main(void)
{
    test_as_given();
    test_of_generators();
    test_not_told();
    return check_report();
}
