/*
 * compiler: what some compilers check and others do not know.
 */
#ifndef IOMODELS_COMPILER_H
#define IOMODELS_COMPILER_H

/* Argument `text` is a printf format, and its arguments begin with argument `first`. */
#if defined(__MINGW32__) && !defined(__clang__)
#define COMPILER_PRINTF(text, first) __attribute__((format(gnu_printf, text, first)))
#elif defined(__GNUC__)
#define COMPILER_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define COMPILER_PRINTF(text, first)
#endif

#endif
