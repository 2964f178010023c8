/*
 * A store by chance, a batch over it that can be interrupted after so many
 * commits or at one lot, and what stands there afterwards.
 *
 * The suite that wants the interruptions is linked with --wrap of the two
 * functions (Makefile); in others they stay away.
 */
#ifndef TESTS_SUPPORT_RESCORED_H
#define TESTS_SUPPORT_RESCORED_H

#include "engine/batch.h"
#include "engine/rescore.h"
#include "tests/support/chance.h"

/* Few lots at a time, so that there are many commits. */
enum { STRUCTURES = 30, PROFILES = 200, MARKETS = 60, CHUNK = 5 };

struct rescored {
    struct reference *ref;
    struct arena *arena; /* of the test's thread */
    struct arena *aside; /* of what runs on the writer's, at the same time */
    struct world world;
    struct chance chance;
    struct writer *writer; /* of the life in hand */
    /* NULL until it is open; its thread may be on its way by then. */
    struct batch *_Atomic batch;
    int64_t limit; /* of the next run */
    /* What happens after so many commits from now; then it is forgotten. */
    int commits_left;
    void (*after_commits)(void);
    /* The market whose first lot has no good end, and what that is: ERR_NONE,
     * death. */
    const char *poison;
    enum err poison_error;
};
extern struct rescored t;

/* Before and after every test. */
void rescored_setup(void);
void rescored_teardown(void);

/* Fill an open, empty store: the same entities each time. */
void fill_store(void);
/* Put an entity into the batch of the world. */
void put_entity(unsigned entity, const void *value);

/* Death of this process, without a word. */
void die(void);

/* A view of now; the notes; and what rescore.status answers. */
struct store_view *look_now(void);
struct rescore_slots slots(void);
struct answer_rescore_status status_of(int64_t lots);

/* A call as a handler gets it. */
struct call a_call(enum verb verb);
/* What rescore.start does in BATCH. */
enum err start_in(struct store_batch *batch, int64_t limit);
/* What market.delete does there. */
enum err delete_in(struct store_batch *batch, const char *market);
/* The same as start_in in a batch of its own, with the limit of the next run.
 */
void start_run(void);

/* A writer and a batch over the store, until the run is over and for good. */
void begin_life(unsigned workers);
void await_end(void);
void end_life(void);
void live_through(unsigned workers);
/* All of it: started, made, done. */
void make_run(unsigned workers);
/* A life in a process of its own: its wait status. */
int live_apart(void);
int was_killed(int status);

/* The bytes of a lot of the finished run. */
struct slice result_bytes(struct store_view *view, uint32_t position);
/* All of its bytes and places in one buffer, which the caller frees. */
struct buffer dump(void);
/* And frees both. */
void expect_same(struct buffer *a, struct buffer *b);

/* Every open lot has what match answers, and no other has anything; how many
 * there are. */
int64_t expect_all(void);

/* The id of a market with an open lot, in the middle of the order. */
const char *some_market(void);
/* The number of the record of that id. */
uint32_t number_of(struct store_view *view, unsigned entity, struct slice id);

#endif
