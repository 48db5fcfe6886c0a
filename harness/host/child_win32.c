#include "host/child.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "base/failure.h"
#include "clock.h"
#include "host/host_win32.h"

enum {
    LINE_BYTES = 64 * 1024, /* the longest line that can be read, whatever the caller's buffer */
    CHUNK_BYTES = 4096,
    PIPE_BYTES = 64 * 1024,
    ERROR_TAIL_BYTES = 4096,
    ERROR_LINE_BYTES = 512,
    CAUSE_BYTES = 256,
    COMMAND_CHARS = 32767, /* CreateProcess' own limit */
    SLICE_MS = 100,        /* between two questions to `cancelled` */
    WRITE_MS = 1000,
    KILL_MS = 5000,
    KILLED_STATUS = 128 + 9, /* as SIGKILL would give */
    NS_PER_MS = 1000000
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
    size_t count;
    char buffer[LINE_BYTES]; /* count bytes of output not yet returned */
    char chunk[CHUNK_BYTES];
    char error_line[ERROR_LINE_BYTES];
};

static void handle_close(HANDLE *handle)
{
    if (*handle != NULL && *handle != INVALID_HANDLE_VALUE)
        CloseHandle(*handle);
    *handle = NULL;
}

/* The system's words for an error, one line. */
static const char *error_text(DWORD error, char *text, size_t size)
{
    wchar_t wide[CAUSE_BYTES];
    DWORD length = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS |
                                      FORMAT_MESSAGE_MAX_WIDTH_MASK,
                                  NULL, error, 0, wide, CAUSE_BYTES, NULL);
    while (length > 0 && (wide[length - 1] <= L' ' || wide[length - 1] == L'.'))
        length--;
    int used = length == 0 ? 0
                           : WideCharToMultiByte(CP_UTF8, 0, wide, (int)length, text, (int)size - 1,
                                                 NULL, NULL);
    if (used > 0)
        text[used] = '\0';
    else
        snprintf(text, size, "error %lu", error);
    return text;
}

/*
 * A command line under construction. CreateProcess takes one string; the program takes it apart
 * again by the rules of "Parsing C command-line arguments" (CommandLineToArgvW's as well).
 */
struct command {
    wchar_t *text;
    size_t length; /* COMMAND_CHARS: too long */
};

static void command_append(struct command *command, wchar_t c, size_t times)
{
    for (; times > 0 && command->length < COMMAND_CHARS; times--)
        command->text[command->length++] = c;
}

/* Backslashes count as themselves, except those right before a quote, which must be doubled. */
static void command_append_quoted(struct command *command, const wchar_t *word)
{
    size_t backslashes = 0;
    command_append(command, L'"', 1);
    for (; *word != L'\0'; word++) {
        if (*word == L'\\') {
            backslashes++;
            continue;
        }
        command_append(command, L'\\', *word == L'"' ? 2 * backslashes + 1 : backslashes);
        command_append(command, *word, 1);
        backslashes = 0;
    }
    command_append(command, L'\\', 2 * backslashes);
    command_append(command, L'"', 1);
}

/*
 * The program's name knows no escapes: everything up to the next quote belongs to it.
 * ERROR_SUCCESS, or the error.
 */
static DWORD command_append_word(struct command *command, const char *argument)
{
    bool first = command->length == 0;
    int size = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, argument, -1, NULL, 0);
    if (size <= 0)
        return ERROR_NO_UNICODE_TRANSLATION;
    if (first && (argument[0] == '\0' || strchr(argument, '"') != NULL))
        return ERROR_INVALID_NAME;
    wchar_t *word = malloc((size_t)size * sizeof *word);
    if (word == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, argument, -1, word, size);
    if (!first)
        command_append(command, L' ', 1);
    if (first || (word[0] != L'\0' && wcspbrk(word, L" \t\n\v\"") == NULL)) {
        command_append(command, L'"', first ? 1 : 0);
        for (const wchar_t *c = word; *c != L'\0'; c++)
            command_append(command, *c, 1);
        command_append(command, L'"', first ? 1 : 0);
    } else {
        command_append_quoted(command, word);
    }
    free(word);
    return command->length < COMMAND_CHARS ? ERROR_SUCCESS : ERROR_FILENAME_EXCED_RANGE;
}

/* The command line in a block to free(); NULL with *error. */
static wchar_t *command_make(const char *const *arguments, DWORD *error)
{
    struct command command = {.text = malloc((COMMAND_CHARS + 1) * sizeof(wchar_t))};
    *error = command.text == NULL ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS;
    for (size_t i = 0; *error == ERROR_SUCCESS && arguments[i] != NULL; i++)
        *error = command_append_word(&command, arguments[i]);
    if (*error != ERROR_SUCCESS) {
        free(command.text);
        return NULL;
    }
    command.text[command.length] = L'\0';
    return command.text;
}

struct start_files {
    HANDLE input; /* the harness's ends */
    HANDLE output;
    HANDLE errors;
    HANDLE theirs[3]; /* the child's standard files, inheritable */
};

static void files_close(struct start_files *files)
{
    handle_close(&files->input);
    handle_close(&files->output);
    handle_close(&files->errors);
    for (size_t i = 0; i < 3; i++)
        handle_close(&files->theirs[i]);
}

static SECURITY_ATTRIBUTES inheritable(void)
{
    return (SECURITY_ATTRIBUTES){.nLength = sizeof(SECURITY_ATTRIBUTES), .bInheritHandle = TRUE};
}

/*
 * A pipe whose one end, ours, is overlapped, so that waiting for it can end: those of CreatePipe
 * are not. FIRST_PIPE_INSTANCE: nobody else may have made one of this name.
 */
static bool pipe_open(bool inbound, HANDLE *ours, HANDLE *theirs)
{
    static volatile LONG made;
    wchar_t name[64];
    SECURITY_ATTRIBUTES inherit = inheritable();
    swprintf(name, sizeof name / sizeof name[0], L"\\\\.\\pipe\\iomodels-%lu-%ld",
             GetCurrentProcessId(), InterlockedIncrement(&made));
    *ours = CreateNamedPipeW(name,
                             (inbound ? PIPE_ACCESS_INBOUND : PIPE_ACCESS_OUTBOUND) |
                                 FILE_FLAG_OVERLAPPED | FILE_FLAG_FIRST_PIPE_INSTANCE,
                             PIPE_TYPE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS, 1, PIPE_BYTES,
                             PIPE_BYTES, 0, NULL);
    if (*ours == INVALID_HANDLE_VALUE)
        return false;
    *theirs = CreateFileW(
        name, inbound ? GENERIC_WRITE | FILE_READ_ATTRIBUTES : GENERIC_READ | FILE_WRITE_ATTRIBUTES,
        0, &inherit, OPEN_EXISTING, 0, NULL);
    return *theirs != INVALID_HANDLE_VALUE;
}

/*
 * A file that goes away with its last handle. The child only appends, so that processes which
 * share it do not overwrite each other.
 */
static bool errors_open(HANDLE *ours, HANDLE *theirs)
{
    const DWORD share = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    wchar_t directory[MAX_PATH + 1], path[MAX_PATH + 1];
    SECURITY_ATTRIBUTES inherit = inheritable();
    DWORD length = GetTempPathW(MAX_PATH + 1, directory);
    if (length == 0 || length > MAX_PATH || GetTempFileNameW(directory, L"iom", 0, path) == 0)
        return false;
    *ours = CreateFileW(path, GENERIC_READ | DELETE, share, NULL, OPEN_EXISTING,
                        FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    if (*ours == INVALID_HANDLE_VALUE)
        return false;
    *theirs = CreateFileW(path, FILE_APPEND_DATA | FILE_READ_ATTRIBUTES | SYNCHRONIZE, share,
                          &inherit, OPEN_EXISTING, FILE_ATTRIBUTE_TEMPORARY, NULL);
    return *theirs != INVALID_HANDLE_VALUE;
}

static bool files_open(struct start_files *files)
{
    *files = (struct start_files){0};
    return pipe_open(false, &files->input, &files->theirs[0]) &&
           pipe_open(true, &files->output, &files->theirs[1]) &&
           errors_open(&files->errors, &files->theirs[2]);
}

/* A job that ends with the harness, however that ends, and with it the child. NULL: none. */
static HANDLE job_open(void)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {.BasicLimitInformation.LimitFlags =
                                                       JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE};
    HANDLE job = CreateJobObjectW(NULL, NULL);
    if (job == NULL)
        return NULL;
    if (!SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof limits))
        handle_close(&job);
    return job;
}

/*
 * Creates the process, suspended, as a member of the job; it inherits its three files and nothing
 * else, whatever other children are started at the same moment. ERROR_SUCCESS or the error.
 */
static DWORD process_create(wchar_t *command, const struct start_files *files, HANDLE job,
                            PROCESS_INFORMATION *process)
{
    STARTUPINFOEXW start = {.StartupInfo = {.cb = sizeof start,
                                            .dwFlags = STARTF_USESTDHANDLES,
                                            .hStdInput = files->theirs[0],
                                            .hStdOutput = files->theirs[1],
                                            .hStdError = files->theirs[2]}};
    HANDLE inherited[3];
    SIZE_T size = 0;
    DWORD error = ERROR_SUCCESS;
    memcpy(inherited, files->theirs, sizeof inherited);
    InitializeProcThreadAttributeList(NULL, 2, 0, &size);
    start.lpAttributeList = malloc(size);
    if (start.lpAttributeList == NULL)
        return ERROR_NOT_ENOUGH_MEMORY;
    if (!InitializeProcThreadAttributeList(start.lpAttributeList, 2, 0, &size)) {
        error = GetLastError();
        free(start.lpAttributeList);
        return error;
    }
    /*
     * A member from the first moment: a harness that is killed between the process's creation and
     * its assignment to the job would leave it suspended for ever.
     * No window: else a harness without a console would open one for each server.
     */
    if (!UpdateProcThreadAttribute(start.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST,
                                   inherited, sizeof inherited, NULL, NULL) ||
        (job != NULL &&
         !UpdateProcThreadAttribute(start.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_JOB_LIST, &job,
                                    sizeof job, NULL, NULL)) ||
        !CreateProcessW(NULL, command, NULL, NULL, TRUE,
                        EXTENDED_STARTUPINFO_PRESENT | CREATE_SUSPENDED | CREATE_NO_WINDOW |
                            CREATE_NEW_PROCESS_GROUP,
                        NULL, NULL, &start.StartupInfo, process))
        error = GetLastError();
    DeleteProcThreadAttributeList(start.lpAttributeList);
    free(start.lpAttributeList);
    return error;
}

/* ERROR_SUCCESS or the error; *job may stay NULL. */
static DWORD process_start(const char *const *arguments, const char *cpus,
                           const struct start_files *files, PROCESS_INFORMATION *process,
                           HANDLE *job)
{
    DWORD error;
    wchar_t *command = command_make(arguments, &error);
    if (command == NULL)
        return error;
    *job = job_open();
    int placed = cpus == NULL || *job == NULL ? 0 : host_pin_job(*job, cpus);
    error = placed != 0 ? (DWORD)-placed : process_create(command, files, *job, process);
    /* Wine fails to start one process in some thousand, by this error, and the next one starts. */
    if (error == ERROR_INTERNAL_ERROR)
        error = process_create(command, files, *job, process);
    /* A job that this process is in may admit no other one ("Nested Jobs"): then without. */
    if (error != ERROR_SUCCESS && placed == 0 && *job != NULL) {
        handle_close(job);
        error = process_create(command, files, NULL, process);
    }
    free(command);
    if (error != ERROR_SUCCESS) {
        handle_close(job);
        return error;
    }
    if (cpus != NULL) {
        int pinned = host_pin_process(process->dwProcessId, cpus);
        if (pinned != 0)
            error = (DWORD)-pinned;
    }
    if (error == ERROR_SUCCESS && ResumeThread(process->hThread) == (DWORD)-1)
        error = GetLastError();
    handle_close(&process->hThread);
    if (error != ERROR_SUCCESS) {
        TerminateProcess(process->hProcess, KILLED_STATUS);
        handle_close(&process->hProcess);
        handle_close(job);
    }
    return error;
}

struct child *child_start(const char *const *arguments, const char *cpus, struct failure *failure)
{
    if (arguments[0] == NULL) {
        failure_set(failure, "cannot start a program without a name");
        return NULL;
    }
    if (cpus != NULL && host_cpus_count(cpus) == 0) {
        failure_set(failure, "cannot start \"%s\" on the processors %s: %s", arguments[0], cpus,
                    "not a list of processors that this process may use");
        return NULL;
    }
    struct start_files files;
    PROCESS_INFORMATION process = {0};
    HANDLE job = NULL;
    DWORD error = ERROR_NOT_ENOUGH_MEMORY;
    struct child *child = calloc(1, sizeof *child);
    bool opened = files_open(&files);
    if (child != NULL && opened) {
        child->reading.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
        if (child->reading.hEvent != NULL)
            error = process_start(arguments, cpus, &files, &process, &job);
    } else if (child != NULL) {
        error = GetLastError();
    }
    if (error == ERROR_SUCCESS) {
        child->process = process.hProcess;
        child->pid = process.dwProcessId;
        child->job = job;
        child->input = files.input;
        child->output = files.output;
        child->errors = files.errors;
        files.input = files.output = files.errors = NULL;
        files_close(&files);
        return child;
    }
    char cause[CAUSE_BYTES];
    failure_set(failure, "cannot start \"%s\": %s", arguments[0],
                error_text(error, cause, sizeof cause));
    files_close(&files);
    if (child != NULL)
        handle_close(&child->reading.hEvent);
    free(child);
    return NULL;
}

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
        *status = GetExitCodeProcess(child->process, &code) ? (int)code : KILLED_STATUS;
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
    handle_close(&event);
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
    memcpy(child->buffer + child->count, child->chunk, length);
    child->count += length;
    return PUMP_BYTES;
}

/* Waits at most wait_ms for output. The read goes on when nothing came, until the next call. */
static enum pump output_pump(struct child *child, DWORD wait_ms)
{
    HANDLE either[2] = {child->reading.hEvent, child->process};
    if (child->output_ended)
        return PUMP_END;
    if (!child->read_pending) {
        size_t room = sizeof child->buffer - child->count;
        DWORD most = room < CHUNK_BYTES ? (DWORD)room : CHUNK_BYTES;
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

/*
 * The first line of the buffer; false while it is not complete. A line that does not fit, or a
 * byte 0, which would hide the rest, is CHILD_FAILED, and so is every later call.
 */
static bool line_take(struct child *child, char *line, size_t size, enum child_read *result)
{
    const char *end = memchr(child->buffer, '\n', child->count);
    size_t length = end == NULL ? child->count : (size_t)(end - child->buffer);
    size_t used = length + 1;
    if (end != NULL && length > 0 && child->buffer[length - 1] == '\r')
        length--;
    *result = CHILD_FAILED;
    if (memchr(child->buffer, '\0', length) != NULL)
        return true;
    if (end == NULL) {
        /* One more than fits may still be the CR of its line end. */
        return child->count > size || child->count == sizeof child->buffer;
    }
    if (length >= size)
        return true;
    memcpy(line, child->buffer, length);
    line[length] = '\0';
    child->count -= used;
    memmove(child->buffer, child->buffer + used, child->count);
    *result = CHILD_LINE;
    return true;
}

/* Until the deadline, at most most_ms, rounded up. */
static DWORD slice_ms(uint64_t deadline, DWORD most_ms)
{
    uint64_t now = clock_now_ns();
    uint64_t left = now >= deadline ? 0 : (deadline - now + NS_PER_MS - 1) / NS_PER_MS;
    return left < most_ms ? (DWORD)left : most_ms;
}

enum child_read child_read_line(struct child *child, char *line, size_t size, unsigned timeout_ms,
                                bool (*cancelled)(void *context), void *context)
{
    uint64_t deadline = clock_now_ns() + (uint64_t)timeout_ms * NS_PER_MS;
    DWORD wait_ms = 0;
    for (;;) {
        enum child_read result;
        if (line_take(child, line, size, &result))
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
        wait_ms = slice_ms(deadline, SLICE_MS);
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
    char tail[ERROR_TAIL_BYTES];
    const char *end = tail + errors_tail(child, tail, sizeof tail);
    while (end > tail && (unsigned char)end[-1] <= ' ')
        end--;
    const char *begin = end;
    while (begin > tail && begin[-1] != '\n')
        begin--;
    size_t used = (size_t)(end - begin);
    if (used >= sizeof child->error_line)
        used = sizeof child->error_line - 1;
    /* A message goes to a terminal and into a CSV: no control characters. */
    for (size_t i = 0; i < used; i++)
        child->error_line[i] = (unsigned char)begin[i] < ' ' || begin[i] == 127 ? ' ' : begin[i];
    child->error_line[used] = '\0';
    return child->error_line;
}

/* Waits for its end; meanwhile throws its output away, since it could not end while that blocks. */
static bool end_wait(struct child *child, unsigned timeout_ms)
{
    uint64_t deadline = clock_now_ns() + (uint64_t)timeout_ms * NS_PER_MS;
    while (!child_ended(child, NULL)) {
        DWORD wait_ms = slice_ms(deadline, SLICE_MS);
        if (wait_ms == 0)
            return child_ended(child, NULL);
        child->count = 0;
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
    handle_close(&child->input);
    bool ended = end_wait(child, grace_ms);
    if (killed != NULL)
        *killed = !ended;
    if (!ended) {
        if (child->job == NULL || !TerminateJobObject(child->job, KILLED_STATUS))
            TerminateProcess(child->process, KILLED_STATUS);
        end_wait(child, KILL_MS);
    }
    int status = KILLED_STATUS;
    child_ended(child, &status);
    read_cancel(child);
    handle_close(&child->job);
    handle_close(&child->output);
    handle_close(&child->errors);
    handle_close(&child->process);
    handle_close(&child->reading.hEvent);
    free(child);
    return status;
}
