/*
 * How large is the index, built and after changes, and how fast is it built?
 */
#include <stdio.h>

#include "benchmarks/changes.h"
#include "benchmarks/national.h"
#include "store/index.h"

/* Profiles that are changed before the index is weighed as it lives. */
#define CHANGED_PERCENT 5

static void weigh(struct store *store, struct index_counts *out)
{
    struct store_view *view;
    enum err e = store_view_begin(store, &view);

    if (!e)
        e = index_check(view, out);
    if (e)
        die("the index cannot be weighed: %s", err_text(e));
    store_view_end(view);
}

static double postings_of(const struct index_counts *c)
{
    double all = 0;

    for (int kind = 0; kind < INDEX_KINDS_END; kind++)
        all += (double)c->postings[kind];
    return all;
}

static double print_size(const char *name, const struct index_counts *c)
{
    double a_posting = (double)c->bytes / postings_of(c);

    printf("%s\tpostings\t%.0f\tpeople %llu\tblocks %llu\n", name,
           postings_of(c), (unsigned long long)c->postings[INDEX_PEOPLE],
           (unsigned long long)c->blocks);
    printf("%s\tbytes a posting\t%.4g\n", name, a_posting);
    printf("%s\tside bytes a person\t%.4g\n", name,
           (double)c->side_bytes / (double)(c->side ? c->side : 1));
    return a_posting;
}

/* Sorting and writing, and that with reading and deriving before it. */
static void build(struct national *n, struct country *country, double postings)
{
    struct figures rate = {NULL, 0, 0}, whole = rate, seconds = rate;

    for (size_t pass = 0; pass < n->passes; pass++) {
        struct filled_times t = {0, 0, 0, 0};

        filled_build(country->filled.store, n->ref, &t);
        figures_add(&rate, postings / (t.sort + t.write) / 1e6);
        figures_add(&whole, postings / (t.gather + t.sort + t.write) / 1e6);
        figures_add(&seconds, t.gather + t.sort + t.write);
    }
    figures_head();
    figures_print(&rate, "build.rows", "M postings/s");
    figures_print(&whole, "build.records", "M postings/s");
    figures_print(&seconds, "build.seconds", "s");
    national_target(n, "T9.rate", figures_at(&rate, 0.5), 2.5, 0);
    figures_free(&rate);
    figures_free(&whole);
    figures_free(&seconds);
}

void national_size(struct national *n)
{
    struct index_counts built, live;
    struct country country;
    struct filled copy;

    country_open(&country, n->dir, n->ref, n->size);
    printf("\nsize: the index as built, and after %d %% of the profiles "
           "changed\n",
           CHANGED_PERCENT);
    weigh(country.filled.store, &built);
    print_size("size.built", &built);
    build(n, &country, postings_of(&built));
    filled_copy(&copy, &country.filled, "changed");
    changes_make(copy.store, n->ref, country.world,
                 country.world->size.profiles / 100 * CHANGED_PERCENT, NULL);
    weigh(copy.store, &live);
    national_target(n, "T9.bytes", print_size("size.live", &live), 20, 1);
    national_target(n, "T9.side",
                    (double)live.side_bytes / (double)(live.side + !live.side),
                    64, 1);
    filled_remove(&copy);
    country_close(&country);
}
