#include "check.h"
#include "host/child.h"
#include "host/shell.h"
#include "program.h"
#include "starts_itself.h"

#include <stdlib.h>

/* The one platform block. */
#ifdef _WIN32
#define popen  _popen
#define pclose _pclose
#endif

static void check_quoted(enum shell shell, const char *word, const char *expected)
{
    char *text = shell_quote(shell, &word, 1);
    CHECK_EQ_TEXT(text, expected);
    free(text);
}

static void test_sh(void)
{
    check_quoted(SHELL_SH, "results/2026-11-24T06-08-39Z", "results/2026-11-24T06-08-39Z");
    check_quoted(SHELL_SH, "a b", "'a b'");
    check_quoted(SHELL_SH, "$HOME & `id` ^ \"x\" \\", "'$HOME & `id` ^ \"x\" \\'");
    check_quoted(SHELL_SH, "it's", "'it'\"'\"'s'");
    check_quoted(SHELL_SH, "~/x", "'~/x'");
    check_quoted(SHELL_SH, "100%", "100%");
    check_quoted(SHELL_SH, "", "''");
    check_quoted(SHELL_SH, "\xea\xb2\xb0", "'\xea\xb2\xb0'");
}

static void test_cmd(void)
{
    check_quoted(SHELL_CMD, "results/2026-11-24T06-08-39Z", "results/2026-11-24T06-08-39Z");
    check_quoted(SHELL_CMD, "C:\\runs\\x", "C:\\runs\\x");
    check_quoted(SHELL_CMD, "C:\\my runs\\x", "\"C:\\my runs\\x\"");
    check_quoted(SHELL_CMD, "a b\\", "\"a b\\\\\"");
    check_quoted(SHELL_CMD, "a&b|c>d<e^f(g)", "\"a&b|c>d<e^f(g)\"");
    check_quoted(SHELL_CMD, "it's", "\"it's\"");
    check_quoted(SHELL_CMD, "$x", "\"$x\"");
    check_quoted(SHELL_CMD, "", "\"\"");
    check_quoted(SHELL_CMD, "\xea\xb2\xb0", "\"\xea\xb2\xb0\"");
    /* No quotes for cmd: in them it would still replace %PATH%. */
    check_quoted(SHELL_CMD, "%PATH% & x", "^\"^%PATH^% ^& x^\"");
    check_quoted(SHELL_CMD, "a\"b", "^\"a\\^\"b^\"");
    check_quoted(SHELL_CMD, "a\\\\\"b\\", "^\"a\\\\\\\\\\^\"b\\\\^\"");
    static const char *const words[] = {"--out", "a b", "c"};
    char *text = shell_quote(SHELL_CMD, words, 3);
    CHECK_EQ_TEXT(text, "--out \"a b\" c");
    free(text);
}

/* Wine's cmd takes the carets away before it replaces variables, Windows' afterwards. */
static bool replaces_in_spite_of_carets(void)
{
    char line[4096] = "";
    FILE *output = shell_here() == SHELL_CMD
                       ? popen("echo ^%PATH^%", "r") /* NOLINT(cert-env33-c): it is to be asked */
                       : NULL;
    if (output == NULL)
        return false;
    bool read = fgets(line, sizeof line, output) != NULL;
    pclose(output);
    return read && strncmp(line, "%PATH%", 6) != 0;
}

/* Through this system's shell and back: each word as a line. */
static void test_through_the_shell(void)
{
    const char *words[] = {replaces_in_spite_of_carets() ? "plain" : "%PATH%",
                           "a b",
                           "",
                           "a\\b\\",
                           "a b\\",
                           "it's",
                           "say \"so\"",
                           "a\\\"b",
                           "$HOME",
                           "100%",
                           "a&b",
                           "a & b",
                           "a|b>c",
                           "x^y",
                           "^",
                           "(a)",
                           "\"&\" ^%",
                           "a;b,c",
                           "\xea\xb2\xb0 x",
                           "~",
                           "*",
                           "`id`",
                           "!x!"};
    enum { WORDS = sizeof words / sizeof words[0] };
    char path[4096], command[8192], line[256];
    if (!program_path(path, sizeof path))
        exit(1);
    if (!starts_itself(path))
        return;
    const char *program = path;
    char *first = shell_quote(shell_here(), &program, 1);
    char *rest = shell_quote(shell_here(), words, WORDS);
    /* cmd /c, which _popen runs, takes away the first and the last quote. */
    const char *outer = shell_here() == SHELL_CMD ? "\"" : "";
    snprintf(command, sizeof command, "%s%s print %s%s", outer, first, rest, outer);
    FILE *output = popen(command, "r"); /* NOLINT(cert-env33-c): the shell is what is tried */
    CHECK(output != NULL);
    size_t count = 0;
    while (output != NULL && fgets(line, sizeof line, output) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        if (count < WORDS)
            CHECK_EQ_TEXT(line, words[count]);
        count++;
    }
    CHECK_EQ_U64(count, WORDS);
    if (output != NULL)
        CHECK(pclose(output) == 0);
    free(first);
    free(rest);
}

static void check_remedy(enum shell shell, const char *command, const char *expected)
{
    char text[256];
    struct failure failure = {""};
    char **words = child_split_command(command, &failure);
    CHECK_EQ_TEXT(failure.text, "");
    if (words == NULL)
        return;
    shell_remedy(words, shell, text, sizeof text);
    if (expected[0] == '\0')
        CHECK_EQ_TEXT(text, "");
    else if (strstr(text, expected) == NULL)
        CHECK_EQ_TEXT(text, expected);
    free(words);
}

static void test_remedy(void)
{
    check_remedy(SHELL_SH, "iomodels", "");
    check_remedy(SHELL_SH, "/opt/x/iomodels --a=b 50%", "");
    check_remedy(SHELL_SH, "~/bin/iomodels", "nothing replaces ~/bin/iomodels: write it in full");
    check_remedy(SHELL_SH, "wine ~/x.exe", "nothing replaces ~/x.exe");
    check_remedy(SHELL_SH, "$HOME/iomodels", "nothing replaces $HOME/iomodels");
    check_remedy(SHELL_SH, "/opt/*/iomodels", "nothing replaces /opt/*/iomodels");
    check_remedy(SHELL_SH, "LD_PRELOAD=x.so iomodels", "LD_PRELOAD=x.so sets nothing: write env");
    check_remedy(SHELL_SH, "env A=1 iomodels", "");
    check_remedy(SHELL_SH, "iomodels | tee log",
                 "so | means nothing: put it into a "
                 "script that hands on its \"$@\"");
    check_remedy(SHELL_SH, "cd /opt && iomodels", "so && means");
    check_remedy(SHELL_SH, "iomodels 2>/dev/null", "so 2>/dev/null means");
    /* There is a shell, of the other machine. */
    check_remedy(SHELL_SH, "ssh host ~/bin/iomodels", "");
    check_remedy(SHELL_SH, "/usr/bin/bash -c $X", "");
    check_remedy(SHELL_SH, "~/bin/ssh host iomodels", "~/bin/ssh");
    check_remedy(SHELL_CMD, "%USERPROFILE%/iomodels.exe",
                 "nothing replaces %USERPROFILE%/iomodels.exe");
    check_remedy(SHELL_CMD, "A=1 iomodels", "a .cmd file that hands on its %*");
    check_remedy(SHELL_CMD, "C:/a$b/100%/iomodels", "");
    check_remedy(SHELL_CMD, "cmd.exe /c x > y", "");
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        program_set_output_binary();
        for (int i = 2; i < argc; i++)
            printf("%s\n", argv[i]);
        return 0;
    }
    test_sh();
    test_cmd();
    test_through_the_shell();
    test_remedy();
    return check_report();
}
