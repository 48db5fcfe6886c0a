#include "host/shell.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "host/child.h"
#include "names.h"

/* The one platform block. */
#ifdef _WIN32
static const enum shell here = SHELL_CMD;
#else
static const enum shell here = SHELL_SH;
#endif

static const char *program = "iomodels";

enum shell shell_here(void)
{
    return here;
}

/* ---- quoting ---- */

static bool is_plain_for_cmd(const char *word)
{
    /* PowerShell, too, takes these as they are. */
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_./:\\+";
    return word[0] != '\0' && word[strspn(word, plain)] == '\0';
}

static char *repeat(char *to, char c, size_t times)
{
    memset(to, c, times);
    return to + times;
}

/*
 * In "..." cmd leaves all but % alone, and " ends it. Where one of these is inside, every special
 * character gets a ^ instead, the quotes too, so that cmd sees no quotes at all and the C runtime
 * does. Backslashes count as themselves but before a ", which the C runtime takes them to escape.
 */
static char *cmd_quote(char *to, const char *word)
{
    bool carets = strpbrk(word, "\"%") != NULL;
    size_t backslashes = 0;
    to = repeat(to, '^', carets);
    *to++ = '"';
    for (; *word != '\0'; word++) {
        backslashes = *word == '\\' ? backslashes + 1 : 0;
        if (*word == '"')
            *to++ = '\\';
        if (carets && strchr("\"^&|<>()%!", *word) != NULL)
            *to++ = '^';
        *to++ = *word;
        if (*word == '\\' && word[1 + strspn(word + 1, "\\")] == '"')
            *to++ = '\\';
    }
    to = repeat(to, '\\', backslashes);
    to = repeat(to, '^', carets);
    *to++ = '"';
    return to;
}

char *shell_quote(enum shell shell, const char *const *words, size_t count)
{
    if (shell == SHELL_SH)
        return child_quote_words(words, count);
    size_t most = 1;
    for (size_t i = 0; i < count; i++)
        most += 3 * strlen(words[i]) + 5;
    char *text = malloc(most), *to = text;
    if (text == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(words[i]);
        to = repeat(to, ' ', i > 0);
        if (is_plain_for_cmd(words[i])) {
            memcpy(to, words[i], length);
            to += length;
        } else {
            to = cmd_quote(to, words[i]);
        }
    }
    *to = '\0';
    return text;
}

void shell_set_program(const char *argv0)
{
    program = argv0;
}

void shell_print_command(FILE *file, const char *const *words, size_t count)
{
    char *first = shell_quote(here, &program, 1), *rest = shell_quote(here, words, count);
    if (first != NULL && rest != NULL)
        fprintf(file, "%s %s\n", first, rest);
    free(first);
    free(rest);
}

/* ---- what only a shell understands ---- */

/* Whether it reads the words behind it as a shell does: ssh, bash, pwsh.exe, cmd. */
static bool is_shell(const char *word)
{
    for (const char *at = word; *at != '\0'; at++)
        if (*at == '/' || *at == '\\')
            word = at + 1;
    size_t length = strlen(word);
    if (length > 4 && name_equals(".exe", word + length - 4))
        length -= 4;
    return name_equals_part("cmd", word, length) ||
           (length >= 2 && name_equals_part("sh", word + length - 2, 2));
}

/* "NAME=VALUE" */
static bool is_assignment(const char *word)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
    size_t length = strspn(word, letters);
    return length > 0 && word[length] == '=' && (word[0] < '0' || word[0] > '9');
}

static bool is_replaced(const char *word, enum shell shell)
{
    const char *percent = strchr(word, '%');
    return word[0] == '~' || (shell == SHELL_SH && strpbrk(word, "$`*") != NULL) ||
           (shell == SHELL_CMD && percent != NULL && strchr(percent + 1, '%') != NULL);
}

/* "|", "&&", ">log", "2>&1" */
static bool is_operator(const char *word)
{
    static const char *const whole[] = {"|", "||", "&", "&&", ";"};
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++)
        if (strcmp(word, whole[i]) == 0)
            return true;
    word += strspn(word, "0123456789");
    return *word == '<' || *word == '>';
}

const char *shell_remedy(char *const *words, enum shell shell, char *text, size_t size)
{
    const char *script = shell == SHELL_CMD ? "a .cmd file that hands on its %*"
                                            : "a script that hands on its \"$@\"";
    snprintf(text, size, "%s", "");
    if (words[0] != NULL && is_assignment(words[0])) {
        snprintf(text, size, "no shell reads this command, so %s sets nothing: %s%s", words[0],
                 shell == SHELL_CMD ? "put it into " : "write env in front of it",
                 shell == SHELL_CMD ? script : "");
        return text;
    }
    for (size_t i = 0; words[i] != NULL && text[0] == '\0'; i++) {
        if (is_replaced(words[i], shell))
            snprintf(text, size,
                     "no shell reads this command, so nothing replaces %s: write it in full",
                     words[i]);
        else if (is_operator(words[i]))
            snprintf(text, size, "no shell reads this command, so %s means nothing: put it into %s",
                     words[i], script);
        if (is_shell(words[0]))
            break;
    }
    return text;
}
