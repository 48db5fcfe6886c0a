/*
 * user32: the few functions of USER32.DLL that a message loop needs. They are loaded when a window
 * is opened, so that all other models run without the window system.
 */
#ifndef IOMODELS_USER32_WIN32_H
#define IOMODELS_USER32_WIN32_H

#include "net.h"

/* Each is the function of that name in the documentation. */
struct user32 {
    HMODULE module;
    HWND(WINAPI *CreateWindowExW)
    (DWORD, LPCWSTR, LPCWSTR, DWORD, int, int, int, int, HWND, HMENU, HINSTANCE, LPVOID);
    BOOL(WINAPI *DestroyWindow)(HWND);
    BOOL(WINAPI *GetMessageW)(LPMSG, HWND, UINT, UINT);
    LRESULT(WINAPI *DispatchMessageW)(const MSG *);
    BOOL(WINAPI *PostMessageW)(HWND, UINT, WPARAM, LPARAM);
};

/* *user32 zeroed. 0, or a negative error; then nothing needs closing. */
int user32_open(struct user32 *user32);
/* A zeroed one may be closed too. */
void user32_close(struct user32 *user32);

#endif
