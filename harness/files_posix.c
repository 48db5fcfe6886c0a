#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
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

FILE *files_open_new(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    return fd < 0 ? NULL : fdopen(fd, "wb");
}

FILE *files_open_anew(const char *path)
{
    return fopen(path, "wbe");
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

int files_cut(const char *path, uint64_t size)
{
    return truncate(path, (off_t)size);
}
