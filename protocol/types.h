/*
 * The plain values every layer shares: error codes, slices, absence.
 * Includes nothing of ours, so that any folder may include it.
 */
#ifndef PROTOCOL_TYPES_H
#define PROTOCOL_TYPES_H

#include <stddef.h>
#include <stdint.h>

/* gRPC's canonical status numbers: what a reply's `s` carries. */
enum status {
    STATUS_OK = 0,
    STATUS_CANCELLED = 1,
    STATUS_INVALID_ARGUMENT = 3,
    STATUS_DEADLINE_EXCEEDED = 4,
    STATUS_NOT_FOUND = 5,
    STATUS_ALREADY_EXISTS = 6,
    STATUS_PERMISSION_DENIED = 7,
    STATUS_RESOURCE_EXHAUSTED = 8,
    STATUS_FAILED_PRECONDITION = 9,
    STATUS_ABORTED = 10,
    STATUS_OUT_OF_RANGE = 11,
    STATUS_UNIMPLEMENTED = 12,
    STATUS_INTERNAL = 13,
    STATUS_UNAVAILABLE = 14,
    STATUS_DATA_LOSS = 15,
    STATUS_UNAUTHENTICATED = 16
};

/* Every error of the project, one list: errors.def. */
enum err {
#define E(name, status, text) ERR_##name,
#include "protocol/errors.def"
#undef E
    ERR_COUNT
};

/* The wire name, status and English text of an error. */
const char *err_name(enum err e);
/* What a reply's `s` says of it. */
enum status err_status(enum err e);
/* For a person, in English. */
const char *err_text(enum err e);

/* The canonical name of a status ("INVALID_ARGUMENT"), and whether the same
 * request may succeed when it is simply sent again. */
const char *status_name(enum status s);
/* ABORTED is not one: the object wants reading first. */
int status_retry(enum status s);
/* The same of an error: its status, but for those that time alone mends. */
int err_retry(enum err e);

/* Borrowed bytes; not terminated.  {NULL, 0} is an absent string. */
struct slice {
    const char *data;
    size_t len;
};

/* A number, date or code that was not given. */
#define ABSENT INT64_MIN

/* Slices of a literal and of a terminated string. */
#define SLICE(literal) ((struct slice){(literal), sizeof(literal) - 1})
/* NULL is absent. */
struct slice slice_of(const char *text);

/* Equality, and byte order with the shorter first among equal prefixes. */
int slice_equal(struct slice a, struct slice b);
/* Negative, 0 or positive. */
int slice_compare(struct slice a, struct slice b);

#endif
