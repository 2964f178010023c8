/*
 * The world as tables for COPY: cells, the reference tables, and the list of
 * files.  FORMAT.md, which is written beside them, says what they hold.
 */
#include "benchmarks/world_dump.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define OBJECT_BYTES (1u << 20)
#define PATH_BYTES 512

void dump_text(FILE *f, struct slice text, int end)
{
    if (!text.data)
        text = SLICE("\\N");
    fwrite_unlocked(text.data, 1, text.len, f);
    putc_unlocked(end, f);
}

void dump_int(FILE *f, int64_t value, int end)
{
    char text[24];
    size_t at = sizeof text;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

    if (value == ABSENT) {
        dump_text(f, (struct slice){NULL, 0}, end);
        return;
    }
    do {
        text[--at] = (char)('0' + rest % 10);
    } while (rest /= 10);
    if (value < 0)
        text[--at] = '-';
    dump_text(f, (struct slice){text + at, sizeof text - at}, end);
}

void dump_hash(FILE *f, uint64_t hash, int end)
{
    int64_t value = (int64_t)hash;

    if (value == INT64_MIN)
        dump_text(f, SLICE("-9223372036854775808"), end);
    else
        dump_int(f, value, end);
}

void dump_ints(FILE *f, const int64_t *at, size_t n, int end)
{
    putc_unlocked('{', f);
    for (size_t i = 0; i < n; i++) {
        int after = i + 1 < n ? ',' : '}';

        if (at[i] == ABSENT)
            dump_text(f, SLICE("NULL"), after);
        else
            dump_int(f, at[i], after);
    }
    if (!n)
        putc_unlocked('}', f);
    putc_unlocked(end, f);
}

int64_t dump_bits(struct ints list)
{
    int64_t bits = 0;

    for (size_t i = 0; i < list.n; i++)
        bits |= INT64_C(1) << list.at[i];
    return bits;
}

/* ---- Reference ---------------------------------------------------------- */

static struct slice code_of(const struct territory_rows *rows, uint32_t at)
{
    if (at == REFERENCE_NONE)
        return (struct slice){NULL, 0};
    return slice_of(rows->at[at].code);
}

static void dump_commune(struct dump *d, uint32_t number)
{
    const struct reference *ref = d->world->ref;
    const struct commune *c = &ref->communes[number];
    uint32_t region = d->world->laws->regions[c->department];
    FILE *f = d->at[0];

    dump_int(f, number, '\t');
    dump_int(f, c->rank, '\t');
    dump_text(f, world_insee(d->world, number), '\t');
    dump_int(f, c->population, '\t');
    dump_text(f, code_of(&ref->departments, c->department), '\t');
    dump_text(f, code_of(&ref->regions, region), '\t');
    dump_text(f, code_of(&ref->epcis, c->epci), '\t');
    dump_text(f, code_of(&ref->epcis, c->ept), '\t');
    dump_int(f, c->centred, '\t');
    dump_int(f, c->approximate, '\t');
    for (int axis = 0; axis < 3; axis++)
        dump_int(f, c->at[axis], '\t');
    dump_int(f, c->lat, '\t');
    dump_int(f, c->lon, '\n');
}

static enum err dump_communes(struct dump *d)
{
    for (uint32_t i = 0; i < d->world->ref->n; i++)
        dump_commune(d, i);
    return ERR_NONE;
}

/* The fit of a wish for a job, from all pairs that have one. */
static void fill_fits(const struct world *w, uint16_t *fits)
{
    for (size_t i = 0; i < WORLD_ROMES; i++)
        for (size_t j = 0; j < WORLD_ROMES; j++)
            if (!memcmp(w->romes[i], w->romes[j], 3))
                fits[i * WORLD_ROMES + j] = i == j ? 1000 : 300;
    for (size_t i = 0; i < WORLD_ROMES * WORLD_LINKS; i++) {
        const struct world_link *l = &w->laws->links[i];

        fits[l->from * WORLD_ROMES + l->to] = l->fit;
    }
}

/* romes, fits and sectors. */
static enum err dump_codes(struct dump *d)
{
    uint16_t *fits = calloc(WORLD_ROMES * WORLD_ROMES, sizeof *fits);

    if (!fits)
        return ERR_NOMEM;
    fill_fits(d->world, fits);
    for (int i = 0; i < WORLD_ROMES; i++) {
        dump_int(d->at[0], i, '\t');
        dump_text(d->at[0], slice_of(d->world->romes[i]), '\n');
    }
    for (int i = 0; i < WORLD_ROMES * WORLD_ROMES; i++) {
        if (!fits[i])
            continue;
        dump_int(d->at[1], i / WORLD_ROMES, '\t');
        dump_int(d->at[1], i % WORLD_ROMES, '\t');
        dump_int(d->at[1], fits[i], '\n');
    }
    fputs(d->world->laws->group_lines, d->at[2]);
    free(fits);
    return ERR_NONE;
}

/* ---- The list ----------------------------------------------------------- */

static const char format_page[] =
    "# The files\n\n"
    "Text as COPY reads it: cells ended by tabs, \\N for none. Days count "
    "from\n"
    "1970-01-01; the last line tells the day of the world. Words of a "
    "vocabulary\n"
    "are their positions in protocol/fields.def (WORDS_...), lists of them\n"
    "bits (1 << position). Commune, profile, structure and lot numbers are\n"
    "dense; lot numbers run through all markets. `rome` is a place in the\n"
    "file `romes`.\n\n"
    "| file | columns |\n|---|---|\n";

static const struct {
    enum err (*write)(struct dump *d);
    struct {
        const char *name;
        const char *columns;
    } files[DUMP_FILES];
} tables[] = {
    {dump_communes,
     {{"communes", "number, rank (Hilbert order), insee, population, "
                   "department, region, epci, ept, centred 0 1, approximate 0 "
                   "1, x, y, z (2^30 of a unit vector), lat, lon (1e-6 "
                   "degrees)"}}},
    {dump_codes,
     {{"romes", "rome, code"},
      {"fits", "wish (rome), job (rome), fit 1000 700 500 300: best of same "
               "code, link, family"},
      {"sectors", "sector, group"}}},
    {dump_profiles,
     {{"profiles", "profile (from 0), id, key (order_hash of the id), commune, "
                   "mobility_km, vehicle 0 1, licences (bits), criteria "
                   "(bits), codes (int[]), untils (int[], last valid day of "
                   "each of codes, NULL no end), pass_until, "
                   "pass_suspended_until, hours_min, hours_max, "
                   "available_from, registered_on, consent_on, "
                   "last_contact_on"},
      {"postings", "rome, profile"}}},
    {dump_structures,
     {{"structures", "structure (from 0), id, key, kind, commune, x, y, z (of "
                     "lat and lon where given, else of the commune), status, "
                     "agreement_from, agreement_until, public_share"},
      {"activities", "structure, activity (from 0), modes (bits, 0 none), "
                     "within_km, nationwide 0 1, free_hours, lot_min, lot_max "
                     "(cents), derived 0 1"},
      {"activity_romes", "structure, activity, rome"},
      {"activity_codes", "structure, activity, C for cpv or S for sector, "
                         "code"},
      {"zones", "structure, activity, typed code; the home commune belongs "
                "anyway"}}},
    {dump_markets,
     {{"lots", "lot (from 0), market, number (from 1), key (order_hash of "
               "market/number), start, amount, months, modes (bits)"},
      {"clauses", "lot, kind, hours, publics (bits), modes (bits of "
                  "clause_mode)"},
      {"jobs", "lot, job (from 1), key (order_hash of market/number/job), "
               "rome, commune, seats, hours_week, weeks, start, vehicle 0 1, "
               "licence"},
      {"places", "lot, typed code"},
      {"lot_codes", "lot, C or S, code"}}},
};
#define TABLES (sizeof tables / sizeof *tables)

static FILE *open_file(const char *dir, const char *name, const char *suffix)
{
    char path[PATH_BYTES];

    if ((size_t)snprintf(path, sizeof path, "%s/%s%s", dir, name, suffix) >=
        sizeof path)
        return NULL;
    return fopen(path, "w");
}

static int write_table(const struct world *w, const char *dir, size_t table,
                       FILE *page)
{
    struct dump d = {w, arena_new(OBJECT_BYTES), {NULL}};
    int failed = !d.arena;
    size_t n = 0;

    for (; n < DUMP_FILES && tables[table].files[n].name && !failed; n++) {
        fprintf(page, "| `%s.tsv` | %s |\n", tables[table].files[n].name,
                tables[table].files[n].columns);
        d.at[n] = open_file(dir, tables[table].files[n].name, ".tsv");
        failed = !d.at[n];
    }
    if (!failed)
        failed = tables[table].write(&d) != ERR_NONE;
    for (size_t i = 0; i < n; i++)
        if (d.at[i] && (ferror(d.at[i]) | fclose(d.at[i])))
            failed = 1;
    arena_free(d.arena);
    return failed ? -1 : 0;
}

int world_dump(const struct world *w, const char *dir)
{
    FILE *page;
    int failed = 0;

    (void)mkdir(dir, 0700);
    if (!(page = open_file(dir, "FORMAT", ".md")))
        return -1;
    fputs(format_page, page);
    for (size_t i = 0; i < TABLES && !failed; i++)
        failed = write_table(w, dir, i, page);
    fprintf(page,
            "\nThe world: seed %llu, on day %lld, %u profiles, %u structures, "
            "%u lots.\n",
            (unsigned long long)w->seed, (long long)world_on(),
            w->size.profiles, w->size.structures, w->size.lots);
    if (ferror(page) | fclose(page))
        failed = -1;
    return failed;
}
