/*
 * The structs that grow from fields.def, and what is known of each at run
 * time.  Everything here is a plain value: lists and texts borrow from the
 * arena or the bytes they were decoded from.
 *
 *   struct structure   struct ask_match_people   struct lot_list ...
 *
 * An absent number is ABSENT, an absent text {NULL, 0}, an absent nested
 * struct NULL, an absent list {NULL, 0}.
 */
#ifndef PROTOCOL_ENTITIES_H
#define PROTOCOL_ENTITIES_H

#include "protocol/types.h"

/* Defaults of a field: a number, or one of these. */
#define OPTIONAL ABSENT
#define REQUIRED (INT64_MIN + 1)

/* Dates from 1900-01-01 to 2199-12-31 in days since 1970-01-01; times in
 * seconds over the same span.  What lies outside is a typing error. */
#define DATE_MIN (-25567)
#define DATE_MAX 84005
#define TIME_MIN (DATE_MIN * INT64_C(86400))
#define TIME_MAX (DATE_MAX * INT64_C(86400) + 86399)

/* Roles, as bits: who may call a verb, and who may read a field. */
enum role {
    PORTAL = 1,
    FACILITATOR = 2,
    BATCH = 4,
    ADMIN = 8,
    DEVELOPMENT = 16, /* whoever asks a daemon without keys: all of them */
    PSEUDONYMS = 32   /* no role but a grant: a prescriber's portal */
};
#define EVERYONE                                                               \
    (PORTAL | FACILITATOR | BATCH | ADMIN | DEVELOPMENT | PSEUDONYMS)
#define ANYONE EVERYONE
#define PEOPLE (FACILITATOR | DEVELOPMENT | PSEUDONYMS)
/* Which criterion a person meets can be health or justice data (GDPR art. 9
 * and 10): readers of PROOFS only. */
#define PROOFS (FACILITATOR | DEVELOPMENT)

#include "protocol/fields.def"

/* Words: an enum for each vocabulary, its size after it. */
#define WORD(constant, text) constant,
#define VOCABULARY(w) enum w##_word{WORDS_##w(WORD) w##_words};
VOCABULARIES(VOCABULARY)
#undef VOCABULARY
#undef WORD

struct vocabulary {
    const char *name;
    const char *const *words;
    size_t n;
};
#define VOCABULARY(w) extern const struct vocabulary words_##w;
VOCABULARIES(VOCABULARY)
#undef VOCABULARY

/* The position of TEXT among the words, -1 when it is none of them. */
int vocabulary_find(const struct vocabulary *v, struct slice text);

struct slices {
    const struct slice *at;
    size_t n;
};
struct ints {
    const int64_t *at;
    size_t n;
};

enum field_type {
    TYPE_INT,
    TYPE_BOOL,
    TYPE_DATE,
    TYPE_TIME,
    TYPE_DEG,
    TYPE_ENUM,
    TYPE_STR,
    TYPE_ID,
    TYPE_SIRET,
    TYPE_COMMUNE,
    TYPE_CPV,
    TYPE_ROME,
    TYPE_ZONE,
    TYPE_STRS,
    TYPE_CPVS,
    TYPE_ROMES,
    TYPE_ZONES,
    TYPE_ENUMS,
    TYPE_LIST,
    TYPE_ONE,
    TYPE_ROWS
};

/* C type, run-time type, vocabulary and nested shape of each TYPE. */
#define C_INT int64_t
#define C_BOOL int64_t
#define C_DATE int64_t
#define C_TIME int64_t
#define C_DEG int64_t
#define C_ENUM_OF(w) int64_t
#define C_STR struct slice
#define C_ID struct slice
#define C_SIRET struct slice
#define C_COMMUNE struct slice
#define C_CPV struct slice
#define C_ROME struct slice
#define C_ZONE struct slice
#define C_STRS struct slices
#define C_CPVS struct slices
#define C_ROMES struct slices
#define C_ZONES struct slices
#define C_ENUMS_OF(w) struct ints
#define C_LIST_OF(s) struct s##_list
#define C_ONE_OF(s) struct s *
#define C_ROWS struct slices

#define MEMBER(name, type, min, max, fallback, readers) C_##type name;
#define DECLARE(s)                                                             \
    struct s {                                                                 \
        SHAPE_##s(MEMBER)                                                      \
    };                                                                         \
    struct s##_list {                                                          \
        struct s *at;                                                          \
        size_t n;                                                              \
    };
SHAPES(DECLARE)
#undef DECLARE

#define READ(name, wire, roles)                                                \
    struct ask_##name {                                                        \
        ASK_##name(MEMBER)                                                     \
    };                                                                         \
    struct answer_##name {                                                     \
        ANSWER_##name(MEMBER)                                                  \
    };
#define SLOW READ
#define WRITE READ
#include "protocol/verbs.def"
#undef READ
#undef SLOW
#undef WRITE
#undef MEMBER

/* One row of a field table, at run time. */
struct shape;
struct field {
    const char *name;
    size_t name_len;
    enum field_type type;
    int64_t min;
    int64_t max;
    int64_t fallback; /* REQUIRED, OPTIONAL, or the value when absent */
    unsigned readers;
    size_t offset;                  /* of the member in its struct */
    const struct shape *shape;      /* of TYPE_LIST and TYPE_ONE */
    const struct vocabulary *words; /* of TYPE_ENUM and TYPE_ENUMS */
};
struct packer; /* of encode.c */
struct shape {
    const char *name;
    const struct field *fields;
    size_t n;
    size_t size;       /* of the struct */
    unsigned readers;  /* of every field, and of all that is nested */
    const void *blank; /* one with nothing in it but defaults */
    char *(*pack)(struct packer *p, char *at, const void *value);
};
#define DECLARE(s) extern const struct shape shape_##s;
SHAPES(DECLARE)
#undef DECLARE

/* The verbs, in the order of verbs.def. */
enum verb_class { CLASS_READ, CLASS_SLOW, CLASS_WRITE };
enum verb {
#define READ(name, wire, roles) VERB_##name,
#define SLOW READ
#define WRITE READ
#include "protocol/verbs.def"
#undef READ
#undef SLOW
#undef WRITE
    VERBS
};
struct verb_row {
    const char *name; /* on the wire */
    size_t name_len;
    enum verb_class class;
    unsigned roles;
    const struct shape *ask;
    const struct shape *answer;
};
extern const struct verb_row verb_rows[VERBS];

/* The verb of this wire name; VERBS when there is none. */
enum verb verb_find(struct slice name);

/* The wire name of the verb that reads most like NAME, for a hint; NULL when
 * none is near. */
const char *verb_nearest(struct slice name);

/* The shape of an entity's objects (enum entity_word), and the name of the
 * field that holds it in put and get bodies. */
const struct shape *entity_shape(int64_t entity);

#endif
