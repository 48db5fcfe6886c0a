#include "base/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 4096 };

int files_make_folder(const char *path)
{
    return mkdir(path, 0777);
}

int files_make_folders(const char *path)
{
    char part[PATH_BYTES];
    size_t length = strlen(path);
    struct stat about;
    if (length >= sizeof part) {
        errno = ENAMETOOLONG;
        return -1;
    }
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return -1;
    }
    if (stat(path, &about) != 0)
        return -1;
    if (!S_ISDIR(about.st_mode)) {
        errno = ENOTDIR;
        return -1;
    }
    return access(path, W_OK | X_OK);
}

FILE *files_open_read(const char *path)
{
    struct stat about;
    FILE *file = fopen(path, "rbe");
    if (file != NULL && fstat(fileno(file), &about) == 0 && S_ISDIR(about.st_mode)) {
        fclose(file);
        file = NULL;
        errno = EISDIR;
    }
    return file;
}

static bool part_path(char part[PATH_BYTES], const char *path)
{
    if (snprintf(part, PATH_BYTES, "%s.part", path) < PATH_BYTES)
        return true;
    errno = ENAMETOOLONG;
    return false;
}

static int descriptor_sync(int descriptor)
{
    /* Some file systems can't, and say so. */
    return fdatasync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP ? 0 : -1;
}

FILE *files_replace_begin(const char *path)
{
    char part[PATH_BYTES];
    return part_path(part, path) ? fopen(part, "wbe") : NULL;
}

enum files_replaced files_replace_end(FILE *file, const char *path, int error)
{
    char part[PATH_BYTES];
    if (error == 0 && (fflush(file) != 0 || descriptor_sync(fileno(file)) != 0))
        error = errno;
    if (fclose(file) != 0 && error == 0)
        error = errno;
    if (!part_path(part, path))
        return FILES_NOT_WRITTEN;
    if (error == 0)
        return rename(part, path) == 0 ? FILES_REPLACED : FILES_KEPT_APART;
    unlink(part);
    errno = error;
    return FILES_NOT_WRITTEN;
}

int files_log_open(struct files_log *log, const char *path)
{
    struct stat about;
    log->descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (log->descriptor < 0)
        return -1;
    int locked = flock(log->descriptor, LOCK_EX | LOCK_NB);
    if (locked == 0 || errno != EWOULDBLOCK) { /* some file systems know no locks */
        if (fstat(log->descriptor, &about) == 0) {
            log->size = (uint64_t)about.st_size;
            return 0;
        }
    } else {
        errno = EBUSY;
    }
    int error = errno;
    close(log->descriptor);
    errno = error;
    return -1;
}

int files_log_append(struct files_log *log, const void *piece, size_t size)
{
    const char *at = piece;
    size_t left = size;
    while (left > 0) {
        ssize_t written = write(log->descriptor, at, left);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0) {
            int error = errno;
            (void)files_log_cut(log, log->size);
            errno = error;
            return -1;
        }
        at += written;
        left -= (size_t)written;
    }
    log->size += size;
    return 0;
}

int files_log_cut(struct files_log *log, uint64_t size)
{
    if (ftruncate(log->descriptor, (off_t)size) != 0)
        return -1;
    log->size = size;
    return 0;
}

int files_log_sync(struct files_log *log)
{
    return descriptor_sync(log->descriptor);
}

int files_log_close(struct files_log *log)
{
    return close(log->descriptor);
}
