/*
 * For a test that starts itself: the system may not be able to. An emulator that runs one program of
 * another processor (QEMU's user mode) does not run what that program starts.
 */
#ifndef IOMODELS_STARTS_ITSELF_H
#define IOMODELS_STARTS_ITSELF_H

#include <stdbool.h>
#include <stdio.h>
#ifndef _WIN32
#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>
#endif

enum { STARTS_ITSELF_SKIPPED = 77 }; /* the exit status for Meson */

/* False, after a line that says so, where the system refuses the file as no program of its own. */
static inline bool starts_itself(const char *path)
{
#ifdef _WIN32
    (void)path;
#else
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        execl(path, path, "no mode", (char *)NULL);
        _exit(errno == ENOEXEC ? STARTS_ITSELF_SKIPPED : 1);
    }
    if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
        WEXITSTATUS(status) == STARTS_ITSELF_SKIPPED) {
        printf("skipped: this system cannot start this program (ENOEXEC)\n");
        return false;
    }
#endif
    return true;
}

#endif
