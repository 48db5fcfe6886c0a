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

int main(void)
{
    test_rows();
    return check_report();
}
