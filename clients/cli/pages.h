/*
 * All objects of an entity, page by page.
 */
#ifndef CLIENTS_CLI_PAGES_H
#define CLIENTS_CLI_PAGES_H

#include "clients/cli/ctl.h"

/* Give every object to ON_OBJECT, at most LIMIT (0: all), until it returns
 * other than 0.  DONE, that return value, or the status of what was told. */
int pages_each(struct ctl *ctl, int64_t entity, int64_t limit,
               int (*on_object)(void *to, const json_t *object), void *to);

#endif
