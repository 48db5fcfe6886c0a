/*
 * work_text: a server's work as people write it on a command line: "20us", or "exp:2ms", which is
 * the mean of an exponential distribution. Pure.
 */
#ifndef IOMODELS_WORK_TEXT_H
#define IOMODELS_WORK_TEXT_H

#include "work.h"

#define WORK_TIME_FORM "a time such as 20us, or exp:2ms: exponential with that mean; at most 1s"
#define WORK_TIME_TEXT 40

/* Takes "0" too: no work. False: it is not of that form, and *time is untouched. */
bool work_time_parse(const char *text, struct work_time *time);
/* So that work_time_parse reads the same again. Returns text, of WORK_TIME_TEXT bytes. */
const char *work_time_write(const struct work_time *time, char *text);

#endif
