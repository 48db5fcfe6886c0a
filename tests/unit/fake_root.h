/*
 * fake_root: a folder that stands in for the root of the file system, with files that stand in for
 * the kernel's. The test defines FAKE_ROOT, the folder's name, before it includes this.
 */
#ifndef IOMODELS_FAKE_ROOT_H
#define IOMODELS_FAKE_ROOT_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"

static char root[64];

/* Another root, without files. */
static inline void root_begin(void)
{
    static unsigned count;
    snprintf(root, sizeof root, FAKE_ROOT "/%u", count++);
}

/* A file below the root, with its folders. */
static inline void root_put(const char *path, const char *text)
{
    char whole[512];
    snprintf(whole, sizeof whole, "%s%s", root, path);
    char *slash = strrchr(whole, '/');
    *slash = '\0';
    if (files_make_folders(whole) != 0)
        abort();
    *slash = '/';
    FILE *file = fopen(whole, "wb");
    if (file == NULL)
        abort();
    fputs(text, file);
    fclose(file);
}

static inline int root_entry_remove(const char *path, const struct stat *about, int type,
                                    struct FTW *place)
{
    (void)about;
    (void)type;
    (void)place;
    return remove(path);
}

/* All roots. */
static inline void roots_remove(void)
{
    nftw(FAKE_ROOT, root_entry_remove, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
