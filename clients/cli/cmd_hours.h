/*
 * What the files of `clausectl hours' share.
 */
#ifndef CLIENTS_CLI_CMD_HOURS_H
#define CLIENTS_CLI_CMD_HOURS_H

#include "clients/cli/ctl.h"

#define HOURS_TEXT 32

/* Hundredths as people write them: "151.67", "35"; returns OUT. */
const char *hours_text(int64_t hundredths, char out[HOURS_TEXT]);

/* What was typed ("216000", "25,50") times a hundred, as a text; another text
 * stays as it is, to be refused by the field table. */
json_t *hours_hundredths(const char *typed);

/* Set a member of ASK to what was typed for FIGURE, if anything was. */
void hours_set(const struct ctl *ctl, json_t *ask, enum figure figure,
               const char *field);

/* What `hours WHAT [MARKET]' has on its line, as parameters that the caller
 * owns; an exit status after more words, USAGE being told. */
int hours_begin(struct ctl *ctl, const char *usage, json_t **ask);

/* clausectl hours pool [MARKET] (cmd_hours_pool.c). */
int hours_pool(struct ctl *ctl);

/* clausectl hours record FILE (cmd_hours_record.c). */
int hours_record(struct ctl *ctl);

#endif
