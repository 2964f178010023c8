/*
 * A structure in the index: a posting under each code that an activity names.
 */
#include <string.h>

#include "engine/match/postings.h"

enum err derive_structure(const struct reference *ref, struct arena *arena,
                          uint32_t number, const struct structure *value,
                          struct derived *out)
{
    struct codes codes = {NULL, 0};
    size_t n = 0;

    for (size_t i = 0; i < value->activities.n; i++)
        n += value->activities.at[i].cpv.n + value->activities.at[i].rome.n +
             value->activities.at[i].sectors.n;
    codes.at = arena_array(arena, n + 1, sizeof *codes.at);
    out->at = arena_array(arena, n + 1, sizeof *out->at);
    if (!codes.at || !out->at)
        return ERR_NOMEM;
    for (size_t i = 0; i < value->activities.n; i++) {
        const struct activity *a = &value->activities.at[i];

        postings_add_codes(&codes, a->cpv, postings_cpv_code);
        postings_add_codes(&codes, a->rome, postings_rome_code);
        postings_add_codes(&codes, a->sectors, postings_sector_code);
    }
    postings_sort_codes(&codes);
    for (size_t i = 0; i < codes.n; i++) {
        struct derived_posting *to = &out->at[out->n++];

        to->kind = INDEX_STRUCTURES;
        to->posting.code = codes.at[i];
        to->posting.number = number;
        to->posting.where =
            postings_rank(ref, reference_commune(ref, value->commune));
    }
    return ERR_NONE;
}
