/*
 * How fast is matching at the size of the country, where does the time go,
 * and is every answer still right?
 *
 *   national [OPTION...] [PART...]
 *
 * Parts: people wire parts size structures reverse batch exact; all of them by
 * default.  Two more: store (tell where it is), ask (people alone, for a
 * profiler).  The stores are kept in --dir between runs.  Questions are asked
 * in this process by one thread (the batch: two); each has a view of its own
 * and memory of the thread that is used again.  Markets are decoded
 * beforehand, as the lot of a question is in the other engines that are
 * compared.  A pass asks every question once of every side, one side after the
 * other; a figure is the median of the passes, with the least and the greatest.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "benchmarks/national.h"

static const struct {
    const char *name;
    void (*run)(struct national *n);
} parts[] = {
    {"store", national_store},     {"ask", national_ask},
    {"people", national_people},   {"wire", national_wire},
    {"cold", national_cold},       {"parts", national_parts},
    {"size", national_size},       {"structures", national_structures},
    {"reverse", national_reverse}, {"batch", national_batch},
    {"exact", national_exact},
};
#define FIRST 2 /* of those that are run when none is named */
#define PARTS (sizeof parts / sizeof *parts)

void national_store(struct national *n)
{
    struct country country;

    country_open(&country, n->dir, n->ref, n->size);
    printf("store\t%s\n", country.filled.dir);
    country_close(&country);
}

/* ---- Options ------------------------------------------------------------ */

struct asked_for {
    struct national national;
    unsigned parts; /* bits; 0: all */
};

enum {
    DIR_KEY = 'd',
    PROFILES_KEY = 'p',
    STRUCTURES_KEY = 's',
    LOTS_KEY = 'l',
    FEW_KEY = 'f',
    STRESS_KEY = 'x',
    QUESTIONS_KEY = 'q',
    PASSES_KEY = 'n',
    RANDOM_KEY = 'r'
};

static const struct argp_option options[] = {
    {"dir", DIR_KEY, "DIR", 0, "where stores are kept (build/bench)", 0},
    {"profiles", PROFILES_KEY, "N", 0, "5,000,000", 0},
    {"structures", STRUCTURES_KEY, "N", 0, "12,000", 0},
    {"lots", LOTS_KEY, "N", 0, "50,000", 0},
    {"few", FEW_KEY, "N", 0, "profiles of the smaller country (1,000,000)", 0},
    {"stress", STRESS_KEY, "N", 0, "structures of the larger (100,000)", 0},
    {"questions", QUESTIONS_KEY, "N", 0, "asked in a pass (1,000)", 0},
    {"passes", PASSES_KEY, "N", 0, "5", 0},
    {"random", RANDOM_KEY, "N", 0, "answered by brute force too (2,000)", 0},
    {0}};

static void choose_part(struct asked_for *a, const char *name,
                        struct argp_state *state)
{
    for (size_t i = 0; i < PARTS; i++)
        if (!strcmp(parts[i].name, name)) {
            a->parts |= 1u << i;
            return;
        }
    argp_error(state, "%s is no part", name);
}

static error_t on_option(int key, char *value, struct argp_state *state)
{
    struct asked_for *a = state->input;
    struct national *n = &a->national;

    switch (key) {
    case DIR_KEY:
        n->dir = value;
        return 0;
    case PROFILES_KEY:
        n->size.profiles = number_of(value);
        return 0;
    case STRUCTURES_KEY:
        n->size.structures = number_of(value);
        return 0;
    case LOTS_KEY:
        n->size.lots = number_of(value);
        return 0;
    case FEW_KEY:
        n->few = number_of(value);
        return 0;
    case STRESS_KEY:
        n->stress = number_of(value);
        return 0;
    case QUESTIONS_KEY:
        n->questions = number_of(value);
        return 0;
    case PASSES_KEY:
        n->passes = number_of(value);
        return 0;
    case RANDOM_KEY:
        n->random = number_of(value);
        return 0;
    case ARGP_KEY_ARG:
        choose_part(a, value ? value : "", state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char **argv)
{
    static const struct argp argp = {
        options,
        on_option,
        "[PART...]",
        "Matching at the size of the country: store people wire cold parts "
        "size structures reverse batch exact",
        NULL,
        NULL,
        NULL};
    struct asked_for a = {{"build/bench", world_national, 1000000, 100000, 1000,
                           5, 2000, NULL, 0},
                          0};
    struct reference *ref;

    setvbuf(stdout, NULL, _IOLBF, 0);
    argp_parse(&argp, argc, argv, 0, NULL, &a);
    a.national.ref = ref = filled_reference();
    machine_print();
    printf("data: benchmarks/world.h, %u profiles, %u structures, %u lots\n",
           a.national.size.profiles, a.national.size.structures,
           a.national.size.lots);
    for (size_t i = 0; i < PARTS; i++)
        if (a.parts ? a.parts >> i & 1 : i >= FIRST)
            parts[i].run(&a.national);
    reference_free(ref);
    return a.national.missed ? 1 : 0;
}
