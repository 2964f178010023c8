/*
 * A daemon whose loop can be made to hang: linked with
 * -Wl,--wrap=handle_ping into claused-hangs, so that the daemon itself carries
 * no hook.  A ping with the echo "hang" is the last thing the loop's thread
 * does; all others go on.
 */
#include "engine/dispatch.h"

#include <unistd.h>

enum err __real_handle_ping(struct store_view *view, struct call *call,
                            const struct ask_ping *ask,
                            struct answer_ping *answer);
enum err __wrap_handle_ping(struct store_view *view, struct call *call,
                            const struct ask_ping *ask,
                            struct answer_ping *answer);

enum err __wrap_handle_ping(struct store_view *view, struct call *call,
                            const struct ask_ping *ask,
                            struct answer_ping *answer)
{
    while (slice_equal(ask->echo, SLICE("hang")))
        pause();
    return __real_handle_ping(view, call, ask, answer);
}
