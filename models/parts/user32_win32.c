#include "user32_win32.h"

#include "dll_win32.h"

int user32_open(struct user32 *user32)
{
    HMODULE module = LoadLibraryExW(L"user32.dll", NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    if (module == NULL)
        return net_last_error();
    if (dll_find(module, "CreateWindowExW", &user32->CreateWindowExW) &&
        dll_find(module, "DestroyWindow", &user32->DestroyWindow) &&
        dll_find(module, "GetMessageW", &user32->GetMessageW) &&
        dll_find(module, "DispatchMessageW", &user32->DispatchMessageW) &&
        dll_find(module, "PostMessageW", &user32->PostMessageW)) {
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
