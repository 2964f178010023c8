/*
 * clausectl key: pairs of keys, and who may connect with them.
 */
#include "clients/cli/answers.h"
#include "clients/cli/pages.h"
#include "clients/cli/table.h"
#include "clients/cli/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int tell_file(const struct ctl *ctl, const char *file)
{
    return ctl_fail(ctl, EXIT_IO, _("%s cannot be written: %s"), file,
                    strerror(errno));
}

/* ---- pair -----------------------------------------------------------------
 */

/* The public key goes beside the secret one, for whoever has to know it. */
static int write_public(const struct ctl *ctl, const char *secret,
                        const char *key)
{
    char *file = NULL;
    FILE *out;
    int ok, status = DONE;

    if (asprintf(&file, "%s.pub", secret) < 0)
        return ctl_fail(ctl, EXIT_INTERNAL, "%s", _("out of memory"));
    out = fopen(file, "wx");
    ok = out && fprintf(out, "%s\n", key) > 0;
    if (out)
        ok = !fclose(out) && ok;
    if (!ok)
        status = tell_file(ctl, file);
    free(file);
    return status;
}

static void print_pair(const struct ctl *ctl, const json_t *told)
{
    (void)ctl;
    printf(_("secret key: %s (keep it; nobody else needs it)\n"),
           json_text(told, "file"));
    printf(_("public key: %s\n"), json_text(told, "public_key"));
}

static int pair(struct ctl *ctl, const char *file)
{
    char key[CLAUSE_Z85_BYTES];
    json_t *told;
    int status;

    if (!clause_pair_write(file, key))
        return tell_file(ctl, file);
    if ((status = write_public(ctl, file, key))) {
        unlink(file);
        return status;
    }
    told = json_pack("{s:s, s:s}", "public_key", key, "file", file);
    status = ctl_show(ctl, told, print_pair);
    json_decref(told);
    return status;
}

/* ---- new ------------------------------------------------------------------
 */

static void print_new(const struct ctl *ctl, const json_t *told)
{
    printf(_("%s may connect.\n"), json_text(told, "id"));
    if (*json_text(told, "file"))
        print_pair(ctl, told);
}

static void set(json_t *to, const char *name, json_t *value)
{
    if (value)
        json_object_set_new(to, name, value);
}

static json_t *typed(const char *text)
{
    return text ? json_string(text) : NULL;
}

static json_t *typed_list(const char *text)
{
    return text ? answers_typed_list(text) : NULL;
}

static int register_key(struct ctl *ctl, const char *id, const char *public_key,
                        json_t **answer)
{
    json_t *key = json_pack("{s:s, s:s}", "id", id, "public_key", public_key);

    set(key, "role", typed(ctl->role));
    set(key, "territories", typed_list(ctl->figures[FIGURE_TERRITORY]));
    set(key, "grants", typed_list(ctl->grants));
    set(key, "from", typed(ctl->from));
    set(key, "until", typed(ctl->until));
    return ctl_call(ctl, VERB_key_put,
                    json_pack("{s:o, s:s}", "key", key, "if_rev", "0"), answer);
}

/* The pair is made first: what was registered and then lost would have to be
 * revoked.  A key that was not registered leaves no file. */
static int new_pair(struct ctl *ctl, const char *id, const char *file)
{
    char key[CLAUSE_Z85_BYTES];
    json_t *answer;
    int status;

    if (!clause_pair_write(file, key))
        return tell_file(ctl, file);
    if ((status = register_key(ctl, id, key, &answer))) {
        if (status != EXIT_AGAIN) /* else it may have been */
            unlink(file);
        return status;
    }
    set(answer, "public_key", json_string(key));
    set(answer, "file", json_string(file));
    status = ctl_show(ctl, answer, print_new);
    json_decref(answer);
    return status;
}

static int new_key(struct ctl *ctl)
{
    const char *id = ctl->args[1];
    char *file = NULL;
    json_t *answer;
    int status;

    if (!ctl->role)
        return ctl_misused(ctl, "%s",
                           _("say --role portal, facilitator, batch "
                             "or admin"));
    if (!ctl->public_key) {
        if (asprintf(&file, "%s.key", id) < 0)
            return ctl_fail(ctl, EXIT_INTERNAL, "%s", _("out of memory"));
        status = new_pair(ctl, id, ctl->n_args == 3 ? ctl->args[2] : file);
        free(file);
        return status;
    }
    if ((status = register_key(ctl, id, ctl->public_key, &answer)))
        return status;
    status = ctl_show(ctl, answer, print_new);
    json_decref(answer);
    return status;
}

/* ---- list, revoke ---------------------------------------------------------
 */

struct listing {
    const struct ctl *ctl;
    struct table_view *table;
};

static int list_key(void *to, const json_t *key)
{
    struct listing *l = to;

    if (l->ctl->json)
        return json_print(key, 1) ? EXIT_IO : DONE;
    table_line(l->table);
    table_cell(l->table, "%s", json_text(key, "id"));
    table_cell(l->table, "%s",
               words_of(&words_key_role, json_text(key, "role")));
    table_cell(l->table, "%s", json_text(key, "from"));
    table_cell(l->table, "%s", json_text(key, "until"));
    table_cell(l->table, "%s", json_text(key, "revoked_on"));
    answers_codes_cell(l->table, json_object_get(key, "grants"));
    answers_codes_cell(l->table, json_object_get(key, "territories"));
    return DONE;
}

static int list(struct ctl *ctl)
{
    int64_t limit = ctl->limit ? strtoll(ctl->limit, NULL, 10) : 0;
    struct listing l = {ctl, NULL};
    int status;

    if (ctl->json)
        return pages_each(ctl, ENTITY_KEY, limit, list_key, &l);
    l.table = table_new();
    table_column(l.table, _("id"), TABLE_LEFT);
    table_column(l.table, _("role"), TABLE_LEFT);
    table_column(l.table, _("from"), TABLE_LEFT);
    table_column(l.table, _("until"), TABLE_LEFT);
    table_column(l.table, _("revoked"), TABLE_LEFT);
    table_column(l.table, _("grants"), TABLE_LEFT);
    table_column(l.table, _("where"), TABLE_CUT);
    status = pages_each(ctl, ENTITY_KEY, limit, list_key, &l);
    table_show(l.table);
    return status;
}

static void print_revoked(const struct ctl *ctl, const json_t *told)
{
    printf(_("%s is revoked since %s.\n"), ctl->args[1],
           json_text(told, "revoked_on"));
}

static int revoke_key(struct ctl *ctl)
{
    return ctl_ask_and_show(ctl, VERB_key_revoke,
                            json_pack("{s:s}", "id", ctl->args[1]),
                            print_revoked);
}

int cmd_key(struct ctl *ctl)
{
    const char *what = ctl->n_args ? ctl->args[0] : "";

    if (!strcmp(what, "pair") && ctl->n_args == 2)
        return pair(ctl, ctl->args[1]);
    if (!strcmp(what, "new") && (ctl->n_args == 2 || ctl->n_args == 3))
        return new_key(ctl);
    if (!strcmp(what, "list") && ctl->n_args == 1)
        return list(ctl);
    if (!strcmp(what, "revoke") && ctl->n_args == 2)
        return revoke_key(ctl);
    return ctl_misused(ctl, "%s",
                       _("write: clausectl key new ID [FILE] | list | revoke "
                         "ID | pair FILE"));
}
