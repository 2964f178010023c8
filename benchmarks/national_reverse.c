/*
 * From a structure or a person to the open lots: none of them is in the store
 * that is asked, for only what they are decides.
 */
#include <stdio.h>
#include <time.h>

#include "benchmarks/national.h"
#include "engine/match/reverse.h"
#include "engine/match/workspace.h"

#define LIMIT 20
#define ARENA_BYTES ((size_t)256 << 20)

enum { LOCAL, NATIONWIDE, PERSON, SIDES };
static const char *const names[SIDES] = {"reverse.local", "reverse.nationwide",
                                         "reverse.person"};

/* Processor time: a worker answers, and others may run beside it. */
static double cpu_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

struct asker {
    const struct world *world;
    struct store_view *view;
    struct arena *arena;
    struct workspace *workspace;
    struct figures us[SIDES], p50[SIDES], p99[SIDES];
    uint64_t scored[SIDES], scanned[SIDES];
};

static int is_nationwide(const struct structure *s)
{
    for (size_t i = 0; i < s->activities.n; i++) {
        const struct zone *zone = s->activities.at[i].zone;

        if (zone && zone->codes.n &&
            slice_equal(zone->codes.at[0], SLICE("FR")))
            return 1;
    }
    return 0;
}

static void ask(struct asker *a, unsigned entity, uint32_t number)
{
    struct match m = sample_match(a->view, NULL, a->arena, LIMIT);
    struct lot_hit_list lots;
    struct job_hit_list jobs;
    union world_object value;
    double began;
    int side = PERSON;
    enum err e;

    arena_reset(a->arena);
    m.workspace = a->workspace;
    e = world_object(a->world, entity, number, a->arena, &value);
    began = cpu_us();
    if (!e && entity == ENTITY_PROFILE)
        e = reverse_person(&m, &value.profile, &jobs);
    else if (!e)
        e = reverse_structure(&m, &value.structure, &lots);
    if (e)
        die("reverse: %s", err_text(e));
    if (entity == ENTITY_STRUCTURE)
        side = is_nationwide(&value.structure) ? NATIONWIDE : LOCAL;
    figures_add(&a->us[side], cpu_us() - began);
    a->scored[side] += m.scored;
    a->scanned[side] += m.scanned;
}

static void ask_all(struct asker *a, size_t n, int counts)
{
    for (int i = 0; i < SIDES; i++) {
        figures_clear(&a->us[i]);
        a->scored[i] = a->scanned[i] = 0;
    }
    for (uint32_t i = 0; i < n; i++) {
        ask(a, ENTITY_STRUCTURE, i);
        ask(a, ENTITY_PROFILE, i);
    }
    for (int i = 0; i < SIDES && counts; i++) {
        figures_add(&a->p50[i], figures_at(&a->us[i], 0.5));
        figures_add(&a->p99[i], figures_at(&a->us[i], 0.99));
    }
}

static void print(struct asker *a)
{
    char name[64];

    figures_head();
    for (int i = 0; i < SIDES; i++) {
        snprintf(name, sizeof name, "%s.p50", names[i]);
        figures_print(&a->p50[i], name, "us");
        snprintf(name, sizeof name, "%s.p99", names[i]);
        figures_print(&a->p99[i], name, "us");
        printf("%s\tasked %zu\trows %.0f\tmatched %.0f\n", names[i], a->us[i].n,
               (double)a->scanned[i] / (double)(a->us[i].n ? a->us[i].n : 1),
               (double)a->scored[i] / (double)(a->us[i].n ? a->us[i].n : 1));
        figures_free(&a->us[i]);
        figures_free(&a->p50[i]);
        figures_free(&a->p99[i]);
    }
}

void national_reverse(struct national *n)
{
    struct world_size size = {n->size.profiles, n->size.structures,
                              n->size.lots};
    struct world_size stored = {0, n->size.structures, n->size.lots};
    struct asker a = {.arena = arena_new(ARENA_BYTES),
                      .workspace = workspace_new()};
    struct country country;
    struct world *whole;

    country_open(&country, n->dir, n->ref, stored);
    if (!a.arena || !a.workspace ||
        world_new(n->ref, WORLD_SEED, &size, &whole))
        die("out of memory");
    a.world = whole;
    if (store_view_begin(country.filled.store, &a.view))
        die("no view");
    printf("\nreverse: the best %d of %u lots, for %zu structures and people "
           "(processor time)\n",
           LIMIT, n->size.lots, n->questions);
    for (size_t pass = 0; pass <= n->passes; pass++)
        ask_all(&a, n->questions, pass > 0);
    print(&a);
    store_view_end(a.view);
    world_free(whole);
    workspace_free(a.workspace);
    arena_free(a.arena);
    country_close(&country);
}
