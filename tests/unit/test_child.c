/* The test is its own child: started with a mode as its first argument, it does what that says. */
#include <signal.h>
#include <stdlib.h>

#include "base/failure.h"
#include "check.h"
#include "clock.h"
#include "host/child.h"
#include "host/child_errors.h"
#include "host/host.h"
#include "program.h"
#include "starts_itself.h"
#ifndef _WIN32
#include <unistd.h>
#endif

enum { HANG_MS = 60000, CHATTER_LINES = 5000, DEAF_MS = 120000 };

static char self[4096];

/* The modes. */

static int mode_echo(void)
{
    char line[256];
    while (fgets(line, sizeof line, stdin) != NULL) {
        printf("echo %s", line);
        fflush(stdout);
    }
    return 0;
}

static int mode_die(void)
{
    fputs("the first word\nthe last\tword\n\n", stderr);
    return 3;
}

static int mode_deaf(bool stubborn)
{
    if (stubborn)
        signal(SIGTERM, SIG_IGN);
    puts("deaf");
    fflush(stdout);
    clock_sleep_ms(DEAF_MS);
    return 0;
}

/* An answer without an end, then nothing. */
static int mode_endless(void)
{
    for (int i = 0; i < 300; i++)
        putchar('x');
    fflush(stdout);
    return mode_echo();
}

/* A line with Windows' end (there the runtime adds the CR), and half of one. */
static int mode_cut(void)
{
#ifdef _WIN32
    return fputs("whole\nhal", stdout) >= 0 ? 0 : 1;
#else
    return fputs("whole\r\nhal", stdout) >= 0 ? 0 : 1;
#endif
}

/* Lines without an end, until nobody reads them. */
static int mode_noise(void)
{
    while (puts("noise") >= 0 && fflush(stdout) == 0)
        continue;
    return 1;
}

static int mode_chatter(FILE *file)
{
    for (int i = 0; i < CHATTER_LINES; i++)
        fprintf(file, "line %d of what nobody reads, long enough to fill any pipe\n", i);
    fflush(file);
    puts("done");
    return 5;
}

static int mode_arguments(int argc, char **argv)
{
    for (int i = 2; i < argc; i++)
        printf("[%s]\n", argv[i]);
    return 0;
}

static int mode_cpus(void)
{
    char text[HOST_CPUS_TEXT];
    puts(host_self_cpus(text, sizeof text));
    return 0;
}

#ifndef _WIN32
static int mode_signals(void)
{
    sigset_t blocked;
    struct sigaction pipe_action, hangup_action;
    sigprocmask(SIG_SETMASK, NULL, &blocked);
    sigaction(SIGPIPE, NULL, &pipe_action);
    sigaction(SIGHUP, NULL, &hangup_action);
    printf("%d %d %d %d\n", sigismember(&blocked, SIGTERM), pipe_action.sa_handler == SIG_DFL,
           hangup_action.sa_handler == SIG_DFL, getpgrp() == getpid());
    return 0;
}

/* Leaves a process behind that holds its pipes, and names its number. */
static int mode_leave(void)
{
    pid_t left = fork();
    if (left == 0) {
        clock_sleep_ms(DEAF_MS);
        return 0;
    }
    printf("%ld\n", (long)left);
    return 7;
}

/* Does not end by itself, and the other process of its group ignores SIGTERM too. */
static int mode_group(void)
{
    signal(SIGTERM, SIG_IGN);
    pid_t other = fork();
    if (other == 0) {
        clock_sleep_ms(DEAF_MS);
        return 0;
    }
    signal(SIGTERM, SIG_DFL);
    printf("%ld\n", (long)other);
    fflush(stdout);
    clock_sleep_ms(DEAF_MS);
    return 0;
}
#endif

static int run_mode(int argc, char **argv)
{
    const char *mode = argv[1];
    if (strcmp(mode, "echo") == 0)
        return mode_echo();
    if (strcmp(mode, "die") == 0)
        return mode_die();
    if (strcmp(mode, "deaf") == 0)
        return mode_deaf(false);
    if (strcmp(mode, "stubborn") == 0)
        return mode_deaf(true);
    if (strcmp(mode, "endless") == 0)
        return mode_endless();
    if (strcmp(mode, "zero") == 0)
        return fwrite("a\0b\n", 1, 4, stdout) == 4 ? 0 : 1;
    if (strcmp(mode, "cut") == 0)
        return mode_cut();
    if (strcmp(mode, "noise") == 0)
        return mode_noise();
    if (strcmp(mode, "chatter") == 0)
        return mode_chatter(stderr);
    if (strcmp(mode, "flood") == 0)
        return mode_chatter(stdout);
    if (strcmp(mode, "arguments") == 0)
        return mode_arguments(argc, argv);
    if (strcmp(mode, "cpus") == 0)
        return mode_cpus();
#ifndef _WIN32
    if (strcmp(mode, "signals") == 0)
        return mode_signals();
    if (strcmp(mode, "leave") == 0)
        return mode_leave();
    if (strcmp(mode, "group") == 0)
        return mode_group();
#endif
    return 99;
}

/* The tests. */

static struct child *start_mode_on(const char *mode, const char *cpus)
{
    struct failure failure = {""};
    const char *arguments[] = {self, mode, NULL};
    struct child *child = child_start(arguments, cpus, &failure);
    CHECK_EQ_TEXT(failure.text, "");
    if (child == NULL)
        exit(check_report());
    return child;
}

static struct child *start_mode(const char *mode)
{
    return start_mode_on(mode, NULL);
}

static void check_line(struct child *child, const char *expected)
{
    char line[256] = "";
    CHECK(child_read_line(child, line, sizeof line, child_deadline_ns(HANG_MS), NULL, NULL) ==
          CHILD_LINE);
    CHECK_EQ_TEXT(line, expected);
}

static void check_no_line(struct child *child, enum child_read expected)
{
    char line[256];
    CHECK(child_read_line(child, line, sizeof line, child_deadline_ns(HANG_MS), NULL, NULL) ==
          expected);
}

static void check_end(struct child *child, int expected)
{
    bool killed = true;
    int status = child_end(child, HANG_MS, &killed);
    CHECK(!killed);
    CHECK(status == expected);
}

static void test_echo(void)
{
    struct child *child = start_mode("echo");
    CHECK(child_pid(child) != 0 && child_pid(child) != program_id());
    CHECK(child_write(child, "one\n"));
    check_line(child, "echo one");
    CHECK(child_write(child, "two\nthree\n"));
    check_line(child, "echo two");
    check_line(child, "echo three");
    CHECK(!child_ended(child, NULL));
    CHECK_EQ_TEXT(child_error_line(child), "");
    check_end(child, 0);
}

static void test_death(void)
{
    struct child *child = start_mode("die");
    int status = 0;
    check_no_line(child, CHILD_EOF);
    for (int i = 0; i < HANG_MS && !child_ended(child, &status); i += 10)
        clock_sleep_ms(10);
    CHECK(status == 3);
    CHECK_EQ_TEXT(child_error_line(child), "the last word");
    CHECK(!child_floods_errors(child));
    /* Without a signal that would end this process. */
    CHECK(!child_write(child, "anybody?\n"));
    check_no_line(child, CHILD_EOF);
    check_end(child, 3);
}

static void test_kill(const char *mode)
{
    struct child *child = start_mode(mode);
    bool killed = false;
    check_line(child, "deaf");
    CHECK(child_end(child, 50, &killed) > 128);
    CHECK(killed);
}

static bool cancel_third(void *context)
{
    int *asked = context;
    return ++*asked == 3;
}

static void test_timeout_and_cancel(void)
{
    struct child *child = start_mode("echo");
    char line[256];
    int asked = 0;
    CHECK(child_read_line(child, line, sizeof line, child_deadline_ns(0), NULL, NULL) ==
          CHILD_TIMEOUT);
    CHECK(child_read_line(child, line, sizeof line, child_deadline_ns(50), NULL, NULL) ==
          CHILD_TIMEOUT);
    CHECK(child_read_line(child, line, sizeof line, child_deadline_ns(HANG_MS), cancel_third,
                          &asked) == CHILD_CANCELLED);
    CHECK(asked == 3);
    CHECK(child_write(child, "still here\n"));
    check_line(child, "echo still here");
    check_end(child, 0);
}

static void test_bad_lines(void)
{
    struct child *child = start_mode("endless");
    check_no_line(child, CHILD_FAILED);
    check_no_line(child, CHILD_FAILED);
    check_end(child, 0);

    child = start_mode("zero");
    check_no_line(child, CHILD_FAILED);
    check_end(child, 0);

    child = start_mode("cut");
    check_line(child, "whole");
    check_no_line(child, CHILD_EOF);
    check_end(child, 0);
}

/* Also of lines that have come by then. */
static void test_deadline_and_cancel_with_lines(void)
{
    struct child *child = start_mode("flood");
    char line[256];
    int asked = 2;
    check_line(child, "line 0 of what nobody reads, long enough to fill any pipe");
    CHECK(child_read_line(child, line, sizeof line, child_deadline_ns(0), NULL, NULL) ==
          CHILD_TIMEOUT);
    CHECK(child_read_line(child, line, sizeof line, child_deadline_ns(HANG_MS), cancel_third,
                          &asked) == CHILD_CANCELLED);
    check_line(child, "line 1 of what nobody reads, long enough to fill any pipe");
    check_end(child, 5);
}

/* By one deadline it ends, and so it does where it is cancelled, whatever comes meanwhile. */
static void test_noise(void)
{
    struct child *child = start_mode("noise");
    char line[256];
    int asked = 0;
    check_line(child, "noise");
    uint64_t deadline_ns = child_deadline_ns(100);
    enum child_read read;
    while ((read = child_read_line(child, line, sizeof line, deadline_ns, NULL, NULL)) ==
           CHILD_LINE)
        CHECK_EQ_TEXT(line, "noise");
    CHECK(read == CHILD_TIMEOUT);
    while ((read = child_read_line(child, line, sizeof line, child_deadline_ns(HANG_MS),
                                   cancel_third, &asked)) == CHILD_LINE)
        continue;
    CHECK(read == CHILD_CANCELLED);
    CHECK(child_end(child, 50, NULL) != 0);
}

/* A line that just fits, and one that just does not. */
static void test_line_size(void)
{
    struct child *child = start_mode("echo");
    char line[9];
    CHECK(child_write(child, "abc\n"));
    CHECK(child_read_line(child, line, sizeof line, child_deadline_ns(HANG_MS), NULL, NULL) ==
          CHILD_LINE);
    CHECK_EQ_TEXT(line, "echo abc");
    CHECK(child_write(child, "abcd\n"));
    CHECK(child_read_line(child, line, sizeof line, child_deadline_ns(HANG_MS), NULL, NULL) ==
          CHILD_FAILED);
    check_end(child, 0);
}

/* Nobody reads, and neither file blocks it. */
static void test_talkative(void)
{
    char last[80];
    snprintf(last, sizeof last, "line %d of what nobody reads, long enough to fill any pipe",
             CHATTER_LINES - 1);
    struct child *child = start_mode("chatter");
    for (int i = 0; i < HANG_MS && !child_ended(child, NULL); i += 10)
        clock_sleep_ms(10);
    const char *words = child_error_line(child);
    CHECK(strncmp(words, "line 0 of what nobody reads", 27) == 0);
    CHECK(strstr(words, last) != NULL);
    CHECK(strstr(words, "KiB on standard error the first and the last 32 KiB are kept)") != NULL);
    CHECK(child_floods_errors(child));
    check_line(child, "done");
    check_end(child, 5);

    check_end(start_mode("flood"), 5);
}

static const char *errors_line(const struct child_errors *errors)
{
    static char line[CHILD_ERROR_LINE_BYTES];
    return child_errors_line(errors, line);
}

/* Up to the last byte that is kept of all, and one more, in pieces of any size. */
static void check_kept(size_t piece)
{
    static struct child_errors errors;
    static char text[2 * CHILD_ERRORS_KEPT_BYTES + 1];
    memset(&errors, 0, sizeof errors);
    memset(text, 'x', sizeof text);
    memcpy(text, "\nfirst\r\n", 8);
    memcpy(text + sizeof text - 8, "\nla\tst\n", 8);
    for (size_t at = 0; at < sizeof text - 1; at += piece)
        child_errors_add(&errors, text + at,
                         piece < sizeof text - 1 - at ? piece : sizeof text - 1 - at);
    CHECK_EQ_U64(errors.written, 2 * CHILD_ERRORS_KEPT_BYTES);
    CHECK(!child_errors_are_cut(&errors));
    CHECK_EQ_TEXT(errors_line(&errors), "la st");
    child_errors_add(&errors, text + sizeof text - 1, 1);
    CHECK(child_errors_are_cut(&errors));
    CHECK_EQ_TEXT(errors_line(&errors), "first ... la st (of 64 KiB on standard error the first "
                                        "and the last 32 KiB are kept)");
    CHECK(memcmp(errors.first, text, sizeof errors.first) == 0);
}

static void test_kept_errors(void)
{
    static struct child_errors errors;
    CHECK_EQ_TEXT(errors_line(&errors), "");
    child_errors_add(&errors, "one\n", 4);
    CHECK_EQ_TEXT(errors_line(&errors), "one");
    child_errors_add(&errors, "two", 3);
    CHECK_EQ_TEXT(errors_line(&errors), "two");
    child_errors_add(&errors, "\r\n\n \n", 5);
    CHECK_EQ_TEXT(errors_line(&errors), "two");
    check_kept(1);
    check_kept(1000);
    check_kept(CHILD_ERRORS_KEPT_BYTES);
    check_kept(3 * CHILD_ERRORS_KEPT_BYTES);
}

/* The end of one child's input reaches it although another one was started after it. */
static void test_inheritance(void)
{
    struct child *first = start_mode("echo");
    struct child *second = start_mode("echo");
    check_end(first, 0);
    CHECK(child_write(second, "alive\n"));
    check_line(second, "echo alive");
    check_end(second, 0);
}

static void check_not_found(const char *program)
{
    struct failure failure = {""};
    const char *arguments[] = {program, "list", NULL};
    CHECK(child_start(arguments, NULL, &failure) == NULL);
    CHECK(strstr(failure.text, program) != NULL);
    CHECK(strlen(failure.text) > strlen("cannot start \"\": ") + strlen(program));
    CHECK(strpbrk(failure.text, "\r\n") == NULL);
}

static void test_not_found(void)
{
    struct failure failure = {""};
    const char *none[] = {NULL};
    check_not_found("iomodels-no-such-program");
    check_not_found("./no-such-directory/iomodels");
    CHECK(child_start(none, NULL, &failure) == NULL);
    CHECK(failure.text[0] != '\0');
#ifndef _WIN32
    const char *arguments[] = {"iomodels-no-such-program", NULL};
    CHECK(child_start(arguments, NULL, &failure) == NULL);
    CHECK_EQ_TEXT(failure.text,
                  "cannot start \"iomodels-no-such-program\": No such file or directory");
#endif
}

static void test_arguments(void)
{
    static const char *const words[] = {"",
                                        "plain",
                                        "two words",
                                        "a \"quote\"",
                                        "back\\slash",
                                        "C:\\end\\",
                                        "C:\\with space\\",
                                        "\\\\\"x",
                                        "\\\\ \\\\\"",
                                        "tab\there",
                                        "$HOME %PATH% ^& | 'single' `x`"};
    enum { COUNT = sizeof words / sizeof words[0] };
    const char *arguments[COUNT + 3] = {self, "arguments"};
    struct failure failure = {""};
    char expected[64];
    memcpy(arguments + 2, words, sizeof words);
    struct child *child = child_start(arguments, NULL, &failure);
    CHECK_EQ_TEXT(failure.text, "");
    if (child == NULL)
        return;
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(expected, sizeof expected, "[%s]", words[i]);
        check_line(child, expected);
    }
    check_no_line(child, CHILD_EOF);
    check_end(child, 0);
}

static void check_cpus(const char *cpus, const char *expected)
{
    struct child *child = start_mode_on("cpus", cpus);
    check_line(child, expected);
    check_end(child, 0);
}

static void test_cpus(void)
{
    char all[HOST_CPUS_TEXT], first[HOST_CPUS_TEXT], last[HOST_CPUS_TEXT];
    struct failure failure = {""};
    const char *arguments[] = {self, "cpus", NULL};
    host_self_cpus(all, sizeof all);
    CHECK(child_start(arguments, "99999", &failure) == NULL);
    CHECK(strstr(failure.text, "99999") != NULL);
    if (!host_split_cpus(first, last, sizeof first)) {
        printf("skipped: placement on one processor\n");
        return;
    }
    check_cpus(first, first);
    check_cpus(last, last);
    /* A pinned harness does not hand that on. */
    CHECK(host_pin_self(last) == 0);
    check_cpus(NULL, all);
    check_cpus(first, first);
    CHECK(host_pin_self(NULL) == 0);
}

#ifndef _WIN32
static void test_signals(void)
{
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    struct child *child = start_mode("signals");
    check_line(child, "0 1 1 1");
    check_end(child, 0);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static pid_t read_pid(struct child *child)
{
    char line[256] = "";
    CHECK(child_read_line(child, line, sizeof line, child_deadline_ns(HANG_MS), NULL, NULL) ==
          CHILD_LINE);
    long pid = strtol(line, NULL, 10);
    CHECK(pid > 1);
    if (pid <= 1)
        exit(check_report());
    return (pid_t)pid;
}

/* Its end counts, not that of a process which it left behind. */
static void test_left_behind(void)
{
    struct child *child = start_mode("leave");
    pid_t left = read_pid(child);
    check_no_line(child, CHILD_EOF);
    check_end(child, 7);
    CHECK(kill(left, SIGKILL) == 0);
}

/* An orphan may stay a zombie for long where nobody collects those. */
static bool is_running(pid_t pid)
{
    char path[64], state = 'Z';
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
        state = 'Z';
    fclose(file);
    return state != 'Z' && state != 'X';
}

static void test_kill_group(void)
{
    struct child *child = start_mode("group");
    pid_t other = read_pid(child);
    bool killed = false;
    CHECK(is_running(other));
    CHECK(child_end(child, 50, &killed) == 128 + SIGTERM);
    CHECK(killed);
    for (int i = 0; i < DEAF_MS / 4 && is_running(other); i += 10)
        clock_sleep_ms(10);
    CHECK(!is_running(other));
}
#endif

static void check_split(const char *command, const char *joined)
{
    struct failure failure = {""};
    char text[512] = "";
    char **words = child_split_command(command, &failure);
    CHECK_EQ_TEXT(failure.text, "");
    for (size_t i = 0; words != NULL && words[i] != NULL; i++) {
        strcat(text, "[");
        strcat(text, words[i]);
        strcat(text, "]");
    }
    CHECK_EQ_TEXT(text, joined);
    free(words);
}

static void check_quoted(const char *const *words, size_t count, const char *expected)
{
    struct failure failure = {""};
    char *text = child_quote_words(words, count);
    CHECK_EQ_TEXT(text, expected);
    char **again = text == NULL ? NULL : child_split_command(text, &failure);
    CHECK_EQ_TEXT(failure.text, "");
    for (size_t i = 0; again != NULL && i < count; i++)
        CHECK_EQ_TEXT(again[i], words[i]);
    CHECK(again != NULL && again[count] == NULL);
    free(again);
    free(text);
}

static void test_quote(void)
{
    static const char *const words[] = {"--target",
                                        "a=\"C:\\a b\\x.exe\" -x",
                                        "",
                                        "it's 'so'",
                                        "$HOME;*",
                                        "\t\n\\",
                                        "\xea\xb2\xb0",
                                        "--rate=1,2"};
    static const char *const quotes[] = {"'", "''", "\"", "\\"};
    check_quoted(words, 8,
                 "--target 'a=\"C:\\a b\\x.exe\" -x' '' 'it'\"'\"'s '\"'\"'so'\"'\"'' "
                 "'$HOME;*' '\t\n\\' '\xea\xb2\xb0' --rate=1,2");
    check_quoted(quotes, 4, "''\"'\"'' ''\"'\"''\"'\"'' '\"' '\\'");
    char *none = child_quote_words(words, 0);
    CHECK_EQ_TEXT(none, "");
    free(none);
}

static void check_unsplit(const char *command)
{
    struct failure failure = {""};
    CHECK(child_split_command(command, &failure) == NULL);
    CHECK(failure.text[0] != '\0');
}

static void test_split(void)
{
    check_split("iomodels", "[iomodels]");
    check_split("  ssh   host iomodels ", "[ssh][host][iomodels]");
    check_split("'a b' \"c d\" e'f g'h", "[a b][c d][ef gh]");
    check_split("'' \"\" x", "[][][x]");
    check_split("\"it's\" 'say \"so\"'", "[it's][say \"so\"]");
    check_split("a b c d e f", "[a][b][c][d][e][f]");
    check_split("'back\\slash'", "[back\\slash]");
    check_split("$HOME *.c ~ a;b", "[$HOME][*.c][~][a;b]");
#ifdef _WIN32
    check_split("C:\\bin\\iomodels.exe \"C:\\a b\\x\"", "[C:\\bin\\iomodels.exe][C:\\a b\\x]");
    check_split("a\\ b", "[a\\][b]");
#else
    check_split("a\\ b \\'c \\\\ \"d\\\"e\" \\x", "[a b]['c][\\][d\"e][x]");
#endif
    check_split("end\\", "[end\\]");
    check_unsplit("");
    check_unsplit("   ");
    check_unsplit("'open");
    check_unsplit("a \"open");
    check_unsplit("a \"it's");
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return run_mode(argc, argv);
    if (!program_path(self, sizeof self))
        return 1;
    test_split();
    test_quote();
    test_kept_errors();
    if (!starts_itself(self))
        return check_report() == 0 ? STARTS_ITSELF_SKIPPED : 1;
    test_echo();
    test_death();
    test_kill("deaf");
    test_kill("stubborn");
    test_timeout_and_cancel();
    test_bad_lines();
    test_line_size();
    test_deadline_and_cancel_with_lines();
    test_noise();
    test_talkative();
    test_inheritance();
    test_not_found();
    test_arguments();
    test_cpus();
#ifndef _WIN32
    test_signals();
    test_left_behind();
    test_kill_group();
#endif
    return check_report();
}
