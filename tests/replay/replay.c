/*
 * replay: iomodels as its users run it, but in the world of world.h: the commands bench, merge and
 * compare with their own arguments. replay.py says what is replayed, and compares.
 *
 *     replay COMMAND [OPTION...]
 *     replay --wait                 until its standard input ends
 */
#include "world.h"

#include <stdio.h>
#include <string.h>

#include "net.h"

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } commands[] = {
        {"bench", command_bench}, {"merge", command_merge}, {"compare", command_compare}};
    int status = EXIT_USAGE;
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("%s\n", IOMODELS_VERSION);
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "--wait") == 0) {
        while (getchar() != EOF)
            continue;
        return 0;
    }
    if (net_startup() != 0)
        return EXIT_FAILED;
    shell_set_program("iomodels");
    servers_begin();
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            status = commands[i].run(argc - 2, argv + 2);
    net_cleanup();
    return status;
}
