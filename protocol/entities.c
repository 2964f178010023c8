/*
 * What fields.def and verbs.def say, as tables at run time.  Nothing is
 * declared here: every row below grows from those two files.
 */
#include "protocol/entities.h"

#include "protocol/pack.h"
#include "protocol/value.h"

/* ---- Vocabularies ------------------------------------------------------- */

#define WORD(constant, text) text,
#define VOCABULARY(w)                                                          \
    const struct vocabulary words_##w = {                                      \
        #w, (const char *const[]){WORDS_##w(WORD)}, w##_words};
VOCABULARIES(VOCABULARY)
#undef VOCABULARY
#undef WORD

int vocabulary_find(const struct vocabulary *v, struct slice text)
{
    for (size_t i = 0; i < v->n; i++)
        if (name_is(v->words[i], text))
            return (int)i;
    return -1;
}

/* ---- Shapes ------------------------------------------------------------- */

/* Of each TYPE of fields.def: its number, its nested shape, its vocabulary,
 * who may read all that is nested, and what is absent. */
/* clang-format off */
#define T_INT TYPE_INT, NULL, NULL, EVERYONE, NUMBER
#define T_BOOL TYPE_BOOL, NULL, NULL, EVERYONE, NUMBER
#define T_DATE TYPE_DATE, NULL, NULL, EVERYONE, NUMBER
#define T_TIME TYPE_TIME, NULL, NULL, EVERYONE, NUMBER
#define T_DEG TYPE_DEG, NULL, NULL, EVERYONE, NUMBER
#define T_ENUM_OF(w) TYPE_ENUM, NULL, &words_##w, EVERYONE, NUMBER
#define T_STR TYPE_STR, NULL, NULL, EVERYONE, ZEROES
#define T_ID TYPE_ID, NULL, NULL, EVERYONE, ZEROES
#define T_SIRET TYPE_SIRET, NULL, NULL, EVERYONE, ZEROES
#define T_COMMUNE TYPE_COMMUNE, NULL, NULL, EVERYONE, ZEROES
#define T_CPV TYPE_CPV, NULL, NULL, EVERYONE, ZEROES
#define T_ROME TYPE_ROME, NULL, NULL, EVERYONE, ZEROES
#define T_ZONE TYPE_ZONE, NULL, NULL, EVERYONE, ZEROES
#define T_STRS TYPE_STRS, NULL, NULL, EVERYONE, ZEROES
#define T_CPVS TYPE_CPVS, NULL, NULL, EVERYONE, ZEROES
#define T_ROMES TYPE_ROMES, NULL, NULL, EVERYONE, ZEROES
#define T_ZONES TYPE_ZONES, NULL, NULL, EVERYONE, ZEROES
#define T_ENUMS_OF(w) TYPE_ENUMS, NULL, &words_##w, EVERYONE, ZEROES
#define T_LIST_OF(s) TYPE_LIST, &shape_##s, NULL, READERS_##s, ZEROES
#define T_ONE_OF(s) TYPE_ONE, &shape_##s, NULL, READERS_##s, NOTHING
#define T_ROWS TYPE_ROWS, NULL, NULL, EVERYONE, ZEROES

#define ABSENT_NUMBER(fallback) ((fallback) == REQUIRED ? ABSENT : (fallback))
#define ABSENT_ZEROES(fallback) {0}
#define ABSENT_NOTHING(fallback) NULL
/* clang-format on */

/* A row does not know its struct, and the tables nest, so the struct travels
 * in the argument: ROW_OF(s) opens the row with the start of an offset, and
 * ROW, which gets the field, ends it.  (offsetof cannot be cut in two: its
 * comma would end a macro argument.) */
/* clang-format off */
#define ROW_OF(s) {.offset = (size_t) & ((struct s *)0)->ROW
#define ROW(field, as, low, high, absent, who)                                 \
    field, .name = #field, .name_len = sizeof #field - 1, .min = low, .max = high, .fallback = absent,        \
    .readers = who, TYPED(T_##as)},
/* clang-format on */
#define TYPED(...) TYPED_AS(__VA_ARGS__)
#define TYPED_AS(t, s, w, r, a) .type = t, .shape = s, .words = w

#define TABLE(s, table)                                                        \
    static const struct field fields_##s[] = {table(ROW_OF(s))};
#define COUNT(table) (sizeof(table) / sizeof *(table))

/* Who may read all of a struct, and one that holds nothing. */
#define AND(field, as, low, high, absent, who) &(who)AND_NESTED(T_##as)
#define AND_NESTED(...) AND_NESTED_AS(__VA_ARGS__)
#define AND_NESTED_AS(t, s, w, r, a) &r
#define BLANK(field, as, low, high, absent, who)                               \
    .field = BLANK_OF(absent, T_##as),
#define BLANK_OF(absent, ...) BLANK_AS(absent, __VA_ARGS__)
#define BLANK_AS(absent, t, s, w, r, a) ABSENT_##a(absent)

#define SHAPE(s, called)                                                       \
    called, fields_##s, COUNT(fields_##s), sizeof(struct s), READERS_##s,      \
        &blank_##s, pack_##s
#define PARTS(s, table)                                                        \
    TABLE(s, table)                                                            \
    enum { READERS_##s = EVERYONE table(AND) };                                \
    static const struct s blank_##s = {table(BLANK)};

#define DEFINE(s)                                                              \
    PARTS(s, SHAPE_##s)                                                        \
    const struct shape shape_##s = {SHAPE(s, #s)};
SHAPES(DEFINE)
#undef DEFINE

#define HALF(s, table, called)                                                 \
    PARTS(s, table)                                                            \
    static const struct shape shape_##s = {SHAPE(s, called)};
#define READ(name, wire, roles)                                                \
    HALF(ask_##name, ASK_##name, "ask " wire)                                  \
    HALF(answer_##name, ANSWER_##name, "answer " wire)
#define SLOW READ
#define WRITE READ
#include "protocol/verbs.def"
#undef READ
#undef SLOW
#undef WRITE

const struct shape *entity_shape(int64_t entity)
{
    static const struct shape *const shapes[entity_words] = {
        [ENTITY_STRUCTURE] = &shape_structure,
        [ENTITY_MARKET] = &shape_market,
        [ENTITY_PROFILE] = &shape_profile,
        [ENTITY_FACILITATOR] = &shape_facilitator,
        [ENTITY_HOURS] = &shape_hours,
        [ENTITY_KEY] = &shape_key,
    };

    return entity >= 0 && entity < entity_words ? shapes[entity] : NULL;
}

/* ---- Verbs -------------------------------------------------------------- */

const struct verb_row verb_rows[VERBS] = {
#define VERB_ROW(class, name, wire, roles)                                     \
    {wire,  sizeof wire - 1,   class,                                          \
     roles, &shape_ask_##name, &shape_answer_##name},
#define READ(name, wire, roles) VERB_ROW(CLASS_READ, name, wire, roles)
#define SLOW(name, wire, roles) VERB_ROW(CLASS_SLOW, name, wire, roles)
#define WRITE(name, wire, roles) VERB_ROW(CLASS_WRITE, name, wire, roles)
#include "protocol/verbs.def"
#undef READ
#undef SLOW
#undef WRITE
};

enum verb verb_find(struct slice name)
{
    enum verb verb = 0;

    while (verb < VERBS &&
           (verb_rows[verb].name_len != name.len ||
            memcmp(verb_rows[verb].name, name.data, name.len) != 0))
        verb++;
    return verb;
}

const char *verb_nearest(struct slice name)
{
    const char *names[VERBS];

    for (enum verb verb = 0; verb < VERBS; verb++)
        names[verb] = verb_rows[verb].name;
    return value_nearest(names, VERBS, name);
}
