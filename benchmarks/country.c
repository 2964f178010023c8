#include "benchmarks/country.h"

#include "benchmarks/figures.h"

void country_open(struct country *c, const char *dir,
                  const struct reference *ref, struct world_size size)
{
    enum err e = world_new(ref, WORLD_SEED, &size, &c->world);

    if (e)
        die("%s", err_text(e));
    filled_open(&c->filled, dir, "", c->world, ref);
}

void country_close(struct country *c)
{
    filled_close(&c->filled);
    world_free(c->world);
}
