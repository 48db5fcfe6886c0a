/*
 * files: paths in UTF-8 on both systems. files_posix.c, files_win32.c.
 */
#ifndef IOMODELS_FILES_H
#define IOMODELS_FILES_H

#include <stdint.h>
#include <stdio.h>

/* Makes one folder. 0, or -1 with errno (EEXIST where something of that name is there). */
int files_make_folder(const char *path);
/* Makes a folder and those above it that are missing. 0 where it is there already; -1 with errno.
 */
int files_make_folders(const char *path);
/* Opens a new file for writing bytes as they are; NULL with errno, EEXIST where it is there. */
FILE *files_open_new(const char *path);
/* The same, but empties one that is there. */
FILE *files_open_anew(const char *path);
/* Opens a file for reading bytes as they are; NULL with errno, EISDIR where it is a folder. */
FILE *files_open_read(const char *path);
/* Cuts a file to its first `size` bytes. 0, or -1 with errno. */
int files_cut(const char *path, uint64_t size);

#endif
