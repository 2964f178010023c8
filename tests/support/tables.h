/*
 * The code tables and the tables of rules, anew for each test: suites name
 * tables_setup and tables_teardown.
 */
#ifndef TESTS_SUPPORT_TABLES_H
#define TESTS_SUPPORT_TABLES_H

#include "store/reference.h"

/* The bundled tables, until a test imports others. */
extern struct reference *ref;

/* Before and after every test. */
void tables_setup(void);
void tables_teardown(void);

/* Put the tables with these N imports in the place of ref; on an error it stays
 * as it is. */
enum err tables_rebuild(const struct reference_import *imports, size_t n);

/* The same with one: LINES of TABLE, version "v1" of "a test". */
enum err tables_import(const char *table, const char *lines);

#endif
