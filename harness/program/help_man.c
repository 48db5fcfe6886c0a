#include "program/help_man.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* What man(7) takes for something else, or its devices show as another character. */
static void character_put(FILE *file, char character)
{
    static const char special[] = "\\-'`\"~^";
    static const char *const written[] = {"\\e",   "\\-",   "\\(aq", "\\(ga",
                                          "\\(dq", "\\(ti", "\\(ha"};
    const char *found = strchr(special, character);
    if (found == NULL)
        putc(character, file);
    else
        fprintf(file, "%s", written[found - special]);
}

/* For a title. */
static void capitals_put(FILE *file, const char *text)
{
    for (; *text != '\0'; text++)
        character_put(file, (char)toupper((unsigned char)*text));
}

static void text_put(FILE *file, const char *text, size_t length)
{
    if (length > 0 && text[0] == '.')
        fprintf(file, "\\&");
    for (size_t i = 0; i < length; i++)
        character_put(file, text[i]);
}

static void line_put(FILE *file, const char *text, size_t length)
{
    text_put(file, text, length);
    fprintf(file, "\n");
}

static void title_put(FILE *file, const char *macro, const char *title)
{
    fprintf(file, "%s \"", macro);
    text_put(file, title, strlen(title));
    fprintf(file, "\"\n");
}

void help_man_section(FILE *file, const char *title)
{
    fprintf(file, ".SH \"");
    capitals_put(file, title);
    fprintf(file, "\"\n");
}

void help_man_subsection(FILE *file, const char *title)
{
    title_put(file, ".SS", title);
}

void help_man_paragraph(FILE *file)
{
    fprintf(file, ".PP\n");
}

void help_man_title(FILE *file, const char *name, const char *version, const char *summary)
{
    fprintf(file, ".TH \"");
    capitals_put(file, name);
    fprintf(file, "\" 1 \"\" \"%s %s\"\n", name, version);
    /* No word of an option is to be cut in two, nor a line filled up with blanks. */
    fprintf(file, ".nr HY 0\n.nh\n.ad l\n");
    help_man_section(file, "name");
    fprintf(file, "%s \\- ", name);
    line_put(file, summary, strlen(summary));
}

void help_man_usage(FILE *file, const char *words, const char *usage)
{
    title_put(file, ".B", words);
    if (usage[0] != '\0')
        line_put(file, usage, strlen(usage));
}

void help_man_text(FILE *file, const char *text)
{
    bool as_it_is = false;
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        bool keeps = text[0] == ' ';
        if (keeps != as_it_is)
            fprintf(file, keeps ? ".EX\n" : ".EE\n");
        as_it_is = keeps;
        if (length == 0)
            help_man_paragraph(file);
        else
            line_put(file, text, length);
        text += length + (text[length] == '\n');
    }
    if (as_it_is)
        fprintf(file, ".EE\n");
}

void help_man_item(FILE *file, const char *term, const char *argument, const char *text)
{
    fprintf(file, ".TP\n\\fB");
    text_put(file, term, strlen(term));
    fprintf(file, "\\fR");
    if (argument != NULL) {
        fprintf(file, " \\fI");
        text_put(file, argument, strlen(argument));
        fprintf(file, "\\fR");
    }
    fprintf(file, "\n");
    help_man_text(file, text);
}

void help_man_command(FILE *file, const struct command *command)
{
    char words[64];
    help_man_section(file, command->name);
    snprintf(words, sizeof words, "iomodels %s", command->name);
    help_man_usage(file, words, command->usage);
    help_man_paragraph(file);
    help_man_text(file, command->intro);
    if (command->options[0].name != NULL && command->options[0].kind != OPTION_HEADING)
        help_man_subsection(file, "options");
    for (const struct option *option = command->options; option->name != NULL; option++)
        if (option->kind == OPTION_HEADING)
            help_man_subsection(file, option->name);
        else
            help_man_item(file, option->name, option->argument, option->help);
    if (command->outro != NULL) {
        help_man_paragraph(file);
        help_man_text(file, command->outro);
    }
}
