#include "base/files.h"

#include <direct.h>
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <wchar.h>
#include <windows.h>

#include "clock.h"

enum {
    PATH_CHARS = 4096,
    PATH_CHARS_PLAIN = 248, /* from there on CreateDirectory wants the prefix, files from 260 on */
    REPLACE_MS = 2000,
    REPLACE_STEP_MS = 20
};

/*
 * A long path as the system takes it whatever its settings: absolute, with backslashes only, behind
 * a prefix ("Maximum Path Length Limitation"). One that begins with two backslashes is a share's,
 * or has such a prefix already.
 */
static bool path_prefix(wchar_t wide[PATH_CHARS])
{
    static const wchar_t plain[] = L"\\\\?\\", share[] = L"\\\\?\\UNC\\";
    wchar_t whole[PATH_CHARS];
    DWORD length = GetFullPathNameW(wide, PATH_CHARS, whole, NULL);
    if (length == 0 || length >= PATH_CHARS)
        return false;
    bool is_share = wcsncmp(whole, L"\\\\", 2) == 0;
    bool is_device = is_share && (whole[2] == L'?' || whole[2] == L'.') && whole[3] == L'\\';
    const wchar_t *prefix = is_device ? L"" : is_share ? share : plain;
    const wchar_t *rest = is_share && !is_device ? whole + 2 : whole;
    if (wcslen(prefix) + wcslen(rest) >= PATH_CHARS)
        return false;
    wcscpy(wide, prefix);
    wcscat(wide, rest);
    return true;
}

static bool path_wide(const char *path, wchar_t wide[PATH_CHARS])
{
    if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, path, -1, wide, PATH_CHARS) > 0 &&
        (wcslen(wide) < PATH_CHARS_PLAIN || path_prefix(wide)))
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
    char part[PATH_CHARS];
    size_t length = strlen(path);
    if (length >= sizeof part || !path_wide(path, wide)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\\' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        /* A drive ("C:") exists, whatever making it reports. */
        if (path[i - 1] != ':' && files_make_folder(part) != 0 && errno != EEXIST &&
            errno != EACCES)
            return -1;
    }
    DWORD attributes = GetFileAttributesW(wide);
    if (attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0)
        return 0;
    errno = attributes == INVALID_FILE_ATTRIBUTES ? ENOENT : ENOTDIR;
    return -1;
}

/* False for a pipe or a device ("GetFileType"). */
static bool is_regular(int descriptor)
{
    return GetFileType((HANDLE)_get_osfhandle(descriptor)) == FILE_TYPE_DISK;
}

static FILE *stream_open(const wchar_t *wide, const wchar_t *mode)
{
    FILE *file = _wfopen(wide, mode);
    if (file == NULL || is_regular(_fileno(file)))
        return file;
    fclose(file);
    errno = ENXIO;
    return NULL;
}

/* What the C library calls EACCES. */
static bool is_folder(const wchar_t *wide)
{
    DWORD attributes = GetFileAttributesW(wide);
    errno = EISDIR;
    return attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_DIRECTORY) != 0;
}

FILE *files_open_read(const char *path)
{
    wchar_t wide[PATH_CHARS];
    if (!path_wide(path, wide) || is_folder(wide))
        return NULL;
    return stream_open(wide, L"rbN");
}

static bool part_wide(const char *path, wchar_t wide[PATH_CHARS])
{
    char part[PATH_CHARS];
    if (snprintf(part, sizeof part, "%s.part", path) < PATH_CHARS)
        return path_wide(part, wide);
    errno = ENAMETOOLONG;
    return false;
}

FILE *files_replace_begin(const char *path)
{
    wchar_t part[PATH_CHARS];
    return part_wide(path, part) ? stream_open(part, L"wbN") : NULL;
}

/*
 * Others that look at each new file (virus scanners, indexers) often share it for reading only, and
 * let it go soon: https://github.com/golang/go/issues/16882.
 */
static bool move_over(const wchar_t *from, const wchar_t *to)
{
    for (unsigned waited_ms = 0;; waited_ms += REPLACE_STEP_MS) {
        if (MoveFileExW(from, to, MOVEFILE_REPLACE_EXISTING))
            return true;
        DWORD error = GetLastError();
        if ((error != ERROR_ACCESS_DENIED && error != ERROR_SHARING_VIOLATION) ||
            waited_ms >= REPLACE_MS)
            return false;
        clock_sleep_ms(REPLACE_STEP_MS);
    }
}

enum files_replaced files_replace_end(FILE *file, const char *path, int error)
{
    wchar_t part[PATH_CHARS], wide[PATH_CHARS];
    if (error == 0 && (fflush(file) != 0 || _commit(_fileno(file)) != 0))
        error = errno;
    if (fclose(file) != 0 && error == 0)
        error = errno;
    if (!part_wide(path, part) || !path_wide(path, wide))
        return FILES_NOT_WRITTEN;
    if (error == 0 && move_over(part, wide))
        return FILES_REPLACED;
    if (error == 0) {
        errno = EACCES; /* another program has it open, or it may not be written */
        return FILES_KEPT_APART;
    }
    DeleteFileW(part);
    errno = error;
    return FILES_NOT_WRITTEN;
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
    if (!path_wide(path, wide) || is_folder(wide))
        return -1;
    log->descriptor = _wopen(wide, _O_WRONLY | _O_APPEND | _O_BINARY | _O_NOINHERIT);
    if (log->descriptor < 0)
        return -1;
    int error = EBUSY;
    if (!is_regular(log->descriptor)) {
        error = ENXIO;
    } else if (log_lock(log->descriptor)) {
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
