/*
 * How long do territory operations take at 100,000 structures?
 *
 * A match asks of every candidate structure: which communes does its zone
 * share with the lot's place, and, where it shares some, how far is its home
 * from the place?  Here every form of zone is asked against every form of
 * place, for 100,000 structures whose homes are drawn by population, through
 * the same functions a match calls (engine/match/territory.h and place.h):
 * the zone is read from its codes each time, as a match does.  No store, no
 * decoding.
 *
 * Prints machine, data and method, then a line for each pair.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "engine/match/place.h"
#include "engine/match/territory.h"

#define STRUCTURES 100000
#define BATCH 100
#define BATCHES (STRUCTURES / BATCH)
#define SWEEPS_MIN 3
#define SWEEPS_MAX 9
/* A pair is swept again while its sweeps together took less than this. */
#define PAIR_NS 500000000.0

struct candidate {
    uint32_t home;
    struct point from;
    struct zone zone;
};

static uint64_t seed = 20261123;

static uint64_t random_below(uint64_t n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % n;
}

/* Time of this thread: it never waits, and other work on a shared machine
 * stays out of the figures. */
static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void must(enum err e)
{
    if (!e)
        return;
    fprintf(stderr, "territory: %s\n", err_name(e));
    exit(1);
}

/* --- Zones --------------------------------------------------------------- */

/* A commune, each as likely as it has people. */
static uint32_t random_home(const struct reference *ref)
{
    const uint64_t *people = reference_population(ref);
    uint64_t person = random_below(people[ref->n]);
    uint32_t low = 0;
    uint32_t high = ref->n;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (people[middle + 1] <= person)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

enum form {
    RADIUS_25,
    RADIUS_100,
    COMMUNES,
    EPCI,
    DEPARTMENT,
    REGION,
    COUNTRY,
    N_FORMS
};
static const char *const form_names[] = {
    "within 25 km",   "within 100 km", "20 communes", "its EPCI",
    "its department", "its region",    "FR"};

/* What is asked of all forms together: the shares are a guess, stated in the
 * output. */
static const unsigned mix[N_FORMS] = {45, 10, 5, 10, 20, 7, 3};

static struct slice territory_code(const struct reference *ref,
                                   struct arena *arena, enum form form,
                                   uint32_t home)
{
    const struct commune *c = &ref->communes[home];

    if (form == EPCI && c->epci != REFERENCE_NONE)
        return arena_format(arena, "EPCI:%s", ref->epcis.at[c->epci].code);
    if (form == DEPARTMENT)
        return arena_format(arena, "DEP:%s",
                            ref->departments.at[c->department].code);
    for (size_t i = 0; form == REGION && i < ref->regions.n; i++) {
        const struct range *at = ref->regions.at[i].ranges;

        if (home >= at->from && home < at->to)
            return arena_format(arena, "REG:%s", ref->regions.at[i].code);
    }
    return form == COUNTRY ? SLICE("FR")
                           : arena_format(arena, "COM:%s", c->insee);
}

static void fill_zone(const struct reference *ref, struct arena *arena,
                      enum form form, struct candidate *candidate)
{
    size_t n = form == COMMUNES ? 20 : 1;
    struct slice *codes = arena_array(arena, n, sizeof *codes);

    candidate->zone = (struct zone){{NULL, 0}, ABSENT};
    if (form == RADIUS_25 || form == RADIUS_100) {
        candidate->zone.within_km = form == RADIUS_25 ? 25 : 100;
        return;
    }
    /* Every third neighbour, so that the ranges do not join into one. */
    for (size_t i = 0; i < n; i++)
        codes[i] = territory_code(ref, arena, form,
                                  (candidate->home + 3 * (uint32_t)i) % ref->n);
    candidate->zone.codes = (struct slices){codes, n};
}

static enum form random_form(void)
{
    unsigned draw = (unsigned)random_below(100);
    unsigned form = 0;

    while (draw >= mix[form])
        draw -= mix[form++];
    return (enum form)form;
}

/* --- Measuring ----------------------------------------------------------- */

struct timing {
    double batch_ns[SWEEPS_MAX * BATCHES]; /* of one structure, by batch */
    double sweep_ms[SWEEPS_MAX];
    size_t sweeps;
    size_t met; /* structures whose zone meets the place */
};

static int order_double(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

static int ask(const struct reference *ref, struct arena *scratch,
               const struct place *place, const struct candidate *candidate)
{
    struct territory zone;

    arena_reset(scratch);
    must(territory_zone(ref, scratch, &candidate->zone, candidate->home,
                        &candidate->from, &zone));
    if (!place_overlap(ref, place, &zone, 0).communes)
        return 0;
    if (!territory_holds(ref, &place->set, candidate->home))
        (void)place_km(ref, place, &candidate->from);
    return 1;
}

static void sweep(const struct reference *ref, struct arena *scratch,
                  const struct place *place, const struct candidate *candidates,
                  struct timing *t)
{
    double begin = now_ns();
    double last = begin;

    t->met = 0;
    for (size_t b = 0; b < BATCHES; b++) {
        double end;

        for (size_t i = 0; i < BATCH; i++)
            t->met +=
                (size_t)ask(ref, scratch, place, &candidates[b * BATCH + i]);
        end = now_ns();
        t->batch_ns[t->sweeps * BATCHES + b] = (end - last) / BATCH;
        last = end;
    }
    t->sweep_ms[t->sweeps++] = (last - begin) / 1e6;
}

static void measure(const struct reference *ref, struct arena *scratch,
                    const struct place *place, const char *zone_name,
                    const struct candidate *candidates, struct timing *t)
{
    double begin = now_ns();
    size_t n;

    for (t->sweeps = 0; t->sweeps < SWEEPS_MAX;) {
        sweep(ref, scratch, place, candidates, t);
        if (t->sweeps >= SWEEPS_MIN && now_ns() - begin > PAIR_NS)
            break;
    }
    n = t->sweeps * BATCHES;
    qsort(t->batch_ns, n, sizeof *t->batch_ns, order_double);
    qsort(t->sweep_ms, t->sweeps, sizeof *t->sweep_ms, order_double);
    printf("%-15s %8zu %9.1f %8.1f %8.1f %2zu %10.0f %9.0f\n", zone_name,
           t->met, t->sweep_ms[t->sweeps / 2], t->sweep_ms[0],
           t->sweep_ms[t->sweeps - 1], t->sweeps, t->batch_ns[n / 2],
           t->batch_ns[n * 99 / 100]);
    fflush(stdout);
}

/* --- The report ---------------------------------------------------------- */

static void print_machine(void)
{
    char line[256] = "";
    double load = 0;
    struct utsname system;
    FILE *file = fopen("/proc/cpuinfo", "r");

    while (file && fgets(line, sizeof line, file)) {
        if (!strncmp(line, "model name", 10))
            break;
    }
    if (file)
        fclose(file);
    uname(&system);
    getloadavg(&load, 1);
    line[strcspn(line, "\n")] = 0;
    printf("machine: %s, %ld cores, %s %s, compiler %s, load %.1f\n",
           strchr(line, ':') ? strchr(line, ':') + 2 : "unknown processor",
           sysconf(_SC_NPROCESSORS_ONLN), system.sysname, system.release,
           __VERSION__, load);
}

static void print_method(const struct reference *ref)
{
    printf("data: %u communes,", ref->n);
    for (size_t i = 0; i < ref->n_tables; i++)
        printf(" %s@%s", ref->tables[i].name, ref->tables[i].version);
    printf("; %d structures, homes drawn by population, seed fixed; mixed:",
           STRUCTURES);
    for (int i = 0; i < N_FORMS; i++)
        printf(" %u %% %s%s", mix[i], form_names[i],
               i + 1 < N_FORMS ? "," : "\n");
    printf("method: one thread, its processor time. For each structure: zone "
           "from its codes,\noverlap with the place, and, where they meet and "
           "home lies outside, kilometres.\nA sweep is all structures; ns are "
           "of one structure, averaged over batches of\n%d, over all sweeps.\n",
           BATCH);
}

static void bench_place(const struct reference *ref, const char *code,
                        struct candidate *const *sets)
{
    struct arena *arena = arena_new(64u << 20);
    struct arena *scratch = arena_new(64u << 20);
    struct timing *t = malloc(sizeof *t);
    struct slice one = slice_of(code);
    struct place place;
    double begin = now_ns();

    if (!arena || !scratch || !t)
        must(ERR_NOMEM);
    must(place_read(ref, arena, (struct slices){&one, 1}, &place));
    printf("\nplace %s: %lu communes, made ready in %.2f ms\n", code,
           (unsigned long)place.extent.communes, (now_ns() - begin) / 1e6);
    printf("%-15s %8s %9s %8s %8s %2s %10s %9s\n", "zone", "meet", "sweep ms",
           "min", "max", "n", "ns median", "ns p99");
    for (int form = 0; form <= N_FORMS; form++)
        measure(ref, scratch, &place,
                form < N_FORMS ? form_names[form] : "mixed", sets[form], t);
    free(t);
    arena_free(scratch);
    arena_free(arena);
}

/* The same homes in every set; the last set mixes the forms. */
static void fill_sets(const struct reference *ref, struct arena *arena,
                      struct candidate **sets)
{
    for (int form = 0; form <= N_FORMS; form++) {
        sets[form] = calloc(STRUCTURES, sizeof **sets);
        if (!sets[form])
            must(ERR_NOMEM);
    }
    for (size_t i = 0; i < STRUCTURES; i++) {
        uint32_t home = random_home(ref);

        for (int form = 0; form <= N_FORMS; form++) {
            struct candidate *at = &sets[form][i];

            at->home = home;
            at->from = territory_point(ref, home);
            fill_zone(ref, arena,
                      form < N_FORMS ? (enum form)form : random_form(), at);
        }
    }
}

int main(void)
{
    const char *places[] = {"COM:76540", "EPCI:200023414", "NEAR:76540:30",
                            "DEP:76",    "REG:28",         "REG:75",
                            "FR"};
    struct candidate *sets[N_FORMS + 1];
    struct arena *arena = arena_new(512u << 20);
    struct reference *ref;

    must(reference_new(NULL, 0, &ref));
    if (!arena)
        must(ERR_NOMEM);
    print_machine();
    print_method(ref);
    fill_sets(ref, arena, sets);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        bench_place(ref, places[i], sets);
    for (int form = 0; form <= N_FORMS; form++)
        free(sets[form]);
    arena_free(arena);
    reference_free(ref);
    return 0;
}
