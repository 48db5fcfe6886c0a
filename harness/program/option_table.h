/*
 * option_table: a command and its options, as one constant table: what is parsed (options.h), and what
 * its help is made of (help.h).
 */
#ifndef IOMODELS_OPTION_TABLE_H
#define IOMODELS_OPTION_TABLE_H

#include <stddef.h>
#include <stdint.h>

enum option_kind {
    OPTION_FLAG,     /* bool: given */
    OPTION_TEXT,     /* const char *: any text but the empty one */
    OPTION_TEXTS,    /* struct text_list: each one given */
    OPTION_COUNT,    /* uint64_t in low..high: "16", "20k" */
    OPTION_COUNTS,   /* struct number_list: "1,16,1k", each in low..high */
    OPTION_SIZE,     /* uint64_t, bytes in low..high: "64KiB" */
    OPTION_SIZES,    /* struct number_list: "64,64KiB", each in low..high */
    OPTION_DURATION, /* uint64_t, nanoseconds in low..high: "300ms" */
    OPTION_HEADING,  /* no option: a line of its own in the help, its name */
    OPTION_ARGUMENTS /* struct text_list: what is no option ("RUN"), low to high of them */
};

struct option {
    const char *name; /* with its dashes; NULL ends a table */
    /* What the help calls its value ("NAME[,NAME]": a list); or, in lower case, all the words that can
     * be given ("text|csv"). */
    const char *argument;
    enum option_kind kind;
    size_t into; /* offset in what is given, of a member of the kind's type */
    uint64_t low, high;
    const char *help; /* lines are broken where it has '\n' */
};

struct command {
    const char *name;  /* "serve" */
    const char *usage; /* what follows "iomodels serve" */
    const char *intro; /* lines, the last with its '\n' */
    const struct option *options;
    const char *outro; /* as intro, or NULL */
};

#endif
