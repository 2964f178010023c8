/*
 * One request on its way: who asks, what, until when; and where its answer's
 * memory comes from.  Handlers see this and never a socket.
 */
#ifndef ENGINE_CALL_H
#define ENGINE_CALL_H

#include "protocol/codec.h"

struct holder;
struct server;
struct store_view;
struct territory;

/* Pseudonyms, or tokens of recorded hours; in the call's arena. */
struct saw {
    struct slice *at;
    size_t n;
    size_t room;
};

struct call {
    enum verb verb;
    struct slice caller;                        /* its key's id */
    unsigned role;                              /* one bit of enum role */
    unsigned grants;                            /* and what it was granted */
    const struct territory *territory;          /* flat; NULL: none */
    int everywhere;                             /* all of it, and more */
    enum err admitted;                          /* what its key says first */
    struct holder *holder;                      /* of keys.c; NULL: uncounted */
    struct arena *arena;                        /* of this request */
    struct faults faults;                       /* what is wrong with it */
    struct structure_weights structure_weights; /* as configured when */
    struct person_weights person_weights;       /* the request came */
    const struct server *server;                /* for stats and the batch */
    const struct limits *limits;                /* of this caller's bodies */
    int64_t now_ms;                             /* since 1970, when it came */
    int64_t today;                              /* civil date in Paris */
    struct store_view *view; /* of a question, for its rights */
    struct packed shown;     /* the stored object that the answer repeats */
    struct saw saw;          /* people shown or changed */
    uint64_t scanned;        /* candidates read, for the log */
    uint64_t scored;
};

/* Refuse: add a fault and return its name. */
enum err call_refuse(struct call *call, enum err name, const char *field,
                     const char *hint, ...)
    __attribute__((format(printf, 4, 5)));

/* A person is shown or changed: PSEUDONYM, copied.  One that finds no memory
 * stays out of the log. */
void call_saw(struct call *call, struct slice pseudonym);

/* The weights that were asked for, each set or NULL, or as configured.
 * ERR_WEIGHTS_SUM, refused. */
enum err call_weights(struct call *call,
                      const struct structure_weights *structures,
                      const struct person_weights *people,
                      struct structure_weights *structures_out,
                      struct person_weights *people_out);

/* ---- Rights (rights.c): who may do what to which object -----------------
 * A row of verbs.def says which roles may use a verb, the territory of the
 * stored object which of them may see or change it.  Nothing here allocates.
 */

/* May this caller use its verb at all? */
int rights_verb(const struct call *call);

/* May it see OBJECT, of ENTITY, as stored in VIEW?  When a part of the
 * object's territory is its own. */
int rights_read(const struct call *call, struct store_view *view,
                unsigned entity, const void *object);

/* May it write OBJECT?  When its own territory holds all of the object's. */
int rights_write(const struct call *call, struct store_view *view,
                 unsigned entity, const void *object);

/* May it see what belongs to one LOT of a market: its hours? */
struct lot;
int rights_lot(const struct call *call, struct store_view *view,
               const struct lot *lot);

/* Does neither question need a look at the object? */
int rights_everywhere(const struct call *call);

/* The fields the caller may read: bits of enum role, its grants among them. */
unsigned rights_readers(const struct call *call);

#endif
