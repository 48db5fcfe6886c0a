#include "files.h"

#include <direct.h>
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <wchar.h>
#include <windows.h>

enum { PATH_CHARS = 4096 };

static bool path_wide(const char *path, wchar_t wide[PATH_CHARS])
{
    if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, wide, PATH_CHARS) > 0)
        return true;
    errno = ENAMETOOLONG;
    return false;
}

int files_make_folder(const char *path)
{
    wchar_t wide[PATH_CHARS];
    return path_wide(path, wide) ? _wmkdir(wide) : -1;
}

int files_make_folders(const char *path)
{
    wchar_t wide[PATH_CHARS];
    if (!path_wide(path, wide))
        return -1;
    for (wchar_t *c = wide; *c != L'\0'; c++) {
        wchar_t separator = c[1];
        if (separator != L'/' && separator != L'\\' && separator != L'\0')
            continue;
        c[1] = L'\0';
        /* A drive ("C:") exists, whatever making it reports. */
        if (*c != L':' && _wmkdir(wide) != 0 && errno != EEXIST && errno != EACCES)
            return -1;
        c[1] = separator;
    }
    DWORD attributes = GetFileAttributesW(wide);
    if (attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0)
        return 0;
    errno = attributes == INVALID_FILE_ATTRIBUTES ? ENOENT : ENOTDIR;
    return -1;
}

FILE *files_open_read(const char *path)
{
    wchar_t wide[PATH_CHARS];
    if (!path_wide(path, wide))
        return NULL;
    DWORD attributes = GetFileAttributesW(wide);
    if (attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0) {
        errno = EISDIR;
        return NULL;
    }
    return _wfopen(wide, L"rbN");
}

static bool part_wide(const char *path, wchar_t wide[PATH_CHARS])
{
    static const wchar_t suffix[] = L".part";
    if (!path_wide(path, wide))
        return false;
    size_t length = wcslen(wide);
    if (length + sizeof suffix / sizeof suffix[0] > PATH_CHARS) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(wide + length, suffix, sizeof suffix);
    return true;
}

FILE *files_replace_begin(const char *path)
{
    wchar_t part[PATH_CHARS];
    return part_wide(path, part) ? _wfopen(part, L"wbN") : NULL;
}

int files_replace_end(FILE *file, const char *path, int error)
{
    wchar_t part[PATH_CHARS], wide[PATH_CHARS];
    if (error == 0 && (fflush(file) != 0 || _commit(_fileno(file)) != 0))
        error = errno;
    if (fclose(file) != 0 && error == 0)
        error = errno;
    if (!part_wide(path, part) || !path_wide(path, wide))
        return -1;
    if (error == 0 && MoveFileExW(part, wide, MOVEFILE_REPLACE_EXISTING))
        return 0;
    if (error == 0) /* a reader that does not share it has it open, or it may not be written */
        error = EACCES;
    DeleteFileW(part);
    errno = error;
    return -1;
}

/* One byte that no file has: locked ones can't be read by others. */
static bool log_lock(int descriptor)
{
    OVERLAPPED at = {.OffsetHigh = 0x40000000};
    return LockFileEx((HANDLE)_get_osfhandle(descriptor),
                      LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at) ||
           GetLastError() != ERROR_LOCK_VIOLATION;
}

int files_log_open(struct files_log *log, const char *path)
{
    wchar_t wide[PATH_CHARS];
    if (!path_wide(path, wide))
        return -1;
    log->descriptor = _wopen(wide, _O_WRONLY | _O_APPEND | _O_BINARY | _O_NOINHERIT);
    if (log->descriptor < 0)
        return -1;
    int error = EBUSY;
    if (log_lock(log->descriptor)) {
        __int64 size = _lseeki64(log->descriptor, 0, SEEK_END);
        if (size >= 0) {
            log->size = (uint64_t)size;
            return 0;
        }
        error = errno;
    }
    _close(log->descriptor);
    errno = error;
    return -1;
}

int files_log_append(struct files_log *log, const void *piece, size_t size)
{
    const char *at = piece;
    size_t left = size;
    while (left > 0) {
        int written = _write(log->descriptor, at, left < INT_MAX ? (unsigned)left : INT_MAX);
        if (written <= 0) {
            int error = written == 0 ? ENOSPC : errno;
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
    int error = _chsize_s(log->descriptor, (__int64)size);
    if (error == 0)
        log->size = size;
    errno = error;
    return error == 0 ? 0 : -1;
}

int files_log_sync(struct files_log *log)
{
    return _commit(log->descriptor);
}

int files_log_close(struct files_log *log)
{
    return _close(log->descriptor);
}
