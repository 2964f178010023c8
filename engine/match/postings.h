/*
 * What the index holds of structures and people.  A posting only summarises:
 * whoever is found is judged from its record or its side row, so finding too
 * many never changes an answer.
 */
#ifndef ENGINE_MATCH_POSTINGS_H
#define ENGINE_MATCH_POSTINGS_H

#include "engine/match/match.h"
#include "engine/match/person.h"

/* Codes of the index: distinct and ascending once sorted. */
struct codes {
    uint32_t *at;
    size_t n;
};

/* The code of a ROME code. */
uint32_t postings_rome_code(struct slice rome);

/* The code of the division that a CPV code lies in. */
uint32_t postings_cpv_code(struct slice cpv);

/* The code of a sector; two sectors may share one. */
uint32_t postings_sector_code(struct slice sector);

/* Append the codes of a list; there is room for them. */
void postings_add_codes(struct codes *codes, struct slices from,
                        uint32_t (*code)(struct slice));

/* Sort what is there and drop repeats. */
void postings_sort_codes(struct codes *codes);

/* The facts of a person's posting. */
struct posting_facts {
    uint32_t commune;
    int64_t mobility_km;
};

/* What a posting holds of a person. */
void postings_pack_facts(const struct person *p,
                         unsigned char facts[INDEX_FACTS]);

/* And back. */
struct posting_facts postings_unpack_facts(
    const unsigned char facts[INDEX_FACTS]);

/* The side row of a person: everything but the ends of single criteria. */
void postings_pack_person(const struct person *p,
                          unsigned char row[INDEX_SIDE]);

/* And back; dated is NULL. */
void postings_unpack_person(const unsigned char row[INDEX_SIDE],
                            struct person *p);

#endif
