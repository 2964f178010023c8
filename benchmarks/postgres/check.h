/*
 * The arithmetic of functions.sql against that of the daemon.
 */
#ifndef BENCHMARKS_POSTGRES_CHECK_H
#define BENCHMARKS_POSTGRES_CHECK_H

#include <libpq-fe.h>

/* Kilometres and ties of many pairs of communes; ends the program where one
 * differs.  Prints how many were compared. */
void check_arithmetic(PGconn *connection);

#endif
