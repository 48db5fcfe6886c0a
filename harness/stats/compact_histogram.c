#include "stats/compact_histogram.h"

#include <string.h>

_Static_assert(HISTOGRAM_BUCKETS % COMPACT_HISTOGRAM_SHARE == 0, "no bucket is left over");

void compact_histogram_clear(struct compact_histogram *histogram)
{
    memset(histogram, 0, sizeof *histogram);
    histogram->min = UINT64_MAX;
}

void compact_histogram_record(struct compact_histogram *histogram, uint64_t value_ns)
{
    histogram->counts[histogram_bucket_of(value_ns) / COMPACT_HISTOGRAM_SHARE]++;
    histogram->total++;
    if (value_ns < histogram->min)
        histogram->min = value_ns;
    if (value_ns > histogram->max)
        histogram->max = value_ns;
}

void compact_histogram_add(struct compact_histogram *into, const struct compact_histogram *from)
{
    for (size_t i = 0; i < COMPACT_HISTOGRAM_BUCKETS; i++)
        into->counts[i] += from->counts[i];
    into->total += from->total;
    into->min = from->min < into->min ? from->min : into->min;
    into->max = from->max > into->max ? from->max : into->max;
}

void compact_histogram_expand(const struct compact_histogram *histogram, struct histogram *into)
{
    uint64_t low, high;
    histogram_clear(into);
    for (size_t i = 0; i < COMPACT_HISTOGRAM_BUCKETS; i++) {
        if (histogram->counts[i] == 0)
            continue;
        histogram_bucket_range(i * COMPACT_HISTOGRAM_SHARE + COMPACT_HISTOGRAM_SHARE / 2, &low,
                               &high);
        (void)histogram_add_bucket(into, low, high, histogram->counts[i]);
    }
    into->min = histogram->min;
    into->max = histogram->max;
}
