/*
 * x86: what an x86 processor says of itself. Others have no such instruction.
 */
#ifndef IOMODELS_X86_H
#define IOMODELS_X86_H

#include <stdbool.h>
#include <stddef.h>

/* The processor's own name; returns text, "" where it has none. */
const char *x86_name(char *text, size_t size);
/*
 * Whether the time stamp counter passes at one rate, whatever the processor's frequency ("invariant
 * TSC": leaf 80000007h, EDX bit 8, in Intel's and AMD's manuals).
 */
bool x86_tsc_is_invariant(void);

#endif
