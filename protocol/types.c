/*
 * The tables grown from errors.def, and slices.
 */
#include "protocol/types.h"

#include <string.h>

struct error_row {
    const char *name;
    enum status status;
    const char *text;
};

static const struct error_row errors[ERR_COUNT] = {
#define E(name, status, text) {#name, STATUS_##status, text},
#include "protocol/errors.def"
#undef E
};

static const struct error_row *error_row(enum err e)
{
    return &errors[(unsigned)e < ERR_COUNT ? e : ERR_INTERNAL];
}

const char *err_name(enum err e)
{
    return error_row(e)->name;
}

enum status err_status(enum err e)
{
    return error_row(e)->status;
}

const char *err_text(enum err e)
{
    return error_row(e)->text;
}

const char *status_name(enum status s)
{
    static const char *const names[] = {
        [STATUS_OK] = "OK",
        [STATUS_CANCELLED] = "CANCELLED",
        [STATUS_INVALID_ARGUMENT] = "INVALID_ARGUMENT",
        [STATUS_DEADLINE_EXCEEDED] = "DEADLINE_EXCEEDED",
        [STATUS_NOT_FOUND] = "NOT_FOUND",
        [STATUS_ALREADY_EXISTS] = "ALREADY_EXISTS",
        [STATUS_PERMISSION_DENIED] = "PERMISSION_DENIED",
        [STATUS_RESOURCE_EXHAUSTED] = "RESOURCE_EXHAUSTED",
        [STATUS_FAILED_PRECONDITION] = "FAILED_PRECONDITION",
        [STATUS_ABORTED] = "ABORTED",
        [STATUS_OUT_OF_RANGE] = "OUT_OF_RANGE",
        [STATUS_UNIMPLEMENTED] = "UNIMPLEMENTED",
        [STATUS_INTERNAL] = "INTERNAL",
        [STATUS_UNAVAILABLE] = "UNAVAILABLE",
        [STATUS_DATA_LOSS] = "DATA_LOSS",
        [STATUS_UNAUTHENTICATED] = "UNAUTHENTICATED",
    };

    if ((unsigned)s >= sizeof names / sizeof *names || !names[s])
        return "UNKNOWN";
    return names[s];
}

/* ABORTED is not among them: the same if_rev fails again until the caller has
 * read the object anew. */
int status_retry(enum status s)
{
    return s == STATUS_UNAVAILABLE || s == STATUS_RESOURCE_EXHAUSTED ||
           s == STATUS_DEADLINE_EXCEEDED;
}

/* A quota of the day is used up until tomorrow. */
int err_retry(enum err e)
{
    return e != ERR_PEOPLE_QUOTA && status_retry(err_status(e));
}

struct slice slice_of(const char *text)
{
    return (struct slice){text, text ? strlen(text) : 0};
}

int slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

int slice_compare(struct slice a, struct slice b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int order = n ? memcmp(a.data, b.data, n) : 0;

    if (order)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}
