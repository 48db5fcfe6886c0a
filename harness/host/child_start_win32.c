#include "host/child_win32.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "host/host_win32.h"

enum {
    PIPE_BYTES = 64 * 1024,
    CAUSE_BYTES = 256,
    COMMAND_CHARS = 32767 /* CreateProcess' own limit */
};

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
    child_handle_close(&files->input);
    child_handle_close(&files->output);
    child_handle_close(&files->errors);
    for (size_t i = 0; i < 3; i++)
        child_handle_close(&files->theirs[i]);
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

static bool files_open(struct start_files *files)
{
    *files = (struct start_files){0};
    return pipe_open(false, &files->input, &files->theirs[0]) &&
           pipe_open(true, &files->output, &files->theirs[1]) &&
           pipe_open(true, &files->errors, &files->theirs[2]);
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
        child_handle_close(&job);
    return job;
}

/*
 * Creates the process, suspended, as a member of the job; it inherits its three files and nothing
 * else, whatever other children are started at the same moment. ERROR_SUCCESS or the error.
 */
static DWORD process_create(wchar_t *command, const struct start_files *files, bool is_program,
                            HANDLE job, PROCESS_INFORMATION *process)
{
    STARTUPINFOEXW start = {.StartupInfo = {.cb = sizeof start,
                                            .dwFlags = STARTF_USESTDHANDLES,
                                            .hStdInput = files->theirs[0],
                                            .hStdOutput = files->theirs[is_program ? 2 : 1],
                                            .hStdError = files->theirs[2]}};
    /* Each only once: a list with the same handle twice is refused. */
    HANDLE inherited[3] = {files->theirs[0], files->theirs[2], files->theirs[1]};
    SIZE_T inherited_size = (is_program ? 2 : 3) * sizeof inherited[0], size = 0;
    /* A program has the console of the harness, if there is one, which brings it Ctrl-Break. */
    bool has_window = is_program && GetConsoleCP() != 0;
    DWORD error = ERROR_SUCCESS;
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
                                   inherited, inherited_size, NULL, NULL) ||
        (job != NULL &&
         !UpdateProcThreadAttribute(start.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_JOB_LIST, &job,
                                    sizeof job, NULL, NULL)) ||
        !CreateProcessW(NULL, command, NULL, NULL, TRUE,
                        EXTENDED_STARTUPINFO_PRESENT | CREATE_SUSPENDED |
                            (has_window ? 0 : CREATE_NO_WINDOW) | CREATE_NEW_PROCESS_GROUP,
                        NULL, NULL, &start.StartupInfo, process))
        error = GetLastError();
    DeleteProcThreadAttributeList(start.lpAttributeList);
    free(start.lpAttributeList);
    return error;
}

/* ERROR_SUCCESS or the error; *job may stay NULL. */
static DWORD process_start(const char *const *arguments, const char *cpus, bool is_program,
                           const struct start_files *files, PROCESS_INFORMATION *process,
                           HANDLE *job)
{
    DWORD error;
    wchar_t *command = command_make(arguments, &error);
    if (command == NULL)
        return error;
    *job = job_open();
    int placed = cpus == NULL || *job == NULL ? 0 : host_pin_job(*job, cpus);
    error =
        placed != 0 ? (DWORD)-placed : process_create(command, files, is_program, *job, process);
    /* Wine fails to start one process in some thousand, by this error, and the next one starts. */
    if (error == ERROR_INTERNAL_ERROR)
        error = process_create(command, files, is_program, *job, process);
    /* A job that this process is in may admit no other one ("Nested Jobs"): then without. */
    if (error != ERROR_SUCCESS && placed == 0 && *job != NULL) {
        child_handle_close(job);
        error = process_create(command, files, is_program, NULL, process);
    }
    free(command);
    if (error != ERROR_SUCCESS) {
        child_handle_close(job);
        return error;
    }
    if (cpus != NULL) {
        int pinned = host_pin_process(process->dwProcessId, cpus);
        if (pinned != 0)
            error = (DWORD)-pinned;
    }
    if (error == ERROR_SUCCESS && ResumeThread(process->hThread) == (DWORD)-1)
        error = GetLastError();
    child_handle_close(&process->hThread);
    if (error != ERROR_SUCCESS) {
        TerminateProcess(process->hProcess, CHILD_KILLED_STATUS);
        child_handle_close(&process->hProcess);
        child_handle_close(job);
    }
    return error;
}

/* One that is still to be started; NULL with the error. */
static struct child *child_make(struct start_files *files, DWORD *error)
{
    struct child *child = calloc(1, sizeof *child);
    *error = ERROR_NOT_ENOUGH_MEMORY;
    if (child == NULL)
        return NULL;
    if (child_pipe_open(&child->output, &files->output) &&
        child_pipe_open(&child->errors, &files->errors) && child_errors_begin(child))
        return child;
    *error = GetLastError();
    child_pipe_close(&child->output);
    child_pipe_close(&child->errors);
    free(child);
    return NULL;
}

static struct child *start(const char *const *arguments, const char *cpus, bool is_program,
                           struct failure *failure)
{
    char cause[CAUSE_BYTES];
    if (!child_may_start(arguments, cpus, failure))
        return NULL;
    struct start_files files;
    PROCESS_INFORMATION process = {0};
    HANDLE job = NULL;
    struct child *child = NULL;
    DWORD error = files_open(&files) ? ERROR_SUCCESS : GetLastError();
    if (error == ERROR_SUCCESS)
        child = child_make(&files, &error);
    if (child != NULL)
        error = process_start(arguments, cpus, is_program, &files, &process, &job);
    if (error == ERROR_SUCCESS) {
        child->process = process.hProcess;
        child->pid = process.dwProcessId;
        child->is_program = is_program;
        child->job = job;
        child->input = files.input;
        files.input = NULL;
    } else {
        failure_set(failure, "cannot start \"%s\": %s", arguments[0],
                    error_text(error, cause, sizeof cause));
        if (child != NULL) {
            child_errors_end(child);
            child_pipe_close(&child->errors);
            child_pipe_close(&child->output);
        }
        free(child);
        child = NULL;
    }
    files_close(&files);
    return child;
}

struct child *child_start(const char *const *arguments, const char *cpus, struct failure *failure)
{
    return start(arguments, cpus, false, failure);
}

struct child *child_start_program(const char *const *arguments, const char *cpus,
                                  struct failure *failure)
{
    return start(arguments, cpus, true, failure);
}
