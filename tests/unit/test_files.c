#include "base/files.h"
#include "check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "thread.h"

#ifdef _WIN32
#include <direct.h>
#define rmdir _rmdir
#else
#include <sys/stat.h>
#include <unistd.h>
#endif

#define PLACE "test_files.tmp"
#define PART  PLACE ".part"

static const char *read_text(const char *path)
{
    static char text[64];
    FILE *file = files_open_read(path);
    if (file == NULL)
        return NULL;
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void write_text(const char *text)
{
    FILE *file = files_replace_begin(PLACE);
    if (file == NULL)
        abort();
    fputs(text, file);
    CHECK(files_replace_end(file, PLACE, 0) == FILES_REPLACED);
}

static void test_replaced_when_whole(void)
{
    remove(PLACE);
    FILE *file = files_replace_begin(PLACE);
    if (file == NULL)
        abort();
    fputs("first", file);
    fflush(file);
    CHECK(read_text(PLACE) == NULL);
    CHECK(files_replace_end(file, PLACE, 0) == FILES_REPLACED);
    CHECK_EQ_TEXT(read_text(PLACE), "first");
    write_text("second\n");
    CHECK_EQ_TEXT(read_text(PLACE), "second\n");
    CHECK(read_text(PART) == NULL);
    remove(PLACE);
}

static void test_not_replaced_after_an_error(void)
{
    write_text("first");
    FILE *file = files_replace_begin(PLACE);
    if (file == NULL)
        abort();
    fputs("half of the sec", file);
    CHECK(files_replace_end(file, PLACE, ENOSPC) == FILES_NOT_WRITTEN && errno == ENOSPC);
    CHECK_EQ_TEXT(read_text(PLACE), "first");
    CHECK(read_text(PART) == NULL);
    remove(PLACE);
    CHECK(files_replace_begin("no such folder/" PLACE) == NULL && errno == ENOENT);
}

static void let_go(void *file)
{
    clock_sleep_ms(100);
    fclose(file);
}

/* As a virus scanner does: the C library's fopen shares a file for reading and writing only. */
static void test_replaced_though_open_elsewhere(void)
{
    thread_handle thread;
    write_text("first");
    FILE *elsewhere = fopen(PLACE, "rb"), *file = files_replace_begin(PLACE);
    if (elsewhere == NULL || file == NULL)
        abort();
    fputs("second", file);
    CHECK(thread_start(&thread, let_go, elsewhere, 0) == 0);
    CHECK(files_replace_end(file, PLACE, 0) == FILES_REPLACED);
    thread_join(thread);
    CHECK_EQ_TEXT(read_text(PLACE), "second");
    CHECK(read_text(PART) == NULL);
    remove(PLACE);
}

/* What can't take its place is whole, and not lost. */
static void test_kept_apart(void)
{
    remove(PLACE);
    CHECK(files_make_folder(PLACE) == 0);
    FILE *file = files_replace_begin(PLACE);
    if (file == NULL)
        abort();
    fputs("whole", file);
    CHECK(files_replace_end(file, PLACE, 0) == FILES_KEPT_APART && errno != 0);
    CHECK_EQ_TEXT(read_text(PART), "whole");
    remove(PART);
    rmdir(PLACE);
}

static void test_log(void)
{
    struct files_log log, other;
    remove(PLACE);
    CHECK(files_log_open(&log, PLACE) == -1 && errno == ENOENT);
    write_text("head\n");
    CHECK(files_log_open(&log, PLACE) == 0);
    CHECK_EQ_U64(log.size, 5);
    CHECK(files_log_append(&log, "one\n", 4) == 0 && files_log_append(&log, "two\n", 4) == 0);
    CHECK(files_log_sync(&log) == 0);
    CHECK_EQ_TEXT(read_text(PLACE), "head\none\ntwo\n");
    CHECK(files_log_cut(&log, 9) == 0);
    CHECK(files_log_append(&log, "three\n", 6) == 0 && files_log_append(&log, "", 0) == 0);
    CHECK_EQ_U64(log.size, 15);
    CHECK_EQ_TEXT(read_text(PLACE), "head\none\nthree\n");
    /* One at a time; readers always. */
    CHECK(files_log_open(&other, PLACE) == -1 && errno == EBUSY);
    CHECK(files_log_close(&log) == 0);
    CHECK(files_log_open(&log, PLACE) == 0);
    CHECK_EQ_U64(log.size, 15);
    CHECK(files_log_close(&log) == 0);
    remove(PLACE);
}

/* Each way to open a file refuses it at once. */
static void check_refused(const char *path, int expected)
{
    struct files_log log;
    errno = 0;
    CHECK(files_open_read(path) == NULL && errno == expected);
    errno = 0;
    CHECK(files_log_open(&log, path) == -1 && errno == expected);
}

static void test_only_regular_files(void)
{
    remove(PLACE);
    CHECK(files_make_folder(PLACE) == 0);
    check_refused(PLACE, EISDIR);
    rmdir(PLACE);
#ifdef _WIN32
    check_refused("NUL", ENXIO);
#else
    check_refused("/dev/zero", ENXIO);
    check_refused("/dev/null", ENXIO);
    CHECK(mkfifo(PLACE, 0600) == 0 && mkfifo(PART, 0600) == 0);
    check_refused(PLACE, ENXIO);
    CHECK(files_replace_begin(PLACE) == NULL && errno == ENXIO);
    remove(PLACE);
    remove(PART);
#endif
    CHECK(strstr(files_error_text(ENXIO), "not a regular file") != NULL);
    CHECK_EQ_TEXT(files_error_text(ENOENT), strerror(ENOENT));
}

int main(void)
{
    test_replaced_when_whole();
    test_not_replaced_after_an_error();
    test_replaced_though_open_elsewhere();
    test_kept_apart();
    test_log();
    test_only_regular_files();
    return check_report();
}
