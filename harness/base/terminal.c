#include "base/terminal.h"

#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "base/utf8.h"

/* The one platform block. */
#ifdef _WIN32
#include <io.h>
#include <windows.h>

bool terminal_is(FILE *file)
{
    DWORD mode;
    /* Not _isatty, which takes NUL for a terminal. */
    return GetConsoleMode((HANDLE)_get_osfhandle(_fileno(file)), &mode) != 0;
}

unsigned terminal_width(FILE *file)
{
    CONSOLE_SCREEN_BUFFER_INFO screen;
    if (!GetConsoleScreenBufferInfo((HANDLE)_get_osfhandle(_fileno(file)), &screen))
        return 80;
    int columns = screen.srWindow.Right - screen.srWindow.Left + 1;
    return columns > 0 ? (unsigned)columns : 80;
}
#else
#include <sys/ioctl.h>
#include <unistd.h>

bool terminal_is(FILE *file)
{
    return isatty(fileno(file)) != 0;
}

unsigned terminal_width(FILE *file)
{
    struct winsize size;
    if (ioctl(fileno(file), TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 80;
    return size.ws_col;
}
#endif

/* The columns that COLUMNS or the terminal tells; unwatched: where neither does. */
static unsigned width_or(FILE *file, unsigned unwatched)
{
    enum { COLUMNS_MAX = 10000 };
    uint64_t columns;
    const char *told = getenv("COLUMNS");
    if (told != NULL && units_parse_count(told, 1, COLUMNS_MAX, &columns))
        return (unsigned)columns;
    return terminal_is(file) ? terminal_width(file) : unwatched;
}

unsigned terminal_table_width(FILE *file)
{
    enum { UNWATCHED = 100 };
    return width_or(file, UNWATCHED);
}

unsigned terminal_text_width(FILE *file)
{
    return width_or(file, 0);
}

static void line_show(const char *text)
{
    static size_t shown; /* columns of the line that stands there */
    /* One column less: a full line would begin the next one. */
    size_t length = strlen(text), most = terminal_width(stderr) - 1;
    if (length == 0 && shown == 0)
        return;
    if (length > most)
        length = most;
    fprintf(stderr, "\r%.*s", (int)length, text);
    if (shown > length)
        fprintf(stderr, "%*s", (int)(shown - length), "");
    if (length == 0)
        fprintf(stderr, "\r");
    fflush(stderr);
    shown = length;
}

static char progress[400]; /* the last line, for what is shown behind it */

void terminal_progress(const char *text)
{
    if (!terminal_is(stderr))
        return;
    snprintf(progress, sizeof progress, "%s", text == NULL ? "" : text);
    line_show(progress);
}

void terminal_progress_add(const char *text)
{
    char line[sizeof progress + 80];
    if (!terminal_is(stderr))
        return;
    snprintf(line, sizeof line, "%s%.79s", progress, text);
    line_show(line);
}

void terminal_print_wrapped(FILE *file, const char *text, unsigned indent, unsigned width)
{
    enum { FURTHER_INDENT = 4 };
    size_t column = indent;
    bool begun = false;
    fprintf(file, "%*s", (int)indent, "");
    while (*text != '\0') {
        size_t length = strcspn(text, " "), columns = utf8_columns(text, length);
        if (begun && width > 0 && column + 1 + columns > width) {
            fprintf(file, "\n%*s", FURTHER_INDENT, "");
            column = FURTHER_INDENT;
            begun = false;
        }
        fprintf(file, "%s%.*s", begun ? " " : "", (int)length, text);
        column += columns + begun;
        begun = true;
        text += length + strspn(text + length, " ");
    }
    fprintf(file, "\n");
}
