/*
 * The walk before decoding.  Private to protocol/.
 */
#ifndef PROTOCOL_SCAN_H
#define PROTOCOL_SCAN_H

#include "protocol/codec.h"

/* As protocol_scan.  WITH_TEXT 0 leaves UTF-8 to the decoder, which can name
 * the field, and spare the other rows of an import. */
enum err scan_value(struct slice bytes, const struct limits *limits,
                    int with_text);

#endif
