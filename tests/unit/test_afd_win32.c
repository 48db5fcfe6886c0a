/*
 * A machine on which sockets can't be polled through \Device\Afd has the model afd_poll with the reason
 * why not. What the system refuses is refused here (the linker's --wrap).
 */
#include "check.h"
#include "model.h"
#include "stand_in.h"

#include <stdlib.h>
#include <winternl.h>

static const char *missing = "";     /* a function that ntdll does not have */
static bool device_refused, layered; /* layered: no socket has a base handle */

static NTSTATUS NTAPI create_refused(HANDLE *handle, ACCESS_MASK access,
                                     OBJECT_ATTRIBUTES *attributes, IO_STATUS_BLOCK *status,
                                     LARGE_INTEGER *size, ULONG file_attributes, ULONG share,
                                     ULONG disposition, ULONG options, void *extended,
                                     ULONG extended_size)
{
    (void)handle, (void)access, (void)attributes, (void)status, (void)size, (void)file_attributes;
    (void)share, (void)disposition, (void)options, (void)extended, (void)extended_size;
    return (NTSTATUS)0xC0000034; /* STATUS_OBJECT_NAME_NOT_FOUND */
}

STAND_IN(FARPROC, GetProcAddress, (HMODULE module, LPCSTR name))
{
    if (device_refused && strcmp(name, "NtCreateFile") == 0)
        return (FARPROC)(void (*)(void))create_refused;
    return strcmp(name, missing) == 0 ? NULL : REAL(GetProcAddress)(module, name);
}

STAND_IN(int, WSAIoctl,
         (SOCKET socket, DWORD code, LPVOID in, DWORD in_bytes, LPVOID out, DWORD out_bytes,
          LPDWORD returned, LPWSAOVERLAPPED overlapped,
          LPWSAOVERLAPPED_COMPLETION_ROUTINE completion))
{
    if (layered) {
        WSASetLastError(WSAEOPNOTSUPP);
        return SOCKET_ERROR;
    }
    return REAL(WSAIoctl)(socket, code, in, in_bytes, out, out_bytes, returned, overlapped,
                          completion);
}

/* "" where the model can serve. */
static const char *reason(void)
{
    char text[64];
    const char *why = model_unavailable(model_find("afd_poll"), text, sizeof text);
    return why == NULL ? "" : why;
}

int main(void)
{
    if (net_startup() != 0)
        abort();
    CHECK_EQ_TEXT(reason(), "");
    device_refused = true;
    CHECK(strstr(reason(), "\\Device\\Afd") != NULL);
    device_refused = false;
    missing = "NtDeviceIoControlFile";
    CHECK(strstr(reason(), "\\Device\\Afd") != NULL);
    missing = "";
    layered = true;
    CHECK(strstr(reason(), "SIO_BASE_HANDLE") != NULL);
    net_cleanup();
    return check_report();
}
