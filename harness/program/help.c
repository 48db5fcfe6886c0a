#include "program/help.h"

#include <stdio.h>
#include <string.h>

#include "program/help_man.h"
#include "program/help_words.h"

enum { HELP_COLUMN = 30 };

bool help_asked(const char *argument, enum help_form *form)
{
    static const char *const forms[] = {
        [HELP_TEXT] = "--help", [HELP_MAN] = "--help=man", [HELP_WORDS] = "--help=words"};
    *form = HELP_TEXT;
    if (strcmp(argument, "-h") == 0)
        return true;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (strcmp(argument, forms[i]) == 0) {
            *form = (enum help_form)i;
            return true;
        }
    return false;
}

static void text_print_option(const struct option *option)
{
    if (option->kind == OPTION_HEADING) {
        printf("\n%s:\n", option->name);
        return;
    }
    int used = printf("  %s%s%s", option->name, option->argument == NULL ? "" : " ",
                      option->argument == NULL ? "" : option->argument);
    if (used >= HELP_COLUMN)
        used = printf("\n") - 1;
    for (const char *line = option->help; *line != '\0'; used = 0) {
        size_t length = strcspn(line, "\n");
        printf("%*s%.*s\n", HELP_COLUMN - used, "", (int)length, line);
        line += length + (line[length] == '\n');
    }
}

static void text_print(const struct command *command)
{
    printf("usage: iomodels %s%s%s\n\n%s", command->name, command->usage[0] == '\0' ? "" : " ",
           command->usage, command->intro);
    if (command->options[0].name != NULL && command->options[0].kind != OPTION_HEADING)
        printf("\noptions:\n");
    for (const struct option *option = command->options; option->name != NULL; option++)
        text_print_option(option);
    if (command->outro != NULL)
        printf("\n%s", command->outro);
}

void help_print(const struct command *command, enum help_form form)
{
    switch (form) {
    case HELP_TEXT:
        text_print(command);
        break;
    case HELP_MAN:
        help_man_command(stdout, command);
        break;
    case HELP_WORDS:
        help_words_print(command);
        break;
    }
}
