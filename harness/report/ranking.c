#include "report/ranking.h"

#include <stdio.h>
#include <string.h>

#include "base/units.h"

enum { NAMES_MAX = 8, VERDICT_BYTES = 96 };

void ranking_add(struct ranking *ranking, const struct cell *cell, const char *name,
                 const double *trials, size_t count)
{
    double median = statistics_median(trials, count);
    if (!number_is_known(median) || ranking->count == RANKING_MAX)
        return;
    struct ranked *at = &ranking->entries[ranking->count++];
    for (; at > ranking->entries &&
           (ranking->more_is_better ? at[-1].median < median : at[-1].median > median);
         at--)
        *at = at[-1];
    *at = (struct ranked){
        .cell = cell,
        .median = median,
        .comparison = {.contestant = trials, .contestant_count = count},
    };
    snprintf(at->name, sizeof at->name, "%s", name);
}

void ranking_judge(struct ranking *ranking)
{
    struct comparison pairs[RANKING_MAX];
    const struct comparison *best = &ranking->entries[0].comparison;
    for (size_t i = 1; i < ranking->count; i++) {
        pairs[i - 1] = ranking->entries[i].comparison;
        pairs[i - 1].baseline = best->contestant;
        pairs[i - 1].baseline_count = best->contestant_count;
    }
    if (ranking->count > 1)
        comparison_judge(pairs, ranking->count - 1, ranking->more_is_better);
    for (size_t i = 1; i < ranking->count; i++)
        ranking->entries[i].comparison = pairs[i - 1];
}

static const char *ratio_text(const struct comparison *comparison, const char *times, char *text,
                              size_t size)
{
    char ratio[32], low[32], high[32];
    units_format_fixed(comparison->ratio, 2, ratio, sizeof ratio);
    units_format_fixed(comparison->interval.low, 2, low, sizeof low);
    units_format_fixed(comparison->interval.high, 2, high, sizeof high);
    if (ratio[0] == '\0')
        snprintf(text, size, "worse");
    else if (low[0] == '\0' || high[0] == '\0')
        snprintf(text, size, "%s%s", ratio, times);
    else
        snprintf(text, size, "%s%s [%s, %s]", ratio, times, low, high);
    return text;
}

const char *ranking_verdict_text(const struct ranked *ranked, const char *times, char *text,
                                 size_t size)
{
    switch (ranked->comparison.verdict) {
    case COMPARISON_NONE:
        snprintf(text, size, "too few trials");
        break;
    case COMPARISON_UNCLEAR:
    case COMPARISON_FASTER: /* which the best median rules out but for two peaks */
        snprintf(text, size, "no difference shown");
        break;
    case COMPARISON_SLOWER:
        return ratio_text(&ranked->comparison, times, text, size);
    }
    return text;
}

/* The entries that tests tell apart from the best, or those that they do not, the best too. */
static size_t collect(const struct ranking *ranking, bool apart, const struct ranked **found)
{
    size_t count = 0;
    for (size_t i = 0; i < ranking->count; i++) {
        const struct ranked *ranked = &ranking->entries[i];
        if ((i > 0 && ranked->comparison.verdict == COMPARISON_SLOWER) == apart)
            found[count++] = ranked;
    }
    return count;
}

/* "a, b and c"; of many the first ones. */
static size_t names_add(const struct ranked *const *entries, size_t count, char *text, size_t size,
                        size_t used)
{
    size_t shown = count > NAMES_MAX + 1 ? NAMES_MAX : count;
    for (size_t i = 0; i < shown && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%s",
                                 i == 0                             ? ""
                                 : i + 1 == shown && shown == count ? " and "
                                                                    : ", ",
                                 entries[i]->name);
    if (shown < count && used < size)
        used += (size_t)snprintf(text + used, size - used, " and %zu others", count - shown);
    return used;
}

/* Where a verdict is missing for want of trials. */
static bool any_without_verdict(const struct ranking *ranking)
{
    for (size_t i = 1; i < ranking->count; i++)
        if (ranking->entries[i].comparison.verdict == COMPARISON_NONE)
            return true;
    return false;
}

const char *ranking_sentence(const struct ranking *ranking, const struct ranking_words *words,
                             char *text, size_t size)
{
    const struct ranked *tied[RANKING_MAX], *others[RANKING_MAX];
    char verdict[VERDICT_BYTES];
    text[0] = '\0';
    if (ranking->count == 0)
        return text;
    const char *best = ranking->entries[0].name;
    size_t ties = collect(ranking, false, tied), apart = collect(ranking, true, others), used;
    if (ranking->count == 1)
        snprintf(text, size, "Only %s has this figure, %s", best, words->amount);
    else if (any_without_verdict(ranking))
        snprintf(text, size,
                 "%s has the best median, %s, but nothing is certain: a verdict takes at least %d "
                 "trials of each",
                 best, words->amount, STATISTICS_TRIALS_MIN);
    if (text[0] != '\0')
        return text;
    if (apart == 0) {
        used = names_add(tied, ties, text, size, 0);
        if (used < size)
            snprintf(text + used, size - used, ": no difference shown; the best median is %s",
                     words->amount);
        return text;
    }
    used = names_add(tied, ties, text, size, 0);
    if (used < size)
        used +=
            (size_t)snprintf(text + used, size - used, " %s %s%s, %s", ties == 1 ? "is" : "are",
                             words->best, ties == 1 ? "" : " (no difference shown)", words->amount);
    size_t first = apart > words->most ? apart - 1 : 0;
    if (first > 0 && used < size)
        used +=
            (size_t)snprintf(text + used, size - used,
                             "; the other %zu differ from it by more than chance, up to", apart);
    for (size_t i = first; i < apart && used < size; i++)
        used += (size_t)snprintf(
            text + used, size - used, "%s %s %s",
            i > first   ? ","
            : first > 0 ? ""
                        : ";",
            others[i]->name,
            ratio_text(&others[i]->comparison, words->times, verdict, sizeof verdict));
    return text;
}
