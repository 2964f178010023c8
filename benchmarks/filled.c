/*
 * Records are put in large batches without postings; the index is built from
 * them in one go, as the daemon does after an import.
 */
#include "benchmarks/filled.h"

#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "benchmarks/figures.h"
#include "engine/entity.h"
#include "engine/match/postings.h"
#include "protocol/codec.h"
#include "store/index.h"

#define MAP_BYTES ((size_t)24 << 30)
#define ARENA_BYTES ((size_t)64 << 20)
#define BATCH_RECORDS 20000
#define GATHER_RECORDS 100000
#define WRITE_BYTES ((size_t)64 << 20)
#define CATCH_UP 1000
#define SWEEP 10000

static void must(enum err e, const char *what)
{
    if (e)
        die("%s: %s", what, err_text(e));
}

static double seconds_since(uint64_t begin)
{
    return (double)(now_ns() - begin) / 1e9;
}

struct reference *filled_reference(void)
{
    struct reference *bundled, *ref;
    struct world_size none = {0, 0, 0};
    struct world *world;

    must(reference_new(NULL, 0, &bundled), "tables");
    must(world_new(bundled, WORLD_SEED, &none, &world), "tables");
    must(reference_new(world_imports(world), WORLD_IMPORTS, &ref), "tables");
    world_free(world);
    reference_free(bundled);
    return ref;
}

/* ---- Records ------------------------------------------------------------ */

struct filler {
    struct store *store;
    struct store_batch *batch;
    struct arena *arena;
    struct buffer body;
    size_t n; /* in the batch */
};

static void commit(struct filler *f)
{
    if (f->batch)
        must(store_batch_commit(f->batch), "commit");
    f->batch = NULL;
    f->n = 0;
}

static void put(struct filler *f, unsigned entity, const void *value)
{
    struct slice id = entity_id(entity, value, f->arena);

    if (!f->batch)
        must(store_batch_begin(f->store, &f->batch), "begin");
    f->body.len = 0;
    must(protocol_encode(entity_shape(entity), value, EVERYONE, &f->body),
         "encode");
    must(store_put(f->batch, entity, id, (struct slice){NULL, 0},
                   RECORD_VERSION, (struct slice){f->body.data, f->body.len},
                   NULL),
         "put");
    if (++f->n == BATCH_RECORDS)
        commit(f);
}

static void put_all(struct filler *f, const struct world *w, unsigned entity)
{
    union world_object value;

    for (uint32_t i = 0; i < world_count(w, entity); i++) {
        arena_reset(f->arena);
        must(world_object(w, entity, i, f->arena, &value), "draw");
        put(f, entity, &value);
    }
    commit(f);
}

static void put_tables(struct store *store, const struct world *w)
{
    struct store_batch *batch;

    must(store_batch_begin(store, &batch), "begin");
    for (size_t i = 0; i < WORLD_IMPORTS; i++) {
        const struct reference_import *at = &world_imports(w)[i];

        must(store_reference_stage(batch, at->table, 1, at->lines), "table");
        must(store_reference_switch(batch, at->table, at->version, at->source),
             "table");
    }
    must(store_batch_commit(batch), "table");
}

static void fill(struct filled *filled)
{
    struct filler f = {.store = filled->store, .arena = arena_new(ARENA_BYTES)};
    uint64_t begin = now_ns();

    if (!f.arena)
        die("out of memory");
    put_tables(filled->store, filled->world);
    put_all(&f, filled->world, ENTITY_STRUCTURE);
    put_all(&f, filled->world, ENTITY_MARKET);
    put_all(&f, filled->world, ENTITY_PROFILE);
    buffer_free(&f.body);
    arena_free(f.arena);
    filled->times.records = seconds_since(begin);
}

/* ---- Index -------------------------------------------------------------- */

struct deriver {
    const struct reference *ref;
    struct arena *arena;
};

static enum err derive(void *context, struct index_build *build,
                       unsigned entity, const struct record *record)
{
    struct deriver *d = context;
    void *value;
    enum err e;

    arena_reset(d->arena);
    if ((e = entity_decode(entity, record, d->arena, &value)))
        return e;
    return postings_build(build, d->ref, d->arena, entity, record->number,
                          value);
}

static void gather(struct index_build *build, const struct reference *ref)
{
    struct deriver d = {ref, arena_new(ARENA_BYTES)};
    int done = 0;

    if (!d.arena)
        die("out of memory");
    while (!done)
        must(index_build_gather(build, derive, &d, GATHER_RECORDS, &done),
             "gather");
    arena_free(d.arena);
}

static void write_out(struct store *store, struct index_build *build)
{
    struct store_batch *batch;

    for (int done = 0; !done;) {
        must(store_batch_begin(store, &batch), "begin");
        must(index_build_write(build, batch, WRITE_BYTES, &done), "write");
        must(store_batch_commit(batch), "write");
    }
}

static void switch_over(struct store *store, const struct reference *ref)
{
    struct store_batch *batch;

    must(store_batch_begin(store, &batch), "begin");
    for (int done = 0; !done;)
        must(index_build_catch_up(batch, CATCH_UP, &done), "catch up");
    must(index_build_switch(batch, postings_stamp(ref)), "switch");
    must(store_batch_commit(batch), "switch");
}

static void sweep(struct store *store)
{
    struct store_batch *batch;

    for (int done = 0; !done;) {
        must(store_batch_begin(store, &batch), "begin");
        must(index_build_sweep(batch, SWEEP, &done), "sweep");
        must(store_batch_commit(batch), "sweep");
    }
}

void filled_build(struct store *store, const struct reference *ref,
                  struct filled_times *times)
{
    struct store_batch *batch;
    struct index_build *build;
    uint64_t begin = now_ns();

    must(store_batch_begin(store, &batch), "begin");
    must(index_build_begin(batch), "build");
    must(store_batch_commit(batch), "build");
    must(index_build_open(store, &build), "build");
    gather(build, ref);
    times->gather = seconds_since(begin);
    begin = now_ns();
    must(index_build_sort(build), "sort");
    times->sort = seconds_since(begin);
    begin = now_ns();
    write_out(store, build);
    times->write = seconds_since(begin);
    switch_over(store, ref);
    index_build_close(build);
    sweep(store);
}

/* ---- Kept between runs -------------------------------------------------- */

/* Of some objects of each kind: laws that changed give another world. */
static uint64_t fingerprint(const struct world *w)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    unsigned char hash[16];
    struct buffer all = {NULL, 0, 0, 0};
    union world_object value;
    struct slice part;
    uint64_t out;

    if (!arena)
        die("out of memory");
    for (unsigned entity = 0; entity < entity_words; entity++)
        for (uint32_t i = 0; i < world_count(w, entity) && i < 100; i++)
            if (world_object(w, entity, i, arena, &value) ||
                protocol_encode(entity_shape(entity), &value, EVERYONE, &all))
                die("out of memory");
    part = (struct slice){all.data, all.len};
    store_hash(&part, 1, hash);
    memcpy(&out, hash, sizeof out);
    buffer_free(&all);
    arena_free(arena);
    return out;
}

/* Of what is derived of some objects of each kind: an index of other columns
 * is built anew, also where a developer forgot to say so in its stamp. */
static uint64_t derived_sum(const struct world *w, const struct reference *ref)
{
    struct arena *arena = arena_new(ARENA_BYTES);
    struct postings_sums sums = {{0}, 0};
    union world_object value;
    uint64_t out = postings_stamp(ref);

    if (!arena)
        die("out of memory");
    for (unsigned entity = 0; entity < entity_words; entity++)
        for (uint32_t i = 0; i < world_count(w, entity) && i < 100; i++)
            if (world_object(w, entity, i, arena, &value) ||
                postings_sum(ref, arena, entity, i + 1, &value, &sums))
                die("out of memory");
    for (int kind = 0; kind < INDEX_KINDS_END; kind++)
        out = draw_mix(out ^ sums.postings[kind]);
    arena_free(arena);
    return draw_mix(out ^ sums.side);
}

/* The store is whole when this file stands beside it; it holds the sum that
 * its index was built with. */
static void path_of_mark(const struct filled *f, char out[280])
{
    snprintf(out, 280, "%s.filled", f->dir);
}

static void mark_filled(const struct filled *f, uint64_t sum)
{
    char path[280];
    FILE *file;

    path_of_mark(f, path);
    file = fopen(path, "w");
    if (!file || fprintf(file, "%016" PRIx64 "\n", sum) < 0 || fclose(file))
        die("%s cannot be written", path);
}

/* 0 when there is no mark. */
static int read_mark(const struct filled *f, uint64_t *sum)
{
    char path[280];
    FILE *file;
    int read;

    path_of_mark(f, path);
    if (!(file = fopen(path, "r")))
        return 0;
    read = fscanf(file, "%" SCNx64, sum);
    fclose(file);
    if (read != 1)
        *sum = 0;
    return 1;
}

static void name_dir(struct filled *f, const char *dir, const char *name)
{
    const struct world_size *size = &f->world->size;

    if ((size_t)snprintf(
            f->dir, sizeof f->dir, "%s/p%u-s%u-l%u%s%s-%016llx", dir,
            size->profiles, size->structures, size->lots, *name ? "-" : "",
            name, (unsigned long long)fingerprint(f->world)) >= sizeof f->dir)
        die("the name of %s is too long", dir);
}

static int remove_one(const char *path, const struct stat *st, int type,
                      struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void remove_files(const char *dir)
{
    (void)nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* Open what is there; 0 when nothing is, or nothing that this code can read:
 * then nothing is. */
static int open_kept(struct filled *f, uint64_t *marked)
{
    struct store_options options = {.map_bytes = MAP_BYTES};
    enum err e = ERR_STORE_CORRUPT;

    if (read_mark(f, marked))
        e = store_open(f->dir, &options, &f->store);
    if (e == ERR_STORE_CORRUPT || e == ERR_STORE_SCHEMA)
        remove_files(f->dir);
    else
        must(e, f->dir);
    return !e;
}

void filled_open(struct filled *filled, const char *dir, const char *name,
                 const struct world *world, const struct reference *ref)
{
    struct store_options options = {.init = 1, .map_bytes = MAP_BYTES};
    uint64_t sum = derived_sum(world, ref), marked = 0;
    int kept;

    memset(filled, 0, sizeof *filled);
    filled->world = world;
    (void)mkdir(dir, 0700);
    name_dir(filled, dir, name);
    if (!(kept = open_kept(filled, &marked))) {
        must(store_open(filled->dir, &options, &filled->store), filled->dir);
        fill(filled);
    }
    if (!kept || marked != sum)
        filled_build(filled->store, ref, &filled->times);
    mark_filled(filled, sum);
}

void filled_close(struct filled *filled)
{
    store_close(filled->store);
    filled->store = NULL;
}

/* ---- Copies ------------------------------------------------------------- */

static void open_store(struct filled *f)
{
    struct store_options options = {.map_bytes = MAP_BYTES};

    must(store_open(f->dir, &options, &f->store), f->dir);
}

void filled_reopen(struct filled *f)
{
    filled_close(f);
    open_store(f);
}

void filled_copy(struct filled *copy, const struct filled *from,
                 const char *name)
{
    *copy = *from;
    if ((size_t)snprintf(copy->dir, sizeof copy->dir, "%s-%s", from->dir,
                         name) >= sizeof copy->dir)
        die("the name of %s is too long", from->dir);
    remove_files(copy->dir);
    must(store_copy(from->store, copy->dir), copy->dir);
    open_store(copy);
}

void filled_remove(struct filled *copy)
{
    filled_close(copy);
    remove_files(copy->dir);
}
