/*
 * accept_ex: AcceptEx, which no library exports: each provider of sockets has its own, and tells where
 * it is (SIO_GET_EXTENSION_FUNCTION_POINTER).
 */
#ifndef IOMODELS_ACCEPT_EX_WIN32_H
#define IOMODELS_ACCEPT_EX_WIN32_H

#include "crew.h"

#include <mswsock.h>

/* That of the listener's provider. 0, or a negative error after server_fail. */
int accept_ex_find(struct worker *worker, LPFN_ACCEPTEX *AcceptEx);

#endif
