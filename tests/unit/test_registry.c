/* The registry says the same of a model as the model's own table, and knows its lessons' models. */
#include "check.h"
#include "model.h"

static void test_rows(void)
{
    for (const struct model_entry *entry = model_registry; entry->name != NULL; entry++) {
        CHECK(model_find(entry->name) == entry); /* so no name stands twice */
        CHECK(entry->summary != NULL && entry->platforms != 0);
        if (entry->lesson_of != NULL) {
            const struct model_entry *changed = model_find(entry->lesson_of);
            CHECK(changed != NULL && changed->lesson_of == NULL);
            CHECK(changed != NULL && changed->notification == entry->notification);
        }
        if (entry->model != NULL)
            CHECK_EQ_U64(entry->connections_per_thread, entry->model->connections_per_thread);
    }
}

/* Models are listed in the registry's order; who is not in it comes after all. */
static void test_places(void)
{
    size_t count = 0;
    for (; model_registry[count].name != NULL; count++)
        CHECK_EQ_U64(model_place(model_registry[count].name), count);
    CHECK_EQ_U64(model_place("nobody's"), count);
    CHECK_EQ_U64(model_place(""), count);
}

int main(void)
{
    test_rows();
    test_places();
    return check_report();
}
