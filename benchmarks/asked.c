/*
 * Questions, and the matching core asked without a wire.  See asked.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benchmarks/asked.h"
#include "engine/match/match.h"
#include "protocol/civil.h"

#define ARENA_BYTES ((size_t)1 << 30)
#define SCRATCH_BYTES ((size_t)64 << 20)

static void must(enum err e)
{
    if (e)
        die("%s", err_name(e));
}

static void *must_have(void *memory)
{
    if (!memory)
        die("out of memory");
    return memory;
}

static int64_t asked_on(void)
{
    int64_t day = 0;

    civil_parse_date(SLICE(ASKED_ON), &day);
    return day;
}

/* ---- Messages ----------------------------------------------------------- */

static struct slice keep(struct arena *arena, struct buffer *bytes)
{
    struct slice kept =
        arena_copy(arena, (struct slice){bytes->data, bytes->len});

    buffer_free(bytes);
    must_have((void *)(uintptr_t)kept.data);
    return kept;
}

struct question asked_message(struct arena *arena, enum verb verb,
                              const void *ask)
{
    struct ask_header header = {.id = 1,
                                .method = slice_of(verb_rows[verb].name),
                                .deadline_ms = ABSENT,
                                .min_revision = ABSENT};
    struct buffer head = {0}, body = {0};
    struct question q = {.n = 3};

    must(protocol_encode_ask_header(&header, &head));
    must(protocol_encode(verb_rows[verb].ask, ask, EVERYONE, &body));
    q.frames[0] = SLICE(PROTOCOL_TAG);
    q.frames[1] = keep(arena, &head);
    q.frames[2] = keep(arena, &body);
    return q;
}

static struct questions room(struct arena *arena, size_t n)
{
    return (struct questions){
        must_have(arena_array(arena, n, sizeof(struct question))), 0, 0};
}

struct questions asked_echo(struct asked *asked, size_t bytes, int frames)
{
    struct questions qs = room(asked->arena, 1);
    struct question *q = &qs.at[qs.n++];
    char *data = must_have(arena_alloc(asked->arena, bytes));

    q->frames[0] = SLICE(PROTOCOL_TAG);
    q->frames[1] = SLICE("\x84\xa1i\x01\xa1s\x00\xa3rev\x00\xa2us\x00");
    q->frames[frames - 1] = (struct slice){data, bytes};
    q->n = (size_t)frames;
    return qs;
}

static void add_get(struct asked *asked, struct slice id)
{
    struct ask_market_get ask;

    shape_clear(verb_rows[VERB_market_get].ask, &ask);
    ask.id = id;
    asked->get.at[asked->get.n++] =
        asked_message(asked->arena, VERB_market_get, &ask);
}

static void add_match(struct asked *asked, const struct market *market,
                      int64_t lot)
{
    struct ask_match_people ask;

    shape_clear(verb_rows[VERB_match_people].ask, &ask);
    ask.market = market->id;
    ask.on = asked_on();
    ask.lot = lot;
    ask.job = 1;
    ask.limit = ASKED_LIMIT;
    ask.grace = ASKED_GRACE;
    asked->lots[asked->match.n] = (struct asked_lot){market, lot};
    asked->match.at[asked->match.n++] =
        asked_message(asked->arena, VERB_match_people, &ask);
}

/* ---- The store ---------------------------------------------------------- */

static struct market *read_market(struct arena *arena,
                                  const struct record *record)
{
    struct market *market = must_have(shape_array(arena, &shape_market, 1));
    struct slice body = arena_copy(arena, record->body);

    must(protocol_decode_trusted(&shape_market, body, arena, market));
    return market;
}

/* Every STEP-th market, so that all of a large store is asked. */
static void read_markets(struct asked *asked, struct store_view *view,
                         size_t max, size_t step)
{
    struct slice id = {NULL, 0};
    struct record record;
    size_t n = 0;

    while (!store_next(view, ENTITY_MARKET, id, &id, &record)) {
        const struct market *market;

        if (n++ % step)
            continue;
        market = read_market(asked->arena, &record);
        if (asked->get.n < max)
            add_get(asked, market->id);
        for (size_t i = 0; i < market->lots.n && asked->match.n < max; i++)
            if (market->lots.at[i].jobs.n)
                add_match(asked, market, (int64_t)i + 1);
    }
}

void asked_init(struct asked *asked, struct store *store, size_t max)
{
    struct ask_ping ping = {{NULL, 0}};
    struct store_facts facts;
    struct store_view *view;
    size_t n;

    asked->arena = must_have(arena_new(ARENA_BYTES));
    asked->ping = room(asked->arena, 1);
    asked->get = room(asked->arena, max);
    asked->match = room(asked->arena, max);
    asked->lots =
        must_have(arena_array(asked->arena, max, sizeof *asked->lots));
    asked->ping.at[asked->ping.n++] =
        asked_message(asked->arena, VERB_ping, &ping);
    must(store_view_begin(store, &view));
    must(store_stat(view, &facts));
    n = (size_t)facts.records[ENTITY_MARKET];
    read_markets(asked, view, max, n > max ? n / max : 1);
    store_view_end(view);
    if (!asked->get.n)
        die("the store holds no market");
}

void asked_fini(struct asked *asked)
{
    arena_free(asked->arena);
}

void asked_fill(struct store *store, size_t n)
{
    struct market market;
    struct store_batch *batch;
    struct buffer body = {0};
    char id[24], object[220];

    memset(object, 'x', sizeof object);
    must(store_batch_begin(store, &batch));
    for (size_t i = 0; i < n; i++) {
        snprintf(id, sizeof id, "M-%zu", i);
        shape_clear(&shape_market, &market);
        market.id = slice_of(id);
        market.object = (struct slice){object, sizeof object};
        body.len = 0;
        must(protocol_encode(&shape_market, &market, EVERYONE, &body));
        must(store_put(batch, ENTITY_MARKET, market.id, market.id, 1,
                       (struct slice){body.data, body.len}, NULL));
    }
    must(store_batch_commit(batch));
    buffer_free(&body);
}

/* ---- Without a wire ----------------------------------------------------- */

static void match_lot(struct store_view *view, struct arena *arena,
                      const struct asked_lot *lot, struct lot_answer *out)
{
    struct match m = {.view = view,
                      .reference = store_view_reference(view),
                      .arena = arena,
                      .on = asked_on(),
                      .limit = ASKED_LIMIT,
                      .structure_weights = match_structure_weights,
                      .person_weights = match_person_weights,
                      .grace = ASKED_GRACE};

    shape_clear(&shape_lot_answer, out);
    must(match_people(&m, lot->market, lot->lot, 1, out));
}

/* As the daemon: a view of its own, the record, the answer's bytes. */
static void match_whole(struct store *store, struct arena *arena,
                        const struct asked_lot *lot, struct buffer *out)
{
    struct market *market = must_have(shape_array(arena, &shape_market, 1));
    struct asked_lot fresh = {market, lot->lot};
    struct lot_answer answer;
    struct store_view *view;
    struct record record;

    must(store_view_begin(store, &view));
    must(store_get(view, ENTITY_MARKET, lot->market->id, &record));
    must(protocol_decode_trusted(&shape_market, record.body, arena, market));
    match_lot(view, arena, &fresh, &answer);
    out->len = 0;
    must(protocol_encode(&shape_lot_answer, &answer, ~0u, out));
    store_view_end(view);
}

double asked_match(struct asked *asked, struct store *store, uint64_t ns,
                   int whole)
{
    struct arena *arena = must_have(arena_new(SCRATCH_BYTES));
    struct questions *qs = &asked->match;
    struct buffer bytes = {0};
    struct lot_answer answer;
    struct store_view *view;
    uint64_t begin = now_ns(), now = begin, n = 0;

    must(store_view_begin(store, &view));
    while (now < begin + ns) {
        for (int i = 0; i < 16; i++, n++) {
            const struct asked_lot *lot = &asked->lots[qs->next];

            if (++qs->next == qs->n)
                qs->next = 0;
            arena_reset(arena);
            if (whole)
                match_whole(store, arena, lot, &bytes);
            else
                match_lot(view, arena, lot, &answer);
        }
        now = now_ns();
    }
    store_view_end(view);
    buffer_free(&bytes);
    arena_free(arena);
    return (double)n * 1e9 / (double)(now - begin);
}
