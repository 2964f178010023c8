/*
 * rescore.*: begin and end a batch by its note in the store, tell how it
 * stands, and show what it found.  The batch itself is engine/batch.h.
 */
#include <string.h>

#include "engine/batch.h"
#include "engine/dispatch.h"
#include "engine/entity.h"
#include "engine/people_shown.h"
#include "engine/rescore.h"
#include "engine/server.h"

/* One record decoded for its id: at most 1 MiB of bytes. */
#define RECORD_BYTES_MAX (64u << 20)

/* The run that is not finished, if there is one and it is RUNNING. */
static struct rescore_note *running(struct rescore_slots *slots)
{
    if (slots->current == RESULTS_SLOTS ||
        slots->note[slots->current].state != RESCORE_RUNNING)
        return NULL;
    return &slots->note[slots->current];
}

/* The run that was begun last; NULL: none ever was. */
static const struct rescore_note *newest(const struct rescore_slots *slots)
{
    if (slots->current != RESULTS_SLOTS)
        return &slots->note[slots->current];
    return slots->done == RESULTS_SLOTS ? NULL : &slots->note[slots->done];
}

/* ---- Start and cancel --------------------------------------------------- */

enum err handle_rescore_start(struct store_batch *batch, struct call *call,
                              const struct ask_rescore_start *ask,
                              struct answer_rescore_start *answer)
{
    struct rescore_note note = {.state = RESCORE_RUNNING, .run = 1};
    struct rescore_slots slots;
    const struct rescore_note *last;
    enum err e;

    if ((e = rescore_slots(store_batch_view(batch), &slots)) ||
        (e = call_weights(call, ask->structure_weights, ask->person_weights,
                          &note.structure_weights, &note.person_weights)))
        return e;
    if (running(&slots))
        return call_refuse(call, ERR_RESCORE_RUNNING, "",
                           "rescore.status says how far it is, rescore.cancel "
                           "ends it");
    if ((last = newest(&slots)))
        note.run = last->run + 1;
    if (slots.done != RESULTS_SLOTS)
        note.before = slots.note[slots.done].run;
    note.on = ask->on == ABSENT ? call->today : ask->on;
    note.limit = ask->limit;
    note.grace = ask->grace;
    note.started_ms = call->now_ms;
    if ((e = results_clear(batch, slots.free)) ||
        (e = rescore_note_put(batch, slots.free, &note)))
        return e;
    batch_poke(server_batch(call->server));
    answer->run = note.run;
    answer->on = note.on;
    answer->limit = note.limit;
    return ERR_NONE;
}

enum err handle_rescore_cancel(struct store_batch *batch, struct call *call,
                               const struct ask_rescore_cancel *ask,
                               struct answer_rescore_cancel *answer)
{
    struct rescore_slots slots;
    struct rescore_note *note;
    enum err e = rescore_slots(store_batch_view(batch), &slots);

    if (e)
        return e;
    note = running(&slots);
    answer->cancelled = note && (ask->run == ABSENT || ask->run == note->run);
    if (!answer->cancelled)
        return ERR_NONE;
    note->state = RESCORE_CANCELLED;
    if (note->begun_ms)
        note->last_ms = call->now_ms;
    if ((e = results_clear(batch, slots.current)) ||
        (e = rescore_note_put(batch, slots.current, note)))
        return e;
    batch_poke(server_batch(call->server));
    answer->run = note->run;
    return ERR_NONE;
}

/* ---- Status ------------------------------------------------------------- */

static int64_t positive(int64_t n)
{
    return n > 0 ? n : 0;
}

/* The rate is that of this stretch: what was done before the daemon was
 * started again took its own time. */
static void tell_time(const struct rescore_note *note, int64_t now_ms,
                      struct answer_rescore_status *answer)
{
    int64_t stretch = positive(note->last_ms - note->begun_ms);
    int64_t done = note->done - note->begun_done;

    answer->started = note->started_ms / 1000;
    if (!note->begun_ms) {
        answer->elapsed_ms = note->state == RESCORE_RUNNING
                                 ? positive(now_ms - note->started_ms)
                                 : 0;
        return;
    }
    answer->elapsed_ms = note->spent_ms + stretch;
    if (note->state == RESCORE_DONE) {
        done = note->done;
        stretch = answer->elapsed_ms;
    }
    if (done)
        answer->rate = done * 1000 / (stretch ? stretch : 1);
    if (note->state != RESCORE_RUNNING)
        return;
    answer->elapsed_ms = note->spent_ms + positive(now_ms - note->begun_ms);
    if (done)
        answer->remaining_ms = stretch * (note->lots - note->done) / done;
}

static void tell_figures(const struct rescore_note *note,
                         struct answer_rescore_status *answer)
{
    const struct rescore_figures *f = &note->figures;

    answer->lots = note->lots;
    answer->done = note->done;
    answer->no_structure = f->no_structure;
    answer->no_people = f->no_people;
    answer->aside = f->aside;
    if (!note->before)
        return;
    answer->changed = f->changed;
    answer->added = f->added;
    if (note->state == RESCORE_DONE)
        answer->gone = note->gone;
}

/* Name the lot at POSITION; 0 when its market is gone, or out of reach. */
static enum err name_lot(struct store_view *view, struct call *call,
                         unsigned slot, int64_t position,
                         struct rescore_lot *out, int *named)
{
    struct rescore_result result;
    struct record record;
    struct slice bytes;
    void *market;
    enum err e;

    *named = 0;
    e = rescore_load(view, slot, (uint32_t)position, call->arena, &bytes);
    if (!e && !(e = rescore_read(bytes, &result)) &&
        !(e = store_get_numbered(view, ENTITY_MARKET, result.market,
                                 &record)) &&
        !(e = entity_decode(ENTITY_MARKET, &record, call->arena, &market)) &&
        rights_read(call, view, ENTITY_MARKET, market)) {
        out->market = ((const struct market *)market)->id;
        out->lot = result.lot;
        *named = 1;
    }
    return e == ERR_STORE_IO || e == ERR_NOMEM ? e : ERR_NONE;
}

static enum err name_worst(struct store_view *view, struct call *call,
                           unsigned slot, const struct rescore_figures *f,
                           struct rescore_lot_list *out)
{
    struct rescore_lot *at =
        shape_array(call->arena, &shape_rescore_lot, RESCORE_WORST);
    enum err e = at ? ERR_NONE : ERR_NOMEM;

    *out = (struct rescore_lot_list){at, 0};
    for (int64_t i = 0; i < f->n_worst && !e; i++) {
        const struct rescore_worst *worst = &f->worst[i];
        int named;

        e = name_lot(view, call, slot, worst->position, &at[out->n], &named);
        if (e || !named)
            continue;
        at[out->n].structures = worst->structures;
        at[out->n++].people = worst->people;
    }
    return e;
}

static enum err name_aside(struct store_view *view, struct call *call,
                           unsigned slot, const struct rescore_figures *f,
                           struct rescore_lot_list *out)
{
    struct rescore_lot *at =
        shape_array(call->arena, &shape_rescore_lot, RESCORE_ASIDE);
    enum err e = at ? ERR_NONE : ERR_NOMEM;

    *out = (struct rescore_lot_list){at, 0};
    for (int64_t i = 0; i < f->n_listed && !e; i++) {
        int named;

        e = name_lot(view, call, slot, f->listed[i].position, &at[out->n],
                     &named);
        if (!e && named)
            at[out->n++].problem = f->listed[i].problem;
    }
    return e;
}

static enum err tell_last(struct call *call, const struct rescore_note *note,
                          struct answer_rescore_status *answer)
{
    struct rescore_last *last =
        shape_array(call->arena, &shape_rescore_last, 1);

    if (!last)
        return ERR_NOMEM;
    last->run = note->run;
    last->on = note->on;
    last->limit = note->limit;
    last->revision = note->revision;
    if (rights_everywhere(call))
        last->lots = note->lots;
    last->finished = note->last_ms / 1000;
    answer->last = last;
    return ERR_NONE;
}

enum err handle_rescore_status(struct store_view *view, struct call *call,
                               const struct ask_rescore_status *ask,
                               struct answer_rescore_status *answer)
{
    struct rescore_slots slots;
    const struct rescore_note *note;
    unsigned slot;
    enum err e = rescore_slots(view, &slots);

    if (e)
        return e;
    answer->state = RESCORE_IDLE;
    if (!(note = newest(&slots)))
        return ERR_NONE;
    slot = slots.current == RESULTS_SLOTS ? slots.done : slots.current;
    answer->state = note->state;
    answer->run = note->run;
    answer->on = note->on;
    answer->limit = note->limit;
    tell_time(note, call->now_ms, answer);
    if (!rights_everywhere(call))
        answer->rate = answer->remaining_ms = ABSENT;
    if (note->begun_ms) {
        answer->revision = note->revision;
        answer->rules = note->rules;
    }
    if (note->begun_ms && rights_everywhere(call))
        tell_figures(note, answer);
    if (note->state == RESCORE_FAILED)
        answer->problem = note->problem;
    if (slots.done != RESULTS_SLOTS &&
        (e = tell_last(call, &slots.note[slots.done], answer)))
        return e;
    if (note->begun_ms &&
        (e = rescore_note_tables(note, call->arena, &answer->reference)))
        return e;
    if (ask->lots != 1)
        return ERR_NONE;
    e = name_worst(view, call, slot, &note->figures, &answer->worst_lots);
    return e ? e
             : name_aside(view, call, slot, &note->figures,
                          &answer->aside_lots);
}

/* ---- Results ------------------------------------------------------------ */

/* One lot's result on its way into an answer. */
struct showing {
    struct store_view *view;
    struct call *call;
    const struct rescore_result *result;
    unsigned limit;
    struct arena *scratch; /* of one record */
};

/* The id of a row's record; absent when it has gone since, or is out of the
 * caller's reach. */
static enum err id_of(const struct showing *s, unsigned entity, uint32_t number,
                      struct slice *id)
{
    struct record record;
    void *value;
    enum err e = store_get_numbered(s->view, entity, number, &record);

    *id = (struct slice){NULL, 0};
    arena_reset(s->scratch);
    if (e || (e = entity_decode(entity, &record, s->scratch, &value)))
        return e == ERR_NOT_FOUND ? ERR_NONE : e;
    if (!rights_read(s->call, s->view, entity, value))
        return ERR_NONE;
    *id = arena_copy(s->call->arena, entity_id(entity, value, s->scratch));
    return id->data ? ERR_NONE : ERR_NOMEM;
}

/* A list's first rows that are still there. */
static enum err show_list(const struct showing *s, unsigned list,
                          unsigned entity, struct match_ranked *rows,
                          struct slice *ids, size_t *n)
{
    enum err e = ERR_NONE;

    *n = 0;
    for (unsigned i = 0; i < s->result->n[list] && *n < s->limit && !e; i++) {
        rows[*n] = rescore_row(s->result, list, i);
        e = id_of(s, entity, rows[*n].number, &ids[*n]);
        *n += !e && ids[*n].data;
    }
    return e;
}

/* Room for a list of the answer. */
static enum err make_room(const struct showing *s, unsigned list,
                          struct match_ranked **rows, struct slice **ids)
{
    size_t n = s->result->n[list] + (size_t)1;

    *rows = arena_array(s->call->arena, n, sizeof **rows);
    *ids = arena_array(s->call->arena, n, sizeof **ids);
    return *rows && *ids ? ERR_NONE : ERR_NOMEM;
}

static enum err show_structures(const struct showing *s,
                                struct rescore_structure_list *out)
{
    struct rescore_structure *at;
    struct match_ranked *rows;
    struct slice *ids;
    size_t n;
    enum err e;

    if ((e = make_room(s, 0, &rows, &ids)) ||
        (e = show_list(s, 0, ENTITY_STRUCTURE, rows, ids, &n)))
        return e;
    if (!(at = shape_array(s->call->arena, &shape_rescore_structure, n + 1)))
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++)
        at[i] = (struct rescore_structure){ids[i], rows[i].score};
    *out = (struct rescore_structure_list){at, n};
    return ERR_NONE;
}

/* Others than readers of people learn how many there are, unless they are so
 * few that it says who. */
static enum err show_job(const struct showing *s, unsigned job,
                         struct rescore_job *out)
{
    struct rescore_person *at;
    struct match_ranked *rows;
    struct slice *ids;
    size_t n;
    enum err e;

    if ((e = make_room(s, job, &rows, &ids)) ||
        (e = show_list(s, job, ENTITY_PROFILE, rows, ids, &n)))
        return e;
    if (!(at = shape_array(s->call->arena, &shape_rescore_person, n + 1)))
        return ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        if (people_named(s->call))
            call_saw(s->call, ids[i]);
        at[i] = (struct rescore_person){ids[i], rows[i].score};
    }
    out->job = job;
    out->people = people_count(s->call, (int64_t)n);
    out->candidates = (struct rescore_person_list){at, n};
    return ERR_NONE;
}

static enum err show_jobs(const struct showing *s, int64_t job,
                          struct rescore_job_list *out)
{
    unsigned first = job == ABSENT ? 1 : (unsigned)job;
    unsigned end = job == ABSENT ? s->result->lists : first + 1;
    struct rescore_job *at;
    enum err e = ERR_NONE;

    if (job != ABSENT && first >= s->result->lists && !s->result->problem)
        return call_refuse(s->call, ERR_NOT_FOUND, "job",
                           "the batch saw %u jobs", s->result->lists - 1);
    if (!(at = shape_array(s->call->arena, &shape_rescore_job,
                           s->result->lists)))
        return ERR_NOMEM;
    *out = (struct rescore_job_list){at, 0};
    for (unsigned i = first; i < end && i < s->result->lists && !e; i++)
        e = show_job(s, i, &at[out->n++]);
    return e;
}

static enum err find_result(struct store_view *view, struct call *call,
                            const struct ask_rescore_get *ask,
                            const struct rescore_slots *slots,
                            struct rescore_result *result)
{
    struct record record;
    struct slice bytes;
    uint32_t first;
    unsigned lots;
    enum err e = store_get(view, ENTITY_MARKET, ask->market, &record);

    if (!e)
        e = results_find(view, slots->done, record.number, &first, &lots);
    if (!e && ask->lot > lots)
        e = ERR_NOT_FOUND;
    if (!e)
        e = rescore_load(view, slots->done, first + (uint32_t)ask->lot - 1,
                         call->arena, &bytes);
    return e ? e : rescore_read(bytes, result);
}

static enum err show(struct showing *s, const struct ask_rescore_get *ask,
                     struct answer_rescore_get *answer)
{
    enum err e;

    if (!(s->scratch = arena_new(RECORD_BYTES_MAX)))
        return ERR_NOMEM;
    e = show_structures(s, &answer->structures);
    if (!e)
        e = show_jobs(s, ask->job, &answer->jobs);
    arena_free(s->scratch);
    return e;
}

enum err handle_rescore_get(struct store_view *view, struct call *call,
                            const struct ask_rescore_get *ask,
                            struct answer_rescore_get *answer)
{
    struct rescore_result result;
    struct showing s = {view, call, &result, (unsigned)ask->limit, NULL};
    const struct rescore_note *note;
    struct rescore_slots slots;
    const void *market;
    enum err e;

    if ((e = rescore_slots(view, &slots)))
        return e;
    e = entity_get(view, call, ENTITY_MARKET, ask->market, &market, NULL);
    if (e == ERR_NOT_FOUND)
        call_refuse(call, e, "market", "no market has this id");
    if (e)
        return e;
    if (slots.done == RESULTS_SLOTS)
        return call_refuse(call, ERR_NOT_FOUND, "",
                           "no batch has been finished; rescore.start begins "
                           "one");
    e = find_result(view, call, ask, &slots, &result);
    if (e == ERR_NOT_FOUND)
        call_refuse(call, e, "lot", "the batch did not see it open");
    if (e)
        return e;
    note = &slots.note[slots.done];
    answer->market = ask->market;
    answer->lot = ask->lot;
    answer->run = note->run;
    answer->on = note->on;
    answer->revision = note->revision;
    answer->rules = note->rules;
    if (result.problem)
        answer->problem = (int64_t)result.problem - 1;
    if ((e = rescore_note_tables(note, call->arena, &answer->reference)))
        return e;
    return show(&s, ask, answer);
}
