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

/* A descriptor, or -1 with errno. O_NONBLOCK: to open a FIFO would wait for its other end. */
static int regular_open(const char *path, int flags)
{
    struct stat about;
    int descriptor = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0666);
    if (descriptor < 0)
        return -1;
    int error = fstat(descriptor, &about) != 0 ? errno
                : S_ISREG(about.st_mode)       ? 0
                : S_ISDIR(about.st_mode)       ? EISDIR
                                               : ENXIO;
    if (error == 0)
        return descriptor;
    close(descriptor);
    errno = error;
    return -1;
}

static FILE *stream_open(const char *path, int flags, const char *mode)
{
    int descriptor = regular_open(path, flags);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, mode);
    if (file == NULL && descriptor >= 0)
        close(descriptor);
    return file;
}

FILE *files_open_read(const char *path)
{
    return stream_open(path, O_RDONLY, "rb");
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
    return part_path(part, path) ? stream_open(part, O_WRONLY | O_CREAT | O_TRUNC, "wb") : NULL;
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
    log->descriptor = regular_open(path, O_WRONLY | O_APPEND);
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
