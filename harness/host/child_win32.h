/*
 * child_win32: a child on Windows. child_start_win32.c starts it, child_win32.c does the rest.
 */
#ifndef IOMODELS_CHILD_WIN32_H
#define IOMODELS_CHILD_WIN32_H

#include <windows.h>

#include "host/child_common.h"

enum {
    CHILD_CHUNK_BYTES = 4096,
    CHILD_KILLED_STATUS = 128 + 9 /* as SIGKILL would give */
};

struct child {
    HANDLE process;
    HANDLE job;    /* its death ends all that the child started; NULL: the system gave none */
    HANDLE input;  /* the harness's end of its standard input, overlapped */
    HANDLE output; /* of its standard output, overlapped */
    /*
     * What it writes to standard error: a temporary file, since a pipe would block a talkative
     * server once it is full, and nobody calls here while the load is measured.
     */
    HANDLE errors;
    DWORD pid;
    OVERLAPPED reading;
    bool read_pending; /* the system writes to chunk */
    bool output_ended;
    struct child_output lines;
    char chunk[CHILD_CHUNK_BYTES];
    char error_line[CHILD_ERROR_LINE_BYTES];
};

/* NULL is none, and becomes so. */
static inline void child_handle_close(HANDLE *handle)
{
    if (*handle != NULL && *handle != INVALID_HANDLE_VALUE)
        CloseHandle(*handle);
    *handle = NULL;
}

#endif
