/*
 * Communes as people call them: codes of INSEE mean nothing to most.
 */
#ifndef CLIENTS_CLI_COMMUNES_H
#define CLIENTS_CLI_COMMUNES_H

#include "clients/cli/ctl.h"

/* Put names ("Le Havre (76)") in the place of the codes in DOCUMENT: of every
 * member `commune' and of the COM: codes in lists.  The daemon is asked for
 * all of them at once; where it does not tell, the codes stay. */
void communes_name(struct ctl *ctl, json_t *document);

#endif
