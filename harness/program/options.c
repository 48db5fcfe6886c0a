#include "program/options.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/units.h"
#include "program/command.h"
#include "program/help.h"

enum { VALUE_TEXT = 48, ITEM_BYTES = 32 };

int options_fail(const char *command, const char *format, ...)
{
    va_list arguments;
    fprintf(stderr, "iomodels %s: ", command);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, " (see: iomodels %s --help)\n", command);
    return EXIT_USAGE;
}

static const struct option *option_find(const struct option *options, const char *name,
                                        size_t length)
{
    for (; options->name != NULL; options++)
        if (options->kind != OPTION_HEADING && options->kind != OPTION_ARGUMENTS &&
            strlen(options->name) == length && strncmp(options->name, name, length) == 0)
            return options;
    return NULL;
}

/* The values an option takes, in words. */
static const char *range_text(const struct option *option, char *text, size_t size)
{
    char low[VALUE_TEXT], high[VALUE_TEXT];
    switch (option->kind) {
    case OPTION_SIZE:
    case OPTION_SIZES:
        units_format_size(option->low, low, sizeof low);
        units_format_size(option->high, high, sizeof high);
        snprintf(text, size, "%s from %s to %s, such as %s",
                 option->kind == OPTION_SIZE ? "a size" : "sizes with commas between", low, high,
                 option->kind == OPTION_SIZE ? "64KiB" : "64,64KiB");
        break;
    case OPTION_DURATION:
        units_format_duration(option->low, low, sizeof low);
        units_format_duration(option->high, high, sizeof high);
        snprintf(text, size, "a time from %s to %s with its unit, such as 300ms or 2s", low, high);
        break;
    case OPTION_COUNTS:
        snprintf(text, size,
                 "numbers from %" PRIu64 " to %" PRIu64 " with commas between, such as 1,16,1k",
                 option->low, option->high);
        break;
    default:
        snprintf(text, size, "a number from %" PRIu64 " to %" PRIu64 ", such as 16 or 20k",
                 option->low, option->high);
        break;
    }
    return text;
}

static void *member_of(const struct option *option, void *given)
{
    return (char *)given + option->into;
}

/* Adds "1,16,1k", "64,64KiB" to its list; false where one of them is not what it takes. */
static bool numbers_parse(const struct option *option, struct number_list *numbers,
                          const char *value)
{
    for (;; value++) {
        char item[ITEM_BYTES];
        size_t length = strcspn(value, ",");
        if (numbers->count == LIST_NUMBERS_MAX || length >= sizeof item)
            return false;
        memcpy(item, value, length);
        item[length] = '\0';
        if (!(option->kind == OPTION_SIZES ? units_parse_size : units_parse_quantity)(
                item, option->low, option->high, &numbers->items[numbers->count]))
            return false;
        numbers->count++;
        value += length;
        if (*value == '\0')
            return true;
    }
}

/* False where the value is not what the option takes. */
static bool value_parse(const struct option *option, void *given, const char *value)
{
    void *into = member_of(option, given);
    switch (option->kind) {
    case OPTION_FLAG:
    case OPTION_HEADING:
        return false;
    case OPTION_TEXT:
        *(const char **)into = value;
        return value[0] != '\0';
    case OPTION_ARGUMENTS:
    case OPTION_TEXTS: {
        struct text_list *texts = into;
        if (value[0] == '\0' || texts->count == LIST_TEXTS_MAX)
            return false;
        texts->items[texts->count++] = value;
        return true;
    }
    case OPTION_COUNT:
        return units_parse_quantity(value, option->low, option->high, into);
    case OPTION_COUNTS:
    case OPTION_SIZES:
        return numbers_parse(option, into, value);
    case OPTION_SIZE:
        return units_parse_size(value, option->low, option->high, into);
    case OPTION_DURATION:
        return units_parse_duration(value, option->low, option->high, into);
    }
    return false;
}

static enum options_result value_refuse(const struct command *command, const struct option *option,
                                        void *given, const char *value)
{
    char range[160];
    bool is_list = option->kind == OPTION_COUNTS || option->kind == OPTION_SIZES;
    if (is_list &&
        ((const struct number_list *)member_of(option, given))->count == LIST_NUMBERS_MAX)
        options_fail(command->name, "%s %s: more than %d of them", option->name, value,
                     LIST_NUMBERS_MAX);
    else if (is_list && value[0] != '\0' &&
             (strchr(value + 1, '-') != NULL || strstr(value, "..") != NULL))
        options_fail(command->name, "%s %s: ranges are not understood, only %s", option->name,
                     value, range_text(option, range, sizeof range));
    else if (option->kind != OPTION_TEXT && option->kind != OPTION_TEXTS && !is_list &&
             strchr(value, ',') != NULL)
        options_fail(command->name, "%s %s: one value, not a list", option->name, value);
    else if (option->kind == OPTION_TEXT || option->kind == OPTION_TEXTS)
        options_fail(command->name, "%s %s: %s", option->name, value,
                     value[0] == '\0' ? "the value is empty" : "too many of them");
    else
        options_fail(command->name, "%s %s: not %s", option->name, value,
                     range_text(option, range, sizeof range));
    return OPTIONS_BAD;
}

static const struct option *arguments_find(const struct option *options)
{
    while (options->name != NULL && options->kind != OPTION_ARGUMENTS)
        options++;
    return options->name == NULL ? NULL : options;
}

/* One that begins with no dash. */
static bool argument_take(const struct command *command, void *given, const char *text)
{
    const struct option *option = arguments_find(command->options);
    if (option == NULL) {
        options_fail(command->name, "unexpected argument %s", text);
        return false;
    }
    const struct text_list *texts = member_of(option, given);
    if (texts->count == option->high || !value_parse(option, given, text)) {
        options_fail(command->name, "%s is one %s too many", text, option->name);
        return false;
    }
    return true;
}

static bool arguments_suffice(const struct command *command, void *given)
{
    const struct option *option = arguments_find(command->options);
    if (option == NULL ||
        ((const struct text_list *)member_of(option, given))->count >= option->low)
        return true;
    options_fail(command->name, "%s is missing", option->name);
    return false;
}

enum options_result options_parse(const struct command *command, void *given, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        const char *argument = argv[i];
        enum help_form form;
        if (help_asked(argument, &form)) {
            help_print(command, form);
            return OPTIONS_HELP;
        }
        if (argument[0] != '-') {
            if (!argument_take(command, given, argument))
                return OPTIONS_BAD;
            continue;
        }
        size_t length = strcspn(argument, "=");
        const struct option *option = option_find(command->options, argument, length);
        const char *value = argument[length] == '=' ? argument + length + 1 : NULL;
        if (option == NULL) {
            options_fail(command->name, "unknown option %.*s", (int)length, argument);
            return OPTIONS_BAD;
        }
        if (option->kind == OPTION_FLAG) {
            if (value != NULL) {
                options_fail(command->name, "%s takes no value", option->name);
                return OPTIONS_BAD;
            }
            *(bool *)member_of(option, given) = true;
            continue;
        }
        if (value == NULL && i + 1 < argc)
            value = argv[++i];
        if (value == NULL) {
            options_fail(command->name, "%s needs its value: %s", option->name, option->argument);
            return OPTIONS_BAD;
        }
        if (!value_parse(option, given, value))
            return value_refuse(command, option, given, value);
    }
    return arguments_suffice(command, given) ? OPTIONS_GIVEN : OPTIONS_BAD;
}

bool options_take(const struct command *command, void *given, int argc, char **argv, int *status)
{
    enum options_result result = options_parse(command, given, argc, argv);
    *status = result == OPTIONS_BAD ? EXIT_USAGE : 0;
    return result == OPTIONS_GIVEN;
}
