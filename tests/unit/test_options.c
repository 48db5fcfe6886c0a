#include "check.h"
#include "program/options.h"

struct given {
    bool flag;
    const char *text;
    struct text_list texts;
    uint64_t count;
    struct number_list counts;
    uint64_t bytes;
    struct number_list sizes;
    uint64_t duration_ns;
};

static struct given given;

static const struct option options[] = {
    {"--flag", NULL, OPTION_FLAG, offsetof(struct given, flag), 0, 0, "a flag"},
    {"--text", "TEXT", OPTION_TEXT, offsetof(struct given, text), 0, 0, "a text"},
    {"--texts", "TEXT", OPTION_TEXTS, offsetof(struct given, texts), 0, 0, "texts"},
    {"--count", "N", OPTION_COUNT, offsetof(struct given, count), 1, 65535, "a number"},
    {"--counts", "N[,N]", OPTION_COUNTS, offsetof(struct given, counts), 1, 2000000, "numbers"},
    {"--bytes", "SIZE", OPTION_SIZE, offsetof(struct given, bytes), 1, 1 << 20, "a size"},
    {"--sizes", "SIZE[,SIZE]", OPTION_SIZES, offsetof(struct given, sizes), 1, 1 << 20, "sizes"},
    {"--time", "TIME", OPTION_DURATION, offsetof(struct given, duration_ns), 1000000, 2000000000,
     "a time"},
    {.name = NULL}};
static const struct command command = {"test", "", "A test.\n", options, NULL};

/* The words up to a NULL. */
static enum options_result parse(const char *first, const char *second, const char *third)
{
    const char *const words[] = {first, second, third};
    char copies[3][80], *argv[3] = {NULL};
    int argc = 0;
    for (; argc < 3 && words[argc] != NULL; argc++) {
        snprintf(copies[argc], sizeof copies[argc], "%s", words[argc]);
        argv[argc] = copies[argc];
    }
    given = (struct given){.text = "before", .count = 7, .bytes = 8, .duration_ns = 9};
    enum options_result result = options_parse(&command, &given, argc, argv);
    /* They point into argv, which is gone now. */
    for (size_t i = 0; i < given.texts.count && i < 3; i++)
        given.texts.items[i] = words[i];
    return result;
}

static void test_nothing_given(void)
{
    CHECK(parse(NULL, NULL, NULL) == OPTIONS_GIVEN);
    CHECK(!given.flag);
    CHECK_EQ_TEXT(given.text, "before");
    CHECK_EQ_U64(given.count, 7);
    CHECK_EQ_U64(given.bytes, 8);
    CHECK_EQ_U64(given.duration_ns, 9);
    CHECK_EQ_U64(given.texts.count, 0);
    CHECK_EQ_U64(given.counts.count, 0);
}

static void test_each_kind(void)
{
    CHECK(parse("--flag", NULL, NULL) == OPTIONS_GIVEN && given.flag);
    CHECK(parse("--count", "65535", "--flag") == OPTIONS_GIVEN && given.flag);
    CHECK_EQ_U64(given.count, 65535);
    CHECK(parse("--count=12", NULL, NULL) == OPTIONS_GIVEN);
    CHECK_EQ_U64(given.count, 12);
    CHECK(parse("--counts", "1,16,100", NULL) == OPTIONS_GIVEN);
    CHECK_EQ_U64(given.counts.count, 3);
    CHECK_EQ_U64(given.counts.items[2], 100);
    CHECK(parse("--count=2k", "--counts=1k,1.5K,2M", "--sizes=64,1KiB,64kib") == OPTIONS_GIVEN);
    CHECK_EQ_U64(given.count, 2000);
    CHECK_EQ_U64(given.counts.count, 3);
    CHECK_EQ_U64(given.counts.items[0], 1000);
    CHECK_EQ_U64(given.counts.items[1], 1500);
    CHECK_EQ_U64(given.counts.items[2], 2000000);
    CHECK_EQ_U64(given.sizes.count, 3);
    CHECK_EQ_U64(given.sizes.items[0], 64);
    CHECK_EQ_U64(given.sizes.items[1], 1024);
    CHECK_EQ_U64(given.sizes.items[2], 65536);
    CHECK(parse("--bytes", "64KiB", NULL) == OPTIONS_GIVEN);
    CHECK_EQ_U64(given.bytes, 65536);
    CHECK(parse("--time=1.5s", NULL, NULL) == OPTIONS_GIVEN);
    CHECK_EQ_U64(given.duration_ns, 1500000000);
}

static void test_texts(void)
{
    char text[] = "--text=a=b", *argv[] = {text};
    given.text = "before";
    CHECK(options_parse(&command, &given, 1, argv) == OPTIONS_GIVEN);
    CHECK_EQ_TEXT(given.text, "a=b"); /* only the first = separates */
    CHECK(parse("--texts=x", "--texts=y", "--texts=x") == OPTIONS_GIVEN);
    CHECK_EQ_U64(given.texts.count, 3);
    /* A value may look like an option: a target's command does. */
    char name[] = "--text", value[] = "--flag", *taken[] = {name, value};
    given.flag = false;
    CHECK(options_parse(&command, &given, 2, taken) == OPTIONS_GIVEN);
    CHECK_EQ_TEXT(given.text, "--flag");
    CHECK(!given.flag);
}

static void test_last_one_counts(void)
{
    CHECK(parse("--count=1", "--count=2", "--count=3") == OPTIONS_GIVEN);
    CHECK_EQ_U64(given.count, 3);
}

/* One rule for all of them. */
static void test_lists_gather(void)
{
    CHECK(parse("--counts=1,2,3", "--counts=4", "--sizes=1") == OPTIONS_GIVEN);
    CHECK_EQ_U64(given.counts.count, 4);
    CHECK_EQ_U64(given.counts.items[0], 1);
    CHECK_EQ_U64(given.counts.items[3], 4);
    CHECK(parse("--sizes=1", "--sizes=2,3", NULL) == OPTIONS_GIVEN);
    CHECK_EQ_U64(given.sizes.count, 3);
    const struct text_list lists = {{"Select,poll", "EPOLL"}, 2};
    CHECK(text_list_names(&lists, "select") && text_list_names(&lists, "epoll"));
    CHECK(!text_list_names(&lists, "selec") && !text_list_names(&lists, "Select,poll"));
    CHECK(text_list_has(&lists, "poll") && text_list_has(&lists, "Select"));
    CHECK(!text_list_has(&lists, "select") && !text_list_has(&lists, "pol"));
}

static void test_refused(void)
{
    static const char *const bad[] = {"--nothing",      "--fla",
                                      "--flags",        "flag",
                                      "-flag",          "",
                                      "--flag=",        "--flag=yes",
                                      "--text=",        "--texts=",
                                      "--count=",       "--count=0",
                                      "--text",         "--count=1x",
                                      "--count=-",      "--counts=",
                                      "--counts=0",     "--counts=1,",
                                      "--count",        "--count=1e3",
                                      "--bytes=0",      "--bytes=2M",
                                      "--bytes=2MiB",   "--time=5",
                                      "--time",         "--time=3s",
                                      "--time=0s",      "--",
                                      "--count=65536",  "--count=1,2",
                                      "--count=1.5",    "--count=1.0005k",
                                      "--count=1kk",    "--count=k",
                                      "--counts=1-16",  "--counts=1..16",
                                      "--counts=1, 2",  "--sizes=",
                                      "--sizes=1,",     "--sizes=64k",
                                      "--sizes=1,2MiB", "--bytes=1,2",
                                      "--time=1s,2s"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        if (parse(bad[i], NULL, NULL) != OPTIONS_BAD)
            printf("taken: %s\n", bad[i]);
        CHECK(parse(bad[i], NULL, NULL) == OPTIONS_BAD);
        CHECK_EQ_U64(given.count, 7); /* untouched */
        CHECK_EQ_U64(given.bytes, 8);
    }
}

static void test_help(void)
{
    CHECK(parse("--help", NULL, NULL) == OPTIONS_HELP);
    CHECK(parse("-h", "--nothing", NULL) == OPTIONS_HELP);
    CHECK(parse("--flag", "--help", NULL) == OPTIONS_HELP);
    /* What is wrong before it is told first. */
    CHECK(parse("--nothing", "--help", NULL) == OPTIONS_BAD);
}

static void test_too_many(void)
{
    char word[] = "--texts=x", *argv[LIST_TEXTS_MAX + 1];
    for (size_t i = 0; i <= LIST_TEXTS_MAX; i++)
        argv[i] = word;
    given = (struct given){.count = 7};
    CHECK(options_parse(&command, &given, LIST_TEXTS_MAX, argv) == OPTIONS_GIVEN);
    CHECK_EQ_U64(given.texts.count, LIST_TEXTS_MAX);
    given = (struct given){.count = 7};
    CHECK(options_parse(&command, &given, LIST_TEXTS_MAX + 1, argv) == OPTIONS_BAD);

    char counts[16 + 2 * (LIST_NUMBERS_MAX + 1)] = "--counts=1", *many[] = {counts};
    for (size_t i = 1; i < LIST_NUMBERS_MAX; i++)
        memcpy(counts + strlen(counts), ",1", sizeof ",1");
    CHECK(options_parse(&command, &given, 1, many) == OPTIONS_GIVEN);
    CHECK_EQ_U64(given.counts.count, LIST_NUMBERS_MAX);
    memcpy(counts + strlen(counts), ",1", sizeof ",1");
    given = (struct given){.count = 7};
    CHECK(options_parse(&command, &given, 1, many) == OPTIONS_BAD);
}

static void test_arguments(void)
{
    struct given_here {
        struct text_list runs;
        bool flag;
    } here = {.flag = false};
    static const struct option with_arguments[] = {
        {.name = "a heading", .kind = OPTION_HEADING},
        {"RUN", NULL, OPTION_ARGUMENTS, offsetof(struct given_here, runs), 1, 2, "a run"},
        {"--flag", NULL, OPTION_FLAG, offsetof(struct given_here, flag), 0, 0, "a flag"},
        {.name = NULL}};
    static const struct command takes = {"test", "RUN [RUN]", "A test.\n", with_arguments, NULL};
    char one[] = "one", two[] = "two=2", three[] = "three", option[] = "--flag";
    char *argv[] = {one, option, two, three}, heading[] = "a heading", *only[] = {heading};
    CHECK(options_parse(&takes, &here, 3, argv) == OPTIONS_GIVEN && here.flag);
    CHECK_EQ_U64(here.runs.count, 2);
    CHECK_EQ_TEXT(here.runs.items[0], "one");
    CHECK_EQ_TEXT(here.runs.items[1], "two=2");
    here.runs.count = 0;
    CHECK(options_parse(&takes, &here, 4, argv) == OPTIONS_BAD);
    here.runs.count = 0;
    CHECK(options_parse(&takes, &here, 0, argv) == OPTIONS_BAD);
    CHECK(options_parse(&takes, &here, 1, only) == OPTIONS_GIVEN);
    CHECK_EQ_TEXT(here.runs.items[0], "a heading");
}

int main(void)
{
    test_nothing_given();
    test_each_kind();
    test_texts();
    test_last_one_counts();
    test_lists_gather();
    test_refused();
    test_help();
    test_too_many();
    test_arguments();
    return check_report();
}
