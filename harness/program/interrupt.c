#include "program/interrupt.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>

#include "net.h"
#include "program.h"

static atomic_bool came;

static void note(void *unused)
{
    (void)unused;
    atomic_store(&came, true);
}

bool interrupt_catch(const char *command)
{
    char cause[160];
    int error = program_on_stop(note, NULL);
    if (error != 0)
        fprintf(stderr, "iomodels %s: preparing for Ctrl-C: %s\n", command,
                net_error_text(error, cause, sizeof cause));
    return error == 0;
}

bool interrupt_came(void *unused)
{
    (void)unused;
    return atomic_load(&came);
}
