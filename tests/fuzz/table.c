/*
 * The lines of reference tables as a store keeps them: a letter says which (l:
 * links, s: sectors, r: rules, t: territories, c: centres), the rest is TSV.
 * Read whole or refused.
 */
#include <stdlib.h>
#include <string.h>

#include "store/reference_parts.h"
#include "tests/fuzz/fuzz.h"

/* Rules have their days once, in order. */
static void check_rules(const struct rule_rows *rows)
{
    struct rule_flaw flaw;

    must(!reference_rules_check(rows->at, rows->n, &flaw));
    must(flaw.kind == RULE_SOUND);
}

static void read_table(struct reference *ref, char letter, struct slice lines)
{
    struct territory_rows territories;
    struct rule_rows rules = {NULL, 0};
    struct drafts drafts = {NULL, 0, {NULL, NULL, 0}};

    if (letter == 'l')
        read_links(ref->private, lines);
    else if (letter == 's')
        read_sectors(ref->private, lines);
    else if (letter == 't')
        read_rows(ref->private, lines, 2, &territories);
    else if (letter == 'c')
        read_centres(lines, &drafts);
    else if (!read_rules(ref->private, lines, &rules))
        check_rules(&rules);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice lines = {(const char *)data + 1, size - 1};
    struct reference *ref;

    if (!size)
        return 0;
    must((ref = calloc(1, sizeof *ref)) != NULL);
    must((ref->private = calloc(1, sizeof *ref->private)) != NULL);
    read_table(ref, (char)data[0], lines);
    reference_free(ref);
    return 0;
}
