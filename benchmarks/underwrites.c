/*
 * What do writes cost, and what do they cost whoever reads meanwhile?
 *
 *   underwrites [--dir DIR] [--profiles N] [--lots N] [--questions N]
 *               [--passes N] [--commits N] [--soak SECONDS]
 *
 * T11  durable updates of profiles, 100 a commit, over commits of 100 rows of
 *      32 bytes by LMDB alone, as many rows as there are profiles; each pass
 *      does some commits of either side, one after the other
 * T12  p99 of people matches while 100 profiles are committed every 10 ms over
 *      p99 when nothing is written; each pass asks every question of either
 *      side; one thread asks, one writes
 *
 * Then that load goes on for --soak seconds: used pages (up to the last, less
 * the free ones) over those of the compacted store at its beginning.  The
 * store is a copy, removed at the end.  Two processors must be free.
 */
#include <argp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "benchmarks/country.h"
#include "benchmarks/figures.h"
#include "benchmarks/sample.h"
#include "benchmarks/updates.h"

#define LIMIT 50
#define EVERY_NS UINT64_C(10000000)
#define READERS_S 30 /* as the daemon: stale readers are cleared */

struct run {
    const char *dir;
    struct world_size size;
    size_t questions;
    size_t passes;
    size_t commits;
    unsigned soak_s;
    const struct reference *ref;
    struct country country;
    struct filled copy;
    struct updates updates;
    int missed;
};

static void target(struct run *r, const char *name, double got, double must,
                   int ceiling)
{
    if (r->size.profiles >= world_national.profiles)
        r->missed += !target_print(name, got, must, ceiling);
    else
        printf("%s would have got %.4g\n", name, got);
}

/* ---- T11 ---------------------------------------------------------------- */

struct writing {
    struct figures rates; /* rows a second, a pass each */
    struct figures ms;    /* of each commit */
    uint64_t bytes;
    uint64_t rows;
};

static void commits(struct run *r, struct writing *w, struct raw_rows *raw)
{
    uint64_t bytes = bytes_written(), begin = now_ns(), at = begin;

    for (size_t i = 0; i < r->commits; i++) {
        uint64_t from = at;

        if (raw)
            raw_rows_commit(raw);
        else
            updates_commit(&r->updates);
        at = now_ns();
        figures_add(&w->ms, (double)(at - from) / 1e6);
    }
    w->rows += r->commits * UPDATES_ROWS;
    w->bytes += bytes_written() - bytes;
    figures_add(&w->rates, (double)(r->commits * UPDATES_ROWS) /
                               ((double)(at - begin) / 1e9));
}

static void tell_writing(struct writing *w, const char *side)
{
    char name[64];

    snprintf(name, sizeof name, "%s rows a second", side);
    figures_print(&w->rates, name, "1/s");
    snprintf(name, sizeof name, "%s commit p50", side);
    printf("%s\tms\t%.4g\n", name, figures_at(&w->ms, 0.5));
    printf("%s pages a row\t4 KiB\t%.4g\n", side,
           (double)w->bytes / 4096 / (double)w->rows);
}

static void measure_commits(struct run *r)
{
    struct raw_rows *raw = raw_rows_new(r->dir, r->size.profiles);
    struct writing ours = {.rows = 0}, theirs = {.rows = 0};
    struct figures ratios = {NULL, 0, 0};

    commits(r, &ours, NULL);
    commits(r, &theirs, raw);
    ours = theirs = (struct writing){.rows = 0};
    for (size_t i = 0; i < r->passes; i++) {
        commits(r, &ours, NULL);
        commits(r, &theirs, raw);
        figures_add(&ratios, ours.rates.at[ours.rates.n - 1] /
                                 theirs.rates.at[theirs.rates.n - 1]);
    }
    figures_head();
    tell_writing(&ours, "profiles");
    tell_writing(&theirs, "raw");
    figures_print(&ratios, "profiles over raw", "ratio");
    target(r, "T11", figures_at(&ratios, 0.5), 0.5, 0);
    figures_free(&ours.rates);
    figures_free(&ours.ms);
    figures_free(&theirs.rates);
    figures_free(&theirs.ms);
    figures_free(&ratios);
    raw_rows_free(raw);
}

/* ---- A writer every 10 ms ----------------------------------------------- */

struct load {
    struct updates *updates;
    pthread_t thread;
    atomic_int stopping;
    uint64_t commits;
    uint64_t late; /* commits that took longer than 10 ms */
};

static void wait_until(uint64_t ns)
{
    struct timespec until = {(time_t)(ns / 1000000000),
                             (long)(ns % 1000000000)};

    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static void *load_run(void *context)
{
    struct load *load = context;
    uint64_t next = now_ns(), checked = next;

    while (!load->stopping) {
        updates_commit(load->updates);
        load->commits++;
        next += EVERY_NS;
        if (now_ns() > next) {
            load->late++;
            next = now_ns();
        }
        if (next - checked > READERS_S * UINT64_C(1000000000)) {
            int cleared;

            checked = next;
            if (store_check_readers(load->updates->store, &cleared))
                die("readers cannot be checked");
        }
        wait_until(next);
    }
    return NULL;
}

static void load_begin(struct load *load, struct updates *updates)
{
    *load = (struct load){.updates = updates};
    if (pthread_create(&load->thread, NULL, load_run, load))
        die("no thread");
}

static void load_end(struct load *load)
{
    load->stopping = 1;
    pthread_join(load->thread, NULL);
}

/* ---- T12 ---------------------------------------------------------------- */

static double ask(struct run *r, const struct sample *sample,
                  struct figures *p50)
{
    struct sample_way way = {NULL, LIMIT, 0};
    struct sample_pass pass;
    double p99;

    memset(&pass, 0, sizeof pass);
    sample_ask(sample, r->copy.store, SAMPLE_PEOPLE, &way, &pass);
    figures_add(p50, figures_at(&pass.us, 0.5));
    p99 = figures_at(&pass.us, 0.99);
    sample_pass_fini(&pass);
    return p99;
}

static void measure_matches(struct run *r)
{
    struct figures idle50 = {NULL, 0, 0}, busy50 = {NULL, 0, 0};
    struct figures idle = {NULL, 0, 0}, busy = {NULL, 0, 0};
    struct figures ratios = {NULL, 0, 0};
    struct sample sample;
    uint64_t n = 0, late = 0;
    struct load load;

    sample_init(&sample, r->country.world, r->questions);
    ask(r, &sample, &idle50);
    figures_clear(&idle50);
    for (size_t i = 0; i < r->passes; i++) {
        double quiet = ask(r, &sample, &idle50), loud;

        load_begin(&load, &r->updates);
        loud = ask(r, &sample, &busy50);
        load_end(&load);
        figures_add(&idle, quiet);
        figures_add(&busy, loud);
        figures_add(&ratios, loud / quiet);
        n += load.commits;
        late += load.late;
    }
    figures_head();
    figures_print(&idle50, "match p50, idle", "us");
    figures_print(&busy50, "match p50, under writes", "us");
    figures_print(&idle, "match p99, idle", "us");
    figures_print(&busy, "match p99, under writes", "us");
    figures_print(&ratios, "p99 under writes over idle", "ratio");
    printf("commits meanwhile\t1\t%llu, %llu of them late\n",
           (unsigned long long)n, (unsigned long long)late);
    target(r, "T12", figures_at(&ratios, 0.5), 1.3, 1);
    figures_free(&idle50);
    figures_free(&busy50);
    figures_free(&idle);
    figures_free(&busy);
    figures_free(&ratios);
    sample_fini(&sample);
}

/* ---- The soak ----------------------------------------------------------- */

static uint64_t used_bytes(struct run *r)
{
    struct store_view *view;
    struct store_facts facts;

    if (store_view_begin(r->copy.store, &view) || store_stat(view, &facts))
        die("no statistics");
    store_view_end(view);
    return facts.map_used - facts.map_free;
}

static void soak(struct run *r)
{
    uint64_t live = used_bytes(r), end = now_ns() + r->soak_s * 1000000000ull;
    struct figures shares = {NULL, 0, 0};
    struct sample sample;
    struct figures p50 = {NULL, 0, 0};
    struct load load;

    sample_init(&sample, r->country.world, r->questions);
    load_begin(&load, &r->updates);
    while (now_ns() < end) {
        ask(r, &sample, &p50);
        figures_add(&shares, (double)used_bytes(r) / (double)live);
    }
    load_end(&load);
    printf("live data\tbytes\t%llu\n", (unsigned long long)live);
    figures_print(&shares, "used over live", "ratio");
    printf("commits of %u s\t1\t%llu, %llu of them late\n", r->soak_s,
           (unsigned long long)load.commits, (unsigned long long)load.late);
    target(r, "used pages", figures_at(&shares, 1), 1.5, 1);
    figures_free(&shares);
    figures_free(&p50);
    sample_fini(&sample);
}

/* ---- Options ------------------------------------------------------------ */

static const struct argp_option options[] = {
    {"dir", 'd', "DIR", 0, "where stores are kept (build/bench)", 0},
    {"profiles", 'p', "N", 0, "5,000,000", 0},
    {"lots", 'l', "N", 0, "50,000", 0},
    {"structures", 's', "N", 0, "12,000", 0},
    {"questions", 'q', "N", 0, "asked in a pass (1,000)", 0},
    {"passes", 'n', "N", 0, "5", 0},
    {"commits", 'c', "N", 0, "of a side in a pass (100)", 0},
    {"soak", 't', "SECONDS", 0, "how long writes go on at the end (20)", 0},
    {0}};

static error_t on_option(int key, char *arg, struct argp_state *state)
{
    struct run *r = state->input;

    switch (key) {
    case 'd':
        r->dir = arg;
        return 0;
    case 'p':
        r->size.profiles = number_of(arg);
        return 0;
    case 'l':
        r->size.lots = number_of(arg);
        return 0;
    case 's':
        r->size.structures = number_of(arg);
        return 0;
    case 'q':
        r->questions = number_of(arg);
        return 0;
    case 'n':
        r->passes = number_of(arg);
        return 0;
    case 'c':
        r->commits = number_of(arg);
        return 0;
    case 't':
        r->soak_s = number_of(arg);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char **argv)
{
    static const struct argp parser = {
        .options = options,
        .parser = on_option,
        .doc = "What writes cost, and what they cost whoever reads meanwhile."};
    struct run r = {.dir = "build/bench",
                    .size = world_national,
                    .questions = 1000,
                    .passes = 5,
                    .commits = 100,
                    .soak_s = 20};
    struct reference *ref;

    argp_parse(&parser, argc, argv, 0, NULL, &r);
    machine_print();
    r.ref = ref = filled_reference();
    country_open(&r.country, r.dir, ref, r.size);
    filled_copy(&r.copy, &r.country.filled, "written");
    updates_init(&r.updates, r.copy.store, ref, r.size.profiles);
    printf("%u profiles, %zu passes; commits of %d rows, %zu a pass; %zu "
           "questions a pass\n",
           r.size.profiles, r.passes, UPDATES_ROWS, r.commits, r.questions);
    measure_commits(&r);
    measure_matches(&r);
    soak(&r);
    updates_fini(&r.updates);
    filled_remove(&r.copy);
    country_close(&r.country);
    reference_free(ref);
    return r.missed ? 1 : 0;
}
