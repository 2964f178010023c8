/*
 * generate: write the invented country into files.
 *
 *   generate dump DIR [PROFILES [STRUCTURES [LOTS]]]     tables for COPY
 *   generate json DIR [PROFILES [STRUCTURES [LOTS]]]     profiles.ndjson,
 *            structures.ndjson, markets.ndjson for `clausectl import`, and
 *            rome-links.tsv and sectors.tsv for `clausectl reference import`
 *
 * The laws are in world.h; without numbers the country is whole.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "benchmarks/figures.h"
#include "benchmarks/world.h"

#define PATH_BYTES 512

static int write_entities(const struct world *w, const char *dir)
{
    static const struct {
        unsigned entity;
        const char *name;
    } files[] = {{ENTITY_STRUCTURE, "structures"},
                 {ENTITY_MARKET, "markets"},
                 {ENTITY_PROFILE, "profiles"}};
    char path[PATH_BYTES];

    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/%s.ndjson", dir, files[i].name);
        if (world_write_json(w, files[i].entity, path))
            return -1;
    }
    return 0;
}

static int write_tables(const struct world *w, const char *dir)
{
    static const char *const heads[WORLD_IMPORTS] = {"rome\ttarget\tkind\n",
                                                     "sector\tgroup\n"};
    char path[PATH_BYTES];

    for (size_t i = 0; i < WORLD_IMPORTS; i++) {
        const struct reference_import *import = &world_imports(w)[i];
        FILE *f;

        snprintf(path, sizeof path, "%s/%s.tsv", dir, import->table);
        if (!(f = fopen(path, "w")))
            return -1;
        fputs(heads[i], f);
        fwrite(import->lines.data, 1, import->lines.len, f);
        if (ferror(f) | fclose(f))
            return -1;
    }
    return 0;
}

static int generate(const struct world *w, const char *form, const char *dir)
{
    if (!strcmp(form, "dump"))
        return world_dump(w, dir);
    (void)mkdir(dir, 0700);
    return write_tables(w, dir) || write_entities(w, dir) ? -1 : 0;
}

int main(int argc, char **argv)
{
    struct world_size size = world_national;
    uint32_t *numbers[] = {&size.profiles, &size.structures, &size.lots};
    struct reference *ref;
    struct world *world;
    int failed;

    if (argc < 3 || argc > 6 ||
        (strcmp(argv[1], "dump") != 0 && strcmp(argv[1], "json") != 0)) {
        fputs("generate dump|json DIR [PROFILES [STRUCTURES [LOTS]]]\n",
              stderr);
        return 64;
    }
    for (int i = 3; i < argc; i++)
        *numbers[i - 3] = number_of(argv[i]);
    if (reference_new(NULL, 0, &ref) ||
        world_new(ref, WORLD_SEED, &size, &world))
        return 70;
    failed = generate(world, argv[1], argv[2]);
    if (failed)
        perror(argv[2]);
    world_free(world);
    reference_free(ref);
    return failed ? 74 : 0;
}
