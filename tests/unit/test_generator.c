#include "check.h"
#include "clock.h"
#include "run/generator.h"
#include "run/reach.h"

static const uint64_t SECOND_NS = 1000000000;

static void test_identify(void)
{
    static const char *const bad[] = {
        "",      "1",    "/",      "0/3",    "4/3",     "1/0",     "1/",    "/3",
        "1/3/3", "-1/3", "1/-3",   " 1/3",   "1/3 ",    "a/b",     "{}/3",  "99999999/99999999",
        "1 of",  "1 3",  "1 of 0", "4 of 3", "1  of 3", "1 of 3 ", "1of 3", "of 3",
        " of 3"};
    struct generator generator = {0};
    char text[12];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK(!generator_identify(&generator, bad[i]));
    CHECK(generator_identify(&generator, "2/3"));
    CHECK_EQ_U64(generator.index, 2);
    CHECK_EQ_U64(generator.count, 3);
    CHECK_EQ_TEXT(generator_text(&generator, text, sizeof text), "2 of 3");
    CHECK(generator_identify(&generator, "64/64"));
    CHECK_EQ_TEXT(generator_text(&generator, text, sizeof text), "64 of 64");
    CHECK(generator_identify(&generator, "1 of 3"));
    CHECK_EQ_U64(generator.index, 1);
    CHECK_EQ_U64(generator.count, 3);
    /* Not taken for one that is alone. */
    CHECK(generator_identify(&generator, "3/4000000000"));
    CHECK_EQ_U64(generator.count, 4000000000);
    CHECK(generator_identify(&generator, "1/1"));
    CHECK_EQ_TEXT(generator_text(&generator, text, sizeof text), "");
}

/* Two that look at different moments agree on each slot, and no two slots overlap. */
static void test_slots(void)
{
    uint64_t start = (clock_utc_ns() / SECOND_NS + 100) * SECOND_NS;
    struct generator one = {
        .index = 1, .count = 2, .allowance_ns = SECOND_NS, .next_utc_ns = start};
    struct generator two = one;
    struct generator_slot slots[3];
    const uint64_t warmup_ns = SECOND_NS / 10, duration_ns = SECOND_NS / 2;
    for (unsigned i = 0; i < 3; i++)
        slots[i] = generator_slot_take(&one, warmup_ns, duration_ns);
    for (unsigned i = 0; i < 3; i++) {
        struct generator_slot slot = generator_slot_take(&two, warmup_ns, duration_ns);
        CHECK_EQ_U64(slot.begin_utc_ns, slots[i].begin_utc_ns);
        CHECK_EQ_U64(slot.begin_utc_ns,
                     start + i * generator_slot_length_ns(&two, warmup_ns, duration_ns));
        CHECK(slot.begin_ns < slot.connect_ns && slot.connect_ns < slot.warmup_ns);
        CHECK_EQ_U64(slot.warmup_ns - slot.begin_ns, SECOND_NS);
        CHECK_EQ_U64(slot.window_ns - slot.warmup_ns, warmup_ns);
        CHECK(slot.window_ns + duration_ns + slot.drain_ns < slot.stop_ns);
        CHECK(slot.stop_ns < slot.end_ns);
        CHECK_EQ_U64(slot.end_ns - slot.window_ns, duration_ns + SECOND_NS);
        CHECK(clock_now_ns() < slot.begin_ns);
    }
    /* Long past: no moment before the clock's zero. */
    struct generator late = {.index = 1, .count = 2, .allowance_ns = SECOND_NS, .next_utc_ns = 1};
    CHECK(generator_slot_take(&late, warmup_ns, duration_ns).end_ns < clock_now_ns());
}

static void test_ports(void)
{
    struct server_ports ports = {0};
    CHECK_EQ_U64(server_ports_take(&ports), 0);
    CHECK_EQ_U64(server_ports_take(&ports), 0);
    CHECK(server_ports_parse(&ports, "7000"));
    CHECK_EQ_U64(server_ports_take(&ports), 7000);
    CHECK_EQ_U64(server_ports_take(&ports), 7000);
    CHECK(server_ports_parse(&ports, "65534-65535"));
    CHECK_EQ_U64(server_ports_take(&ports), 65534);
    CHECK_EQ_U64(server_ports_take(&ports), 65535);
    CHECK_EQ_U64(server_ports_take(&ports), 65534);
}

int main(void)
{
    test_identify();
    test_slots();
    test_ports();
    return check_report();
}
