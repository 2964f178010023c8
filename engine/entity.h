/*
 * The only door to records: rights, the id of an object, its encoding, its
 * index.  One way for every entity; handlers are rows over these.
 */
#ifndef ENGINE_ENTITY_H
#define ENGINE_ENTITY_H

#include "engine/call.h"
#include "engine/ingest.h"
#include "store/store.h"

/* Version byte of the records written today. */
#define RECORD_VERSION 1

/* Bytes of an object as it is stored: half of a reply, so that whatever was
 * put can be got and listed. */
#define OBJECT_BYTES_MAX (REPLY_BYTES_MAX / 2)

/* The id of an object: a structure's is `siret-kind`. */
struct slice entity_id(unsigned entity, const void *value, struct arena *arena);

/* Look an object up; *VALUE lives in the call's arena and borrows from the
 * view.  REVISION may be NULL.  ERR_NOT_FOUND also when the caller has no
 * right to it; ERR_STORE_CORRUPT, ERR_NOMEM. */
enum err entity_get(struct store_view *view, struct call *call, unsigned entity,
                    struct slice id, const void **value, uint64_t *revision);

/* Look an object up to answer with it: *VALUE, which goes into the answer, is
 * blank and stands for the bytes in the call's `shown`: the record as this
 * caller may see it, not decoded when that is all of it.  Errors as above. */
enum err entity_show(struct store_view *view, struct call *call,
                     unsigned entity, struct slice id, void **value,
                     int64_t *revision);

/* Decode a record of the store. */
enum err entity_decode(unsigned entity, const struct record *record,
                       struct arena *arena, void **value);

/* Check and make current (ingest), then create or replace.  IF_REV: ABSENT,
 * or the revision it must have (0: it must not exist). */
struct put_result {
    struct slice id;
    uint64_t revision;
    int created;
    struct notes notes;
};
/* Everything is decided before the first write; the faults say why not.
 * DEFER: leave a record that is new out of the index until a build has taken
 * it in. */
enum err entity_put(struct store_batch *batch, struct call *call,
                    unsigned entity, void *value, const char *path,
                    int64_t if_rev, int defer, struct put_result *result);

/* The same without writing: what entity_put would refuse and note. */
enum err entity_check(struct store_view *view, struct call *call,
                      unsigned entity, void *value, const char *path,
                      int64_t if_rev, struct put_result *result);

/* Remove an object with its index. */
enum err entity_delete(struct store_batch *batch, struct call *call,
                       unsigned entity, struct slice id, int64_t if_rev,
                       int64_t *revision);

/* A page of objects in byte order of ids.  NEXT is absent at the end. */
enum err entity_list(struct store_view *view, struct call *call,
                     unsigned entity, int64_t page_size, struct slice token,
                     struct slices *rows, struct slice *next);

#endif
