#include "files.h"

#include <direct.h>
#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdbool.h>
#include <sys/stat.h>
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

FILE *files_open_new(const char *path)
{
    wchar_t wide[PATH_CHARS];
    if (!path_wide(path, wide))
        return NULL;
    int fd = _wopen(wide, _O_WRONLY | _O_CREAT | _O_EXCL | _O_BINARY | _O_NOINHERIT,
                    _S_IREAD | _S_IWRITE);
    return fd < 0 ? NULL : _fdopen(fd, "wb");
}

FILE *files_open_anew(const char *path)
{
    wchar_t wide[PATH_CHARS];
    return path_wide(path, wide) ? _wfopen(wide, L"wbN") : NULL;
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

int files_cut(const char *path, uint64_t size)
{
    wchar_t wide[PATH_CHARS];
    if (!path_wide(path, wide))
        return -1;
    int fd = _wopen(wide, _O_WRONLY | _O_BINARY | _O_NOINHERIT);
    if (fd < 0)
        return -1;
    int error = _chsize_s(fd, (__int64)size);
    _close(fd);
    errno = error;
    return error == 0 ? 0 : -1;
}
