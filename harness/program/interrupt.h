/*
 * interrupt: Ctrl-C, for a command that looks for it between its steps.
 */
#ifndef IOMODELS_INTERRUPT_H
#define IOMODELS_INTERRUPT_H

#include <stdbool.h>

/* From now on Ctrl-C ends nothing by itself. Before any thread is started. False after a message. */
bool interrupt_catch(const char *command);
/* True once it came. Any thread. The argument is not used: it fits what asks "cancelled?". */
bool interrupt_came(void *unused);

#endif
