/*
 * as_msvc: what MSVC and its headers take otherwise than gcc and clang. harness/check has clang read
 * each Windows source after it, since MSVC itself is not at hand.
 */
#ifndef IOMODELS_AS_MSVC_H
#define IOMODELS_AS_MSVC_H

#include <math.h>
#include <stdatomic.h>

/* Windows' SDK has made NAN by a function since 10.0.26100: no constant for a static object. */
static inline float as_msvc_float(int bits)
{
    union {
        int bits;
        float value;
    } same = {bits};
    return same.value;
}
#undef NAN
#undef INFINITY
#define NAN      as_msvc_float(0x7FC00000)
#define INFINITY as_msvc_float(0x7F800000)

/* C11's atomic_load takes no pointer to const (C17's does). The assignment is not carried out. */
#undef atomic_load
#undef atomic_load_explicit
#define atomic_load(object) atomic_load_explicit(object, memory_order_seq_cst)
#define atomic_load_explicit(object, order)                                                        \
    ((void)sizeof(*(object) = *(object)), __c11_atomic_load(object, order))

#endif
