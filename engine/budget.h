/*
 * How many people a key was shown today: different ones, in Paris's day.  Past
 * the alert of its quota the log says so, past the end it is shown no more of
 * them until tomorrow; whom it has seen already it may see again.  The loop's
 * alone.
 */
#ifndef ENGINE_BUDGET_H
#define ENGINE_BUDGET_H

#include "engine/call.h"
#include "engine/config.h"

struct budget;

/* Nobody was shown yet; NULL without memory. */
struct budget *budget_new(void);
/* NULL is fine. */
void budget_free(struct budget *budget);

/* KEY is about to be shown WHOM on the day TODAY.  ERR_PEOPLE_QUOTA: it may
 * not, and nobody of them is counted; ERR_NOMEM the same. */
enum err budget_take(struct budget *budget, const struct quota *quota,
                     struct slice key, int64_t today, const struct saw *whom);

/* As many were shown to KEY today. */
size_t budget_shown(const struct budget *budget, struct slice key,
                    int64_t today);

/* Keys that are past their alert today, and answers refused since the start. */
struct budget_facts {
    uint64_t alerts;
    uint64_t refused;
};
/* As of the day TODAY: yesterday's counts are gone. */
struct budget_facts budget_stat(const struct budget *budget, int64_t today);

/* The keys that were shown the most today, the first first: at most MOST into
 * OUT, whose ids live until the next budget_take. */
struct budget_key {
    struct slice key;
    size_t people;
};
/* How many OUT got. */
size_t budget_first(const struct budget *budget, int64_t today,
                    struct budget_key *out, size_t most);

#endif
