#include "host/child_win32.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"

enum {
    SLICE_MS = 100, /* between two questions to `cancelled` */
    WRITE_MS = 1000,
    ERRORS_CHUNKS_MOST = 64,
    KILL_MS = 5000
};

unsigned long child_pid(const struct child *child)
{
    return child->pid;
}

/* False when not all of it was taken in time. */
static bool write_some(HANDLE file, HANDLE event, const char *text, size_t length, DWORD *written)
{
    OVERLAPPED writing = {.hEvent = event};
    if (!WriteFile(file, text, (DWORD)length, NULL, &writing)) {
        if (GetLastError() != ERROR_IO_PENDING)
            return false;
        if (WaitForSingleObject(event, WRITE_MS) != WAIT_OBJECT_0)
            CancelIoEx(file, &writing);
    }
    return GetOverlappedResult(file, &writing, written, TRUE);
}

bool child_ended(struct child *child, int *status)
{
    DWORD code;
    if (WaitForSingleObject(child->process, 0) != WAIT_OBJECT_0)
        return false;
    if (status != NULL)
        *status = GetExitCodeProcess(child->process, &code) ? (int)code : CHILD_KILLED_STATUS;
    return true;
}

bool child_write(struct child *child, const char *text)
{
    size_t length = strlen(text);
    HANDLE event = CreateEventW(NULL, TRUE, FALSE, NULL);
    /* The pipe of one that has ended may take data for a moment longer. */
    bool taken = event != NULL && child->input != NULL && !child_ended(child, NULL);
    while (taken && length > 0) {
        DWORD written = 0;
        taken = write_some(child->input, event, text, length, &written) && written > 0;
        text += written;
        length -= written;
    }
    child_handle_close(&event);
    return taken;
}

/* Windows stops no process, and one without a console has no terminal to ask for. */
bool child_was_stopped(struct child *child)
{
    (void)child;
    return false;
}

bool child_waits_for_terminal(const struct child *child)
{
    (void)child;
    return false;
}

bool child_pipe_open(struct child_pipe *pipe, HANDLE *file)
{
    pipe->reading.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (pipe->reading.hEvent == NULL)
        return false;
    pipe->file = *file;
    *file = NULL;
    return true;
}

/* The system must have let go of the chunk before it is freed. */
void child_pipe_close(struct child_pipe *pipe)
{
    DWORD length;
    if (pipe->read_pending) {
        CancelIoEx(pipe->file, &pipe->reading);
        GetOverlappedResult(pipe->file, &pipe->reading, &length, TRUE);
        pipe->read_pending = false;
    }
    child_handle_close(&pipe->file);
    child_handle_close(&pipe->reading.hEvent);
}

enum pump { PUMP_BYTES, PUMP_NOTHING, PUMP_END, PUMP_FAILED };

static enum pump pump_failed(struct child_pipe *pipe, DWORD error)
{
    pipe->read_pending = false;
    if (error == ERROR_BROKEN_PIPE)
        pipe->ended = true;
    return pipe->ended ? PUMP_END : PUMP_FAILED;
}

/* Begins to read, unless that is under way. */
static enum pump pipe_begin(struct child_pipe *pipe, size_t most)
{
    if (pipe->ended)
        return PUMP_END;
    if (pipe->read_pending)
        return PUMP_NOTHING;
    pipe->read_pending = true;
    if (!ReadFile(pipe->file, pipe->chunk,
                  most < CHILD_CHUNK_BYTES ? (DWORD)most : CHILD_CHUNK_BYTES, NULL,
                  &pipe->reading) &&
        GetLastError() != ERROR_IO_PENDING)
        return pump_failed(pipe, GetLastError());
    return PUMP_NOTHING;
}

/* What the read under way has brought is in the chunk. */
static enum pump pipe_collect(struct child_pipe *pipe, DWORD *length)
{
    bool done = GetOverlappedResult(pipe->file, &pipe->reading, length, FALSE);
    DWORD error = done ? ERROR_SUCCESS : GetLastError();
    if (!done && error == ERROR_IO_INCOMPLETE)
        return PUMP_NOTHING;
    pipe->read_pending = false;
    if (done)
        return PUMP_BYTES;
    /* The system cancels a read when the thread that began it ends: the next one repeats it. */
    return error == ERROR_OPERATION_ABORTED ? PUMP_NOTHING : pump_failed(pipe, error);
}

static enum pump output_collect(struct child *child)
{
    DWORD length = 0;
    enum pump pumped = pipe_collect(&child->output, &length);
    if (pumped == PUMP_BYTES) {
        memcpy(child->lines.buffer + child->lines.count, child->output.chunk, length);
        child->lines.count += length;
    }
    return pumped;
}

/* Waits at most wait_ms for output. The read goes on when nothing came, until the next call. */
static enum pump output_pump(struct child *child, DWORD wait_ms)
{
    HANDLE either[2] = {child->output.reading.hEvent, child->process};
    enum pump begun = pipe_begin(&child->output, sizeof child->lines.buffer - child->lines.count);
    if (begun != PUMP_NOTHING)
        return begun;
    switch (WaitForMultipleObjects(2, either, FALSE, wait_ms)) {
    case WAIT_OBJECT_0:
        return output_collect(child);
    case WAIT_OBJECT_0 + 1:
        /*
         * It ended, yet its pipe did not: a process that it left behind may hold the other end.
         * What it wrote last is given a moment to arrive.
         */
        if (WaitForSingleObject(either[0], SLICE_MS) == WAIT_OBJECT_0)
            return output_collect(child);
        return PUMP_END;
    case WAIT_TIMEOUT:
        return PUMP_NOTHING;
    default:
        return PUMP_FAILED;
    }
}

enum child_read child_read_line(struct child *child, char *line, size_t size, uint64_t deadline_ns,
                                bool (*cancelled)(void *context), void *context)
{
    for (;;) {
        enum child_read result = child_read_stops(deadline_ns, cancelled, context);
        if (result != CHILD_LINE || child_output_take(&child->lines, line, size, &result))
            return result;
        switch (output_pump(child, (DWORD)child_slice_ms(deadline_ns, SLICE_MS))) {
        /* A line without its end was cut off: its last number may be only half of one. */
        case PUMP_END:
            return CHILD_EOF;
        case PUMP_FAILED:
            return CHILD_FAILED;
        case PUMP_BYTES:
        case PUMP_NOTHING:
            break;
        }
    }
}

/* Takes what there is, at most a few full pipes. False: no more will come. */
static bool errors_collect(struct child *child)
{
    enum pump pumped = PUMP_BYTES;
    thread_mutex_lock(&child->kept.lock);
    for (unsigned i = 0; i < ERRORS_CHUNKS_MOST && pumped == PUMP_BYTES; i++) {
        DWORD length = 0;
        pumped = pipe_begin(&child->errors, CHILD_CHUNK_BYTES);
        if (pumped == PUMP_NOTHING)
            pumped = pipe_collect(&child->errors, &length);
        if (pumped == PUMP_BYTES)
            child_errors_add(&child->kept.errors, child->errors.chunk, length);
    }
    thread_mutex_unlock(&child->kept.lock);
    return pumped == PUMP_BYTES || pumped == PUMP_NOTHING;
}

static void errors_read(void *argument)
{
    struct child *child = argument;
    HANDLE either[2] = {child->errors_stop, child->errors.reading.hEvent};
    while (errors_collect(child) &&
           WaitForMultipleObjects(2, either, FALSE, INFINITE) == WAIT_OBJECT_0 + 1)
        continue;
}

bool child_errors_begin(struct child *child)
{
    child->kept.lock = (thread_mutex)THREAD_MUTEX_INIT;
    child->errors_stop = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (child->errors_stop == NULL)
        return false;
    int error = thread_start(&child->errors_thread, errors_read, child, THREAD_STACK_BYTES);
    if (error != 0) {
        child_handle_close(&child->errors_stop);
        SetLastError((DWORD)-error);
    }
    return error == 0;
}

void child_errors_end(struct child *child)
{
    SetEvent(child->errors_stop);
    thread_join(child->errors_thread);
    child_handle_close(&child->errors_stop);
}

const char *child_error_line(struct child *child)
{
    uint64_t deadline_ns = child_deadline_ns(SLICE_MS);
    /*
     * What one that has ended wrote last is given a moment to arrive. Its end of the pipe may stay
     * open, held by a process that it left behind.
     */
    while (errors_collect(child) && (child->output.ended || child_ended(child, NULL)) &&
           child_slice_ms(deadline_ns, 1) > 0)
        clock_sleep_ms(1);
    return child_kept_line(&child->kept);
}

bool child_floods_errors(struct child *child)
{
    return child_kept_is_cut(&child->kept);
}

/* Waits for its end; meanwhile throws its output away, since it could not end while that blocks. */
static bool end_wait(struct child *child, unsigned timeout_ms)
{
    uint64_t deadline = child_deadline_ns(timeout_ms);
    while (!child_ended(child, NULL)) {
        DWORD wait_ms = (DWORD)child_slice_ms(deadline, SLICE_MS);
        if (wait_ms == 0)
            return child_ended(child, NULL);
        child->lines.count = 0;
        enum pump pumped = output_pump(child, wait_ms);
        if (pumped == PUMP_END || pumped == PUMP_FAILED)
            WaitForSingleObject(child->process, wait_ms);
    }
    return true;
}

int child_end(struct child *child, unsigned grace_ms, bool *killed)
{
    child_handle_close(&child->input);
    /* Only who shares a console with it can send it Ctrl-Break. Else there is no way but the end. */
    bool asked = !child->is_program || GenerateConsoleCtrlEvent(CTRL_BREAK_EVENT, child->pid);
    bool ended = asked ? end_wait(child, grace_ms) : child_ended(child, NULL);
    if (killed != NULL)
        *killed = asked && !ended;
    if (!ended) {
        if (child->job == NULL || !TerminateJobObject(child->job, CHILD_KILLED_STATUS))
            TerminateProcess(child->process, CHILD_KILLED_STATUS);
        end_wait(child, KILL_MS);
    }
    int status = CHILD_KILLED_STATUS;
    child_ended(child, &status);
    child_errors_end(child);
    child_pipe_close(&child->errors);
    child_pipe_close(&child->output);
    child_handle_close(&child->job);
    child_handle_close(&child->process);
    free(child);
    return status;
}
