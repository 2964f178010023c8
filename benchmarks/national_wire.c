/*
 * What a client sees: the questions of national_people.c through the daemon,
 * one after the other over tcp, as a portal asks them.
 */
#include <stdio.h>
#include <string.h>

#include "benchmarks/asked.h"
#include "benchmarks/national.h"
#include "benchmarks/sides.h"
#include "benchmarks/spawned.h"

#define LIMIT 50
#define GRACE 14

struct questions national_questions(const struct sample *sample)
{
    struct questions qs = {NULL, sample->n, 0};
    struct ask_match_people ask;

    qs.at = arena_array(sample->arena, sample->n, sizeof *qs.at);
    if (!qs.at)
        die("out of memory");
    for (size_t i = 0; i < sample->n; i++) {
        shape_clear(verb_rows[VERB_match_people].ask, &ask);
        ask.market = sample->at[i].market->id;
        ask.on = world_on();
        ask.lot = sample->at[i].lot;
        ask.job = 1;
        ask.limit = LIMIT;
        ask.grace = GRACE;
        qs.at[i] = asked_message(sample->arena, VERB_match_people, &ask);
    }
    return qs;
}

/* Each question once. */
static void pass(struct asker *asker, struct questions *qs,
                 struct figures *times)
{
    qs->next = 0;
    for (size_t i = 0; i < qs->n; i++)
        asker_walk(asker, qs, 1, times);
}

static void measure(const struct national *n, struct asker *asker,
                    struct questions *qs)
{
    struct side side = {.name = "people.wire", .verb = SAMPLE_PEOPLE};

    (void)asker_sweep(asker, qs);
    for (size_t i = 0; i < n->passes; i++) {
        figures_clear(&side.last.us);
        pass(asker, qs, &side.last.us);
        figures_add(&side.p50, figures_at(&side.last.us, 0.5));
        figures_add(&side.p99, figures_at(&side.last.us, 0.99));
    }
    figures_head();
    figures_print(&side.p50, "people.wire.p50", "us");
    figures_print(&side.p99, "people.wire.p99", "us");
    figures_print_quantiles(&side.last.us, "people.wire");
    sides_fini(&side, 1);
}

void national_wire(struct national *n)
{
    struct country country;
    struct spawned daemon;
    struct sample sample;
    struct questions qs;
    struct asker *asker;

    country_open(&country, n->dir, n->ref, n->size);
    /* The daemon takes the store. */
    filled_close(&country.filled);
    sample_init(&sample, country.world, n->questions);
    printf("\nwire: the same questions through the daemon, tcp, one by one\n");
    fflush(stdout);
    qs = national_questions(&sample);
    daemon = spawn_daemon(country.filled.dir, "tcp://127.0.0.1:*");
    asker = asker_open(daemon.endpoint);
    measure(n, asker, &qs);
    asker_close(asker);
    spawned_stop(&daemon);
    sample_fini(&sample);
    world_free(country.world);
}
