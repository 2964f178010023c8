/*
 * Why people are asked for: a word that goes with every request, into the
 * daemon's access log.  A closed list, so that nobody writes about somebody.
 */
#include "clients/cli/commands.h"

#include <stdio.h>
#include <string.h>

static const char *const purposes[] = {
    "placement",  "eligibility", "follow-up", "transfer",
    "retention",  "erasure",     "request",   "correction",
    "statistics", "audit",       "support",
};

/* What somebody who says nothing does it for; a row for one of a command's
 * words stands before that of the command. */
static const struct {
    const char *command;
    const char *word; /* NULL: any */
    const char *purpose;
} usual[] = {
    {"match", NULL, "placement"},     {"explain", NULL, "placement"},
    {"reasons", NULL, "placement"},   {"reverse", NULL, "placement"},
    {"group", NULL, "placement"},     {"assess", NULL, "placement"},
    {"rescore", NULL, "placement"},   {"eligibility", NULL, "eligibility"},
    {"profile", "erase", "erasure"},  {"profile", "delete", "erasure"},
    {"profile", NULL, "follow-up"},   {"hours", NULL, "follow-up"},
    {"import", NULL, "transfer"},     {"export", NULL, "transfer"},
    {"retention", NULL, "retention"},
};

int purpose_known(const char *word)
{
    for (size_t i = 0; i < sizeof purposes / sizeof *purposes; i++)
        if (!strcmp(purposes[i], word))
            return 1;
    return 0;
}

char *purpose_list(void)
{
    char *list = NULL;
    size_t size;
    FILE *out = open_memstream(&list, &size);

    if (!out)
        return NULL;
    for (size_t i = 0; i < sizeof purposes / sizeof *purposes; i++)
        fprintf(out, "%s%s", i ? ", " : "", purposes[i]);
    fclose(out);
    return list;
}

const char *purpose_usual(const char *command, const char *word)
{
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (!strcmp(usual[i].command, command) &&
            (!usual[i].word || (word && !strcmp(usual[i].word, word))))
            return usual[i].purpose;
    return NULL;
}
