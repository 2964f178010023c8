/*
 * What the two halves of the strict decoder share: decode.c walks maps and
 * lists, decode_value.c checks what stands in them.  Private to protocol/.
 */
#ifndef PROTOCOL_DECODER_H
#define PROTOCOL_DECODER_H

#include "protocol/path.h"
#include "protocol/value.h"
#include "protocol/wire.h"

/* One decode.  After the first fault the walk goes on, to tell the others;
 * once FATAL is set it stops. */
struct decoder {
    struct wire in;
    struct arena *arena;
    struct faults *faults;
    enum err first; /* the first fault's name */
    enum err fatal; /* ERR_NOMEM, ERR_MALFORMED that the scan missed, or FIRST
                     * when there is no room for another fault */
    int personal;   /* of somebody: values stay out of hints */
    struct hint hint;
};

/* Note a fault at PATH; the last that has room ends the walk. */
void decoder_fault(struct decoder *d, const struct path *path, enum err name,
                   const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* N zeroed elements; NULL is fatal. */
void *decoder_memory(struct decoder *d, size_t n, size_t size);

/* Refuse ITEM for its type and step over it. */
void decoder_wrong_type(struct decoder *d, const struct path *path,
                        enum field_type expected, const struct item *item);

/* Check ITEM as FIELD's value, or as an element of it, and store it in OUT;
 * a bad one leaves OUT as it was.  Numbers of INT, BOOL and DEG; words, dates
 * and times; texts and codes (1 when good). */
void decoder_number(struct decoder *d, const struct path *path,
                    const struct field *field, const struct item *item,
                    int64_t *out);
/* Words, dates and times. */
void decoder_word(struct decoder *d, const struct path *path,
                  const struct field *field, const struct item *item,
                  int64_t *out);
/* Texts and codes; 0 when the value was refused. */
int decoder_text(struct decoder *d, const struct path *path,
                 const struct field *field, const struct item *item,
                 struct slice *out);

#endif
