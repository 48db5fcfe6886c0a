/*
 * afd: the driver below Winsock (AFD, "ancillary function driver"), as far as polling goes.
 *
 * Microsoft documents the functions of ntdll that are here (winternl.h), but not the driver's requests.
 * Their numbers and structs are those that wepoll, libuv, mio and c-ares rely on, and that Wine has.
 * They are found by name, so that the program starts also where one of them is missing.
 */
#ifndef IOMODELS_AFD_WIN32_H
#define IOMODELS_AFD_WIN32_H

#include "crew.h"

#include <mswsock.h>
#include <winternl.h>

#ifndef SIO_BASE_HANDLE /* MinGW's headers have it nowhere */
#define SIO_BASE_HANDLE 0x48000022
#endif

enum { AFD_POLL = 0x12024 }; /* the request, for NtDeviceIoControlFile */

/* What a poll asks for, and what it reports. */
enum {
    AFD_POLL_RECEIVE = 0x1,
    AFD_POLL_SEND = 0x4,
    AFD_POLL_DISCONNECT = 0x8, /* the peer has finished sending */
    AFD_POLL_ABORT = 0x10,     /* the peer has reset the connection */
    AFD_POLL_ACCEPT = 0x80
};

/* What the request takes, and where its answer is put. It can have several sockets; here it has one. */
struct afd_poll_info {
    LARGE_INTEGER timeout; /* INT64_MAX: none */
    ULONG handle_count;
    ULONG exclusive; /* not 0: any other poll of the socket ends */
    struct {
        HANDLE handle; /* the socket's base handle (SIO_BASE_HANDLE) */
        ULONG events;
        NTSTATUS status;
    } handles[1];
};

/* Each is the function of that name in the documentation. */
struct ntdll {
    NTSTATUS(NTAPI *NtCreateFile)
    (HANDLE *, ACCESS_MASK, OBJECT_ATTRIBUTES *, IO_STATUS_BLOCK *, LARGE_INTEGER *, ULONG, ULONG,
     ULONG, ULONG, void *, ULONG);
    NTSTATUS(NTAPI *NtDeviceIoControlFile)
    (HANDLE, HANDLE, PIO_APC_ROUTINE, void *, IO_STATUS_BLOCK *, ULONG, void *, ULONG, void *,
     ULONG);
    ULONG(NTAPI *RtlNtStatusToDosError)(NTSTATUS);
};

/* True: they have been found. They stay for the life of the process. */
bool ntdll_find(struct ntdll *ntdll);
/* Whether the call that returned `status` has succeeded or goes on; if not, sets the last error. */
bool ntdll_succeeded(const struct ntdll *ntdll, NTSTATUS status);

/* A handle of the driver, by which some sockets are polled: 32 at most, as wepoll and mio do it. */
struct afd_device {
    HANDLE handle;
    unsigned sockets;
    struct afd_device *next;
};

/* Those of a thread, whose polls all come out of its port. Zeroed at first. */
struct afd_devices {
    struct ntdll ntdll;
    struct worker *worker; /* as whose the calls are observed */
    HANDLE port;
    struct afd_device *first; /* the last one is there for as long as the thread is */
};

/* 0, or a negative error. Close it in either case. */
int afd_devices_open(struct afd_devices *devices, struct worker *worker, HANDLE port);
void afd_devices_close(struct afd_devices *devices);
/* A device for one more socket, a new one if all are full. NULL, with the last error set. */
struct afd_device *afd_device_take(struct afd_devices *devices);
/* The socket is not polled any more. The device may be closed by that. */
void afd_device_leave(struct afd_devices *devices, struct afd_device *device);

/* Why the sockets of this machine can't be polled so, constant, or NULL. After net_startup. */
const char *afd_unavailable(void);

#endif
