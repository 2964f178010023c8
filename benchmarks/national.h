/*
 * The parts of national.c: each asks one thing of stores that hold the
 * country, prints its figures as tab-separated lines, and its targets.
 */
#ifndef BENCHMARKS_NATIONAL_H
#define BENCHMARKS_NATIONAL_H

#include <stdio.h>

#include "benchmarks/asker.h"
#include "benchmarks/country.h"
#include "benchmarks/sample.h"

struct national {
    const char *dir;
    struct world_size size;
    uint32_t few;    /* profiles of the smaller country of T10 */
    uint32_t stress; /* structures of the larger one of T13 */
    size_t questions;
    size_t passes;
    size_t random; /* questions that brute force answers too */
    const struct reference *ref;
    int missed; /* targets that were not reached */
};

/* A target of the whole country: judged there, and only told of a smaller
 * one. */
static inline void national_target(struct national *n, const char *target,
                                   double got, double must, int ceiling)
{
    if (n->size.profiles >= world_national.profiles)
        n->missed += !target_print(target, got, must, ceiling);
    else
        printf("%s would have got %.4g\n", target, got);
}

/* The directory of the store with the people. */
void national_store(struct national *n);
/* Nothing but people, again and again: for a profiler. */
void national_ask(struct national *n);
/* T7, T8, T10: people. */
void national_people(struct national *n);
/* The same questions asked of the daemon, one after the other. */
void national_wire(struct national *n);
/* The first job of each lot of SAMPLE as messages, in its arena. */
struct questions national_questions(const struct sample *sample);
/* T14: the first answers after a start. */
void national_cold(struct national *n);
/* What each part of the search is worth. */
void national_parts(struct national *n);
/* T9: bytes, and how fast the index is built. */
void national_size(struct national *n);
/* Structures, as many as there are and as many as they might be. */
void national_structures(struct national *n);
/* From structures and people to their lots. */
void national_reverse(struct national *n);
/* All lots against everything, in two threads. */
void national_batch(struct national *n);
/* T15: brute force. */
void national_exact(struct national *n);

#endif
