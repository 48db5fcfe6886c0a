/*
 * subject: the server under test, a process of its own, driven by its control lines.
 *
 * Every function fails the test where the server does not do what it says, or hangs.
 */
#ifndef IOMODELS_CONFORMANCE_SUBJECT_H
#define IOMODELS_CONFORMANCE_SUBJECT_H

#include "test.h"

#define SUBJECT_OPTIONS_MOST 8

/*
 * Starts the server of the test's model on a free port and waits until it listens. options:
 * further words for its command line, NULL-terminated; NULL: none.
 */
bool subject_start(struct test *test, const char *const *options);
/* The same on an address other than 127.0.0.1; the clients connect to `reachable`. */
bool subject_start_at(struct test *test, const char *bind, const char *reachable,
                      const char *const *options);
/* The same with the order to stop waiting for it on its standard input. */
bool subject_start_stopping(struct test *test);
/* The same with at most `files` open files. *possible: whether the system can limit them. */
bool subject_start_limited(struct test *test, unsigned files, bool *possible);

/* The same with at most `signals` signals in its queue. *possible: the same. */
bool subject_start_signals(struct test *test, unsigned signals, bool *possible);

/* Asks for the statistics and keeps them in test->stats. */
bool subject_stats(struct test *test);
/* One of the values of test->stats; absent ones are 0. */
uint64_t subject_stat(const struct test *test, const char *key);
bool subject_has_stat(const struct test *test, const char *key);
/* Them from the count of open connections on, as text: what explains a failure best. */
const char *subject_accounts(const struct test *test);
/* Asks until the value is as expected. */
bool subject_wait(struct test *test, const char *key, uint64_t expected);
/* Asks until the value is at least as expected. */
bool subject_wait_least(struct test *test, const char *key, uint64_t expected);

/*
 * Remembers what the server holds (descriptors or handles, threads) after all of its threads have
 * served: some of it is made only then.
 */
bool subject_remember(struct test *test);
/* Every connection has ended, none of them by a failure, and the server holds what it held then. */
bool subject_wait_clean(struct test *test);
/*
 * Nobody sends it anything: then it makes no calls either; or, where it never waits, none that moves
 * anything.
 */
bool subject_wait_idle(struct test *test);

/* Asks it to stop; does not wait. */
bool subject_ask_stop(struct test *test);
/* It has stopped: said so, every connection accounted for, and ended with status 0. */
bool subject_wait_stopped(struct test *test);
/* Ends its standard input; it ends with status 0. */
bool subject_end_input(struct test *test);
/* Whatever happened, afterwards it does not run. */
void subject_kill(struct test *test);

/* Whether this machine has the address ::1. */
bool subject_has_ipv6(void);
/* A second server of the model at the first one's port: its exit status and last words. */
bool subject_start_again(struct test *test, int *status, char *words, size_t size);

#endif
