/*
 * What the fuzz targets share.  Each file beside this one but fuzz.c and
 * store.c is a target: `make fuzz` builds and runs them all.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include "protocol/types.h"

struct store;

/* What libFuzzer calls with each input. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* End the process, which is a finding, unless HOLDS. */
void must(int holds);

/* A copy of BYTES with nothing behind its end, so that reading on is seen;
 * free it. */
char *fuzz_copy(struct slice bytes);

/* Take the bytes before the first zero byte, or all, off TEXT. */
struct slice fuzz_part(struct slice *text);

/* A path that reads DATA; nothing is on a disk.  Good until the next call. */
const char *fuzz_file(const void *data, size_t size);

/* One store for all inputs of a process, in a directory that is gone from the
 * disk once it is open.  Each input aborts its batch. */
struct store *fuzz_store(void);

#endif
