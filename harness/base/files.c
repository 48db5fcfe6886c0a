#include "base/files.h"

#include <errno.h>
#include <string.h>

const char *files_error_text(int error)
{
    return error == ENXIO ? "a pipe or a device, not a regular file" : strerror(error);
}
