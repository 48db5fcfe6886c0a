/*
 * stand_in: a test's own function in the place of one of the system's, by the linker's --wrap, so
 * that what a system answers only at times, or only another system, can be answered here. The
 * test's meson.build names the functions.
 *
 *     STAND_IN(int, listen, (net_socket socket, int backlog))
 *     {
 *         seen = backlog;
 *         return REAL(listen)(socket, backlog);
 *     }
 */
#ifndef IOMODELS_STAND_IN_H
#define IOMODELS_STAND_IN_H

#include "net.h"

/* The same for a function of the project's own. */
#define REAL_OWN(name) __real_##name
#define STAND_IN_OWN(type, name, parameters)                                                       \
    type REAL_OWN(name) parameters;                                                                \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters

/* The one platform block: a function of a DLL is called by its pointer, __imp_NAME. */
#ifdef _WIN32
#define REAL(name) __real___imp_##name
#define STAND_IN(type, name, parameters)                                                           \
    extern type(WSAAPI *const REAL(name)) parameters;                                              \
    static type WSAAPI name##_stand_in parameters;                                                 \
    extern type(WSAAPI *const __wrap___imp_##name) parameters;                                     \
    type(WSAAPI *const __wrap___imp_##name) parameters = name##_stand_in;                          \
    static type WSAAPI name##_stand_in parameters
typedef char stand_in_option; /* what setsockopt and send take */
#define STAND_IN_FAIL(code) WSASetLastError(code)
#define STAND_IN_NO_BUFFERS WSAENOBUFS
#else
#define REAL(name)                       REAL_OWN(name)
#define STAND_IN(type, name, parameters) STAND_IN_OWN(type, name, parameters)
typedef void stand_in_option;
#define STAND_IN_FAIL(code)              (errno = (code))
#define STAND_IN_NO_BUFFERS              ENOBUFS
#endif

#endif
