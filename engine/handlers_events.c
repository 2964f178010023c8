/*
 * events.since: the journal, page by page.  Who has a territory is told of the
 * objects that lie in it now; the hashes are for those who are told of every
 * event, for only they can follow the chain.
 */
#include "engine/dispatch.h"
#include "engine/entity.h"

/* A page looks at so many events at most, and ends when what it says of them
 * comes to about so many bytes: a millisecond of the loop. */
#define PAGE_EVENTS 1000
#define PAGE_BYTES ((size_t)64 << 10)
#define EVENT_BYTES 96 /* beside its label and its hash */

struct page {
    struct store_view *view;
    struct call *call;
    int people; /* are events about people for this caller? */
    int all;    /* and those of every place */
    struct event_row *rows;
    size_t n;
    size_t bytes;
};

/* The object as it is stored now decides: of what is gone nobody knows where
 * it was. */
static enum err may_see(const struct page *p, const struct event *event,
                        int *out)
{
    struct record record;
    void *object;
    enum err e;

    *out = p->all;
    if (p->all || event->kind == EVENT_REFERENCE ||
        event->entity > ENTITY_HOURS)
        return ERR_NONE;
    if (!p->people &&
        (event->entity == ENTITY_PROFILE || event->entity == ENTITY_HOURS))
        return ERR_NONE;
    e = store_get_numbered(p->view, event->entity, event->number, &record);
    if (e)
        return e == ERR_NOT_FOUND ? ERR_NONE : e;
    if ((e = entity_decode(event->entity, &record, p->call->arena, &object)))
        return e;
    *out = rights_read(p->call, p->view, event->entity, object);
    return ERR_NONE;
}

static enum err add(struct page *p, const struct event *event)
{
    struct event_row *row = &p->rows[p->n++];
    char hex[CHAIN_HEX + 1];

    row->seq = (int64_t)event->revision;
    row->ms = event->time_ms;
    row->what = (int64_t)event->kind - EVENT_PUT;
    if (event->kind != EVENT_REFERENCE) {
        row->entity = event->entity;
        row->number = event->number;
    }
    if (event->label.len)
        row->label = event->label;
    p->bytes += EVENT_BYTES + event->label.len;
    if (!p->all)
        return ERR_NONE;
    chain_write_hex(event->hash, hex);
    row->hash = arena_copy(p->call->arena, (struct slice){hex, CHAIN_HEX});
    p->bytes += CHAIN_HEX;
    return row->hash.data ? ERR_NONE : ERR_NOMEM;
}

/* *LAST is the last event that was looked at. */
static enum err fill(struct page *p, size_t limit, uint64_t *last)
{
    struct event event;
    enum err e = ERR_NONE;
    int seen;

    for (unsigned i = 0; i < PAGE_EVENTS && p->n < limit; i++) {
        if (p->bytes >= PAGE_BYTES ||
            (e = store_event_next(p->view, *last, &event)) ||
            (e = may_see(p, &event, &seen)) || (seen && (e = add(p, &event))))
            break;
        *last = event.revision;
    }
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

enum err handle_events_since(struct store_view *view, struct call *call,
                             const struct ask_events_since *ask,
                             struct answer_events_since *answer)
{
    struct page p = {.view = view, .call = call};
    uint64_t last = (uint64_t)ask->since;
    enum err e;

    p.people = (rights_readers(call) & (PEOPLE | BATCH | ADMIN)) != 0;
    p.all = p.people && rights_everywhere(call);
    if (last > store_view_revision(view))
        return call_refuse(call, ERR_RANGE, "since",
                           "the journal ends with event %llu",
                           (unsigned long long)store_view_revision(view));
    p.rows = shape_array(call->arena, &shape_event_row, (size_t)ask->limit);
    if (!p.rows)
        return ERR_NOMEM;
    if ((e = fill(&p, (size_t)ask->limit, &last)))
        return e;
    answer->events = (struct event_row_list){p.rows, p.n};
    answer->next = (int64_t)last;
    answer->more = last < store_view_revision(view);
    return ERR_NONE;
}
