/*
 * clausectl backup: have the daemon write one, and say what was written.
 */
#include "clients/cli/ctl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* As long as the daemon allows itself unless told otherwise, and then some. */
#define SECONDS 60
#define MORE_S 30

static void print_backup(const struct ctl *ctl, const json_t *told)
{
    (void)ctl;
    printf(_("Backup %s: %" PRId64 " bytes, until %s.\n"),
           json_text(told, "backup"), json_number(told, "bytes"),
           json_text(told, "expires"));
    printf(_("Checkpoint: %s\n"), json_text(told, "checkpoint"));
    if (json_number(told, "expired"))
        printf(_("Removed, with their keys: %" PRId64 " that had expired.\n"),
               json_number(told, "expired"));
}

int cmd_backup(struct ctl *ctl)
{
    json_t *ask = json_object();
    char *end = NULL;
    long long seconds =
        ctl->seconds ? strtoll(ctl->seconds, &end, 10) : SECONDS;

    if (ctl->n_args || (end && (*end || end == ctl->seconds))) {
        json_decref(ask);
        return ctl_misused(ctl, "%s",
                           _("write: clausectl backup [--seconds N]"));
    }
    if (end)
        json_object_set_new(ask, "seconds", json_integer(seconds));
    if (seconds > 0 && seconds <= 3600 &&
        ctl->timeout_ms < (seconds + MORE_S) * 1000)
        ctl->timeout_ms = (int)(seconds + MORE_S) * 1000;
    return ctl_ask_and_show(ctl, VERB_backup, ask, print_backup);
}
