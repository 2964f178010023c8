/*
 * claused.conf: sections [claused], [weights.structures], [weights.people].
 * One table says which key sets which member within which bounds.
 */
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/batch.h"
#include "engine/config.h"
#include "engine/match/match.h"
#include "store/store.h"

/* inih cuts a longer line silently; only its return code tells. */
#define CONFIG_LINE_MAX 199

struct setting {
    const char *section;
    const char *key;
    size_t offset;
    int64_t min;
    int64_t max;
    size_t text; /* size of a text member, 0 for numbers */
};

#define NUMBER(section, key, member, min, max)                                 \
    {                                                                          \
        section, key, offsetof(struct config, member), min, max, 0             \
    }
#define TEXT(section, key, member)                                             \
    {                                                                          \
        section, key, offsetof(struct config, member), 0, 0,                   \
            sizeof((struct config *)0)->member                                 \
    }
#define WEIGHT(section, set, member)                                           \
    NUMBER(section, #member, set.member, 0, 1000)

static const struct setting settings[] = {
    TEXT("claused", "store", store),
    TEXT("claused", "listen", listen),
    TEXT("claused", "secrets", secrets),
    NUMBER("claused", "map_mib", map_mib, 1, 1 << 24),
    NUMBER("claused", "slow_ms", slow_ms, 0, 3600000),
    NUMBER("claused", "log_level", log_level, 3, 7),
    NUMBER("claused", "rescore_workers", rescore_workers, 0, BATCH_WORKERS_MAX),
    WEIGHT("weights.structures", structure_weights, activity),
    WEIGHT("weights.structures", structure_weights, coverage),
    WEIGHT("weights.structures", structure_weights, proximity),
    WEIGHT("weights.structures", structure_weights, capacity),
    WEIGHT("weights.structures", structure_weights, jobs),
    WEIGHT("weights.people", person_weights, job),
    WEIGHT("weights.people", person_weights, distance),
    WEIGHT("weights.people", person_weights, waiting),
    WEIGHT("weights.people", person_weights, availability),
};

struct reading {
    struct config *config;
    enum err error;
    char *why;
    size_t why_size;
};

void config_default(struct config *config)
{
    memset(config, 0, sizeof *config);
    snprintf(config->listen, sizeof config->listen, "tcp://127.0.0.1:5570");
    config->map_mib = STORE_MAP_BYTES >> 20;
    config->slow_ms = 50;
    config->log_level = 6;
    config->structure_weights = match_structure_weights;
    config->person_weights = match_person_weights;
}

static int refuse(struct reading *r, enum err e, const char *what,
                  const char *key, const char *value)
{
    if (r->error == ERR_NONE) {
        r->error = e;
        snprintf(r->why, r->why_size, "%s: %s = %s", what, key, value);
    }
    return 0;
}

static int set_number(struct reading *r, const struct setting *s,
                      const char *value)
{
    int64_t number;
    char *end;

    number = strtoll(value, &end, 10);
    if (end == value || *end)
        return refuse(r, ERR_WRONG_TYPE, "not a whole number", s->key, value);
    if (number < s->min || number > s->max)
        return refuse(r, ERR_RANGE, "out of bounds", s->key, value);
    memcpy((char *)r->config + s->offset, &number, sizeof number);
    return 1;
}

static int set_text(struct reading *r, const struct setting *s,
                    const char *value)
{
    if (strlen(value) >= s->text)
        return refuse(r, ERR_RANGE, "too long", s->key, value);
    snprintf((char *)r->config + s->offset, s->text, "%s", value);
    return 1;
}

static int on_pair(void *context, const char *section, const char *key,
                   const char *value)
{
    struct reading *r = context;

    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        const struct setting *s = &settings[i];

        if (strcmp(section, s->section) == 0 && strcmp(key, s->key) == 0)
            return s->text ? set_text(r, s, value) : set_number(r, s, value);
    }
    return refuse(r, ERR_UNKNOWN_FIELD, "unknown setting", key, value);
}

static int weights_add_up(const struct config *c)
{
    const struct structure_weights *s = &c->structure_weights;
    const struct person_weights *p = &c->person_weights;

    return s->activity + s->coverage + s->proximity + s->capacity + s->jobs ==
               1000 &&
           p->job + p->distance + p->waiting + p->availability == 1000;
}

enum err config_read(const char *file, struct config *config, char *why,
                     size_t why_size)
{
    struct config draft = *config;
    struct reading reading = {&draft, ERR_NONE, why, why_size};
    int line = ini_parse(file, on_pair, &reading);

    if (line < 0) {
        snprintf(why, why_size, "%s cannot be read", file);
        return ERR_NOT_FOUND;
    }
    if (reading.error)
        return reading.error;
    if (line > 0) {
        snprintf(why, why_size, "line %d is not key = value, or over %d bytes",
                 line, CONFIG_LINE_MAX);
        return ERR_MALFORMED;
    }
    if (!weights_add_up(&draft)) {
        snprintf(why, why_size, "the weights must add up to exactly 1000");
        return ERR_WEIGHTS_SUM;
    }
    *config = draft;
    return ERR_NONE;
}
