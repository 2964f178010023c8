/*
 * What the rows of rule tables mean: the names of rules and the values each
 * may have (store/reference/README.md lists them).
 */
#ifndef ENGINE_MATCH_RULES_H
#define ENGINE_MATCH_RULES_H

#include "protocol/arena.h"
#include "protocol/entities.h"
#include "store/reference.h"

/* Bytes of a rule's name, as in fields.def, and its end. */
#define RULE_NAME_MAX 101

/* The row of the rule FIRST/SECOND on a day; NULL when there is none. */
const struct rule *rules_find(const struct reference *ref,
                              enum rule_table table, const char *first,
                              const char *second, int64_t on);

/* A value that is digits alone; ABSENT when it is anything else, or when RULE
 * is NULL. */
int64_t rules_number(const struct rule *rule);

/* Take what stands before the next MARK off TEXT, and the mark. */
struct slice rules_take(struct slice *text, char mark);

/* Does the value, a list with `|`, hold WORD?  0 when RULE is NULL. */
int rules_hold(const struct rule *rule, struct slice word);

/* What is wrong with a row of TABLE, for a person, and in *FIELD where; NULL
 * when nothing is. */
const char *rules_refuse(const struct reference *ref, enum rule_table table,
                         struct slice rule, struct slice value,
                         const char **field);

/* Must every table have the days of this rule that the bundled one has? */
int rules_required(enum rule_table table, struct slice rule);

#endif
