#include "cgroup.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proc_linux.h"

enum { LINE_BYTES = 4096, NUMBER_BYTES = 80, FIELDS = 5 };

/* Version 1 writes "no memory limit" as PAGE_COUNTER_MAX pages, here in bytes. */
static const uint64_t NO_MEMORY_LIMIT = UINT64_C(1) << 62;

/* The group of a process for one controller. */
struct group {
    char directory[CGROUP_PATH_BYTES];
    size_t
        top; /* so much of it is where the hierarchy is mounted: the highest group that is seen */
    bool version_2;
};

/* True: the word is in the list, which commas separate. */
static bool words_have(const char *words, size_t length, const char *word)
{
    size_t wanted = strlen(word);
    for (const char *end = words + length; words < end;) {
        const char *comma = memchr(words, ',', (size_t)(end - words));
        size_t here = (size_t)((comma == NULL ? end : comma) - words);
        if (here == wanted && memcmp(words, word, wanted) == 0)
            return true;
        words += here + 1;
    }
    return false;
}

/*
 * The process's place in the hierarchy that has the controller: a line "4:cpu,cpuacct:/place" of
 * version 1, else "0::/place" of version 2. False where there is none.
 */
static bool place_find(const char *root, unsigned long pid, const char *controller, char *place,
                       size_t size, bool *version_2)
{
    char path[CGROUP_PATH_BYTES], line[LINE_BYTES];
    bool found = false;
    if (pid == 0)
        snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    else
        snprintf(path, sizeof path, "%s/proc/%lu/cgroup", root, pid);
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *words = strchr(line, ':'), *at = words == NULL ? NULL : strchr(words + 1, ':');
        if (at == NULL)
            continue;
        bool is_2 = at == words + 1;
        if (is_2 ? found : !words_have(words + 1, (size_t)(at - words - 1), controller))
            continue;
        snprintf(place, size, "%s", at + 1);
        *version_2 = is_2;
        found = true;
        if (!is_2)
            break;
    }
    if (file != NULL)
        fclose(file);
    return found;
}

/* mountinfo writes a blank as \040 (proc_pid_mountinfo(5)). */
static void unescape(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; to++) {
        unsigned code;
        if (from[0] == '\\' && sscanf(from + 1, "%3o", &code) == 1) {
            *to = (char)code;
            from += 4;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
}

/* Where a line of mountinfo mounts the controller's hierarchy, and which group of it. */
static bool mount_take(char *line, const char *controller, bool version_2, const char **top,
                       const char **point)
{
    char *fields[FIELDS], *rest = strstr(line, " - "), *save = NULL;
    if (rest == NULL)
        return false;
    *rest = '\0';
    for (size_t i = 0; i < FIELDS; i++) {
        fields[i] = strtok_r(i == 0 ? line : NULL, " ", &save);
        if (fields[i] == NULL)
            return false;
    }
    const char *type = strtok_r(rest + 3, " ", &save), *source = strtok_r(NULL, " ", &save);
    const char *options = strtok_r(NULL, " \n", &save);
    if (type == NULL || source == NULL || options == NULL ||
        strcmp(type, version_2 ? "cgroup2" : "cgroup") != 0 ||
        (!version_2 && !words_have(options, strlen(options), controller)))
        return false;
    unescape(fields[3]);
    unescape(fields[4]);
    *top = fields[3];
    *point = fields[4];
    return true;
}

static bool group_find(struct group *group, const char *root, unsigned long pid,
                       const char *controller)
{
    char path[CGROUP_PATH_BYTES], line[LINE_BYTES], place[CGROUP_PATH_BYTES];
    const char *top, *point;
    int length = -1;
    if (!place_find(root, pid, controller, place, sizeof place, &group->version_2))
        return false;
    snprintf(path, sizeof path, "%s/proc/self/mountinfo", root);
    FILE *file = fopen(path, "re");
    while (length < 0 && file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (!mount_take(line, controller, group->version_2, &top, &point))
            continue;
        /* A container may see only its own group, mounted in the place of the root. */
        size_t above = strcmp(top, "/") == 0 ? 0 : strlen(top);
        bool below = strncmp(place, top, above) == 0 && strncmp(place, "/..", 3) != 0 &&
                     (place[above] == '/' || place[above] == '\0');
        const char *rest = below ? place + above : "";
        length = snprintf(group->directory, sizeof group->directory, "%s%s%s", root, point,
                          strcmp(rest, "/") == 0 ? "" : rest);
        group->top = strlen(root) + strlen(point);
    }
    if (file != NULL)
        fclose(file);
    return length >= 0 && (size_t)length < sizeof group->directory;
}

/* Goes to the group above; false where that group can't be seen. */
static bool group_climb(struct group *group)
{
    char *slash = strrchr(group->directory, '/');
    if (strlen(group->directory) <= group->top || slash == NULL)
        return false;
    *slash = '\0';
    return true;
}

static const char *path_of(const struct group *group, const char *file, char *path)
{
    int length = snprintf(path, CGROUP_PATH_BYTES, "%s/%s", group->directory, file);
    if (length < 0 || length >= CGROUP_PATH_BYTES)
        path[0] = '\0';
    return path;
}

/* The number in a file; 0 where there is no number, where it is -1, and for "max". */
static uint64_t limit_of(const struct group *group, const char *file, char *path)
{
    char text[NUMBER_BYTES];
    if (!proc_line(path_of(group, file, path), "", text, sizeof text) || text[0] == '-')
        return 0;
    return strtoull(text, NULL, 10);
}

/* The group's quota in processors; 0: none. */
static double quota_of(const struct group *group, char *path, uint64_t *period_us)
{
    char text[NUMBER_BYTES], other[CGROUP_PATH_BYTES], *end;
    if (!group->version_2) {
        *period_us = limit_of(group, "cpu.cfs_period_us", other);
        uint64_t quota_us = limit_of(group, "cpu.cfs_quota_us", path);
        return *period_us == 0 ? 0 : (double)quota_us / (double)*period_us;
    }
    /* "50000 100000", or "max 100000" */
    if (!proc_line(path_of(group, "cpu.max", path), "", text, sizeof text))
        return 0;
    uint64_t quota_us = strtoull(text, &end, 10);
    *period_us = strtoull(end, NULL, 10);
    return *period_us == 0 ? 0 : (double)quota_us / (double)*period_us;
}

static void read_cpu(struct cgroup_limits *limits, struct group *group)
{
    do {
        char path[CGROUP_PATH_BYTES];
        uint64_t period_us = 0;
        double cpus = quota_of(group, path, &period_us);
        if (cpus == 0 || (limits->cpus != 0 && limits->cpus <= cpus))
            continue;
        limits->cpus = cpus;
        limits->cpu_period_us = period_us;
        memcpy(limits->cpu_path, path, sizeof path);
    } while (group_climb(group));
}

static uint64_t left_of(uint64_t limit, uint64_t used)
{
    return limit > used ? limit - used : 0;
}

static void read_tasks(struct cgroup_limits *limits, struct group *group)
{
    do {
        char path[CGROUP_PATH_BYTES], other[CGROUP_PATH_BYTES];
        uint64_t most = limit_of(group, "pids.max", path);
        uint64_t now = limit_of(group, "pids.current", other);
        if (most == 0 ||
            (limits->tasks != 0 && left_of(limits->tasks, limits->tasks_now) <= left_of(most, now)))
            continue;
        limits->tasks = most;
        limits->tasks_now = now;
        memcpy(limits->tasks_path, path, sizeof path);
    } while (group_climb(group));
}

static void read_memory(struct cgroup_limits *limits, struct group *group)
{
    bool first = true;
    do {
        char path[CGROUP_PATH_BYTES], other[CGROUP_PATH_BYTES];
        bool is_2 = group->version_2;
        uint64_t most = limit_of(group, is_2 ? "memory.max" : "memory.limit_in_bytes", path);
        uint64_t used = limit_of(group, is_2 ? "memory.current" : "memory.usage_in_bytes", other);
        if (most == 0 || most >= NO_MEMORY_LIMIT)
            continue;
        if (first || left_of(most, used) < limits->memory_left_bytes)
            limits->memory_left_bytes = left_of(most, used);
        if (first || most < limits->memory_bytes) {
            limits->memory_bytes = most;
            memcpy(limits->memory_path, path, sizeof path);
        }
        first = false;
    } while (group_climb(group));
}

void cgroup_limits_read(struct cgroup_limits *limits, const char *root)
{
    struct group group;
    memset(limits, 0, sizeof *limits);
    if (group_find(&group, root, 0, "cpu"))
        read_cpu(limits, &group);
    if (group_find(&group, root, 0, "pids"))
        read_tasks(limits, &group);
    if (group_find(&group, root, 0, "memory"))
        read_memory(limits, &group);
}

static bool throttles_have(const struct cgroup_throttles *throttles, const char *path)
{
    for (size_t i = 0; i < throttles->count; i++)
        if (strcmp(throttles->paths[i], path) == 0)
            return true;
    return false;
}

void cgroup_throttles_add(struct cgroup_throttles *throttles, const char *root, unsigned long pid)
{
    struct group group;
    if (!group_find(&group, root, pid, "cpu"))
        return;
    do {
        char path[CGROUP_PATH_BYTES];
        uint64_t period_us;
        if (quota_of(&group, path, &period_us) != 0 && throttles->count < CGROUP_LEVELS_MOST &&
            !throttles_have(throttles, path_of(&group, "cpu.stat", path)))
            memcpy(throttles->paths[throttles->count++], path, sizeof path);
    } while (group_climb(&group));
}

uint64_t cgroup_throttles_now(const struct cgroup_throttles *throttles)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < throttles->count; i++) {
        char text[NUMBER_BYTES];
        if (proc_line(throttles->paths[i], "nr_throttled ", text, sizeof text))
            sum += strtoull(text, NULL, 10);
    }
    return sum;
}
