/*
 * files: paths in UTF-8 on both systems. files.c, files_posix.c, files_win32.c.
 *
 * Only regular files are opened: a pipe blocks until somebody is at its other end, and a device may
 * never end. Else errno is EISDIR for a folder, and ENXIO for what is neither.
 */
#ifndef IOMODELS_FILES_H
#define IOMODELS_FILES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Makes one folder. 0, or -1 with errno (EEXIST where something of that name is there). */
int files_make_folder(const char *path);
/* Makes a folder and those above it that are missing. 0 where it is there already; -1 with errno.
 */
int files_make_folders(const char *path);
/* The words for an errno that a function of this file has left. */
const char *files_error_text(int error);
/* Opens a file for reading bytes as they are; NULL with errno. */
FILE *files_open_read(const char *path);
/*
 * Begins to write a file, bytes as they are. It is PATH.part until it is whole, and then takes its
 * place at once, also that of an older file: a program that is killed leaves no half file at PATH.
 * NULL with errno.
 */
FILE *files_replace_begin(const char *path);
enum files_replaced {
    FILES_REPLACED,
    FILES_NOT_WRITTEN, /* with errno; nothing is left of it */
    FILES_KEPT_APART   /* with errno: it is whole, but could not take its place; it is PATH.part */
};
/*
 * Waits until the file is on the disk, closes it in any case, and puts it in its place. error: the
 * errno of a write that failed before, or 0; else the file is dropped. Windows refuses the renaming
 * while another program has the file open (a virus scanner, an indexer), mostly for a moment: there
 * it is tried for 2 s.
 */
enum files_replaced files_replace_end(FILE *file, const char *path, int error);

/*
 * A file that grows by pieces. Each piece is one write, and is taken back where it does not fit
 * whole (a full disk). A program that is killed leaves whole pieces; only within a write, a part of
 * one.
 */
struct files_log {
    int descriptor;
    uint64_t size; /* of its whole pieces */
};
/* Opens one that is there, for this process alone. 0, or -1 with errno, EBUSY: another has it. */
int files_log_open(struct files_log *log, const char *path);
/* 0, or -1 with errno; then nothing was added. */
int files_log_append(struct files_log *log, const void *piece, size_t size);
/* Cuts it to its first `size` bytes. 0, or -1 with errno. */
int files_log_cut(struct files_log *log, uint64_t size);
/* Waits until all of it is on the disk. 0, or -1 with errno. */
int files_log_sync(struct files_log *log);
/* 0, or -1 with errno. */
int files_log_close(struct files_log *log);

#endif
