#include "report/model_style.h"

#include <string.h>

#include "model.h"

/* Okabe and Ito's, in their order. */
enum { BLACK, ORANGE, SKY_BLUE, GREEN, YELLOW, BLUE, VERMILION, PURPLE };
enum { CIRCLE, SQUARE, DIAMOND, UP, DOWN, PLUS, CROSS, HEXAGON, STAR };

/* Models that run on one system differ in colour or in shape; relatives on two systems share a colour. */
static const struct {
    const char *name;
    unsigned colour, shape;
} styles[] = {
    {"blocking", VERMILION, CIRCLE},
    {"select", BLUE, SQUARE},
    {"poll", SKY_BLUE, DIAMOND},
    {"wsapoll", SKY_BLUE, DOWN},
    {"wsaasyncselect", PURPLE, PLUS},
    {"wsaeventselect", YELLOW, UP},
    {"overlapped_event", ORANGE, CROSS},
    {"overlapped_routine", BLACK, HEXAGON},
    {"iocp", GREEN, DIAMOND},
    {"epoll", ORANGE, UP},
    {"io_uring", GREEN, HEXAGON},
    {"nonblocking", PURPLE, CROSS},
    {"sigio", BLACK, PLUS},
    {"afd_poll", ORANGE, UP},
};

static struct model_style stranger_style(const char *name, const struct text_list *strangers)
{
    unsigned place = 0;
    while (place < strangers->count && strcmp(strangers->items[place], name) != 0)
        place++;
    return (struct model_style){
        .colour = place % MODEL_COLOURS, .shape = STAR, .dash = 1 + place % (MODEL_DASHES - 1)};
}

static struct model_style base_style(const char *model, const struct text_list *strangers)
{
    for (size_t i = 0; i < sizeof styles / sizeof styles[0]; i++)
        if (strcmp(styles[i].name, model) == 0)
            return (struct model_style){.colour = styles[i].colour, .shape = styles[i].shape};
    return stranger_style(model, strangers);
}

bool model_style_is_stranger(const char *model)
{
    return model_find(model) == NULL;
}

struct model_style model_style_of(const char *model, const struct text_list *strangers)
{
    const struct model_entry *entry = model_find(model);
    if (entry == NULL || entry->lesson_of == NULL)
        return base_style(model, strangers);
    struct model_style style = base_style(entry->lesson_of, strangers);
    /* Lessons of one model follow each other in the registry. */
    unsigned before = 0;
    while (entry > model_registry && entry[-1].lesson_of != NULL &&
           strcmp(entry[-1].lesson_of, entry->lesson_of) == 0) {
        entry--;
        before++;
    }
    style.is_lesson = true;
    style.shape = (style.shape + before) % STAR;
    style.dash = 1 + before % (MODEL_DASHES - 1);
    return style;
}
