/*
 * What we derive when a file does not say it: NAF and kind to activities, CPV
 * to occupations.  The tables are naf-activities.tsv and cpv-rome.tsv; what
 * they rest on is in docs/imports.md.
 */
#ifndef CLIENTS_CLI_TABLES_H
#define CLIENTS_CLI_TABLES_H

#include "protocol/types.h"

/* naf-activities.tsv as it is, header line included. */
struct slice tables_naf_activities(void);
/* cpv-rome.tsv, the same way. */
struct slice tables_cpv_rome(void);

#define TABLE_CELLS_MAX 8

/* A row: prefix, kind (or `*'), and what is derived. */
struct table_row {
    struct slice cells[TABLE_CELLS_MAX];
    size_t n;
};

/* The row of TABLE whose first cell is the longest prefix of CODE and whose
 * second cell is KIND or `*'.  0 when there is none. */
int tables_find(struct slice table, struct slice code, const char *kind,
                struct table_row *row);

#endif
