/*
 * What codes mean, in a person's words and language.
 */
#ifndef CLIENTS_CLI_WORDS_H
#define CLIENTS_CLI_WORDS_H

#include "protocol/entities.h"

/* The words for CODE of VOCABULARY ("NO_CAPACITY": "no free hours left");
 * the code itself when there are none. */
const char *words_of(const struct vocabulary *vocabulary, const char *code);

/* What a type of fields.def takes, for `clausectl fields`. */
const char *words_of_type(enum field_type type);

#endif
