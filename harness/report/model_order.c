#include "report/model_order.h"

#include <string.h>

#include "model.h"
#include "rows/target_order.h"

int model_order_compare(const struct text_list *targets, const struct cell *a, const struct cell *b)
{
    size_t a_place = model_place(cell_model(a)), b_place = model_place(cell_model(b));
    if (a_place == b_place) {
        a_place = target_order_place(targets, cell_target(a));
        b_place = target_order_place(targets, cell_target(b));
    }
    if (a_place != b_place)
        return a_place < b_place ? -1 : 1;
    return strcmp(cell_shown_model(a), cell_shown_model(b));
}
