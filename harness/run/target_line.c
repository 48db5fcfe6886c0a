#include "run/target_line.h"

#include <math.h>
#include <string.h>

#include "base/units.h"

bool target_line_text(const char *line, const char *key, char *text, size_t size)
{
    size_t length = strlen(key);
    while (*line != '\0') {
        size_t word = strcspn(line, " ");
        if (word > length && strncmp(line, key, length) == 0 && line[length] == '=') {
            size_t value = word - length - 1;
            if (value >= size)
                return false;
            memcpy(text, line + length + 1, value);
            text[value] = '\0';
            return true;
        }
        line += word + (line[word] == ' ');
    }
    return false;
}

double target_line_number(const char *line, const char *key)
{
    char text[32];
    double value = NAN;
    if (target_line_text(line, key, text, sizeof text))
        units_parse_double(text, &value);
    return value;
}
