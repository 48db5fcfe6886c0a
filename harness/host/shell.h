/*
 * shell: what command lines mean to the shells that people type into. What is printed to be pasted
 * is quoted for the shell of this system, and a target's command, which no shell reads, is looked
 * through for what only a shell understands.
 */
#ifndef IOMODELS_SHELL_H
#define IOMODELS_SHELL_H

#include <stddef.h>
#include <stdio.h>

enum shell {
    SHELL_SH, /* POSIX's, and so bash and zsh */
    SHELL_CMD /* Windows' cmd.exe at its prompt: a .bat file takes % in another way, as does Wine's */
};

/* This system's. */
enum shell shell_here(void);

/*
 * The words, UTF-8 without line ends, as a command line that this shell hands over as these words
 * to a program of the usual C runtime. What has nothing special in it stays as it is. A block to
 * free(); NULL without memory.
 */
char *shell_quote(enum shell shell, const char *const *words, size_t count);

/* argv[0] of this program, kept by reference: shell_print_command begins with it. Once, at the start. */
void shell_set_program(const char *argv0);
/* A line that can be pasted here: this program, as it was started, and these words. */
void shell_print_command(FILE *file, const char *const *words, size_t count);

/*
 * What in a command (NULL-terminated) needs a shell, and what to do instead: one clause for an
 * error's text, or "". The words after ssh or a shell are not looked at: that program reads them.
 */
const char *shell_remedy(char *const *words, enum shell shell, char *text, size_t size);

#endif
