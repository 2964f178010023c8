/*
 * Rows of a rule table on their way in: a table is sound as a whole, or
 * refused with the row that is not.
 */
#ifndef ENGINE_RULE_ROWS_H
#define ENGINE_RULE_ROWS_H

#include "engine/call.h"
#include "store/reference.h"

/* The rule table of a word; -1 for a table of facts. */
int rule_rows_table(int64_t table);

/* Refuse rows that are not of their form, that give a day twice or leave one
 * out, or that have fewer days than the bundled table; add the lines of the
 * others to LINES.  ERR_BAD_RULES, refused; ERR_NOMEM. */
enum err rule_rows_take(struct call *call, const struct reference *ref,
                        const struct ask_reference_import *ask,
                        struct buffer *lines);

#endif
