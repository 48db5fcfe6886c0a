/*
 * command: the commands of the program. Each takes what follows its name and returns the exit
 * status: 0 or one of exit_status.h.
 */
#ifndef IOMODELS_COMMAND_H
#define IOMODELS_COMMAND_H

#include "base/exit_status.h"

int command_list(int argc, char **argv);
int command_serve(int argc, char **argv);
int command_bench(int argc, char **argv);
int command_compare(int argc, char **argv);
int command_report(int argc, char **argv);
int command_trace(int argc, char **argv);
int command_merge(int argc, char **argv);
int command_doctor(int argc, char **argv);

#endif
