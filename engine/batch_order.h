/*
 * The open lots of a snapshot in the order in which the batch works on them:
 * markets by their first job's code, then by the place of its work, so that
 * the same blocks of the index serve lot after lot; lots of a market in their
 * own order.  It depends on the snapshot and the date alone.
 */
#ifndef ENGINE_BATCH_ORDER_H
#define ENGINE_BATCH_ORDER_H

#include "store/store.h"

struct batch_market {
    uint32_t number; /* of its record */
    uint32_t first;  /* position of its lot 1 */
    unsigned lots;
};
struct batch_order {
    struct batch_market *at; /* by number */
    size_t n;
    uint32_t *turns;  /* indexes of AT in the order of work */
    uint32_t lots;    /* positions there are */
    uint32_t damaged; /* markets that cannot be read, and are not listed */
};

/* Read every market, and list those that are open on ON.  The caller frees
 * *OUT.  ERR_NOMEM, store errors. */
enum err batch_order_read(struct store_view *view, int64_t on,
                          struct batch_order *out);
/* Zeroed is fine. */
void batch_order_free(struct batch_order *order);

/* The market of the lot at POSITION, which there is. */
const struct batch_market *batch_order_find(const struct batch_order *order,
                                            uint32_t position);

#endif
