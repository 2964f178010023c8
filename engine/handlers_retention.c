/*
 * How long people are kept: while there is a consent, and two years after the
 * last contact.  retention.list says whose time is running out, retention.run
 * forgets those whose time is over.
 */
#include "engine/backup.h"
#include "engine/dispatch.h"
#include "engine/entity.h"
#include "engine/erase.h"
#include "engine/match/match.h"
#include "engine/server.h"

#include <inttypes.h>
#include <stdlib.h>

/* Profiles looked at in one request, a microsecond each: on a worker, and on
 * the thread that writes. */
#define LIST_LOOKS 100000
#define RUN_LOOKS 10000
/* Of these forgotten in one batch, some 100 microseconds each. */
#define RUN_ERASED 100
/* Idempotency entries of the days before, and how many go with a run. */
#define ONCE_KEPT_MS (24 * 3600 * INT64_C(1000))
#define ONCE_EXPIRED 1000
#define SCRATCH_BYTES (16u << 20)

/* A walk over profiles by number. */
struct walk {
    struct store_view *view;
    struct arena *scratch;
    uint32_t after;
    size_t looks;
};

/* The first day on which the profile is not to be kept; ABSENT: there is no
 * consent, and none is.  A consent is a contact, too. */
static int64_t ends_on(const struct profile *p)
{
    int64_t last =
        p->last_contact_on > p->consent_on ? p->last_contact_on : p->consent_on;

    return p->consent_on == ABSENT ? ABSENT : last + MATCH_CONSENT_DAYS;
}

static int is_over(const struct profile *p, int64_t on)
{
    int64_t end = ends_on(p);

    return end == ABSENT || end <= on;
}

/* A token is the number of the profile looked at last. */
static enum err walk_begin(struct walk *w, struct store_view *view,
                           struct call *call, struct slice token, size_t looks)
{
    uint64_t after = 0;

    for (size_t i = 0; i < token.len && after <= UINT32_MAX; i++) {
        if (token.data[i] < '0' || token.data[i] > '9')
            after = UINT64_MAX / 10;
        else
            after = after * 10 + (uint64_t)(token.data[i] - '0');
    }
    if (after > UINT32_MAX)
        return call_refuse(call, ERR_BAD_TOKEN, "page_token",
                           "leave it out to begin again");
    if (!(w->scratch = arena_new(SCRATCH_BYTES)))
        return ERR_NOMEM;
    w->view = view;
    w->after = (uint32_t)after;
    w->looks = looks;
    return ERR_NONE;
}

/* The next profile, in the scratch arena.  ERR_NOT_FOUND at the end. */
static enum err walk_next(struct walk *w, const struct profile **out)
{
    struct record record;
    void *found;
    enum err e;

    arena_reset(w->scratch);
    e = store_next_numbered(w->view, ENTITY_PROFILE, w->after, &record);
    if (e || (e = entity_decode(ENTITY_PROFILE, &record, w->scratch, &found)))
        return e;
    w->after = record.number;
    w->looks--;
    *out = found;
    return ERR_NONE;
}

/* Frees the walk; NEXT says where to go on when it was not at the end. */
static enum err walk_end(struct walk *w, struct call *call, enum err e,
                         struct slice *next)
{
    arena_free(w->scratch);
    if (e == ERR_NOT_FOUND)
        return ERR_NONE;
    if (!e) {
        *next = arena_format(call->arena, "%" PRIu32, w->after);
        e = next->data ? ERR_NONE : ERR_NOMEM;
    }
    return e;
}

/* ---- retention.list ------------------------------------------------------ */

static enum err add_row(struct call *call, const struct profile *p,
                        struct retention_row *row)
{
    call_saw(call, p->id);
    row->id = arena_copy(call->arena, p->id);
    row->ends_on = ends_on(p);
    row->consent_on = p->consent_on;
    row->last_contact_on = p->last_contact_on;
    if (p->referent.data)
        row->referent = arena_copy(call->arena, p->referent);
    return row->id.data && !p->referent.data == !row->referent.data ? ERR_NONE
                                                                    : ERR_NOMEM;
}

enum err handle_retention_list(struct store_view *view, struct call *call,
                               const struct ask_retention_list *ask,
                               struct answer_retention_list *answer)
{
    int64_t on = ask->on == ABSENT ? call->today : ask->on;
    size_t most = (size_t)ask->page_size;
    struct retention_row *rows =
        shape_array(call->arena, &shape_retention_row, most);
    const struct profile *p;
    struct walk w;
    size_t n = 0;
    enum err e;

    if (!rows)
        return ERR_NOMEM;
    if ((e = walk_begin(&w, view, call, ask->page_token, LIST_LOOKS)))
        return e;
    while (w.looks && n < most && !(e = walk_next(&w, &p)))
        if (is_over(p, on + ask->days) &&
            rights_read(call, view, ENTITY_PROFILE, p) &&
            (e = add_row(call, p, &rows[n++])))
            break;
    answer->on = on;
    answer->days = ask->days;
    answer->rows = (struct retention_row_list){rows, n};
    return walk_end(&w, call, e, &answer->next);
}

/* ---- retention.run ------------------------------------------------------- */

/* Its id borrows from pages that the first removal moves. */
static enum err forget(struct store_batch *batch, struct call *call,
                       const struct profile *p, struct erased *erased)
{
    struct slice id = arena_copy(call->arena, p->id);

    if (!id.data)
        return ERR_NOMEM;
    return erase_person(batch, call, id, ABSENT, erased);
}

static enum err run(struct walk *w, struct store_batch *batch,
                    struct call *call, int64_t on, struct erased *erased,
                    size_t *looked_at)
{
    const struct profile *p;
    enum err e = ERR_NONE;

    while (w->looks && erased->n < RUN_ERASED && !e &&
           !(e = walk_next(w, &p))) {
        if (!rights_write(call, w->view, ENTITY_PROFILE, p))
            continue;
        ++*looked_at;
        if (is_over(p, on))
            e = forget(batch, call, p, erased);
    }
    return e;
}

/* Backups hold whom this night forgets, and go even when none is made. */
static void expire_backups(const struct call *call)
{
    const struct backup_settings *settings = server_backups(call->server);

    if (settings)
        backup_expire_idle(settings, call->now_ms);
}

enum err handle_retention_run(struct store_batch *batch, struct call *call,
                              const struct ask_retention_run *ask,
                              struct answer_retention_run *answer)
{
    struct store_view *view = store_batch_view(batch);
    uint32_t numbers[RUN_ERASED];
    struct erased erased = {.numbers = numbers, .room = RUN_ERASED};
    int64_t on = ask->on == ABSENT ? call->today : ask->on;
    size_t looked_at = 0;
    struct walk w;
    enum err e;

    if (on > call->today)
        return call_refuse(call, ERR_RANGE, "on",
                           "nobody is forgotten before the time");
    if ((e = walk_begin(&w, view, call, ask->page_token, RUN_LOOKS)))
        return e;
    if (!ask->page_token.len)
        expire_backups(call);
    e = run(&w, batch, call, on, &erased, &looked_at);
    if ((e = walk_end(&w, call, e, &answer->next)) ||
        (e = erase_finish(batch, call, &erased)) ||
        (e = store_once_expire(batch, call->now_ms - ONCE_KEPT_MS,
                               ONCE_EXPIRED)))
        return e;
    answer->on = on;
    answer->looked_at = (int64_t)looked_at;
    answer->erased = (int64_t)erased.n;
    answer->rev = (int64_t)store_view_revision(view);
    return ERR_NONE;
}
