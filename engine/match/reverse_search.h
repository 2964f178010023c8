/*
 * Which lots a structure, and which jobs a person, may fit.  What is found too
 * many is refused later; nothing that would match may be missed.
 */
#ifndef ENGINE_MATCH_REVERSE_SEARCH_H
#define ENGINE_MATCH_REVERSE_SEARCH_H

#include "engine/match/match.h"

/* A lot of a market, or a job of it; from 1. */
struct spot {
    uint32_t market; /* number of the record */
    uint16_t lot;
    uint16_t job; /* 0: the lot */
};
struct spot_list {
    struct spot *at;
    size_t n;
    size_t room;
};

/* Give a list's memory back; it is empty then. */
void spots_free(struct spot_list *list);

/* Every open lot whose activity level, kind and place S may meet, each once,
 * by market and lot.  ERR_NOMEM, store errors. */
enum err reverse_search_lots(struct match *m, const struct structure *s,
                             struct spot_list *out);

/* Every job of an open lot that is a wish of P, or near one, and within P's
 * reach; each once, by market, lot and job. */
enum err reverse_search_jobs(struct match *m, const struct profile *p,
                             struct spot_list *out);

#endif
