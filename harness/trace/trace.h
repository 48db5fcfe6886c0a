/*
 * trace: one script against one model: a server of the target, its clients, and each call that the
 * server made, by the client's steps.
 */
#ifndef IOMODELS_TRACE_H
#define IOMODELS_TRACE_H

#include "base/failure.h"
#include "run/target_server.h"
#include "trace/trace_client.h"

#define TRACE_LINES_MAX 100000

/* A call that begins, or one that has returned. */
struct trace_call {
    size_t step;         /* in which this happened: see trace_step_text */
    unsigned thread;     /* counts from 1 in the order in which they came */
    uint32_t connection; /* counts from 1; 0: it concerns none */
    uint64_t begun_ns;   /* since the server's start */
    uint64_t ended_ns;   /* 0: it begins */
    bool waits;          /* the thread may sleep in it */
    char *call;          /* owned, as is result */
    char *result;
};

struct trace_run {
    const struct trace_script *script;
    unsigned clients;
    unsigned threads; /* of the server; 0: the model's own choice */
    uint64_t buffer_bytes;
    bool (*cancelled)(void *context);
};

struct trace {
    const char *model;
    const char *target;
    struct trace_call *calls;
    size_t count;
    unsigned threads;     /* of the server that made calls */
    uint32_t connections; /* that it has served */
    bool complete;        /* it was stopped, and all its lines were read */
};

/* 0, or -1 with a failure; what was seen until then is kept. trace_free afterwards. */
int trace_take(struct trace *trace, const struct target *target, const char *model,
               const struct trace_run *run, struct failure *failure);
void trace_free(struct trace *trace);

/* Step 0 is the server's start, then come those of the script, and its stop is the last one. */
size_t trace_steps(const struct trace_script *script);
const char *trace_step_text(const struct trace_script *script, size_t step);

#endif
