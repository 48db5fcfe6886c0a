/*
 * child_win32: a child on Windows. child_start_win32.c starts it, child_win32.c does the rest.
 */
#ifndef IOMODELS_CHILD_WIN32_H
#define IOMODELS_CHILD_WIN32_H

#include <windows.h>

#include "host/child_common.h"
#include "thread.h"

enum {
    CHILD_CHUNK_BYTES = 4096,
    CHILD_KILLED_STATUS = 128 + 9 /* as SIGKILL would give */
};

/* The harness's end of a pipe that the child writes to: overlapped. */
struct child_pipe {
    HANDLE file;
    OVERLAPPED reading;
    bool read_pending; /* the system writes to chunk */
    bool ended;
    char chunk[CHILD_CHUNK_BYTES];
};

struct child {
    HANDLE process;
    HANDLE job;   /* its death ends all that the child started; NULL: the system gave none */
    HANDLE input; /* the harness's end of its standard input, overlapped */
    struct child_pipe output;
    struct child_pipe errors;
    HANDLE errors_stop; /* an event that ends the thread */
    thread_handle errors_thread;
    struct child_kept kept;
    DWORD pid;
    bool is_program; /* child_start_program has started it */
    struct child_output lines;
};

/* Starts the thread that reads child->errors, which is open. False with the system's error. */
bool child_errors_begin(struct child *child);
/* Ends it. */
void child_errors_end(struct child *child);
/* Prepares for reading; the handle is then the pipe's. False with the system's error. */
bool child_pipe_open(struct child_pipe *pipe, HANDLE *file);
void child_pipe_close(struct child_pipe *pipe);

/* NULL is none, and becomes so. */
static inline void child_handle_close(HANDLE *handle)
{
    if (*handle != NULL && *handle != INVALID_HANDLE_VALUE)
        CloseHandle(*handle);
    *handle = NULL;
}

#endif
