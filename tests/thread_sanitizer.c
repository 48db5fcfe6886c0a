/*
 * Linked into the program where the thread sanitizer is. It names the functions of a report, by which
 * thread_sanitizer.txt knows what is no race, only if it could open the program's file; the first time
 * may be when a test has used up all descriptors. So it opens it at the start.
 */
#include <stddef.h>

/* Of the sanitizers' common interface, sanitizer/common_interface_defs.h. */
void __sanitizer_symbolize_pc(void *at, const char *format, char *text, size_t size);

__attribute__((constructor)) static void symbols_open(void)
{
    char text[64];
    __sanitizer_symbolize_pc(__builtin_return_address(0), "%f", text, sizeof text);
}
