/*
 * Work that is long where every access to memory is watched.
 */
#ifndef TESTS_SUPPORT_WATCHED_H
#define TESTS_SUPPORT_WATCHED_H

/* WHOLE, or LESS under ThreadSanitizer and, where WATCHED is set, memcheck
 * (tests/valgrind): there everything takes ten times as long and more. */
unsigned watched(unsigned whole, unsigned less);

#endif
