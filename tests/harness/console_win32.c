/*
 * console: what a program leaves of its console, for test_console.py.
 *
 *     console REPORT finish|interrupt COMMAND...
 *
 * Sets the console's output code page to 437 and starts COMMAND in that console. `interrupt`: once
 * the command has set another code page, or ended, both get a Ctrl-C. REPORT is a file, which then
 * says the code page while it ran (interrupt), the one that is left, and its exit status.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <windows.h>

enum { CODE_PAGE = 437, COMMAND_CHARS = 4096, HANG_MS = 120000, STEP_MS = 5 };

static BOOL WINAPI survive(DWORD event)
{
    return event == CTRL_C_EVENT;
}

int wmain(int argc, wchar_t **argv); /* the C runtime declares only main */
int wmain(int argc, wchar_t **argv)
{
    wchar_t command[COMMAND_CHARS] = L"";
    STARTUPINFOW start = {.cb = sizeof start};
    PROCESS_INFORMATION process;
    UINT meanwhile = CODE_PAGE;
    DWORD status = 0;
    if (argc < 4)
        return 2;
    for (int i = 3; i < argc; i++) {
        if (wcslen(command) + wcslen(argv[i]) + 4 >= COMMAND_CHARS)
            return 2;
        wcscat(command, L"\"");
        wcscat(command, argv[i]);
        wcscat(command, L"\" ");
    }
    FILE *report = _wfopen(argv[1], L"w");
    if (report == NULL)
        return 1;
    if (!SetConsoleCtrlHandler(survive, TRUE) || !SetConsoleOutputCP(CODE_PAGE) ||
        GetConsoleOutputCP() != CODE_PAGE) {
        fprintf(report, "no console\n");
        return fclose(report) != 0;
    }
    if (!CreateProcessW(NULL, command, NULL, NULL, TRUE, 0, NULL, NULL, &start, &process))
        return 1;
    if (wcscmp(argv[2], L"interrupt") == 0) {
        while (meanwhile == CODE_PAGE && WaitForSingleObject(process.hProcess, STEP_MS) != 0)
            meanwhile = GetConsoleOutputCP();
        GenerateConsoleCtrlEvent(CTRL_C_EVENT, 0);
    }
    if (WaitForSingleObject(process.hProcess, HANG_MS) != 0)
        TerminateProcess(process.hProcess, 1);
    GetExitCodeProcess(process.hProcess, &status);
    fprintf(report, "meanwhile %u\nleft %u\nstatus %lu\n", meanwhile, GetConsoleOutputCP(), status);
    return fclose(report) != 0;
}
