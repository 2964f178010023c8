/*
 * The full check of the store that is being served, some time after the start,
 * in a process of its own: it sees one snapshot, at the lowest priority, and a
 * damaged page kills nobody but it.
 */
#ifndef ENGINE_SELFCHECK_H
#define ENGINE_SELFCHECK_H

#include <uv.h>

struct selfcheck;

/* On the loop: the store is damaged. */
typedef void selfcheck_damaged(void *context);

/* After SECONDS run this program anew, to check the store in DIR, which this
 * process has open.  What prevents the check is logged, and no damage.  NULL
 * without memory.  DIR is borrowed. */
struct selfcheck *selfcheck_start(uv_loop_t *loop, const char *dir,
                                  int64_t seconds, selfcheck_damaged *damaged,
                                  void *context);
/* End it if it runs; its handles are the loop's to close, and then it is to be
 * freed.  NULL is fine. */
void selfcheck_stop(struct selfcheck *selfcheck);

#endif
