/*
 * Bytes to values and back: the only door to msgpack.
 *
 * Decoding is strict and bounded: the bytes are walked once, without
 * allocation, before any of them is believed (declared lengths, depth, item
 * count, UTF-8, trailing bytes); then every field is checked against its row
 * of fields.def.  Encoding is deterministic: fields in table order, absent
 * ones left out, smallest msgpack forms.  So a record's bytes are canonical:
 * decoding and encoding them again changes nothing.
 */
#ifndef PROTOCOL_CODEC_H
#define PROTOCOL_CODEC_H

#include "protocol/arena.h"
#include "protocol/entities.h"

/* What a body may hold.  A map's pair counts two items. */
struct limits {
    size_t bytes;
    size_t items;
    unsigned depth;
};
/* hardening.md: 64 KiB and 4,096 items for a portal, 1 MiB and 65,536 for
 * the batch; depth 12 for both. */
extern const struct limits limits_portal;
extern const struct limits limits_batch;

/* Everything that is wrong with a body, first come first.  Texts are in the
 * arena and never repeat a value of a profile. */
#define FAULTS_MAX 16
struct fault {
    enum err name;
    struct slice field; /* path: "lots[1].jobs[2].rome", numbered from 1 */
    struct slice hint;  /* what to do about it; may be empty */
};
struct faults {
    struct fault at[FAULTS_MAX];
    size_t n;
};

/* Add a fault (dropped when full).  PATH and the formatted hint are copied
 * to the arena. */
void faults_add(struct faults *faults, struct arena *arena, enum err name,
                struct slice path, const char *hint, ...)
    __attribute__((format(printf, 5, 6)));

/* Check that BYTES are exactly one msgpack value within LIMITS.  Allocates
 * nothing.  ERR_MALFORMED, ERR_TRAILING, ERR_TOO_DEEP, ERR_TOO_LARGE,
 * ERR_NOT_UTF8 or ERR_DUPLICATE_KEY is left to the decoder. */
enum err protocol_scan(struct slice bytes, const struct limits *limits);

/* Set every member of VALUE to its default or to absent. */
void shape_clear(const struct shape *shape, void *value);

/* N cleared structs in the arena; NULL without memory. */
void *shape_array(struct arena *arena, const struct shape *shape, size_t n);

/* Decode a body from a stranger.  Returns ERR_NONE, or the first fault's name
 * with all of them (at most FAULTS_MAX) in FAULTS; VALUE borrows from BYTES
 * and ARENA. */
enum err protocol_decode(const struct shape *shape, struct slice bytes,
                         const struct limits *limits, struct arena *arena,
                         void *value, struct faults *faults);

/* Decode canonical bytes that the daemon itself encoded: no field checks
 * beyond those that keep memory safe.  ERR_STORE_CORRUPT, ERR_NOMEM. */
enum err protocol_decode_trusted(const struct shape *shape, struct slice bytes,
                                 struct arena *arena, void *value);

/* The same, of the first FIELDS of the shape's table alone: the others stay
 * absent, and the bytes after them are not looked at. */
enum err protocol_decode_first(const struct shape *shape, size_t fields,
                               struct slice bytes, struct arena *arena,
                               void *value);

/* Does a field or column of this name speak of a person? */
int pii_key(struct slice key);

/* A growing buffer with a ceiling.  Zeroed is empty; free with
 * buffer_free. */
struct buffer {
    char *data;
    size_t len;
    size_t cap;
    size_t max; /* 0: no ceiling */
};
/* Append.  ERR_REPLY_TOO_LARGE past the ceiling, ERR_NOMEM. */
enum err buffer_add(struct buffer *buffer, const void *data, size_t len);
/* Have room for N bytes at least.  ERR_NOMEM. */
enum err buffer_reserve(struct buffer *buffer, size_t n);
/* Forget the bytes, and give back what is room for more than N; without memory
 * for the lesser room it stays as it is. */
void buffer_shrink(struct buffer *buffer, size_t n);
/* Give the bytes back; the buffer is empty then. */
void buffer_free(struct buffer *buffer);

/* Append VALUE's canonical encoding, without the fields READERS may not see.
 * ERR_REPLY_TOO_LARGE past the ceiling, ERR_NOMEM. */
enum err protocol_encode(const struct shape *shape, const void *value,
                         unsigned readers, struct buffer *out);

/* A struct, and what it is encoded to. */
struct packed {
    const void *value;
    struct slice bytes;
};
/* The same, but for the struct at KNOWN's value, whose encoding for these
 * readers is known: its bytes are taken as they are, and it is not looked
 * into. */
enum err protocol_encode_known(const struct shape *shape, const void *value,
                               unsigned readers, const struct packed *known,
                               struct buffer *out);

/* ---- Frames of CLAUSE01 ------------------------------------------------ */

#define PROTOCOL_TAG "CLAUSE01"
#define PROTOCOL_KEY_MAX 64
#define REPLY_BYTES_MAX (1024 * 1024)

/* Bytes of a word of purpose. */
#define PURPOSE_MAX 32
struct ask_header {
    int64_t id;           /* `i`, 0 when absent */
    struct slice method;  /* `m` */
    int64_t deadline_ms;  /* `d`, ABSENT without */
    struct slice key;     /* `k`, absent without */
    int64_t min_revision; /* `r`, ABSENT without */
    struct slice purpose; /* `p`, absent without */
};
struct reply_header {
    int64_t id;       /* `i` */
    int64_t status;   /* `s` */
    int64_t revision; /* `rev` */
    int64_t us;       /* `us` */
};

/* Decode a request's header frame; unknown keys are skipped.  ERR_BAD_HEADER
 * with a fault; the id is filled in whenever it could be read. */
enum err protocol_decode_header(struct slice bytes, struct arena *arena,
                                struct ask_header *header,
                                struct faults *faults);
/* Append a reply header. */
enum err protocol_encode_header(const struct reply_header *header,
                                struct buffer *out);

/* The same from a client's side. */
enum err protocol_encode_ask_header(const struct ask_header *header,
                                    struct buffer *out);
/* What a client reads of a reply.  ERR_BAD_HEADER. */
enum err protocol_decode_reply_header(struct slice bytes, struct arena *arena,
                                      struct reply_header *header);

/* The body of a refusal: {name, message, retry, data}. */
enum err protocol_encode_refusal(enum err name, const struct faults *faults,
                                 struct buffer *out);

/* Values of single fields, for files and command lines: TEXT as a person
 * writes it (a number, a word, a date), checked like a field of the wire.
 * Fills the member at VALUE; lists are not taken. */
enum err protocol_parse_text(const struct field *field, struct slice text,
                             struct arena *arena, void *value,
                             struct slice *hint);

/* The text of a scalar member, as files and tables show it; absent: "". */
struct slice protocol_format_text(const struct field *field, const void *value,
                                  struct arena *arena);

#endif
