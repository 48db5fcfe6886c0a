#include "host/child_common.h"

#include <string.h>

#include "clock.h"
#include "host/host.h"

enum { NS_PER_MS = 1000000 };

bool child_may_start(const char *const *arguments, const char *cpus, struct failure *failure)
{
    if (arguments[0] == NULL)
        failure_set(failure, "cannot start a program without a name");
    else if (cpus != NULL && host_cpus_count(cpus) == 0)
        failure_set(failure, "cannot start \"%s\" on the processors %s: %s", arguments[0], cpus,
                    "not a list of processors that this process may use");
    else
        return true;
    return false;
}

uint64_t child_deadline_ns(unsigned timeout_ms)
{
    return clock_now_ns() + (uint64_t)timeout_ms * NS_PER_MS;
}

enum child_read child_read_stops(uint64_t deadline_ns, bool (*cancelled)(void *context),
                                 void *context)
{
    if (cancelled != NULL && cancelled(context))
        return CHILD_CANCELLED;
    return clock_now_ns() >= deadline_ns ? CHILD_TIMEOUT : CHILD_LINE;
}

int child_slice_ms(uint64_t deadline, int most_ms)
{
    uint64_t now = clock_now_ns();
    uint64_t left = now >= deadline ? 0 : (deadline - now + NS_PER_MS - 1) / NS_PER_MS;
    return left < (uint64_t)most_ms ? (int)left : most_ms;
}

bool child_output_take(struct child_output *output, char *line, size_t size,
                       enum child_read *result)
{
    const char *end = memchr(output->buffer, '\n', output->count);
    size_t length = end == NULL ? output->count : (size_t)(end - output->buffer);
    size_t used = length + 1;
    if (end != NULL && length > 0 && output->buffer[length - 1] == '\r')
        length--;
    *result = CHILD_FAILED;
    if (memchr(output->buffer, '\0', length) != NULL)
        return true;
    if (end == NULL) {
        /* One more than fits may still be the CR of its line end. */
        return output->count > size || output->count == sizeof output->buffer;
    }
    if (length >= size)
        return true;
    memcpy(line, output->buffer, length);
    line[length] = '\0';
    output->count -= used;
    memmove(output->buffer, output->buffer + used, output->count);
    *result = CHILD_LINE;
    return true;
}

const char *child_kept_line(struct child_kept *kept)
{
    thread_mutex_lock(&kept->lock);
    child_errors_line(&kept->errors, kept->line);
    thread_mutex_unlock(&kept->lock);
    return kept->line;
}

bool child_kept_is_cut(struct child_kept *kept)
{
    thread_mutex_lock(&kept->lock);
    bool cut = child_errors_are_cut(&kept->errors);
    thread_mutex_unlock(&kept->lock);
    return cut;
}
