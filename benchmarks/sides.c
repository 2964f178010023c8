#include "benchmarks/sides.h"

#include <stdio.h>

#include "store/index.h"

#define KEY_BYTES 8

static void add_pass(struct side *side)
{
    figures_add(&side->p50, figures_at(&side->last.us, 0.5));
    figures_add(&side->p99, figures_at(&side->last.us, 0.99));
    figures_add(&side->mean, side->last.mean_us);
    figures_add(&side->cpu_p50, figures_at(&side->last.cpu, 0.5));
    figures_add(&side->cpu_p99, figures_at(&side->last.cpu, 0.99));
    figures_add(&side->cpu_mean, side->last.mean_cpu);
}

void sides_run(struct side *sides, size_t n, const struct sample *sample,
               size_t passes)
{
    for (size_t pass = 0; pass <= passes; pass++)
        for (size_t i = 0; i < n; i++) {
            struct side *side = &sides[i];

            sample_ask(sample, side->store, side->verb, &side->way,
                       &side->last);
            if (pass)
                add_pass(side);
        }
}

static int is_of_people(const struct side *side)
{
    return side->verb == SAMPLE_PEOPLE || side->verb == SAMPLE_TOP_PEOPLE;
}

/* A row: number, where, when, facts, reach. */
static size_t row_bytes(const struct side *side)
{
    return 9 + 2u * index_facts[is_of_people(side) ? INDEX_PEOPLE
                                                   : INDEX_STRUCTURES];
}

double side_bytes(const struct side *side)
{
    const struct sample_pass *p = &side->last;

    if (!p->us.n)
        return 0;
    return (double)(p->heads * sizeof(struct index_head) +
                    p->scanned * row_bytes(side) +
                    p->sides * (INDEX_SIDE + KEY_BYTES)) /
           (double)p->us.n;
}

static void print_count(const struct side *side, const char *what,
                        uint64_t count)
{
    char name[96];
    struct figures one = {NULL, 0, 0};

    snprintf(name, sizeof name, "%s.%s", side->name, what);
    figures_add(&one, (double)count / (double)side->last.us.n);
    figures_print(&one, name, "a question");
    figures_free(&one);
}

/* Asking figures for a share sorts them; these keep the order of the passes,
 * so that a ratio is of values of one pass. */
static struct figures copy_of(const struct figures *from)
{
    struct figures copy = {NULL, 0, 0};

    for (size_t i = 0; i < from->n; i++)
        figures_add(&copy, from->at[i]);
    return copy;
}

static void print_time(const struct side *side, const struct figures *figures,
                       const char *what)
{
    struct figures copy = copy_of(figures);
    char name[96];

    snprintf(name, sizeof name, "%s.%s", side->name, what);
    figures_print(&copy, name, "us");
    figures_free(&copy);
}

/* Whoever answers the same has the same sum. */
static void print_sum(const struct side *side)
{
    printf("sum\t%s\t%016llx\n", side->name,
           (unsigned long long)side->last.sum);
}

void sides_print(struct side *sides, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct side *side = &sides[i];

        print_time(side, &side->p50, "p50");
        print_time(side, &side->p99, "p99");
        print_time(side, &side->mean, "mean");
        print_time(side, &side->cpu_p50, "cpu.p50");
        print_time(side, &side->cpu_p99, "cpu.p99");
        print_time(side, &side->cpu_mean, "cpu.mean");
        print_count(side, "heads", side->last.heads);
        print_count(side, "blocks", side->last.blocks);
        print_count(side, "rows", side->last.scanned);
        print_count(side, "sides", side->last.sides);
        print_count(side, "scored", side->last.scored);
        print_count(side, "found", side->last.found);
        figures_print_quantiles(&side->last.us, side->name);
        print_sum(side);
    }
}

static const struct figures *of(const struct side *side, enum side_figure which)
{
    return which == SIDE_P50   ? &side->p50
           : which == SIDE_P99 ? &side->p99
                               : &side->mean;
}

double side_median(const struct side *side, enum side_figure which)
{
    struct figures copy = copy_of(of(side, which));
    double out = figures_at(&copy, 0.5);

    figures_free(&copy);
    return out;
}

double sides_ratio(const struct side *a, const struct side *b,
                   enum side_figure which)
{
    const struct figures *x = of(a, which), *y = of(b, which);
    struct figures ratios = {NULL, 0, 0};
    double out;

    for (size_t i = 0; i < x->n && i < y->n; i++)
        figures_add(&ratios, x->at[i] / y->at[i]);
    out = figures_at(&ratios, 0.5);
    figures_free(&ratios);
    return out;
}

void sides_fini(struct side *sides, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        figures_free(&sides[i].p50);
        figures_free(&sides[i].p99);
        figures_free(&sides[i].mean);
        figures_free(&sides[i].cpu_p50);
        figures_free(&sides[i].cpu_p99);
        figures_free(&sides[i].cpu_mean);
        sample_pass_fini(&sides[i].last);
    }
}
