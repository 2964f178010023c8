/*
 * What recorded hours add up to (MATCHING.md section 18.4).  Hundredths of an
 * hour.
 */
#ifndef ENGINE_MATCH_HOURS_COUNT_H
#define ENGINE_MATCH_HOURS_COUNT_H

#include "engine/match/hours.h"
#include "store/store.h"

/* Of one clause as of a day.  ABSENT: not known. */
struct hours_figures {
    int64_t due;
    int64_t planned;
    int64_t committed;
    int64_t done;
    int64_t counted; /* of done, by the method */
    int64_t expected;
    int64_t remaining;
    int64_t surplus;
    int64_t from; /* the schedule */
    int64_t until;
    uint32_t alerts; /* bits of enum hours_alert_word */
};

/* The clause that is reckoned. */
struct hours_clause {
    struct hours_method method;
    const struct market *market;
    const struct lot *lot;
    const struct clause *clause;
    int64_t on;
};

/* The part of H hundredths that the first of DAYS days have: floor. */
int64_t hours_part(int64_t h, int64_t first, int64_t days);

/* Add up the N entries, which are all of this clause. */
void hours_count(const struct hours_clause *c, const struct hours *entries,
                 size_t n, struct hours_figures *out);

/* Per mille of what is due, to the nearest; ABSENT when nothing is. */
int64_t hours_progress(int64_t counted, int64_t due);

/* How many hundredths one person may work in so many days in a row. */
int64_t hours_most(const struct hours_method *method, int64_t days, int64_t on);

/* All entries of a market, by lot and clause; they live in ARENA.  ERR_NOMEM,
 * store errors. */
struct index_reader;
/* OUT is empty, not missing, when nobody has worked. */
enum err hours_of_market(struct store_view *view, struct index_reader *reader,
                         struct slice market, struct arena *arena,
                         struct hours_list *out);

#endif
