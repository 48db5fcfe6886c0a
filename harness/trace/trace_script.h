/*
 * trace_script: what the client of a trace does, step by step: "connect,send:6,pause:300ms,finish".
 */
#ifndef IOMODELS_TRACE_SCRIPT_H
#define IOMODELS_TRACE_SCRIPT_H
#include "base/failure.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACE_STEPS_MAX 64

enum trace_action {
    TRACE_CONNECT,
    TRACE_SEND,   /* bytes, and receive them back */
    TRACE_WRITE,  /* bytes, without receiving: as many as get off */
    TRACE_READ,   /* receive what is owed; what could not be sent goes out meanwhile */
    TRACE_PAUSE,  /* nothing for a time */
    TRACE_FINISH, /* send no more, receive to the end, close */
    TRACE_RESET   /* close by a reset */
};

struct trace_step {
    enum trace_action action;
    uint64_t amount; /* bytes of TRACE_SEND and TRACE_WRITE, nanoseconds of TRACE_PAUSE */
    char text[24];   /* as it was written */
};

struct trace_script {
    struct trace_step steps[TRACE_STEPS_MAX];
    size_t count;
};

/* False where it is no script, with one clause that says what is wrong and what would be right. */
bool trace_script_parse(struct trace_script *script, const char *text, struct failure *failure);

#endif
