/* A trace: the script of its clients in the first line, then a line of the server's calls each. */
#include "fuzz.h"
#include "trace/trace_line.h"
#include "trace/trace_script.h"

/* The steps as one text are the same script again. */
static void script_again(const struct trace_script *script)
{
    static struct trace_script again;
    char text[TRACE_STEPS_MAX * sizeof script->steps[0].text + 1] = "";
    for (size_t i = 0; i < script->count; i++) {
        strcat(text, i == 0 ? "" : ",");
        strcat(text, script->steps[i].text);
    }
    FUZZ_HOLDS(trace_script_parse(&again, text, NULL));
    FUZZ_HOLDS(again.count == script->count);
    for (size_t i = 0; i < script->count; i++)
        FUZZ_HOLDS(again.steps[i].action == script->steps[i].action &&
                   again.steps[i].amount == script->steps[i].amount);
}

static void line_read(char *line)
{
    struct observed_call call;
    const char *end = line + strlen(line);
    if (!trace_line_read(line, &call))
        return;
    FUZZ_HOLDS(call.call > line && call.call <= end && call.call + strlen(call.call) <= end);
    FUZZ_HOLDS(call.result > call.call && call.result <= end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct trace_script script;
    char *text = fuzz_text(data, size), *rest = text, *line = fuzz_line(&rest);
    if (trace_script_parse(&script, line, NULL))
        script_again(&script);
    while ((line = fuzz_line(&rest)) != NULL)
        line_read(line);
    free(text);
    return 0;
}
