/*
 * model_style: how a model is drawn, the same in each chart of a page.
 */
#ifndef IOMODELS_MODEL_STYLE_H
#define IOMODELS_MODEL_STYLE_H

#include <stdbool.h>

#include "base/lists.h"

/* The last shape is that of strangers alone. */
enum { MODEL_COLOURS = 8, MODEL_SHAPES = 9, MODEL_DASHES = 4 };

struct model_style {
    unsigned
        colour;     /* below MODEL_COLOURS: one of Okabe and Ito, which most colour-blind people can
                        tell apart */
    unsigned shape; /* below MODEL_SHAPES: of a point */
    unsigned dash;  /* below MODEL_DASHES: of a line; 0 is a full one */
    bool is_lesson; /* its points are hollow */
};

/* Whether the name is none of our models': an external server's, or a model's of another version. */
bool model_style_is_stranger(const char *model);
/*
 * A model's style follows from its name; a lesson has the colour of the model that it changes. strangers:
 * such names in the order in which they appear; each has the next colour, and a shape that no model has.
 */
struct model_style model_style_of(const char *model, const struct text_list *strangers);

#endif
