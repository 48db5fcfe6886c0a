/*
 * fuzz: what the fuzzing targets share. A target is one file, fuzz_NAME.c, that takes any bytes and
 * aborts where something does not hold; its small files to begin with are corpus/NAME/.
 *
 * Each build runs every file of the corpus once (the tests fuzz_NAME). libFuzzer makes more of them
 * by what each one reaches in the code, which takes clang and a build of its own:
 *
 *     harness/check fuzz                              a minute for each target
 *     IOMODELS_FUZZ_SECONDS=3600 harness/check fuzz   a night for all of them
 *
 * What it has found is build/fuzz/NAME/crash-..., and what it has collected build/fuzz/NAME/found;
 * the next time goes on from there. To see one of them again, and to make it smaller:
 *
 *     build/check-fuzz/tests/fuzz/fuzz_NAME FILE
 *     build/check-fuzz/tests/fuzz/fuzz_NAME -minimize_crash=1 -runs=100000 FILE
 *
 * The small file then belongs into corpus/NAME/, with a unit test that shows the fault in words.
 */
#ifndef IOMODELS_FUZZ_H
#define IOMODELS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libFuzzer's name for a target. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Not assert, which a build may leave out. */
#define FUZZ_HOLDS(condition) ((condition) ? (void)0 : fuzz_fail(#condition, __FILE__, __LINE__))

static inline void fuzz_fail(const char *condition, const char *file, int line)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, condition);
    abort();
}

/* The bytes as a text of its own, so that a read past its end is seen; to free(). */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (text == NULL)
        abort();
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

/* A file that holds these bytes, which are at least one, while they stay. */
static inline FILE *fuzz_file(const void *bytes, size_t size)
{
    FILE *file = fmemopen((void *)(uintptr_t)bytes, size, "rb");
    if (file == NULL)
        abort();
    return file;
}

/* The next line of *text, which it ends with a 0; NULL after the last one. */
static inline char *fuzz_line(char **text)
{
    char *line = *text;
    if (line == NULL)
        return NULL;
    char *end = strchr(line, '\n');
    *text = end == NULL ? NULL : end + 1;
    if (end != NULL)
        *end = '\0';
    return line;
}

#endif
