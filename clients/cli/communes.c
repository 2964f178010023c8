/*
 * The document is walked twice by one function: to gather the codes, then to
 * replace them.  Only what is printed for people comes here; JSON keeps the
 * codes.
 */
#include "clients/cli/communes.h"

#include <string.h>

/* As many as one question may ask for. */
#define CODES_MAX 1000

/* What takes the code's place (a new reference), NULL to leave it. */
typedef json_t *on_code(json_t *names, const char *code);

/* The code in VALUE, NULL when it holds none. */
static const char *code_of(const char *key, const json_t *value)
{
    const char *text = json_string_value(value);

    if (!text)
        return NULL;
    if (key)
        return strcmp(key, "commune") ? NULL : text;
    return strncmp(text, "COM:", 4) ? NULL : text + 4;
}

static void walk(json_t *value, on_code *on, json_t *names)
{
    const char *key, *code;
    json_t *member, *name;
    size_t i;
    void *next;

    if (json_is_object(value)) {
        json_object_foreach_safe(value, next, key, member)
        {
            walk(member, on, names);
            if ((code = code_of(key, member)) && (name = on(names, code)))
                json_object_set_new(value, key, name);
        }
    } else if (json_is_array(value)) {
        json_array_foreach(value, i, member)
        {
            walk(member, on, names);
            if ((code = code_of(NULL, member)) && (name = on(names, code)))
                json_array_set_new(value, i, name);
        }
    }
}

static json_t *gather(json_t *names, const char *code)
{
    json_object_set_new(names, code, json_null());
    return NULL;
}

static json_t *replace(json_t *names, const char *code)
{
    json_t *name = json_object_get(names, code);

    return json_is_string(name) ? json_incref(name) : NULL;
}

/* Ask for CODES (taken) and put their names in NAMES.  An older daemon does
 * not know the question; nothing is said about it. */
static void ask(struct ctl *ctl, json_t *codes, json_t *names)
{
    json_t *answer, *row;
    size_t i;
    int status;

    ctl->hushed = 1;
    status = ctl_call(ctl, VERB_territory_communes,
                      json_pack("{s:o}", "communes", codes), &answer);
    ctl->hushed = 0;
    if (status)
        return;
    json_array_foreach(json_object_get(answer, "communes"), i, row)
        json_object_set_new(names, json_text(row, "code"),
                            json_sprintf("%s (%s)", json_text(row, "name"),
                                         json_text(row, "department")));
    json_decref(answer);
}

/* The names take their place in WANTED. */
static void learn(struct ctl *ctl, json_t *wanted)
{
    json_t *codes = json_array(), *names = json_object(), *none;
    const char *code;

    json_object_foreach(wanted, code, none)
    {
        if (json_array_size(codes) == CODES_MAX) {
            ask(ctl, codes, names);
            codes = json_array();
        }
        json_array_append_new(codes, json_string(code));
    }
    if (json_array_size(codes))
        ask(ctl, codes, names);
    else
        json_decref(codes);
    json_object_update(wanted, names);
    json_decref(names);
}

void communes_name(struct ctl *ctl, json_t *document)
{
    json_t *names = json_object();

    walk(document, gather, names);
    if (json_object_size(names)) {
        learn(ctl, names);
        walk(document, replace, names);
    }
    json_decref(names);
}
