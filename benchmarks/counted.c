/*
 * counted DIR WHAT: a fixed small amount of work, for callgrind to count the
 * instructions of (benchmarks/instructions runs it, and knows which function
 * is counted).
 *
 *   fill              make the store in DIR: 20,000 profiles, 2,000 structures
 *   people ...        match_people, match_top_people, match_structures and
 *                     match_top_structures: 100 lots each
 *   put               500 changes of profiles: postings_change
 *   derive            the index built anew: postings_build of each record
 *
 * It prints how often the function was called.
 */
#include <stdio.h>
#include <string.h>

#include "benchmarks/changes.h"
#include "benchmarks/filled.h"
#include "benchmarks/sample.h"

#define LOTS 100
#define LIMIT 50
#define CHANGES 500

static const struct world_size small = {20000, 2000, 200};

static const struct {
    const char *name;
    enum sample_verb verb;
} verbs[] = {{"people", SAMPLE_PEOPLE},
             {"top-people", SAMPLE_TOP_PEOPLE},
             {"structures", SAMPLE_STRUCTURES},
             {"top-structures", SAMPLE_TOP_STRUCTURES}};

static size_t ask(const struct filled *f, enum sample_verb verb)
{
    struct sample_way way = {NULL, LIMIT, 0};
    struct sample_pass pass;
    struct sample sample;

    memset(&pass, 0, sizeof pass);
    sample_init(&sample, f->world, LOTS);
    sample_ask(&sample, f->store, verb, &way, &pass);
    sample_pass_fini(&pass);
    sample_fini(&sample);
    return LOTS;
}

/* Of a copy: the next count must find the same store. */
static size_t change(const struct filled *f, const struct reference *ref)
{
    struct filled copy;

    filled_copy(&copy, f, "counted");
    changes_make(copy.store, ref, f->world, CHANGES, NULL);
    filled_remove(&copy);
    return CHANGES;
}

static size_t derive(const struct filled *f, const struct reference *ref)
{
    struct filled_times times;

    filled_build(f->store, ref, &times);
    return small.profiles + small.structures + f->world->markets;
}

static size_t run(const struct filled *f, const struct reference *ref,
                  const char *what)
{
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (!strcmp(what, verbs[i].name))
            return ask(f, verbs[i].verb);
    if (!strcmp(what, "put"))
        return change(f, ref);
    if (!strcmp(what, "derive"))
        return derive(f, ref);
    if (strcmp(what, "fill") != 0)
        die("%s is nothing that is counted", what);
    return 0;
}

int main(int argc, char **argv)
{
    struct reference *ref;
    struct world *world;
    struct filled filled;

    if (argc != 3)
        die("counted DIR WHAT");
    ref = filled_reference();
    if (world_new(ref, WORLD_SEED, &small, &world))
        die("out of memory");
    filled_open(&filled, argv[1], "", world, ref);
    printf("%zu\n", run(&filled, ref, argv[2]));
    filled_close(&filled);
    world_free(world);
    reference_free(ref);
    return 0;
}
