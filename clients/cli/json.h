/*
 * JSON to the values of protocol/entities.h and back, for every shape alike.
 */
#ifndef CLIENTS_CLI_JSON_H
#define CLIENTS_CLI_JSON_H

#include "protocol/codec.h"

#include <jansson.h>

/* The members of VALUE as a JSON object in table order, absent ones left out.
 * ROWS is the shape of the elements of a TYPE_ROWS field, NULL when there is
 * none.  NULL without memory; the caller owns the result. */
json_t *json_of_shape(const struct shape *shape, const void *value,
                      const struct shape *rows, struct arena *arena);

/* Fill VALUE from OBJECT.  Texts stand for any scalar, as in a file: "12",
 * "2026-11-23", "true".  Everything wrong goes to FAULTS; the first one's
 * name is returned.  VALUE lives as long as ARENA. */
enum err json_to_shape(const struct shape *shape, const json_t *object,
                       struct arena *arena, void *value, struct faults *faults);

/* The field that one element of a list of codes is. */
struct field json_element(const struct field *list);

/* A member of a nested object: "lot.structures"; NULL when it is not there. */
json_t *json_at(const json_t *object, const char *path);

/* A member's text, "" when it is not a text. */
const char *json_text(const json_t *object, const char *key);

/* A member's number, 0 when it is none. */
int64_t json_number(const json_t *object, const char *key);

/* Print one document and a newline on stdout.  Returns 0, -1 when the output
 * is gone. */
int json_print(const json_t *document, int compact);

#endif
