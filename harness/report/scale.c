#include "report/scale.h"

#include <math.h>

/* Room beyond the outermost values. */
static const double MARGIN = 0.06;
/* So much may rounding add to a step that fits exactly. */
static const double TOLERANCE = 1e-9;

struct scale scale_from_zero(double highest, double from, double to)
{
    double high = highest > 0 ? highest * (1 + MARGIN) : 1;
    return (struct scale){.low = 0, .high = high, .from = from, .to = to};
}

struct scale scale_log(double lowest, double highest, double from, double to)
{
    double room = pow(highest / lowest, MARGIN);
    /* One value alone lies in the middle. */
    room = room > 1 + MARGIN ? room : 1 + MARGIN;
    return (struct scale){lowest / room, highest * room, from, to, true};
}

double scale_at(const struct scale *scale, double value)
{
    double share = scale->is_log ? log10(value / scale->low) / log10(scale->high / scale->low)
                                 : (value - scale->low) / (scale->high - scale->low);
    return scale->from + share * (scale->to - scale->from);
}

/* The smallest of 1, 2, 5 times a power of ten that is not below `least`. */
static double round_step(double least)
{
    double power = pow(10, floor(log10(least)));
    static const double steps[] = {1, 2, 5, 10};
    size_t i = 0;
    while (i < 3 && steps[i] * power < least * (1 - TOLERANCE))
        i++;
    return steps[i] * power;
}

static size_t multiples(const struct scale *scale, double step, size_t most,
                        double ticks[SCALE_TICKS_MAX])
{
    size_t count = 0;
    for (double n = ceil(scale->low / step - TOLERANCE);
         n * step <= scale->high * (1 + TOLERANCE) && count < most; n++)
        ticks[count++] = n * step;
    return count;
}

static size_t linear_ticks(const struct scale *scale, size_t most, double ticks[SCALE_TICKS_MAX])
{
    return multiples(scale, round_step((scale->high - scale->low) / (double)most), most, ticks);
}

/* Of each decade the first `of_decade` of these. */
static size_t decade_ticks(const struct scale *scale, size_t of_decade, double every, size_t most,
                           double ticks[SCALE_TICKS_MAX])
{
    static const double parts[] = {1, 2, 5};
    static const double ends[] = {1, 5};
    size_t count = 0;
    for (double decade = floor(log10(scale->low)); pow(10, decade) <= scale->high; decade++) {
        if (fmod(decade, every) != 0)
            continue;
        for (size_t i = 0; i < of_decade; i++) {
            double value = pow(10, decade) * (of_decade == 2 ? ends[i] : parts[i]);
            if (value < scale->low || value > scale->high)
                continue;
            if (count == most)
                return most + 1;
            ticks[count++] = value;
        }
    }
    return count;
}

static size_t log_ticks(const struct scale *scale, size_t most, double ticks[SCALE_TICKS_MAX])
{
    for (size_t of_decade = 3; of_decade > 0; of_decade--) {
        size_t count = decade_ticks(scale, of_decade, 1, most, ticks);
        if (count <= most && (count > 2 || scale->high / scale->low >= 10))
            return count;
    }
    if (scale->high / scale->low < 10)
        return linear_ticks(scale, most, ticks);
    for (double every = 2;; every++) {
        size_t count = decade_ticks(scale, 1, every, most, ticks);
        if (count <= most)
            return count;
    }
}

size_t scale_ticks(const struct scale *scale, size_t most, double ticks[SCALE_TICKS_MAX])
{
    return scale->is_log ? log_ticks(scale, most, ticks) : linear_ticks(scale, most, ticks);
}

size_t scale_ticks_bytes(const struct scale *scale, size_t most, double ticks[SCALE_TICKS_MAX])
{
    double doublings = scale->is_log ? log2(scale->high / scale->low) : 0;
    if (doublings < 3)
        return multiples(scale, exp2(ceil(log2((scale->high - scale->low) / (double)most))), most,
                         ticks);
    double every = ceil(doublings / (double)most);
    size_t count = 0;
    for (double power = ceil(log2(scale->low) / every - TOLERANCE) * every;
         exp2(power) <= scale->high && count < most; power += every)
        ticks[count++] = exp2(power);
    return count;
}

void scale_spread(double *places, size_t count, double gap, double low, double high)
{
    if (count == 0)
        return;
    if (places[0] < low)
        places[0] = low;
    for (size_t i = 1; i < count; i++)
        if (places[i] < places[i - 1] + gap)
            places[i] = places[i - 1] + gap;
    if (places[count - 1] > high)
        places[count - 1] = high;
    for (size_t i = count - 1; i > 0; i--)
        if (places[i - 1] > places[i] - gap)
            places[i - 1] = places[i] - gap;
}
