#include "accept_ex_win32.h"

int accept_ex_find(struct worker *worker, LPFN_ACCEPTEX *AcceptEx)
{
    GUID id = WSAID_ACCEPTEX;
    DWORD bytes;
    return server_require(worker, "WSAIoctl(AcceptEx)",
                          WSAIoctl(worker->server->listener, SIO_GET_EXTENSION_FUNCTION_POINTER,
                                   &id, sizeof id, AcceptEx, sizeof *AcceptEx, &bytes, NULL,
                                   NULL) == 0);
}
