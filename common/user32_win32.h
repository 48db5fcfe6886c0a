/*
 * user32: the few functions of USER32.DLL that a message loop needs, loaded when they are: the
 * program itself shall run where only sockets are needed, without the window system.
 */
#ifndef IOMODELS_USER32_WIN32_H
#define IOMODELS_USER32_WIN32_H

#include "net.h"

/* Each is the function of its name in the documentation: CreateWindowExW and so on. */
struct user32 {
    HMODULE module;
    HWND(WINAPI *create_window)
    (DWORD, LPCWSTR, LPCWSTR, DWORD, int, int, int, int, HWND, HMENU, HINSTANCE, LPVOID);
    BOOL(WINAPI *destroy_window)(HWND);
    BOOL(WINAPI *get_message)(LPMSG, HWND, UINT, UINT);
    LRESULT(WINAPI *dispatch_message)(const MSG *);
    BOOL(WINAPI *post_message)(HWND, UINT, WPARAM, LPARAM);
};

/* *user32 zeroed. 0, or a negative error; then nothing needs closing. */
int user32_open(struct user32 *user32);
/* Also of one that is only zeroed. */
void user32_close(struct user32 *user32);

/* A window that is nothing but a place for messages to this thread (HWND_MESSAGE), or NULL. */
HWND user32_message_window(const struct user32 *user32);

#endif
