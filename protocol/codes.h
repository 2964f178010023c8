/*
 * The syntax of French codes.  Private to protocol/.
 */
#ifndef PROTOCOL_CODES_H
#define PROTOCOL_CODES_H

#include "protocol/value.h"

/* Each returns ERR_NONE, or the error and its HINT. */

/* 14 digits with both check digits; La Poste's establishments: a sum that 5
 * divides.  ERR_BAD_SIRET. */
enum err code_check_siret(struct slice text, struct hint *hint);

/* Five characters that begin with a department.  ERR_UNKNOWN_COMMUNE. */
enum err code_check_commune(struct slice text, struct hint *hint);

/* Eight digits, perhaps a dash and a ninth, right or wrong.  ERR_BAD_CPV. */
enum err code_check_cpv(struct slice text, struct hint *hint);

/* ERR_BAD_ROME. */
enum err code_check_rome(struct slice text, struct hint *hint);

/* FR, COM: DEP: REG: EPCI: or NEAR:.  ERR_CODE_UNTYPED, ERR_BAD_DEPT,
 * ERR_UNKNOWN_COMMUNE, ERR_UNKNOWN_TERRITORY, ERR_RANGE. */
enum err code_check_zone(struct slice text, struct hint *hint);

#endif
