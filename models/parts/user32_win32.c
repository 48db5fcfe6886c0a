#include "user32_win32.h"

#include <string.h>

/* Into *function, whatever its type; all pointers to functions have one size on Windows. */
static bool load(HMODULE module, const char *name, void *function)
{
    FARPROC found = GetProcAddress(module, name);
    memcpy(function, &found, sizeof found);
    return found != NULL;
}

int user32_open(struct user32 *user32)
{
    HMODULE module = LoadLibraryExW(L"user32.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (module == NULL)
        return net_last_error();
    if (load(module, "CreateWindowExW", &user32->CreateWindowExW) &&
        load(module, "DestroyWindow", &user32->DestroyWindow) &&
        load(module, "GetMessageW", &user32->GetMessageW) &&
        load(module, "DispatchMessageW", &user32->DispatchMessageW) &&
        load(module, "PostMessageW", &user32->PostMessageW)) {
        user32->module = module;
        return 0;
    }
    int error = net_last_error();
    FreeLibrary(module);
    return error;
}

void user32_close(struct user32 *user32)
{
    if (user32->module != NULL)
        FreeLibrary(user32->module);
}
