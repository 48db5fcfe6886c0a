/*
 * tick: shortens the system's timer tick, which limits how exactly a wait ends. Windows only; any
 * thread.
 */
#ifndef IOMODELS_TICK_WIN32_H
#define IOMODELS_TICK_WIN32_H

struct tick; /* opaque */

/* Makes it 1 ms long for this process. NULL: it stays as long as it is. */
struct tick *tick_shorten(void);
/* As long as it was before; the tick is not NULL. */
void tick_restore(struct tick *tick);

#endif
