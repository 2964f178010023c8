/*
 * The daemon is asked how far its index is until nothing waits for it any
 * more.
 */
#include "clients/cli/bulk.h"
#include "clients/cli/progress.h"

#include <time.h>

#define POLL_MS 200
/* So long it may hesitate to begin. */
#define IDLE_MS 60000

/* Reading the records takes about as long as writing the index. */
static void show_build(const json_t *build)
{
    double records = (double)json_number(build, "records_all");
    double bytes = (double)json_number(build, "bytes_all");
    double part = 0;

    if (records > 0)
        part = (double)json_number(build, "records") / records / 2;
    if (bytes > 0)
        part += (double)json_number(build, "bytes") / bytes / 2;
    progress_show(part, (uint64_t)json_number(build, "records"));
}

/* Nothing of this import is lost if the daemon does not build: it will when
 * it is started again. */
static int no_index(const struct ctl *ctl)
{
    progress_end();
    return ctl_fail(ctl, EXIT_AGAIN, "%s",
                    _("the profiles are stored, but the daemon builds no "
                      "index for them; its log says why. Matches will not "
                      "find them until then."));
}

int bulk_wait(struct ctl *ctl)
{
    const struct timespec pause = {0, POLL_MS * 1000000L};
    int idle_ms = 0, status = DONE, waits = 1;
    json_t *stats;

    progress_begin(_("records for the index"), !ctl->json);
    while (waits && !status) {
        const json_t *build;

        if ((status = ctl_call(ctl, VERB_stats, json_object(), &stats)))
            break;
        waits = json_is_true(json_object_get(stats, "deferred"));
        if ((build = json_object_get(stats, "build")))
            show_build(build);
        idle_ms = build ? 0 : idle_ms + POLL_MS;
        json_decref(stats);
        if (waits && idle_ms > IDLE_MS)
            status = no_index(ctl);
        else if (waits)
            nanosleep(&pause, NULL);
    }
    progress_end();
    return status;
}
