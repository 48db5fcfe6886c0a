/*
 * curve_name: what the .hgrm file of a cell is called: "native-epoll-pingpong-64b-1-1.hgrm".
 */
#ifndef IOMODELS_CURVE_NAME_H
#define IOMODELS_CURVE_NAME_H

#include "rows/key_table.h"
#include "rows/row.h"

enum { CURVE_NAME_BYTES = 300 };

/*
 * Writes the cell's name, which no other file of the run has, also where upper and lower case are
 * alike. taken: the names so far; this one is added. 0, or -1 without memory.
 */
int curve_name_take(struct key_table *taken, const struct row *cell, char name[CURVE_NAME_BYTES]);

#endif
