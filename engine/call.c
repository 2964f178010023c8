/*
 * What every request shares: refusals, weights.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/call.h"

static enum err check_sum(struct call *call, const char *field, int64_t sum)
{
    if (sum == 1000)
        return ERR_NONE;
    return call_refuse(call, ERR_WEIGHTS_SUM, field,
                       "these add up to %lld, not 1000", (long long)sum);
}

enum err call_weights(struct call *call,
                      const struct structure_weights *structures,
                      const struct person_weights *people,
                      struct structure_weights *s, struct person_weights *p)
{
    enum err first, second;

    *s = structures ? *structures : call->structure_weights;
    *p = people ? *people : call->person_weights;
    first = check_sum(call, "structure_weights",
                      s->activity + s->coverage + s->proximity + s->capacity +
                          s->jobs);
    second = check_sum(call, "person_weights",
                       p->job + p->distance + p->waiting + p->availability);
    return first ? first : second;
}

enum err call_refuse(struct call *call, enum err name, const char *field,
                     const char *hint, ...)
{
    char text[300];
    va_list args;

    va_start(args, hint);
    vsnprintf(text, sizeof text, hint, args);
    va_end(args);
    faults_add(&call->faults, call->arena, name, slice_of(field), "%s", text);
    return name;
}

void call_saw(struct call *call, struct slice pseudonym)
{
    struct saw *saw = &call->saw;
    struct slice copy = arena_copy(call->arena, pseudonym);
    size_t room = saw->room ? 2 * saw->room : 16;
    struct slice *at;

    if (!copy.data)
        return;
    if (saw->n == saw->room) {
        if (!(at = arena_array(call->arena, room, sizeof *at)))
            return;
        if (saw->n)
            memcpy(at, saw->at, saw->n * sizeof *at);
        saw->at = at;
        saw->room = room;
    }
    saw->at[saw->n++] = copy;
}
