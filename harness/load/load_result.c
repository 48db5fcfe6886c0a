#include "load/load_result.h"

#include <math.h>

enum { HISTOGRAMS = 5 };

static void histograms_list(struct load_result *result, struct histogram *list[HISTOGRAMS])
{
    list[0] = &result->rtt;
    list[1] = &result->rtt_from_sent;
    list[2] = &result->burst_last;
    list[3] = &result->send_late;
    list[4] = &result->connect;
}

int load_result_init(struct load_result *result)
{
    struct histogram *list[HISTOGRAMS];
    *result = (struct load_result){0};
    histograms_list(result, list);
    for (size_t i = 0; i < HISTOGRAMS; i++)
        if (histogram_init(list[i]) != 0) {
            load_result_free(result);
            return -1;
        }
    return 0;
}

void load_result_free(struct load_result *result)
{
    struct histogram *list[HISTOGRAMS];
    histograms_list(result, list);
    for (size_t i = 0; i < HISTOGRAMS; i++)
        histogram_free(list[i]);
}

void load_result_clear(struct load_result *result, unsigned attempted)
{
    struct histogram *list[HISTOGRAMS];
    histograms_list(result, list);
    for (size_t i = 0; i < HISTOGRAMS; i++)
        histogram_clear(list[i]);
    *result = (struct load_result){.attempted = attempted,
                                   .fairness_jain = NAN,
                                   .rtt = result->rtt,
                                   .rtt_from_sent = result->rtt_from_sent,
                                   .burst_last = result->burst_last,
                                   .send_late = result->send_late,
                                   .connect = result->connect};
}
