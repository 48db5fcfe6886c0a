#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/failure.h"
#include "host/child.h"

/* The one platform block: on Windows a backslash separates the parts of a path. */
#ifdef _WIN32
static const bool backslash_quotes = false;
#else
static const bool backslash_quotes = true;
#endif

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/*
 * Copies one word to *to without its quotes, and ends it. Returns what follows it; NULL, with
 * *open the quote, where that quote is not closed.
 */
static const char *word_copy(const char *from, char **to, char *open)
{
    char quote = '\0';
    for (; *from != '\0' && (quote != '\0' || !is_blank(*from)); from++) {
        if (quote == '\0' && (*from == '\'' || *from == '"')) {
            quote = *from;
        } else if (quote != '\0' && *from == quote) {
            quote = '\0';
        } else {
            if (backslash_quotes && quote != '\'' && *from == '\\' && from[1] != '\0')
                from++;
            *(*to)++ = *from;
        }
    }
    *(*to)++ = '\0';
    *open = quote;
    return quote == '\0' ? from : NULL;
}

char **child_split_command(const char *command, struct failure *failure)
{
    /* A word costs at least one character and its separator, so these always suffice. */
    size_t length = strlen(command), most = length / 2 + 2;
    char **words = malloc(most * sizeof *words + length + 1);
    if (words == NULL) {
        failure_set(failure, "out of memory");
        return NULL;
    }
    char *text = (char *)(words + most), open = '\0';
    size_t count = 0;
    for (;;) {
        while (is_blank(*command))
            command++;
        if (*command == '\0')
            break;
        words[count++] = text;
        command = word_copy(command, &text, &open);
        if (command == NULL) {
            failure_set(failure, "a quote (%c) is not closed", open);
            free(words);
            return NULL;
        }
    }
    if (count == 0) {
        failure_set(failure, "the command is empty");
        free(words);
        return NULL;
    }
    words[count] = NULL;
    return words;
}

/* Whether it means itself in any shell, too. */
static bool is_plain(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "-_./:=,+@%";
    return word[0] != '\0' && word[strspn(word, plain)] == '\0';
}

/* In '...' all but ' is as it is; that goes between double quotes. */
static char *word_quote(char *to, const char *word)
{
    *to++ = '\'';
    for (; *word != '\0'; word++) {
        if (*word == '\'')
            for (const char *quoted = "'\"'\"'"; *quoted != '\0'; quoted++)
                *to++ = *quoted;
        else
            *to++ = *word;
    }
    *to++ = '\'';
    return to;
}

char *child_quote_words(const char *const *words, size_t count)
{
    size_t most = 1;
    for (size_t i = 0; i < count; i++)
        most += 5 * strlen(words[i]) + 3;
    char *text = malloc(most), *to = text;
    if (text == NULL)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            *to++ = ' ';
        if (is_plain(words[i])) {
            size_t length = strlen(words[i]);
            memcpy(to, words[i], length);
            to += length;
        } else {
            to = word_quote(to, words[i]);
        }
    }
    *to = '\0';
    return text;
}
