/*
 * One request on its way: who asks, what, until when; and where its answer's
 * memory comes from.  Handlers see this and never a socket.
 */
#ifndef ENGINE_CALL_H
#define ENGINE_CALL_H

#include "protocol/codec.h"

struct server;

struct call {
    enum verb verb;
    unsigned role;                              /* one bit of enum role */
    struct slice caller;                        /* whom keys `k` belong to */
    struct arena *arena;                        /* of this request */
    struct faults faults;                       /* what is wrong with it */
    struct structure_weights structure_weights; /* as configured when */
    struct person_weights person_weights;       /* the request came */
    const struct server *server;                /* for stats and the batch */
    const struct limits *limits;                /* of this caller's bodies */
    int64_t now_ms;                             /* since 1970, when it came */
    int64_t today;                              /* civil date in Paris */
    struct packed shown; /* the stored object that the answer repeats */
    uint64_t scanned;    /* candidates read, for the log */
    uint64_t scored;
};

/* Refuse: add a fault and return its name. */
enum err call_refuse(struct call *call, enum err name, const char *field,
                     const char *hint, ...)
    __attribute__((format(printf, 4, 5)));

/* The weights that were asked for, each set or NULL, or as configured.
 * ERR_WEIGHTS_SUM, refused. */
enum err call_weights(struct call *call,
                      const struct structure_weights *structures,
                      const struct person_weights *people,
                      struct structure_weights *structures_out,
                      struct person_weights *people_out);

/* The one rights function, asked twice: before dispatch with OBJECT NULL (may
 * this caller use this verb at all?) and inside entity_get and entity_put (may
 * it do so to this stored object?). */
int rights_allow(const struct call *call, const void *object);

/* Does the second question need no look at the object: has the caller the
 * whole territory? */
int rights_everywhere(const struct call *call);

/* The fields the caller may read: a bit of enum role. */
unsigned rights_readers(const struct call *call);

#endif
