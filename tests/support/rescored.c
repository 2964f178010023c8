#include "tests/support/rescored.h"

#include <pthread.h>
#include <criterion/criterion.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/dispatch.h"
#include "engine/match/postings.h"

#define SEED 20261124

struct rescored t;

/* ---- Interruptions ------------------------------------------------------ */

enum err __real_store_batch_commit(struct store_batch *b) __attribute__((weak));
enum err __wrap_store_batch_commit(struct store_batch *b);
enum err __real_match_top_structures(struct match *m,
                                     const struct market *market, int64_t lot,
                                     struct match_top *out)
    __attribute__((weak));
enum err __wrap_match_top_structures(struct match *m,
                                     const struct market *market, int64_t lot,
                                     struct match_top *out);

enum err __wrap_store_batch_commit(struct store_batch *b)
{
    enum err e = __real_store_batch_commit(b);

    if (t.commits_left && !--t.commits_left)
        t.after_commits();
    return e;
}

void die(void)
{
    raise(SIGKILL);
}

enum err __wrap_match_top_structures(struct match *m,
                                     const struct market *market, int64_t lot,
                                     struct match_top *out)
{
    if (t.poison && lot == 1 && slice_equal(market->id, slice_of(t.poison))) {
        if (!t.poison_error)
            die();
        return t.poison_error;
    }
    return __real_match_top_structures(m, market, lot, out);
}

/* ---- The store ---------------------------------------------------------- */

void put_entity(unsigned entity, const void *value)
{
    world_put(&t.world, t.ref, entity, value);
}

static void make_everybody(void)
{
    world_begin(&t.world);
    for (unsigned i = 0; i < STRUCTURES; i++)
        put_entity(ENTITY_STRUCTURE, chance_structure(&t.chance, i));
    for (unsigned i = 0; i < PROFILES; i++)
        put_entity(ENTITY_PROFILE, chance_profile(&t.chance, i));
    for (unsigned i = 0; i < MARKETS; i++) {
        struct market *market = chance_market(&t.chance, i);

        if (chance_of(&t.chance, 80))
            market->status = MARKET_OPEN;
        put_entity(ENTITY_MARKET, market);
    }
    world_commit(&t.world);
}

static void import_tables(void)
{
    struct store_batch *b;

    cr_assert_eq(store_batch_begin(t.world.store, &b), ERR_NONE);
    for (int i = 0; i < 2; i++) {
        const struct reference_import *table = &chance_imports[i];

        cr_assert_eq(store_reference_stage(b, table->table, 1, table->lines),
                     ERR_NONE);
        cr_assert_eq(store_reference_switch(b, table->table, table->version,
                                            table->source),
                     ERR_NONE);
    }
    cr_assert_eq(store_batch_commit(b), ERR_NONE);
}

void fill_store(void)
{
    t.chance.seed = SEED;
    import_tables();
    make_everybody();
    world_begin(&t.world);
    cr_assert_eq(index_stamp_set(t.world.batch, postings_stamp(t.ref)),
                 ERR_NONE);
    world_commit(&t.world);
}

static pthread_t own_thread;

void rescored_setup(void)
{
    t = (struct rescored){.limit = 20};
    cr_assert_eq(reference_new(chance_imports, 2, &t.ref), ERR_NONE);
    t.arena = arena_new(1u << 30);
    t.aside = arena_new(1u << 30);
    own_thread = pthread_self();
    t.chance = (struct chance){SEED, t.arena, t.ref};
    world_open(&t.world);
    fill_store();
}

void rescored_teardown(void)
{
    world_close(&t.world);
    arena_free(t.arena);
    arena_free(t.aside);
    reference_free(t.ref);
    t.arena = t.aside = NULL;
    t.ref = NULL;
}

struct store_view *look_now(void)
{
    struct store_view *view;

    cr_assert_eq(store_view_begin(t.world.store, &view), ERR_NONE);
    return view;
}

struct rescore_slots slots(void)
{
    struct store_view *view = look_now();
    struct rescore_slots out;

    cr_assert_eq(rescore_slots(view, &out), ERR_NONE);
    store_view_end(view);
    return out;
}

/* ---- Requests, as the writer would run them ----------------------------- */

struct call a_call(enum verb verb)
{
    int own = pthread_equal(pthread_self(), own_thread);

    return (struct call){.verb = verb,
                         .role = DEVELOPMENT,
                         .everywhere = 1,
                         .arena = own ? t.arena : t.aside,
                         .structure_weights = match_structure_weights,
                         .person_weights = match_person_weights,
                         .now_ms = 1795435200000,
                         .today = day("2026-11-23")};
}

enum err start_in(struct store_batch *b, int64_t limit)
{
    struct call call = a_call(VERB_rescore_start);
    struct ask_rescore_start ask;
    struct answer_rescore_start answer;

    shape_clear(verb_rows[VERB_rescore_start].ask, &ask);
    ask.limit = limit;
    return handle_rescore_start(b, &call, &ask, &answer);
}

enum err delete_in(struct store_batch *b, const char *market)
{
    struct call call = a_call(VERB_market_delete);
    struct ask_market_delete ask = {.id = slice_of(market), .if_rev = ABSENT};
    struct answer_market_delete answer;

    return handle_market_delete(b, &call, &ask, &answer);
}

void start_run(void)
{
    world_begin(&t.world);
    cr_assert_eq(start_in(t.world.batch, t.limit), ERR_NONE);
    world_commit(&t.world);
}

struct answer_rescore_status status_of(int64_t lots)
{
    struct call call = a_call(VERB_rescore_status);
    struct ask_rescore_status ask = {.lots = lots};
    struct answer_rescore_status answer;
    struct store_view *view = look_now();

    shape_clear(verb_rows[VERB_rescore_status].answer, &answer);
    cr_assert_eq(handle_rescore_status(view, &call, &ask, &answer), ERR_NONE);
    store_view_end(view);
    return answer;
}

/* ---- A daemon's life ---------------------------------------------------- */

static void on_group(void *context, struct request *finished)
{
    (void)context;
    cr_assert_null(finished);
}

void begin_life(unsigned workers)
{
    struct batch_settings settings = {.workers = workers, .chunk = CHUNK};
    struct batch *batch = NULL;

    cr_assert_eq(writer_start(t.world.store, on_group, NULL, &t.writer),
                 ERR_NONE);
    cr_assert_eq(batch_open(t.world.store, t.writer, &settings, &batch),
                 ERR_NONE);
    t.batch = batch;
}

void end_life(void)
{
    batch_stop(t.batch);
    writer_stop(t.writer);
    batch_free(t.batch);
    t.batch = NULL;
}

void await_end(void)
{
    while (status_of(0).state == RESCORE_RUNNING)
        sched_yield();
}

void live_through(unsigned workers)
{
    begin_life(workers);
    await_end();
    end_life();
}

void make_run(unsigned workers)
{
    start_run();
    live_through(workers);
    cr_assert_eq(status_of(0).state, RESCORE_DONE);
}

/* The same in a process of its own; how it ended.  Nobody else has the store
 * open meanwhile. */
int live_apart(void)
{
    struct store_options options = {.init = 0};
    int status;
    pid_t pid;

    store_close(t.world.store);
    if (!(pid = fork())) {
        if (store_open(t.world.dir, &options, &t.world.store))
            _exit(9);
        live_through(2);
        store_close(t.world.store);
        _exit(0);
    }
    cr_assert_eq(waitpid(pid, &status, 0), pid);
    cr_assert_eq(store_open(t.world.dir, &options, &t.world.store), ERR_NONE);
    return status;
}

int was_killed(int status)
{
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

/* ---- What stands there -------------------------------------------------- */

struct slice result_bytes(struct store_view *view, uint32_t position)
{
    struct slice bytes;

    cr_assert_eq(rescore_load(view, slots().done, position, t.arena, &bytes),
                 ERR_NONE, "position %u", position);
    return bytes;
}

/* Everything of the finished run, in one buffer: lots, then places. */
struct buffer dump(void)
{
    struct store_view *view = look_now();
    struct rescore_slots now = slots();
    struct buffer out = {0};

    cr_assert_lt(now.done, RESULTS_SLOTS);
    for (int64_t i = 0; i < now.note[now.done].lots; i++) {
        struct slice bytes = result_bytes(view, (uint32_t)i);

        cr_assert_eq(buffer_add(&out, bytes.data, bytes.len), ERR_NONE);
    }
    for (uint32_t market = 1; market <= MARKETS; market++) {
        uint32_t place[2] = {UINT32_MAX, 0};

        results_find(view, now.done, market, &place[0], &place[1]);
        cr_assert_eq(buffer_add(&out, place, sizeof place), ERR_NONE);
    }
    store_view_end(view);
    return out;
}

void expect_same(struct buffer *a, struct buffer *b)
{
    cr_expect_eq(a->len, b->len);
    cr_expect(a->len == b->len && !memcmp(a->data, b->data, a->len));
    buffer_free(a);
    buffer_free(b);
}

/* ---- One lot ------------------------------------------------------------ */

uint32_t number_of(struct store_view *view, unsigned entity, struct slice id)
{
    struct record record;

    cr_assert_eq(store_get(view, entity, id, &record), ERR_NONE);
    return record.number;
}

static void expect_row(const struct rescore_result *result, unsigned list,
                       size_t row, uint32_t number, int64_t score)
{
    struct match_ranked got = rescore_row(result, list, (unsigned)row);

    cr_expect_eq(got.number, number);
    cr_expect_eq(got.score, score);
}

static void expect_lot(struct match *m, const struct market *market,
                       int64_t lot, uint32_t position)
{
    struct lot_answer structures, people;
    struct rescore_result result;
    const struct structure_hit_list *hits = &structures.structures;

    cr_assert_eq(rescore_read(result_bytes(m->view, position), &result),
                 ERR_NONE);
    cr_assert_eq(match_structures(m, market, lot, &structures), ERR_NONE);
    cr_assert_eq(match_people(m, market, lot, ABSENT, &people), ERR_NONE);
    cr_assert_eq(result.lot, lot);
    cr_assert_eq(result.problem, 0);
    cr_assert_eq(result.n[0], hits->n);
    for (size_t i = 0; i < hits->n; i++)
        expect_row(&result, 0, i,
                   number_of(m->view, ENTITY_STRUCTURE, hits->at[i].id),
                   hits->at[i].score);
    cr_assert_eq(result.lists, 1 + people.jobs.n);
    for (unsigned j = 1; j < result.lists; j++) {
        const struct person_hit_list *list = &people.jobs.at[j - 1].candidates;

        cr_assert_eq(result.n[j], list->n);
        for (size_t i = 0; i < list->n; i++)
            expect_row(&result, j, i,
                       number_of(m->view, ENTITY_PROFILE, list->at[i].id),
                       list->at[i].score);
    }
}

/* How many open lots there are; each has the result that it should. */
int64_t expect_all(void)
{
    struct store_view *view = look_now();
    struct match m = a_match(store_view_reference(view), t.arena);
    struct record record = {.number = 0};
    struct rescore_slots now = slots();
    int64_t open = 0;

    m.view = view;
    m.limit = now.note[now.done].limit;
    while (!store_next_numbered(view, ENTITY_MARKET, record.number, &record)) {
        struct market market;
        uint32_t first;
        unsigned lots = 0;
        enum err e = results_find(view, now.done, record.number, &first, &lots);

        cr_assert_eq(protocol_decode_trusted(&shape_market, record.body,
                                             t.arena, &market),
                     ERR_NONE);
        if (!match_market_open(&market, m.on) || !market.lots.n) {
            cr_expect_eq(e, ERR_NOT_FOUND);
            continue;
        }
        cr_assert_eq(lots, market.lots.n);
        for (unsigned i = 0; i < lots; i++, open++)
            expect_lot(&m, &market, i + 1, first + i);
    }
    store_view_end(view);
    return open;
}

/* The id of a market with an open lot, in the middle of the order. */
const char *some_market(void)
{
    struct store_view *view = look_now();
    struct rescore_slots now = slots();
    struct rescore_result result;
    struct record record;
    struct market market;
    const char *id;

    cr_assert_eq(
        rescore_read(result_bytes(view, (uint32_t)now.note[now.done].lots / 2),
                     &result),
        ERR_NONE);
    cr_assert_eq(
        store_get_numbered(view, ENTITY_MARKET, result.market, &record),
        ERR_NONE);
    cr_assert_eq(
        protocol_decode_trusted(&shape_market, record.body, t.arena, &market),
        ERR_NONE);
    id = arena_format(t.arena, "%.*s", (int)market.id.len, market.id.data).data;
    store_view_end(view);
    return id;
}
