#include "afd_win32.h"

#include <stdlib.h>

#include "dll_win32.h"

bool ntdll_find(struct ntdll *ntdll)
{
    HMODULE module = GetModuleHandleW(L"ntdll.dll");
    return module != NULL && dll_find(module, "NtCreateFile", &ntdll->NtCreateFile) &&
           dll_find(module, "NtDeviceIoControlFile", &ntdll->NtDeviceIoControlFile) &&
           dll_find(module, "RtlNtStatusToDosError", &ntdll->RtlNtStatusToDosError);
}

bool ntdll_succeeded(const struct ntdll *ntdll, NTSTATUS status)
{
    if (status >= 0)
        return true;
    SetLastError(ntdll->RtlNtStatusToDosError(status));
    return false;
}

/* False, with the last error set. */
static bool handle_open(const struct ntdll *ntdll, HANDLE *handle)
{
    /* What follows "Afd\" is the program's choice. */
    static wchar_t path[] = L"\\Device\\Afd\\iomodels";
    static UNICODE_STRING name = {sizeof path - sizeof path[0], sizeof path, path};
    /* By the members' names: MinGW's struct has others between them. */
    static OBJECT_ATTRIBUTES attributes = {.Length = sizeof attributes, .ObjectName = &name};
    IO_STATUS_BLOCK status;
    return ntdll_succeeded(ntdll, ntdll->NtCreateFile(handle, SYNCHRONIZE, &attributes, &status,
                                                      NULL, 0, FILE_SHARE_READ | FILE_SHARE_WRITE,
                                                      FILE_OPEN, 0, NULL, 0));
}

/* ---- devices ---- */

static void device_close(struct afd_devices *devices, struct afd_device *device)
{
    struct afd_device **link = &devices->first;
    while (*link != device)
        link = &(*link)->next;
    *link = device->next;
    observe_call(devices->worker, NULL, "CloseHandle(device)", CloseHandle(device->handle) != 0);
    free(device);
}

/* The first of the list then. NULL, with the last error set. */
static struct afd_device *device_open(struct afd_devices *devices)
{
    struct afd_device *device = calloc(1, sizeof *device);
    if (device == NULL) {
        SetLastError(NET_NO_MEMORY);
        return NULL;
    }
    int error = observe_call(devices->worker, NULL, "NtCreateFile(\\Device\\Afd)",
                             handle_open(&devices->ntdll, &device->handle));
    if (error != 0) {
        free(device);
        SetLastError((DWORD)-error);
        return NULL;
    }
    device->next = devices->first;
    devices->first = device;
    error = observe_call(devices->worker, NULL, "CreateIoCompletionPort(device)",
                         CreateIoCompletionPort(device->handle, devices->port, 0, 0) != 0);
    if (error == 0)
        return device;
    device_close(devices, device);
    SetLastError((DWORD)-error);
    return NULL;
}

int afd_devices_open(struct afd_devices *devices, struct worker *worker, HANDLE port)
{
    devices->worker = worker;
    devices->port = port;
    return ntdll_find(&devices->ntdll) && device_open(devices) != NULL ? 0 : net_last_error();
}

void afd_devices_close(struct afd_devices *devices)
{
    while (devices->first != NULL)
        device_close(devices, devices->first);
}

struct afd_device *afd_device_take(struct afd_devices *devices)
{
    enum { SOCKETS_MOST = 32 };
    struct afd_device *device = devices->first;
    while (device != NULL && device->sockets == SOCKETS_MOST)
        device = device->next;
    if (device == NULL)
        device = device_open(devices);
    if (device != NULL)
        device->sockets++;
    return device;
}

void afd_device_leave(struct afd_devices *devices, struct afd_device *device)
{
    device->sockets--;
    if (device->sockets == 0 && device->next != NULL)
        device_close(devices, device);
}

/* ---- what this machine has ---- */

static bool device_opens(void)
{
    struct ntdll ntdll;
    HANDLE handle;
    if (!ntdll_find(&ntdll) || !handle_open(&ntdll, &handle))
        return false;
    CloseHandle(handle);
    return true;
}

static bool has_base_handle(net_socket socket)
{
    HANDLE base;
    DWORD bytes;
    return WSAIoctl(socket, SIO_BASE_HANDLE, NULL, 0, &base, sizeof base, &bytes, NULL, NULL) == 0;
}

const char *afd_unavailable(void)
{
    static const int families[] = {AF_INET, AF_INET6};
    if (!device_opens())
        return "the system does not open \\Device\\Afd, by which this model polls";
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        net_socket made = socket(families[i], SOCK_STREAM, IPPROTO_TCP);
        if (made == NET_SOCKET_NONE)
            continue; /* then nobody is served by this family */
        bool has = has_base_handle(made);
        net_close(made);
        if (!has)
            return "a layered service provider stands between Winsock and the system, and does not "
                   "say which of the system's handles belongs to a socket (SIO_BASE_HANDLE)";
    }
    return NULL;
}
