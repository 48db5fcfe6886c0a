/*
 * number: figures that may not be known. They are NaN then.
 */
#ifndef IOMODELS_NUMBER_H
#define IOMODELS_NUMBER_H

#include <stdbool.h>

/* Not isnan, whose macro converts to float in MinGW's headers. */
static inline bool number_is_known(double number)
{
    return number == number;
}

#endif
