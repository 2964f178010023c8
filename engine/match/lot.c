/*
 * Preparing a lot, and the parts of an answer that are the lot's own.
 */
#include "engine/match/law.h"
#include "engine/match/lot.h"
#include "engine/match/order.h"
#include "engine/match/workspace.h"
#include "protocol/civil.h"

const struct structure_weights match_structure_weights = {300, 250, 150, 200,
                                                          100};
const struct person_weights match_person_weights = {450, 250, 200, 100};

int match_market_open(const struct market *market, int64_t on)
{
    return market->status == MARKET_OPEN &&
           (market->deadline == ABSENT ||
            civil_paris_date(market->deadline) >= on);
}

static const struct lot *find_lot(const struct market *market, int64_t number)
{
    if (number < 1 || (uint64_t)number > market->lots.n)
        return NULL;
    return &market->lots.at[number - 1];
}

enum { OWNS_WORKSPACE = 1, OWNS_ARENAS = 2 };

/* Memory from the caller's workspace; while another case has it, own one. */
static enum err take_memory(struct lot_case *c)
{
    c->workspace = c->m->workspace;
    if (!c->workspace) {
        if (!(c->workspace = workspace_new()))
            return ERR_NOMEM;
        c->owns |= OWNS_WORKSPACE;
    }
    if (workspace_take(c->workspace, &c->arena, &c->scratch))
        return ERR_NONE;
    c->owns |= OWNS_ARENAS;
    c->arena = arena_new(LOT_BYTES_MAX);
    c->scratch = arena_new(CANDIDATE_BYTES_MAX);
    return c->arena && c->scratch ? ERR_NONE : ERR_NOMEM;
}

static enum err init(struct lot_case *c, struct match *m,
                     const struct market *market, int64_t number, int placed)
{
    const struct lot *lot = find_lot(market, number);
    enum err e;

    if (!lot)
        return ERR_NOT_FOUND;
    *c = (struct lot_case){
        .m = m, .market = market, .lot = lot, .number = number};
    /* ABSENT is the least of all numbers. */
    c->start = lot->start > m->on ? lot->start : m->on;
    c->kinds = law_kinds(lot);
    if (m->kinds.n)
        c->kinds &= law_bits(m->kinds);
    c->modes = law_wanted_modes(lot);
    c->asks_share = law_asks_share(lot);
    c->asked_hours = law_asked_hours(lot);
    c->key = order_hash_number(order_hash(market->id), number);
    if (!(e = take_memory(c)) && placed)
        e = place_read(m->reference, c->arena, lot->places, &c->place);
    if (e)
        lot_case_fini(c);
    return e;
}

enum err lot_case_init(struct lot_case *c, struct match *m,
                       const struct market *market, int64_t number)
{
    return init(c, m, market, number, 1);
}

enum err lot_case_init_job(struct lot_case *c, struct match *m,
                           const struct market *market, int64_t number,
                           int64_t job)
{
    const struct lot *lot = find_lot(market, number);
    int placed = 0;

    for (size_t i = 0; lot && i < lot->jobs.n; i++)
        if (job == ABSENT || (size_t)job == i + 1)
            placed |=
                !lot->jobs.at[i].commune.data ||
                reference_commune(m->reference, lot->jobs.at[i].commune) ==
                    REFERENCE_NONE;
    return init(c, m, market, number, placed);
}

void lot_case_fini(struct lot_case *c)
{
    if (c->owns & OWNS_ARENAS) {
        arena_free(c->scratch);
        arena_free(c->arena);
    } else if (c->workspace) {
        workspace_give(c->workspace);
    }
    if (c->owns & OWNS_WORKSPACE)
        workspace_free(c->workspace);
    c->scratch = c->arena = NULL;
    c->workspace = NULL;
    c->owns = 0;
}

enum err lot_list_bits(struct match *m, uint32_t bits, struct ints *out)
{
    size_t n, room = (size_t)__builtin_popcount(bits);
    int64_t *at = NULL;

    if (room && !(at = arena_array(m->arena, room, sizeof *at)))
        return ERR_NOMEM;
    for (n = 0; bits; bits &= bits - 1)
        at[n++] = __builtin_ctz(bits);
    *out = (struct ints){at, n};
    return ERR_NONE;
}

enum err match_warnings(struct match *m, const struct market *market,
                        int64_t number, struct ints *out)
{
    const struct lot *lot = find_lot(market, number);
    uint32_t bits = 0;

    if (!lot)
        return ERR_NOT_FOUND;
    if (law_has_clause(lot, CLAUSE_OBJ))
        bits |= BIT(WARNING_KIND_EITI);
    if (law_has_clause(lot, CLAUSE_RES_PRISON))
        bits |= BIT(WARNING_KIND_SEP);
    if (law_has_clause(lot, CLAUSE_RES_ESS))
        bits |= BIT(WARNING_RES_ESS);
    if (law_has_clause(lot, CLAUSE_RES_UNKNOWN))
        bits |= BIT(WARNING_RES_UNKNOWN);
    if (!lot->places.n)
        bits |= BIT(WARNING_NO_PLACE);
    if (!match_market_open(market, m->on))
        bits |= BIT(WARNING_NOT_OPEN);
    return lot_list_bits(m, bits, out);
}

enum err lot_case_describe(const struct lot_case *c, struct lot_answer *out)
{
    out->lot = c->number;
    out->object = c->lot->object;
    out->start = c->start;
    return match_warnings(c->m, c->market, c->number, &out->warnings);
}

enum err lot_tally(struct match *m, int64_t candidates,
                   const int64_t counts[reason_words], struct tally *out)
{
    struct reason_count *at;
    int64_t refused = 0;
    size_t n = 0;

    at = arena_array(m->arena, reason_words, sizeof *at);
    if (!at)
        return ERR_NOMEM;
    for (int64_t i = 0; i < reason_words; i++) {
        if (!counts[i])
            continue;
        at[n++] = (struct reason_count){i, counts[i]};
        refused += counts[i];
    }
    *out = (struct tally){candidates, candidates - refused, {at, n}};
    return ERR_NONE;
}
