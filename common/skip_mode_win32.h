/*
 * skip_mode: where FILE_SKIP_COMPLETION_PORT_ON_SUCCESS may be set, the mode in which an operation
 * that is complete at once brings nothing out of its completion port. Windows only; any thread.
 */
#ifndef IOMODELS_SKIP_MODE_WIN32_H
#define IOMODELS_SKIP_MODE_WIN32_H

#include <stdbool.h>

#include "net.h"

/*
 * Whether the socket is a handle of the system's own (XP1_IFS_HANDLES of WSAPROTOCOL_INFO). Only
 * then may it be given the mode: a layered service provider whose sockets are not would lose
 * completions, or bring them twice ("SetFileCompletionNotificationModes", and Microsoft's KB
 * 2568167). False also where Winsock does not say.
 */
bool skip_mode_allowed(net_socket socket);
/* Why a model that sets the mode can't serve here, constant, or NULL. After net_startup. */
const char *skip_mode_unavailable(void);

#endif
