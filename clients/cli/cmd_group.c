/*
 * clausectl group: who could answer a lot together, as lines for a mail.
 */
#include "clients/cli/answers.h"
#include "clients/cli/words.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* "title a, b, c", of codes or of the jobs' ROME; nothing when there are
 * none. */
static void print_codes(const char *title, const json_t *codes)
{
    const json_t *code;
    size_t i;

    json_array_foreach(codes, i, code)
        printf("%s%s", i ? ", " : title,
               json_is_object(code) ? json_text(code, "rome")
                                    : json_string_value(code));
    if (json_array_size(codes))
        printf("\n");
}

static void print_hours(const json_t *member)
{
    if (json_object_get(member, "hours"))
        printf(_("      hours: %" PRId64 ", of %" PRId64 " free\n"),
               json_number(member, "hours"), json_number(member, "free"));
    else if (json_object_get(member, "free"))
        printf(_("      hours free: %" PRId64 "\n"),
               json_number(member, "free"));
}

static void print_member(const json_t *member)
{
    char *unknown =
        answers_words(&words_component, json_object_get(member, "unknown"));

    printf("    %s, %s (%s), %s\n", json_text(member, "name"),
           json_text(member, "kind"), json_text(member, "id"),
           json_text(member, "commune"));
    print_codes(_("      whole of "), json_object_get(member, "places"));
    if (json_object_get(member, "communes"))
        printf(_("      communes: %" PRId64 ", inhabitants: %" PRId64 "\n"),
               json_number(member, "communes"),
               json_number(member, "population"));
    print_codes(_("      jobs: "), json_object_get(member, "jobs"));
    print_hours(member);
    if (unknown && *unknown)
        printf(_("      not known, ask: %s\n"), unknown);
    free(unknown);
}

static void print_group(size_t number, const json_t *group)
{
    const json_t *member;
    size_t i;

    printf(_("\n  Group %zu, score %" PRId64 ", mandataire %s\n"), number,
           json_number(group, "score"), json_text(group, "mandataire"));
    json_array_foreach(json_object_get(group, "members"), i, member)
        print_member(member);
}

/* What nobody could cover, or why there is nothing. */
static void print_lack(const json_t *answer, const json_t *lot)
{
    print_codes(_("  Nobody covers the whole of: "),
                json_object_get(lot, "missing"));
    print_codes(_("  Nobody staffs: "), json_object_get(lot, "missing_jobs"));
    if (json_object_get(lot, "missing_hours"))
        printf(_("  Hours that four together still lack: %" PRId64 "\n"),
               json_number(lot, "missing_hours"));
    if (json_array_size(json_object_get(lot, "groups")))
        return;
    if (!strcmp(json_text(answer, "grouping"), "FORBIDDEN"))
        printf("  %s\n", _("The market allows no groups."));
    else if (json_number(lot, "found"))
        printf("  %s\n", _("Groups exist, but their members are taken by "
                           "those above."));
    else
        printf("  %s\n", json_array_size(json_object_get(lot, "alone"))
                             ? _("No others cover it together.")
                             : _("No two to four structures cover it "
                                 "together."));
}

static void print_lot(const json_t *answer, const json_t *lot)
{
    const json_t *one;
    size_t i;

    printf(_("\nLot %" PRId64 " %s\n"), json_number(lot, "lot"),
           json_text(lot, "object"));
    printf(_("  structures that fit it: %" PRId64 ", groups: %" PRId64 "\n"),
           json_number(lot, "candidates"), json_number(lot, "found"));
    if (!json_is_true(json_object_get(lot, "exact")))
        printf(_("  There are too many to try all: %" PRId64
                 " were considered.\n"),
               json_number(lot, "considered"));
    answers_print_warnings(lot);
    json_array_foreach(json_object_get(lot, "alone"), i, one)
        printf(_("  Alone: %s, %s (%s), score %" PRId64 "\n"),
               json_text(one, "name"), json_text(one, "kind"),
               json_text(one, "id"), json_number(one, "score"));
    print_lack(answer, lot);
    json_array_foreach(json_object_get(lot, "groups"), i, one)
        print_group(i + 1, one);
}

static void print_groups(const struct ctl *ctl, const json_t *answer)
{
    const json_t *lot;
    size_t i;

    (void)ctl;
    answers_print_head(answer);
    json_array_foreach(json_object_get(answer, "lots"), i, lot)
        print_lot(answer, lot);
    answers_print_foot(answer);
}

int cmd_group(struct ctl *ctl)
{
    json_t *ask;

    if (ctl->n_args != 1)
        return ctl_misused(ctl, "%s",
                           _("write: clausectl group MARKET [--lot N]"));
    ask = answers_parameters(ctl, ASK_LOT | ASK_LIMIT | ASK_STRUCTURES);
    return ctl_ask_and_show(ctl, VERB_match_group, ask, print_groups);
}
