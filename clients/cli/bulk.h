/*
 * After a bulk import: until the daemon's new index holds it.
 */
#ifndef CLIENTS_CLI_BULK_H
#define CLIENTS_CLI_BULK_H

#include "clients/cli/ctl.h"

/* Wait, and show how far it is.  DONE, or the status of what was told. */
int bulk_wait(struct ctl *ctl);

#endif
