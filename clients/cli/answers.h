/*
 * What the questions about candidates and lots share: their parameters and
 * how a hit reads.
 */
#ifndef CLIENTS_CLI_ANSWERS_H
#define CLIENTS_CLI_ANSWERS_H

#include "clients/cli/ctl.h"
#include "clients/cli/table.h"

/* Which options a question takes along. */
enum {
    ASK_LOT = 1,
    ASK_JOB = 2,
    ASK_LIMIT = 4,
    ASK_STRUCTURES = 8,
    ASK_PEOPLE = 16
};
/* The options of WHICH that were given; the caller owns it. */
json_t *answers_options(const struct ctl *ctl, int which);
/* The same and the market. */
json_t *answers_parameters(const struct ctl *ctl, int which);

/* "EI,ACI" or "EI|ACI" as a list; the caller owns it. */
json_t *answers_typed_list(const char *typed);

/* How well a structure (with its place) or a person does, and what to doubt:
 * the columns, and the cells of a hit; `?' is what nobody knows. */
void answers_structure_columns(struct table_view *t);
/* HIT is a structure_hit. */
void answers_structure_cells(struct table_view *t, const json_t *hit);
/* Of people. */
void answers_person_columns(struct table_view *t);
/* HIT is a person_hit. */
void answers_person_cells(struct table_view *t, const json_t *hit);

/* The components of which a score is made. */
extern const char *const answers_structure_components[5];
extern const char *const answers_person_components[4];

/* Codes in words, parted by commas; freed by the caller. */
char *answers_words(const struct vocabulary *vocabulary, const json_t *codes);

/* Cents as "5 404 000" or "215 999.99". */
void answers_print_euros(int64_t cents);

/* The line over an answer. */
void answers_print_head(const json_t *answer);

/* What to know about a lot, a line each. */
void answers_print_warnings(const json_t *lot);

/* What there is to know about the answer as a whole, after it. */
void answers_print_foot(const json_t *answer);

/* Its last line: the rules and the tables that decided. */
void answers_print_versions(const json_t *answer);

/* As many codes as a line has room for, as a cell. */
void answers_codes_cell(struct table_view *t, const json_t *codes);

/* The distance as a cell: "-" when it is unknown. */
void answers_km_cell(struct table_view *t, const json_t *hit);

#endif
