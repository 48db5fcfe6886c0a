#include "run/resume_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "host/child.h"
#include "run/target_kind.h"

static bool is_separator(char c)
{
    return c == '/' || c == '\\';
}

static bool is_file(const char *path)
{
    FILE *file = files_open_read(path);
    if (file != NULL)
        fclose(file);
    return file != NULL;
}

/* Where the last name of the path's first `length` characters begins. */
static size_t last_name(const char *path, size_t length)
{
    while (length > 0 && !is_separator(path[length - 1]))
        length--;
    return length;
}

bool resume_folder_of(const char *path, char folder[RESULTS_PATH_BYTES])
{
    size_t length = strlen(path), last = last_name(path, length);
    if (strcmp(path + last, "runs.csv") == 0 && is_file(path)) {
        length = last;
        while (length > 1 && is_separator(path[length - 1]))
            length--;
        if (length == 0)
            path = ".";
    }
    return snprintf(folder, RESULTS_PATH_BYTES, "%.*s", length == 0 ? 1 : (int)length, path) <
           RESULTS_PATH_BYTES;
}

/* How many folders a relative path leads down; -1 where it leads elsewhere. */
static int depth_of(const char *path)
{
    int depth = 0;
    if (is_separator(path[0]) || (path[0] != '\0' && path[1] == ':'))
        return -1;
    while (*path != '\0') {
        size_t length = strcspn(path, "/\\");
        if (length == 2 && strncmp(path, "..", length) == 0)
            return -1;
        depth += length > 0 && (length > 1 || path[0] != '.');
        path += length;
        path += *path != '\0';
    }
    return depth;
}

/* By its text: a link on the way leads back to where it is. "" is the working folder. */
static void go_up(char folder[RESULTS_PATH_BYTES])
{
    size_t length = strlen(folder);
    while (length > 1 && is_separator(folder[length - 1]))
        length--;
    folder[length] = '\0';
    char *last = folder + last_name(folder, length);
    if (length == 0 || strcmp(last, ".") == 0 || strcmp(last, "..") == 0)
        snprintf(folder + length, RESULTS_PATH_BYTES - length, "%s..", length == 0 ? "" : "/");
    else
        *last = '\0';
}

static bool is_left_behind(const char *folder, const char *name)
{
    char path[2 * RESULTS_PATH_BYTES];
    return snprintf(path, sizeof path, "%s/%s", folder, name) < (int)sizeof path && is_file(path) &&
           !is_file(name);
}

/* -1, with a failure, where the command (without its kind) names such a file. */
static int command_check(const char *folder, const char *target, const char *command,
                         struct failure *failure)
{
    char **words = child_split_command(command, NULL);
    const char *found = is_left_behind(folder, command) ? command : NULL;
    for (size_t i = 0; words != NULL && words[i] != NULL && found == NULL; i++) {
        /* A program's bare name is looked up in PATH. */
        bool is_bare = i == 0 && strpbrk(words[i], "/\\") == NULL;
        if (!is_bare && is_left_behind(folder, words[i]))
            found = words[i];
    }
    if (found != NULL)
        failure_set(failure,
                    "target %.*s: %s is not here, but in %s, where the run was begun: run it "
                    "from that folder",
                    (int)strcspn(target, "="), target, found, folder);
    free((void *)words);
    return found == NULL ? 0 : -1;
}

int resume_folder_check(const char *folder, const char *out, const struct text_list *targets,
                        struct failure *failure)
{
    char begun[RESULTS_PATH_BYTES];
    int depth = depth_of(out);
    snprintf(begun, sizeof begun, "%s", folder);
    for (int i = 0; i <= depth; i++)
        go_up(begun);
    if (depth < 0 || begun[0] == '\0')
        return 0;
    for (size_t i = 0; i < targets->count; i++) {
        const char *text = strchr(targets->items[i], '=');
        if (text != NULL && target_kind_of(text + 1, &text) != TARGET_TCP &&
            command_check(begun, targets->items[i], text, failure) != 0)
            return -1;
    }
    return 0;
}
