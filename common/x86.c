#include "x86.h"

#include <stdio.h>
#include <string.h>

#if defined(_M_X64) || defined(_M_IX86)
#include <intrin.h>
#define CPUID(leaf, words) __cpuid((int *)(words), (int)(leaf))
#elif defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#define CPUID(leaf, words) __cpuid((leaf), (words)[0], (words)[1], (words)[2], (words)[3])
#endif

/* EAX, EBX, ECX, EDX of an extended leaf; false where the processor doesn't have it. */
static bool extended_leaf(unsigned leaf, unsigned words[4])
{
#ifdef CPUID
    CPUID(0x80000000u, words);
    if (words[0] < leaf)
        return false;
    CPUID(leaf, words);
    return true;
#else
    (void)leaf;
    (void)words;
    return false;
#endif
}

const char *x86_name(char *text, size_t size)
{
    unsigned words[12];
    char name[sizeof words + 1];
    text[0] = '\0';
    for (unsigned i = 0; i < 3; i++)
        if (!extended_leaf(0x80000002u + i, words + (size_t)4 * i))
            return text;
    memcpy(name, words, sizeof words);
    name[sizeof words] = '\0';
    /* Padded with spaces before or behind. */
    size_t length = strlen(name);
    while (length > 0 && name[length - 1] == ' ')
        name[--length] = '\0';
    snprintf(text, size, "%s", name + strspn(name, " "));
    return text;
}

bool x86_tsc_is_invariant(void)
{
    unsigned words[4];
    return extended_leaf(0x80000007u, words) && (words[3] >> 8 & 1) != 0;
}
