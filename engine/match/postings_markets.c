/*
 * A market in the index.
 */
#include "engine/match/postings.h"

enum err derive_market(const struct reference *ref, struct arena *arena,
                       uint32_t number, const struct market *value,
                       struct derived *out)
{
    (void)ref;
    (void)arena;
    (void)number;
    (void)value;
    out->n = 0;
    return ERR_NONE;
}
