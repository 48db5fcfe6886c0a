/*
 * model: the contract between an I/O model and everything else.
 *
 * A model is one file, models/NAME.c, whose table model_NAME ends it; registry.c lists them all. A
 * lesson, models/lessons/NAME.c, is a model with one thing changed, so that the effect of that
 * thing can be measured. The seam is the whole server loop, so that threads, readiness and
 * completion all fit.
 */
#ifndef IOMODELS_MODEL_H
#define IOMODELS_MODEL_H

#include "server.h"

enum model_platform {
    MODEL_LINUX = 1,
    MODEL_WINDOWS = 2,
    MODEL_EVERYWHERE = MODEL_LINUX | MODEL_WINDOWS
};

/* What the system reports to the program. */
enum model_notification {
    MODEL_BLOCKS,    /* nothing: a thread waits inside each call */
    MODEL_REFUSAL,   /* that a call would have blocked: each is tried again and again */
    MODEL_READINESS, /* that a call would not block */
    MODEL_COMPLETION /* that a call has been done */
};

/* What a model is, as data: `list` prints it and the harness obeys it. */
struct io_model {
    bool calls_wait;                 /* its sockets are blocking: see struct observer */
    bool accepts_wait;               /* its threads wait for clients in accept itself */
    bool threads_apply;              /* false: --threads means nothing to it */
    unsigned threads_by_default;     /* 0: as few as it needs */
    unsigned connections_per_thread; /* hard limit of one waiting thread; 0: none */
    unsigned clients_at_once;        /* that a thread of it serves, others wait (lessons); 0: all */
    bool buffers_pooled;             /* one bound on the pending bytes of all (lessons) */
    bool buffers_own;                /* the server has none for it: see struct server_needs */
    size_t thread_stack_bytes;       /* of each thread it starts */
    size_t connection_bytes;         /* its struct around struct connection; 0: that itself */
    /* Why this machine can't serve by it though this build can, constant, or NULL. Optional. */
    const char *(*unavailable)(void);
    /*
     * Serves until server_stopping. Returns 0, or a negative error after server_fail. Leaves no
     * thread, no socket and no memory behind.
     */
    int (*serve)(struct server *server);
};

/* A line of the registry. */
struct model_entry {
    const char *name;             /* the word of the command line, the CSV and the file */
    const char *summary;          /* one line */
    unsigned platforms;           /* of enum model_platform */
    const struct io_model *model; /* NULL: this build does not have it */
    const char *lesson_of;        /* the model that it is with one thing changed; NULL: none */
    enum model_notification notification;
    /* What the model's own table says, for the system that does not have it (a test compares). */
    unsigned connections_per_thread;
    const char *other_calls; /* that messages take beside waits, recv and send; "": none */
};

/*
 * All models in order of presentation, also those of the other system, then the lessons; ends with
 * a NULL name.
 */
extern const struct model_entry model_registry[];
/* By name, without regard to case, or NULL. */
const struct model_entry *model_find(const char *name);
/* Its place in the registry; of an unknown one, the place behind the last. */
size_t model_place(const char *name);
/* Why it can't serve here, in text or constant; NULL where it can. */
const char *model_unavailable(const struct model_entry *entry, char *text, size_t size);
/* "Linux", "Windows" or "Linux, Windows". */
const char *model_platforms_text(const struct model_entry *entry);
const char *model_notification_text(const struct model_entry *entry);
/* What server_open wants to know of it. */
struct server_needs model_needs(const struct io_model *model);

#endif
