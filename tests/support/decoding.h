/*
 * One arena and one list of faults, new for every test that decodes.
 */
#ifndef TESTS_SUPPORT_DECODING_H
#define TESTS_SUPPORT_DECODING_H

#include "protocol/codec.h"

extern struct arena *arena;
extern struct faults faults;

/* Before and after every test. */
void decoding_begin(void);
void decoding_end(void);

/* A body written as JSON into VALUE, within the limits of a batch. */
enum err decode_json(const struct shape *shape, const char *json, void *value);

#endif
