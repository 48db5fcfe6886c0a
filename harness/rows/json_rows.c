#include "rows/json_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"

static void write_raw(struct json_rows *json, const char *text)
{
    json->failed |= fputs(text, json->file) < 0;
}

static void write_string(struct json_rows *json, const char *text)
{
    json->failed |= !json_write_text(json->file, text);
}

void json_rows_begin(struct json_rows *json, FILE *file, const char *document)
{
    *json = (struct json_rows){.file = file};
    write_raw(json, "{\"iomodels_json\":1,\"document\":");
    write_string(json, document);
    write_raw(json, ",\"tool_version\":");
    write_string(json, IOMODELS_VERSION);
    write_raw(json, ",\"rows\":[");
}

static void name_add(struct json_rows *json, const char *name)
{
    size_t size = strlen(name) + 1;
    char *larger = realloc(json->names, json->names_size + size);
    if (larger == NULL) {
        json->failed = true;
        return;
    }
    json->names = larger;
    memcpy(larger + json->names_size, name, size);
    json->names_size += size;
}

/* The name of the next field; false where it has no value, and so no key. */
static bool begin_field(struct json_rows *json, const char *text)
{
    const char *name = json->name;
    if (json->failed || name == NULL || name == json->names + json->names_size) {
        json->failed = true;
        return false;
    }
    json->name += strlen(name) + 1;
    if (text == NULL || text[0] == '\0')
        return false;
    write_raw(json, json->fields++ > 0 ? "," : json->rows > 0 ? ",\n{" : "\n{");
    write_string(json, name);
    write_raw(json, ":");
    return true;
}

void json_rows_text(struct json_rows *json, const char *text)
{
    if (!json->has_names)
        name_add(json, text);
    else if (begin_field(json, text))
        write_string(json, text);
}

void json_rows_number(struct json_rows *json, const char *text)
{
    if (begin_field(json, text))
        write_raw(json, text);
}

void json_rows_end_row(struct json_rows *json)
{
    if (json->has_names && json->fields > 0) {
        write_raw(json, "}");
        json->rows++;
    }
    json->has_names = true;
    json->name = json->names;
    json->fields = 0;
}

int json_rows_end(struct json_rows *json)
{
    write_raw(json, "\n]}\n");
    json->failed |= fflush(json->file) != 0;
    free(json->names);
    json->names = NULL;
    return json->failed ? -1 : 0;
}
