#include <stdlib.h>

#include "benchmarks/brute.h"
#include "benchmarks/figures.h"
#include "engine/entity.h"
#include "engine/match/order.h"
#include "engine/match/structure.h"

#define STRUCTURES_BYTES ((size_t)2 << 30)

struct brute_structures {
    struct arena *arena; /* holds their lists */
    const struct structure **at;
    uint32_t *numbers;
    uint64_t *ids; /* hashed */
    size_t n;
    size_t room;
};

static void must(enum err e)
{
    if (e)
        die("%s", err_text(e));
}

static void add(struct brute_structures *s, uint32_t number,
                const struct structure *structure)
{
    if (s->n == s->room) {
        s->room = s->room ? 2 * s->room : 1024;
        s->at = realloc(s->at, s->room * sizeof *s->at);
        s->numbers = realloc(s->numbers, s->room * sizeof *s->numbers);
        s->ids = realloc(s->ids, s->room * sizeof *s->ids);
        if (!s->at || !s->numbers || !s->ids)
            die("out of memory");
    }
    s->at[s->n] = structure;
    s->numbers[s->n] = number;
    s->ids[s->n++] = order_hash(structure_id(s->arena, structure));
}

struct brute_structures *brute_structures_new(struct store *store)
{
    struct brute_structures *s = calloc(1, sizeof *s);
    struct store_view *view;
    struct record record = {.number = 0};
    enum err e;

    if (!s || !(s->arena = arena_new(STRUCTURES_BYTES)))
        die("out of memory");
    must(store_view_begin(store, &view));
    while (!(e = store_next_numbered(view, ENTITY_STRUCTURE, record.number,
                                     &record))) {
        void *structure;

        /* The view ends before they are judged. */
        record.body = arena_copy(s->arena, record.body);
        must(record.body.data ? ERR_NONE : ERR_NOMEM);
        must(entity_decode(ENTITY_STRUCTURE, &record, s->arena, &structure));
        add(s, record.number, structure);
    }
    must(e == ERR_NOT_FOUND ? ERR_NONE : e);
    store_view_end(view);
    return s;
}

void brute_structures_free(struct brute_structures *s)
{
    if (!s)
        return;
    arena_free(s->arena);
    free(s->at);
    free(s->numbers);
    free(s->ids);
    free(s);
}

void brute_structures_match(const struct brute_structures *s, struct match *m,
                            const struct market *market, int64_t lot,
                            struct brute_hits *out)
{
    struct lot_case c;

    out->n = 0;
    must(lot_case_init(&c, m, market, lot));
    for (size_t i = 0; i < s->n; i++) {
        struct structure_result result;
        struct brute_hit hit = {0, order_tie(c.key, s->ids[i]), s->numbers[i]};

        arena_reset(c.scratch);
        must(structure_judge(&c, s->at[i], &result));
        if (result.reason != ABSENT)
            continue;
        hit.score = result.score;
        brute_offer(out, &hit);
    }
    lot_case_fini(&c);
}
