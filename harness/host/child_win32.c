#include "host/child_win32.h"

#include <stdlib.h>
#include <string.h>

#include "clock.h"

enum {
    SLICE_MS = 100, /* between two questions to `cancelled` */
    WRITE_MS = 1000,
    KILL_MS = 5000,
    NS_PER_MS = 1000000
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

enum pump { PUMP_BYTES, PUMP_NOTHING, PUMP_END, PUMP_FAILED };

/* What the read in hand has brought, added to the buffer; most: how much there is room for. */
static enum pump output_collect(struct child *child)
{
    DWORD length = 0;
    bool done = GetOverlappedResult(child->output, &child->reading, &length, FALSE);
    DWORD error = done ? ERROR_SUCCESS : GetLastError();
    if (!done && error == ERROR_IO_INCOMPLETE)
        return PUMP_NOTHING;
    child->read_pending = false;
    /* The system cancels a read when the thread that began it ends: the next one repeats it. */
    if (error == ERROR_OPERATION_ABORTED)
        return PUMP_NOTHING;
    if (error == ERROR_BROKEN_PIPE)
        child->output_ended = true;
    if (error != ERROR_SUCCESS)
        return child->output_ended ? PUMP_END : PUMP_FAILED;
    memcpy(child->lines.buffer + child->lines.count, child->chunk, length);
    child->lines.count += length;
    return PUMP_BYTES;
}

/* Waits at most wait_ms for output. The read goes on when nothing came, until the next call. */
static enum pump output_pump(struct child *child, DWORD wait_ms)
{
    HANDLE either[2] = {child->reading.hEvent, child->process};
    if (child->output_ended)
        return PUMP_END;
    if (!child->read_pending) {
        size_t room = sizeof child->lines.buffer - child->lines.count;
        DWORD most = room < CHILD_CHUNK_BYTES ? (DWORD)room : CHILD_CHUNK_BYTES;
        child->read_pending = true;
        if (!ReadFile(child->output, child->chunk, most, NULL, &child->reading) &&
            GetLastError() != ERROR_IO_PENDING) {
            child->read_pending = false;
            child->output_ended = GetLastError() == ERROR_BROKEN_PIPE;
            return child->output_ended ? PUMP_END : PUMP_FAILED;
        }
    }
    switch (WaitForMultipleObjects(2, either, FALSE, wait_ms)) {
    case WAIT_OBJECT_0:
        return output_collect(child);
    case WAIT_OBJECT_0 + 1:
        /*
         * It ended, yet its pipe did not: a process that it left behind may hold the other end.
         * What it wrote last is given a moment to arrive.
         */
        if (WaitForSingleObject(child->reading.hEvent, SLICE_MS) == WAIT_OBJECT_0)
            return output_collect(child);
        return PUMP_END;
    case WAIT_TIMEOUT:
        return PUMP_NOTHING;
    default:
        return PUMP_FAILED;
    }
}

enum child_read child_read_line(struct child *child, char *line, size_t size, unsigned timeout_ms,
                                bool (*cancelled)(void *context), void *context)
{
    uint64_t deadline = clock_now_ns() + (uint64_t)timeout_ms * NS_PER_MS;
    DWORD wait_ms = 0;
    for (;;) {
        enum child_read result;
        if (child_output_take(&child->lines, line, size, &result))
            return result;
        switch (output_pump(child, wait_ms)) {
        case PUMP_BYTES:
            continue;
        /* A line without its end was cut off: its last number may be only half of one. */
        case PUMP_END:
            return CHILD_EOF;
        case PUMP_FAILED:
            return CHILD_FAILED;
        case PUMP_NOTHING:
            break;
        }
        if (cancelled != NULL && cancelled(context))
            return CHILD_CANCELLED;
        wait_ms = (DWORD)child_slice_ms(deadline, SLICE_MS);
        if (wait_ms == 0)
            return CHILD_TIMEOUT;
    }
}

/* The last bytes of what it wrote to standard error; how many. */
static size_t errors_tail(const struct child *child, char *tail, DWORD tail_bytes)
{
    LARGE_INTEGER size;
    DWORD length = 0;
    if (!GetFileSizeEx(child->errors, &size))
        return 0;
    if (size.QuadPart > (LONGLONG)tail_bytes)
        size.QuadPart -= (LONGLONG)tail_bytes;
    else
        size.QuadPart = 0;
    OVERLAPPED from = {.Offset = size.LowPart, .OffsetHigh = (DWORD)size.HighPart};
    return ReadFile(child->errors, tail, tail_bytes, &length, &from) ? length : 0;
}

const char *child_error_line(struct child *child)
{
    char tail[CHILD_ERROR_TAIL_BYTES];
    return child_last_line(tail, errors_tail(child, tail, sizeof tail), child->error_line);
}

/* Waits for its end; meanwhile throws its output away, since it could not end while that blocks. */
static bool end_wait(struct child *child, unsigned timeout_ms)
{
    uint64_t deadline = clock_now_ns() + (uint64_t)timeout_ms * NS_PER_MS;
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

/* The system must have let go of the chunk before it is freed. */
static void read_cancel(struct child *child)
{
    DWORD length;
    if (!child->read_pending)
        return;
    CancelIoEx(child->output, &child->reading);
    GetOverlappedResult(child->output, &child->reading, &length, TRUE);
    child->read_pending = false;
}

int child_end(struct child *child, unsigned grace_ms, bool *killed)
{
    child_handle_close(&child->input);
    bool ended = end_wait(child, grace_ms);
    if (killed != NULL)
        *killed = !ended;
    if (!ended) {
        if (child->job == NULL || !TerminateJobObject(child->job, CHILD_KILLED_STATUS))
            TerminateProcess(child->process, CHILD_KILLED_STATUS);
        end_wait(child, KILL_MS);
    }
    int status = CHILD_KILLED_STATUS;
    child_ended(child, &status);
    read_cancel(child);
    child_handle_close(&child->job);
    child_handle_close(&child->output);
    child_handle_close(&child->errors);
    child_handle_close(&child->process);
    child_handle_close(&child->reading.hEvent);
    free(child);
    return status;
}
