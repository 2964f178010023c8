/*
 * The whole country, invented: profiles, structures and markets of a fixed
 * seed over the bundled communes and their populations.  Object NUMBER is the
 * same in a world of any size, so a smaller world is the beginning of a larger
 * one.  Nobody is real.
 *
 *   communes     by population, those with a centre (99.4 % of the people)
 *   ROME         532 codes in the 110 families of the real table; supply and
 *                demand zipf 0.7 (the first code 5 %), ranks shuffled
 *   links        8 wishes lead to each code: 3 of its family where it has so
 *                many, 3 of its letter, the rest anywhere; half Proche, half
 *                Evolution
 *   CPV          45 divisions, zipf 0.7; a third to eighth digit of 1 to 4,
 *                each missing in 15 % (then the rest is zeros)
 *   sectors      48 in 12 groups, zipf 0.7
 *
 *   profile      1 to 3 wishes, drawn apart; mobility 5 10 20 30 50 100 km by
 *                10 25 30 20 10 5 %; vehicle yes 45 %, no 30 %; licence B with
 *                the vehicle 95 %, C 4 %; 1 to 4 criteria, half without an
 *                end, else for 30 to 720 days; PASS 20 %, of which 4 % are
 *                suspended; least hours 60 %: 10 15 20 24, most 60 %: 24 30
 *                35 39; free now 70 %, else in 1 to 180 days; registered 0 to
 *                1,460 days ago; consent 0 to 700 days ago, 2 % 731 to 900;
 *                contacted since 40 %
 *   structure    1 to 3 activities of 1 to 3 ROME, 1 to 2 CPV, a sector in
 *                25 %; zone within 20 to 80 km 50 %, department 35 % (a fifth
 *                of these: two), region 12 %, FR 3 %; free hours known 80 %:
 *                0 in 5 %, else 50 to 3,000; amounts bounded 40 %
 *   market       1 to 4 lots by 50 25 15 10 %, open
 *   lot          place a commune by population 60 %, EPCI 15 %, department
 *                15 %, 2 to 4 departments 7 %, region 3 %; 1 to 2 CPV, a
 *                sector in 25 %; amount, months, start in 10 to 180 days; 1
 *                clause, 2 in 30 %, that list publics in 60 %
 *   job          1 to 3 a lot; work commune within the place by population;
 *                hours a week 80 %: 20 to 35; vehicle 15 %, licence B 10 %,
 *                C 2 %; its own start in half
 */
#ifndef BENCHMARKS_WORLD_H
#define BENCHMARKS_WORLD_H

#include "benchmarks/draw.h"
#include "protocol/arena.h"
#include "protocol/entities.h"
#include "store/reference.h"

#define WORLD_SEED UINT64_C(20261123)
#define WORLD_ROMES 532

struct world_size {
    uint32_t profiles;
    uint32_t structures;
    uint32_t lots;
};
/* 5,000,000, 12,000 and 50,000. */
extern const struct world_size world_national;

/* Read only once it is made: any thread may draw objects from it. */
struct world {
    const struct reference *ref;
    uint64_t seed;
    struct world_size size;
    uint32_t markets;           /* of size.lots lots together */
    const uint32_t *lots;       /* [market]: lots of the markets before it */
    char romes[WORLD_ROMES][6]; /* in order */
    struct world_laws *laws;
};

/* A world over the communes of REF, which must outlive it.  The caller owns
 * *OUT.  ERR_NOMEM. */
enum err world_new(const struct reference *ref, uint64_t seed,
                   const struct world_size *size, struct world **out);
/* NULL is fine. */
void world_free(struct world *world);

/* The civil date of the world: 2026-11-23. */
int64_t world_on(void);

/* Its tables, as `reference import` takes them. */
#define WORLD_IMPORTS 2
/* "rome-links" and "sectors"; borrowed from the world. */
const struct reference_import *world_imports(const struct world *world);

/* Object NUMBER (from 0) in ARENA; texts may borrow from the world.
 * ERR_NOMEM. */
enum err world_profile(const struct world *world, uint32_t number,
                       struct arena *arena, struct profile *out);
/* Its id is `siret-kind`. */
enum err world_structure(const struct world *world, uint32_t number,
                         struct arena *arena, struct structure *out);
/* Under world->markets. */
enum err world_market(const struct world *world, uint32_t number,
                      struct arena *arena, struct market *out);

/* How many objects of an entity there are, and one of them. */
uint32_t world_count(const struct world *world, unsigned entity);
union world_object {
    struct profile profile;
    struct structure structure;
    struct market market;
};
/* ERR_NOMEM. */
enum err world_object(const struct world *world, unsigned entity,
                      uint32_t number, struct arena *arena,
                      union world_object *out);

/* Write files that PostgreSQL's COPY reads, and a page of what they hold
 * (FORMAT.md), into the directory DIR.  0, or -1 with errno. */
int world_dump(const struct world *world, const char *dir);

/* Write all objects of an entity as lines of JSON, as `clausectl import`
 * reads them.  0, or -1 with errno. */
int world_write_json(const struct world *world, unsigned entity,
                     const char *path);

/* ---- For the other files of the generator ------------------------------- */

enum world_kind { DRAW_CODES = 1, DRAW_PROFILE, DRAW_STRUCTURE, DRAW_MARKET };

#define WORLD_DIVISIONS 45
#define WORLD_LINKS 8 /* to each code */
struct world_link {
    uint16_t from;
    uint16_t to;
    uint16_t fit; /* 700 Proche, 500 Evolution */
};
#define WORLD_SECTORS 48
struct world_laws {
    uint32_t rome_sums[WORLD_ROMES]; /* by rank */
    uint16_t rome_at[WORLD_ROMES];   /* the code of a rank */
    uint32_t division_sums[WORLD_DIVISIONS];
    uint32_t sector_sums[WORLD_SECTORS];
    char sectors[WORLD_SECTORS][12];
    uint16_t *regions; /* the region of a department, both as rows */
    struct world_link links[WORLD_ROMES * WORLD_LINKS];
    char *link_lines; /* of the tables */
    char *group_lines;
    struct reference_import imports[WORLD_IMPORTS];
};

/* Fill codes and tables.  ERR_NOMEM. */
enum err world_codes_init(struct world *world);

/* The place of a ROME code among world->romes, where it is. */
uint32_t world_rome_of(const struct world *world, struct slice rome);

/* A code by its law. */
uint32_t world_rome(const struct world *world, struct draw *d);
/* In the arena; data is NULL without memory. */
struct slice world_cpv(struct draw *d, const struct world *world,
                       struct arena *arena);
/* Borrowed from the world. */
struct slice world_sector(const struct world *world, struct draw *d);

/* N distinct draws of ROME codes, and of up to two CPV codes and a sector;
 * at is NULL without memory. */
struct slices world_draw_romes(const struct world *world, struct draw *d,
                               struct arena *arena, size_t n);
/* CPV codes may repeat a division, never themselves. */
struct slices world_draw_cpvs(const struct world *world, struct draw *d,
                              struct arena *arena, size_t n);
/* Empty in 75 %. */
struct slices world_draw_sectors(const struct world *world, struct draw *d,
                                 struct arena *arena);

/* A commune with a centre, by population, among RANGES. */
uint32_t world_commune(const struct world *world, struct draw *d,
                       const struct range *ranges, size_t n);

/* The INSEE code of a commune, and "PREFIX:CODE" in the arena. */
struct slice world_insee(const struct world *world, uint32_t commune);
/* data is NULL without memory. */
struct slice world_zone(struct arena *arena, const char *prefix,
                        const char *code);

#endif
