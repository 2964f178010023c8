/*
 * The store: one LMDB environment behind a lock, its records, its journal and
 * its idempotency table.  A record is a version byte and canonical bytes; the
 * store never looks inside.  Every change of a batch (record, index, journal
 * event, idempotency entry) is in one transaction.
 *
 * Directory: `claused.store` (marker: uuid, schema, name of the environment),
 * `lock` (held while open), `env-N/` (the LMDB environment in use).
 *
 * Threads: views on any thread, begun and ended on the same one; one batch at
 * a time, begun and committed on one thread, which holds no view when it ends
 * a batch or compacts.  None across fork.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "protocol/chain.h"

/* Of keys and values.  One that is older is brought up to date when it is
 * opened, one that is newer is refused. */
#define STORE_SCHEMA 3
#define STORE_SCHEMA_OLDEST 2
#define STORE_RECORD_MAX (1024 * 1024)
/* Address space of a store, unless told otherwise.  It costs nothing until it
 * is used, while growing it waits for every view. */
#define STORE_MAP_BYTES ((size_t)64 << 30)

struct store;
struct store_view;  /* a consistent snapshot; what it gives dies with it */
struct store_batch; /* a write transaction; readable like a view */
struct reference;

struct store_options {
    int init;         /* create a store in an empty or missing directory */
    int read_only;    /* change nothing of one that is there; no batch */
    int beside;       /* with read_only: another process has it open, and LMDB's
                         lock of it is shared */
    int read_ahead;   /* have the pages that matches touch read at once */
    size_t map_bytes; /* address space, it grows; 0: STORE_MAP_BYTES */
    void (*log)(int priority, const char *text); /* may be NULL */
    /* A page contradicts itself in the middle of what is being done: must not
     * return.  NULL: abort. */
    void (*damaged)(void);
};

/* Open the store in DIR; the caller owns *OUT.  ERR_STORE_LOCKED another
 * process has it, ERR_STORE_FOREIGN no marker or not ours (never taken as
 * new), ERR_STORE_EXISTS init over a store, ERR_STORE_SCHEMA newer or older
 * than we read, ERR_STORE_CORRUPT, ERR_STORE_IO, ERR_NOMEM.  A store of an
 * older schema is copied into a new environment of ours first, unless it is
 * opened read-only: that takes as much room again (ERR_STORE_FULL), leaves the
 * old one as it is until the new one is whole, and goes on where it was
 * interrupted. */
enum err store_open(const char *dir, const struct store_options *options,
                    struct store **out);
/* No view or batch may be open; NULL is fine. */
void store_close(struct store *store);

/* Wait at most MS milliseconds until all that matches touch has been read, as
 * options.read_ahead asked; the rest of the file follows.  1: it has been, or
 * was not asked for. */
int store_ahead_wait(struct store *store, unsigned ms);

struct store_facts {
    char uuid[37];
    uint32_t schema;
    uint64_t revision;                /* of the last event */
    unsigned char chain[CHAIN_BYTES]; /* and its hash */
    uint64_t generation;              /* of the index in use */
    int rebuilding;
    uint64_t records[16]; /* by entity */
    uint64_t map_used;    /* bytes up to the last page */
    uint64_t map_free;    /* of these, free for writes to come */
    uint64_t map_size;
    unsigned disk_percent; /* map_used, of itself and what the disk has left */
    uint32_t readers;
};
/* How the store stood when VIEW began. */
enum err store_stat(struct store_view *view, struct store_facts *out);

/* Begin and end a view, on one thread.  ERR_BUSY no reader slot, ERR_NOMEM,
 * ERR_STORE_IO. */
enum err store_view_begin(struct store *store, struct store_view **out);
/* NULL is fine. */
void store_view_end(struct store_view *view);
/* From SECONDS after it began on, store_watch ends what VIEW answers: reads
 * fail with ERR_DEADLINE.  A view has no limit at first. */
void store_view_limit(struct store_view *view, unsigned seconds);
/* Does a batch wait for every view to end, to grow the map or to go on in
 * another environment or with other tables?  Nothing is written until they
 * have: who holds a view for long asks this now and then, from any thread. */
int store_wants_views(const struct store *store);
/* The last event that the snapshot holds. */
uint64_t store_view_revision(const struct store_view *view);
/* The store's own id, 36 characters, for its life. */
const char *store_view_uuid(const struct store_view *view);

/* The reference tables that belong to this snapshot; borrowed. */
const struct reference *store_view_reference(const struct store_view *view);

/* Begin a batch; commit or abort ends it, and its memory goes either way.
 * Once a write has failed, commit only aborts and returns that error.
 * A commit that fails has written nothing: ERR_STORE_FULL (the map is grown
 * for the next try when that was the cause), ERR_STORE_IO (stop the daemon:
 * what is on disk is unknown, fsync must not be tried again). */
enum err store_batch_begin(struct store *store, struct store_batch **out);
/* On disk when it returns ERR_NONE. */
enum err store_batch_commit(struct store_batch *batch);
/* As if nothing had been asked; NULL is fine. */
void store_batch_abort(struct store_batch *batch);

/* Is the disk nearly full: has it less left than a twentieth of it, and than
 * 256 MiB?  What remains is for deletions, erasures and compaction. */
int store_batch_low(struct store_batch *batch);

/* The batch as a view: sees its own writes, ends with it. */
struct store_view *store_batch_view(struct store_batch *batch);

/* How many puts and deletes the batch holds so far: a handler that fails
 * after the number has moved spoils the batch. */
uint64_t store_batch_changes(const struct store_batch *batch);

/* ---- Records, by entity (0 to 15) and id, or by number ----------------- */

struct record {
    uint32_t number;   /* opaque, given at creation, never used again */
    uint64_t revision; /* of its last change */
    unsigned version;  /* of its encoding */
    struct slice body; /* borrowed from the view */
};

/* ERR_NOT_FOUND, ERR_STORE_CORRUPT, ERR_STORE_IO. */
enum err store_get(struct store_view *view, unsigned entity, struct slice id,
                   struct record *out);
/* The same by number. */
enum err store_get_numbered(struct store_view *view, unsigned entity,
                            uint32_t number, struct record *out);
/* The body of a record that is one of few and asked for often: a view remembers
 * where it stands while nothing is written, and BODY_SOON fetches that. */
enum err store_get_body(struct store_view *view, unsigned entity,
                        uint32_t number, struct slice *body);
void store_body_soon(const struct store_view *view, uint32_t number);

/* The first record whose id is greater than AFTER ({NULL, 0}: the first of
 * all), in byte order.  ID is borrowed.  ERR_NOT_FOUND at the end. */
enum err store_next(struct store_view *view, unsigned entity,
                    struct slice after, struct slice *id, struct record *out);

/* The first record whose number is greater than AFTER (pass 0 first; numbers
 * begin with 1).  ERR_NOT_FOUND at the end. */
enum err store_next_numbered(struct store_view *view, unsigned entity,
                             uint32_t after, struct record *out);

/* Create or replace a record, and append its event to the journal: LABEL (may
 * be empty; always so for people) is all that the event says of it beside its
 * number.  RECORD (may be NULL) gets number and revision.  No slice may borrow
 * from the batch's own view.  ERR_BAD_ID, ERR_TOO_LARGE: nothing has changed;
 * any other error spoils the batch. */
enum err store_put(struct store_batch *batch, unsigned entity, struct slice id,
                   struct slice label, unsigned version, struct slice body,
                   struct record *record);

/* Remove a record.  REVISION (may be NULL) gets that of the event.
 * ERR_NOT_FOUND. */
enum err store_delete(struct store_batch *batch, unsigned entity,
                      struct slice id, struct slice label, uint64_t *revision);

/* ---- Journal ----------------------------------------------------------- */

enum event_kind { EVENT_PUT = 1, EVENT_DELETE = 2, EVENT_REFERENCE = 3 };
struct event {
    uint64_t revision; /* its place: no gap, no reorder, from 1 */
    int64_t time_ms;   /* since 1970, of the batch */
    enum event_kind kind;
    unsigned entity;
    uint32_t number;
    struct slice label; /* borrowed */
    unsigned char hash[CHAIN_BYTES];
};

/* The time that events of this batch carry; begin sets 0. */
void store_batch_time(struct store_batch *batch, int64_t time_ms);

/* The first event after AFTER.  ERR_NOT_FOUND at the end. */
enum err store_event_next(struct store_view *view, uint64_t after,
                          struct event *out);

/* ---- Idempotency: (caller, key) -> body hash and stored reply ----------- */

struct once {
    unsigned char hash[16];
    struct slice reply; /* borrowed */
};

/* What was answered, or to be answered from now on, to CALLER's KEY: at most
 * 200 and 64 bytes.  A put replaces.  ERR_NOT_FOUND. */
enum err store_once_get(struct store_view *view, struct slice caller,
                        struct slice key, struct once *out);
/* It carries the batch's time. */
enum err store_once_put(struct store_batch *batch, struct slice caller,
                        struct slice key, const struct once *once);

/* Forget at most MAX entries older than BEFORE_MS. */
enum err store_once_expire(struct store_batch *batch, int64_t before_ms,
                           unsigned max);

/* XXH3 of the parts, 128 bits: not for secrets. */
void store_hash(const struct slice *parts, size_t n, unsigned char out[16]);

/* ---- Reference tables that a user imported ------------------------------ */

/* Stage part PART (from 1, in order) of TABLE: lines of tab-separated text as
 * in store/reference/.  Part 1 drops what was staged before. */
enum err store_reference_stage(struct store_batch *batch, const char *table,
                               uint32_t part, struct slice lines);

/* Put the staged parts in the place of TABLE.  Commit reads them and swaps
 * the tables together with the data.  ERR_BAD_TABLE a part is missing. */
enum err store_reference_switch(struct store_batch *batch, const char *table,
                                const char *version, const char *source);

/* ---- Care --------------------------------------------------------------- */

/* Clear readers of processes that died; *CLEARED gets how many. */
enum err store_check_readers(struct store *store, int *cleared);

/* Look for what goes wrong slowly; every few seconds, on one thread.  Views
 * over their limit are ended; a line in the log tells, once each, of views held
 * for 5 seconds and readers of other processes for 60, behind which no page of
 * the file is used again, and of a store that takes 80 % of what its disk could
 * give it. */
void store_watch(struct store *store);

struct store_audit {
    uint64_t records[16]; /* by entity */
    uint64_t ids[16];
    uint64_t events;
    unsigned char chain[CHAIN_BYTES]; /* hash of the last of them */
};
/* Walk records, ids and journal, follow its chain from the first event, and
 * see whether they agree.
 * ERR_STORE_CORRUPT, with a line in the log that says where. */
enum err store_audit(struct store_view *view, struct store_audit *out);

/* Write a compacted copy beside the environment and go on in it; the old one
 * is overwritten and removed, so what was erased is then in no file.  Call
 * between batches, on the thread that writes; views go on meanwhile. */
enum err store_compact(struct store *store);

/* The same, but the old one is overwritten while this store is written, and
 * counted when that is over; when the store is closed before, at the next
 * open. */
enum err store_compact_begin(struct store *store);
/* How many have overwritten what they replaced, since the start. */
uint64_t store_compactions(const struct store *store);

/* A compacted copy of the store, marker included, into an empty directory. */
enum err store_copy(struct store *store, const char *dir);

/* Takes the next bytes of a dump; an error ends it. */
typedef enum err store_dump_write(void *context, const void *bytes, size_t n);
/* Give all that VIEW sees to WRITE, piece by piece.  ERR_BUSY: a batch waits
 * for every view to end; or WRITE's own. */
enum err store_dump(struct store_view *view, store_dump_write *write,
                    void *context);

/* Gives exactly the next N bytes of a dump, or an error. */
typedef enum err store_dump_read(void *context, void *bytes, size_t n);
/* Make a store, with the uuid of the one that was dumped, in the empty or
 * missing directory DIR.  Of OPTIONS map_bytes and log count.
 * ERR_STORE_EXISTS, ERR_STORE_FOREIGN no dump, ERR_STORE_SCHEMA of a newer
 * version, ERR_STORE_CORRUPT, ERR_STORE_FULL, ERR_STORE_IO; READ's own.  After
 * an error nothing is left. */
enum err store_load(const char *dir, const struct store_options *options,
                    store_dump_read *read, void *context);

/* What the daemon noted of a key of its own that lies elsewhere, to know it
 * again: so many bytes.  ERR_NOT_FOUND it noted none. */
#define STORE_PRINT 16
enum err store_print_get(struct store_view *view,
                         unsigned char out[STORE_PRINT]);
/* Note it, in the place of the one before. */
enum err store_print_put(struct store_batch *batch,
                         const unsigned char print[STORE_PRINT]);

#endif
