/*
 * What the batch writes: the note of a run, which is its checkpoint, and the
 * result of a lot, in bytes.
 *
 * Of the two slots of store/results.h one holds the run that was finished
 * last, the other the one in hand or what became of it.
 */
#ifndef ENGINE_RESCORE_H
#define ENGINE_RESCORE_H

#include "engine/match/match.h"
#include "protocol/codec.h"
#include "store/results.h"

#define RESCORE_WORST 10
#define RESCORE_ASIDE 16

/* A lot in the figures of a run. */
struct rescore_worst {
    int64_t position;
    int64_t shortest;   /* of its lists: candidates there */
    int64_t structures; /* in their list */
    int64_t people;     /* in the lists of the jobs together */
};
struct rescore_set_aside {
    int64_t position;
    int64_t problem; /* enum rescore_problem_word */
};

/* Sums over lots: those of a piece of the run add up to those of the whole. */
struct rescore_figures {
    int64_t no_structure; /* lots that no structure can answer */
    int64_t no_people;    /* lots with jobs that nobody fits */
    int64_t changed;      /* other candidates, or another order, than before */
    int64_t added;        /* lots that the run before did not have */
    int64_t aside;        /* lots that could not be matched */
    int64_t n_worst;
    struct rescore_worst worst[RESCORE_WORST]; /* with the shortest lists */
    int64_t n_listed;
    struct rescore_set_aside listed[RESCORE_ASIDE]; /* the first of them */
};

/* Ten names of at most 12 bytes with versions of at most 100, parted by a
 * newline each. */
#define RESCORE_TABLES 1536

/* A note: 64-bit numbers, and a text at the end.  Times are milliseconds since
 * 1970. */
struct rescore_note {
    int64_t layout;  /* RESCORE_LAYOUT */
    int64_t run;     /* numbered from 1 */
    int64_t state;   /* enum rescore_state_word */
    int64_t problem; /* why it failed */
    /* The question. */
    int64_t on;
    int64_t limit;
    int64_t grace;
    struct structure_weights structure_weights;
    struct person_weights person_weights;
    /* The snapshot: its revision, and a stamp of the rules and the bundled
     * tables, which no revision counts. */
    int64_t revision;
    int64_t stamp;
    int64_t lots;
    int64_t done; /* lots stored: all those before this position */
    /* Time: of stretches that are over, and of the one that began when DONE
     * was BEGUN_DONE. */
    int64_t started_ms;
    int64_t spent_ms;
    int64_t begun_ms;
    int64_t begun_done;
    int64_t last_ms; /* of the last checkpoint */
    /* After a crash the lots from CAREFUL_FROM to CAREFUL_TO are worked on one
     * by one, each noted before.  A market is named by its number. */
    int64_t window; /* lots past DONE that may be in hand */
    int64_t careful_from;
    int64_t careful_to;
    int64_t suspect_market; /* in hand */
    int64_t suspect_lot;
    int64_t blamed_market; /* in hand when the daemon died */
    int64_t blamed_lot;
    int64_t attempts; /* at the blamed one that ended so */
    int64_t paused;   /* the daemon ended in good order */
    int64_t before;   /* the run that this one is compared with; 0: none */
    int64_t gone;     /* lots of that run that this one has not */
    int64_t rules;    /* MATCH_RULES */
    struct rescore_figures figures;
    char tables[RESCORE_TABLES]; /* "communes@6.0.0\n...", then zeros */
};

/* The note of a slot.  ERR_NOT_FOUND there is none, or of another layout. */
enum err rescore_note_get(struct store_view *view, unsigned slot,
                          struct rescore_note *out);
/* Write it. */
enum err rescore_note_put(struct store_batch *batch, unsigned slot,
                          const struct rescore_note *note);

/* Note by which rules and tables the run is made. */
void rescore_note_rules(struct rescore_note *note,
                        const struct reference *reference);
/* The tables again, in ARENA.  ERR_NOMEM. */
enum err rescore_note_tables(const struct rescore_note *note,
                             struct arena *arena, struct slices *out);

/* Which slot holds what; RESULTS_SLOTS: none does. */
struct rescore_slots {
    unsigned done;    /* the run finished last */
    unsigned current; /* the one that is not: running, cancelled, failed */
    unsigned free;    /* where a new run goes */
    struct rescore_note note[RESULTS_SLOTS];
};
/* ERR_STORE_IO and the like; that there are no runs is none. */
enum err rescore_slots(struct store_view *view, struct rescore_slots *out);

/* ---- The result of a lot ------------------------------------------------ */

/*
 *   market (4), lot (2), problem (1), lists (1), rows of each list (2 each),
 *   then a row each: number (4), score (2).  Little-endian.
 *
 * List 0 are the structures, and is always there; list J the people of job J.
 */
#define RESCORE_HEAD 8
#define RESCORE_ROW 6
#define RESCORE_LISTS_MAX 65
#define RESCORE_ROWS_MAX 1000 /* the greatest limit */

/* A result read in place. */
struct rescore_result {
    uint32_t market; /* number of its record */
    unsigned lot;
    unsigned problem; /* 0: none, else 1 + enum rescore_problem_word */
    unsigned lists;
    unsigned n[RESCORE_LISTS_MAX];
    const unsigned char *rows[RESCORE_LISTS_MAX];
};

/* Append the head of a result without lists.  ERR_NOMEM. */
enum err rescore_write_head(struct buffer *out, uint32_t market, unsigned lot,
                            unsigned problem, unsigned lists);
/* Append list LIST to the result that begins at START of OUT; in order. */
enum err rescore_write_list(struct buffer *out, size_t start, unsigned list,
                            const struct match_top *top);

/* Read a result; it borrows from BYTES.  ERR_STORE_CORRUPT. */
enum err rescore_read(struct slice bytes, struct rescore_result *out);

/* Row ROW of a list. */
struct match_ranked rescore_row(const struct rescore_result *result,
                                unsigned list, unsigned row);

/* The bytes at POSITION of a slot, whole: borrowed from the view when they are
 * one part, else in ARENA.  ERR_NOT_FOUND. */
enum err rescore_load(struct store_view *view, unsigned slot, uint32_t position,
                      struct arena *arena, struct slice *bytes);

/* ---- Those who are gone ------------------------------------------------- */

/* Numbers of profiles that were erased. */
struct rescore_gone {
    uint32_t *at; /* heap; ascending when sorted */
    size_t n;
    size_t room;
};
/* Add what the journal tells after *HEARD, which moves on; sorted.
 * ERR_NOMEM. */
enum err rescore_hear(struct store_view *view, uint64_t *heard,
                      struct rescore_gone *gone);

/* Blank the rows of people with one of N ascending numbers in the result of a
 * lot: their number becomes 0, which is nobody's, and so does their score.
 * How many there were. */
size_t rescore_blank(char *bytes, size_t len, const uint32_t *numbers,
                     size_t n);

/* The same in all that is stored.  NUMBERS are put in order; memory comes from
 * ARENA. */
enum err rescore_forget(struct store_batch *batch, struct arena *arena,
                        uint32_t *numbers, size_t n);

/* Do the first LIMIT rows of every list name the same records in the same
 * order? */
int rescore_same(const struct rescore_result *a, const struct rescore_result *b,
                 unsigned limit);

/* Add what RESULT counts for, at POSITION and with lists of at most LIMIT, to
 * FIGURES. */
void rescore_count(struct rescore_figures *figures, int64_t position,
                   const struct rescore_result *result, int64_t limit);

/* Add the figures of a later piece. */
void rescore_add(struct rescore_figures *sum,
                 const struct rescore_figures *piece);

#endif
