/*
 * command: the commands of the program. Each takes what follows its name and returns the exit
 * status: 0, 1 for a failure, 2 for bad usage, 3 where `compare --fail-if` has shown nothing, 130 when
 * Ctrl-C ended it.
 */
#ifndef IOMODELS_COMMAND_H
#define IOMODELS_COMMAND_H

enum { EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_INCONCLUSIVE = 3, EXIT_INTERRUPTED = 130 };

int command_list(int argc, char **argv);
int command_serve(int argc, char **argv);
int command_bench(int argc, char **argv);
int command_compare(int argc, char **argv);
int command_trace(int argc, char **argv);
int command_merge(int argc, char **argv);
int command_doctor(int argc, char **argv);

#endif
