#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/shell.h"
#include "names.h"
#include "net.h"
#include "program.h"
#include "program/command.h"
#include "program/help.h"
#include "program/help_man.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} commands[] = {
    {"list", command_list, "the I/O models: where they run, how they wait, their limits"},
    {"serve", command_serve, "one echo server, by the model of your choice"},
    {"bench", command_bench, "every model under the same load, compared, and kept as CSV"},
    {"trace", command_trace, "one client's steps, call by call, model beside model"},
    {"doctor", command_doctor, "whether this machine is fit to measure on, and what to do if not"},
    {"compare", command_compare, "two models, targets or runs: what differs, and by how much"},
    {"report", command_report, "a page to look at: charts of a run, or of several"},
    {"merge", command_merge, "the parts of several load generators as one run"},
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

static const char intro[] =
    "iomodels compares socket I/O models: the same echo service behind each of them, and one\n"
    "load generator that measures them side by side.\n";
static const char usage[] = "COMMAND [OPTION...]";
static const char outro[] = "'iomodels help COMMAND' tells the options of each, 'iomodels "
                            "--help=man' prints all of it as a\n"
                            "manual page, 'iomodels --version' the version.\n"
                            "A first look, in under 20 seconds: iomodels bench --suite smoke\n";

static void text_print(void)
{
    printf("%s\nusage: iomodels %s\n\n", intro, usage);
    for (size_t i = 0; i < COMMANDS; i++)
        printf("  %-8s %s\n", commands[i].name, commands[i].summary);
    printf("\n%s", outro);
}

static void man_print(void)
{
    static char help_option[] = "--help=man";
    char *only_help[] = {help_option};
    help_man_title(stdout, "iomodels", IOMODELS_VERSION, "compares socket I/O models");
    help_man_section(stdout, "synopsis");
    help_man_usage(stdout, "iomodels", usage);
    help_man_section(stdout, "description");
    help_man_text(stdout, intro);
    for (size_t i = 0; i < COMMANDS; i++)
        help_man_item(stdout, commands[i].name, NULL, commands[i].summary);
    help_man_paragraph(stdout);
    help_man_text(stdout, outro);
    for (size_t i = 0; i < COMMANDS; i++)
        commands[i].run(1, only_help);
    help_man_section(stdout, "see also");
    help_man_text(
        stdout,
        "README.md, the guide models/README.md and the dictionary of all files and columns,\n"
        "results/README.md: in share/doc/iomodels where this program is installed.\n");
}

static void words_print(void)
{
    for (size_t i = 0; i < COMMANDS; i++)
        printf("%s\n", commands[i].name);
    printf("help\n--help\n--version\n");
}

static void help_print_all(enum help_form form)
{
    if (form == HELP_MAN)
        man_print();
    else if (form == HELP_WORDS)
        words_print();
    else
        text_print();
}

static int command_run(int argc, char **argv)
{
    static char help_option[] = "--help";
    char *only_help[] = {help_option}, **arguments = argv + 2;
    const char *name = argc > 1 ? argv[1] : "--help";
    int count = argc - 2;
    enum help_form form;
    bool help = name_equals("help", name);
    if (help_asked(name, &form) || (help && argc < 3)) {
        help_print_all(form);
        return argc < 2 ? EXIT_USAGE : 0;
    }
    if (help) { /* "help bench" is "bench --help" */
        name = argv[2];
        arguments = only_help;
        count = 1;
    }
    if (strcmp(name, "--version") == 0) {
        printf("iomodels %s\n", IOMODELS_VERSION);
        return 0;
    }
    for (size_t i = 0; i < COMMANDS; i++)
        if (name_equals(commands[i].name, name))
            return commands[i].run(count, arguments);
    fprintf(stderr, "iomodels: unknown command %s; the commands are", name);
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(stderr, "%s %s", i == 0 ? "" : ",", commands[i].name);
    fprintf(stderr, " (see: iomodels --help)\n");
    return EXIT_USAGE;
}

static int program_run(int argc, char **argv)
{
    char cause[160];
    int error = net_startup();
    if (error != 0) {
        fprintf(stderr, "iomodels: WSAStartup: %s\n", net_error_text(error, cause, sizeof cause));
        return EXIT_FAILED;
    }
    if (argc > 0)
        shell_set_program(argv[0]);
    int status = command_run(argc, argv);
    net_cleanup();
    /* What could not be written must not pass for written: a full disk, a closed pipe. */
    if ((fflush(stdout) != 0 || ferror(stdout) != 0)) {
        fprintf(stderr, "iomodels: standard output could not be written\n");
        status = status == 0 ? EXIT_FAILED : status;
    }
    return status;
}

/* The one platform block: Windows hands over UTF-16, and only its wide entry keeps every name. */
#ifdef _WIN32
static char *argument_utf8(const wchar_t *wide)
{
    int size = WideCharToMultiByte(CP_UTF8, 0, wide, -1, NULL, 0, NULL, NULL);
    char *text = size > 0 ? malloc((size_t)size) : NULL;
    if (text != NULL)
        WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, size, NULL, NULL);
    return text;
}

int wmain(int argc, wchar_t **wide); /* the C runtime declares only main */
int wmain(int argc, wchar_t **wide)
{
    int status = EXIT_FAILED;
    char **argv = calloc((size_t)argc + 1, sizeof *argv);
    bool complete = argv != NULL;
    for (int i = 0; complete && i < argc; i++)
        complete = (argv[i] = argument_utf8(wide[i])) != NULL;
    program_set_console_utf8();
    if (complete)
        status = program_run(argc, argv);
    else
        fprintf(stderr, "iomodels: out of memory\n");
    for (int i = 0; argv != NULL && i < argc; i++)
        free(argv[i]);
    free(argv);
    return status;
}
#else
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

/*
 * A standard file that is closed (>&-) would be the number of the next file or socket, which then
 * receives what was meant for a person. Opened the wrong way round, so that its use still fails.
 */
static void standard_files_fill(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int main(int argc, char **argv)
{
    standard_files_fill();
    /* Who started this program may ignore it: then the system reaps children, and nobody learns of their ends. */
    signal(SIGCHLD, SIG_DFL);
    return program_run(argc, argv);
}
#endif
