#include "check.h"
#include "cycles.h"

enum { SPIN_NS = 4000000, GHZ = 3, SPINS = 16 };

static struct cycles_spin spins[SPINS];

/* Undisturbed ones, whose calls take a little each time. */
static void spin_all(void)
{
    for (size_t i = 0; i < SPINS; i++) {
        uint64_t ns = SPIN_NS + i * 1000, cycles = GHZ * (ns - 500 * (i % 3));
        spins[i] = (struct cycles_spin){ns, cycles, cycles + 100};
    }
}

static void test_rate(void)
{
    spin_all();
    CHECK(cycles_per_s(spins, 0) == 0);
    CHECK(cycles_per_s(spins, 2) == 0);
    CHECK_NEAR(cycles_per_s(spins, 3) / 1e9, GHZ, GHZ * 0.001);
    /* Interrupted ones do not count. */
    spins[0].thread /= 2;
    spins[2].thread -= spins[2].thread / 50;
    CHECK(cycles_per_s(spins, 3) == 0);
    CHECK(cycles_per_s(spins, 4) == 0);
    CHECK_NEAR(cycles_per_s(spins, 5) / 1e9, GHZ, GHZ * 0.001);
    /* Another thread of the process ran too. */
    spins[4].process *= 2;
    CHECK_NEAR(cycles_per_s(spins, 5) / 1e9, GHZ, GHZ * 0.001);
}

static void test_no_rate(void)
{
    /* Cycles that follow the processor's frequency. */
    spin_all();
    for (size_t i = 0; i < SPINS; i++)
        spins[i].thread = spins[i].process = spins[i].thread * (100 + i) / 100;
    CHECK(cycles_per_s(spins, SPINS) == 0);
    /* A scheduler's tick of 10 ms: some spins have one, the others none. */
    for (size_t i = 0; i < SPINS; i++)
        spins[i] = (struct cycles_spin){SPIN_NS, i % 5 % 2 * 10000000, i % 5 % 2 * 10000000};
    CHECK(cycles_per_s(spins, SPINS) == 0);
    /* The process's do not advance. */
    spin_all();
    for (size_t i = 0; i < SPINS; i++)
        spins[i].process = 0;
    CHECK(cycles_per_s(spins, SPINS) == 0);
}

/* All that was told, and how much of it was the user's. */
static void expect(struct cycles_split *split, uint64_t total_us, uint64_t coarse_user_us,
                   uint64_t coarse_system_us, uint64_t user_us)
{
    struct cycles_split before = *split;
    cycles_split_to(split, total_us, coarse_user_us, coarse_system_us);
    CHECK_EQ_U64(split->user_us, user_us);
    CHECK(split->user_us >= before.user_us && split->system_us >= before.system_us);
}

static void test_split(void)
{
    struct cycles_split split = {0};
    /* Before the coarse clock's first step. */
    expect(&split, 1000, 0, 0, 1000);
    expect(&split, 101000, 15625, 46875, 26000);
    CHECK_EQ_U64(split.system_us, 75000);
    /* The share of what was added, not of all: the user's would have fallen. */
    expect(&split, 201000, 15625, 140625, 26000);
    CHECK_EQ_U64(split.system_us, 175000);
    /* No step meanwhile: as in all, a tenth. */
    expect(&split, 211000, 15625, 140625, 27000);
    /* The sum is what the cycles tell, also where the coarse clock tells more or less. */
    expect(&split, 211001, 1000000, 140625, 27001);
    CHECK_EQ_U64(split.user_us + split.system_us, 211001);
    expect(&split, 211000, 1000000, 140625, 27001);
    CHECK_EQ_U64(split.user_us + split.system_us, 211001);
}

int main(void)
{
    test_rate();
    test_no_rate();
    test_split();
    return check_report();
}
