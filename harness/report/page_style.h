/*
 * page_style: the page's style sheet.
 */
#ifndef IOMODELS_PAGE_STYLE_H
#define IOMODELS_PAGE_STYLE_H

#include "report/markup.h"

void page_style_write(struct markup *markup);

#endif
