/*
 * PROTOCOL.md against the tables it describes: no verb without a section, no
 * field without its row, no row without its field, no example that the codec
 * would refuse.
 *
 * A row that is missing is printed as it must stand, so mending the page is
 * copying; PROTOCOL_ROWS=1 in the environment prints all of them:
 *
 *   PROTOCOL_ROWS=1 build/tests/test_protocol_page
 *
 * Of a row, the first four cells are checked; the fifth, the meaning, is the
 * page's own.
 */
#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/civil.h"
#include "protocol/codec.h"
#include "tests/support/body.h"

#define PAGE "protocol/PROTOCOL.md"
#define ROW_MAX 500

TestSuite(protocol_page, .timeout = 30);

static struct arena *arena;
static struct slice page;
static int missing;

static void begin(void)
{
    arena = arena_new(16 << 20);
    page = body_from_file(arena, PAGE);
    missing = 0;
}

static void end(void)
{
    arena_free(arena);
    arena = NULL;
}

/* ---- The page ----------------------------------------------------------- */

static const char *find(struct slice in, const char *text)
{
    return memmem(in.data, in.len, text, strlen(text));
}

/* What stands under the line HEADING, up to the next heading. */
static struct slice section(const char *heading)
{
    struct slice line = arena_format(arena, "\n%s\n", heading);
    const char *from = find(page, line.data), *to;
    struct slice rest;

    if (!from) {
        fprintf(stderr, PAGE ": there is no section `%s`\n", heading);
        missing++;
        return SLICE("");
    }
    from += line.len;
    rest = (struct slice){from, (size_t)(page.data + page.len - from)};
    to = find(rest, "\n## ");
    if (to)
        rest.len = (size_t)(to - rest.data);
    if (!strncmp(heading, "### ", 4) && (to = find(rest, "\n### ")))
        rest.len = (size_t)(to - rest.data);
    return rest;
}

/* A part of a section: from the line MARK to the line UNTIL, or its end. */
static struct slice part(struct slice in, const char *mark, const char *until)
{
    const char *from = find(in, mark), *to;
    struct slice out;

    if (!from)
        return SLICE("");
    out = (struct slice){from, (size_t)(in.data + in.len - from)};
    if (until && (to = find(out, until)))
        out.len = (size_t)(to - out.data);
    return out;
}

static void want(struct slice in, const char *where, const char *text)
{
    if (getenv("PROTOCOL_ROWS"))
        printf("%s\t%s\n", where, text);
    if (find(in, text))
        return;
    fprintf(stderr, PAGE ", %s: add\n%s\n", where, text);
    missing++;
}

/* ---- Rows --------------------------------------------------------------- */

static void write_type(const struct field *field, char *out, size_t size)
{
    static const char *const names[] = {
        [TYPE_INT] = "integer",
        [TYPE_BOOL] = "boolean",
        [TYPE_DATE] = "date",
        [TYPE_TIME] = "time",
        [TYPE_DEG] = "degrees",
        [TYPE_STR] = "text",
        [TYPE_ID] = "id",
        [TYPE_SIRET] = "SIRET",
        [TYPE_COMMUNE] = "commune",
        [TYPE_CPV] = "CPV",
        [TYPE_ROME] = "ROME",
        [TYPE_ZONE] = "zone code",
        [TYPE_STRS] = "list of texts",
        [TYPE_CPVS] = "list of CPV",
        [TYPE_ROMES] = "list of ROME",
        [TYPE_ZONES] = "list of zone codes",
        [TYPE_ROWS] = "list of values",
    };
    const char *name = field->shape ? field->shape->name : "";

    if (field->type == TYPE_ENUM)
        snprintf(out, size, "word of `%s`", field->words->name);
    else if (field->type == TYPE_ENUMS)
        snprintf(out, size, "list of words of `%s`", field->words->name);
    else if (field->type == TYPE_ONE)
        snprintf(out, size, "[%s](#%s)", name, name);
    else if (field->type == TYPE_LIST)
        snprintf(out, size, "list of [%s](#%s)", name, name);
    else
        snprintf(out, size, "%s", names[field->type]);
}

/* Dates and times share bounds that the page states once. */
static void write_bounds(const struct field *field, char *out, size_t size)
{
    const char *unit = "";
    int64_t scale = field->type == TYPE_DEG ? 1000000 : 1;

    if (field->type == TYPE_STR || field->type == TYPE_ID)
        unit = " bytes";
    if (field->type >= TYPE_STRS)
        unit = " elements";
    if (field->min == field->max && field->max)
        snprintf(out, size, "%" PRId64 "%s", field->max,
                 field->type == TYPE_STR ? unit : " characters");
    else if (field->max == 0 || field->type == TYPE_BOOL ||
             field->type == TYPE_DATE || field->type == TYPE_TIME)
        snprintf(out, size, "-");
    else if (field->max == INT64_MAX)
        snprintf(out, size, "from %" PRId64, field->min);
    else
        snprintf(out, size, "%" PRId64 " to %" PRId64 "%s", field->min / scale,
                 field->max / scale, unit);
}

static void write_default(const struct field *field, char *out, size_t size)
{
    if (field->fallback == REQUIRED)
        snprintf(out, size, "required");
    else if (field->fallback == OPTIONAL)
        snprintf(out, size, "-");
    else if (field->type == TYPE_ENUM)
        snprintf(out, size, "%s", field->words->words[field->fallback]);
    else
        snprintf(out, size, "%" PRId64, field->fallback);
}

static const char *row_of(const struct field *field)
{
    char type[80], bounds[80], fallback[40];

    write_type(field, type, sizeof type);
    write_bounds(field, bounds, sizeof bounds);
    write_default(field, fallback, sizeof fallback);
    return arena_format(arena, "\n| `%s` | %s | %s | %s |", field->name, type,
                        bounds, fallback)
        .data;
}

static void want_rows(struct slice in, const char *where,
                      const struct shape *shape)
{
    const char *line = in.data;
    size_t rows = 0;

    for (size_t i = 0; i < shape->n; i++)
        want(in, where, row_of(&shape->fields[i]));
    /* As many rows as fields: none is left of a field that went. */
    while ((line = memmem(line, (size_t)(in.data + in.len - line), "\n| `", 4)))
        rows++, line++;
    if (rows > shape->n) {
        fprintf(stderr, PAGE ", %s: %zu rows for %zu fields\n", where, rows,
                shape->n);
        missing++;
    }
}

/* ---- Tests -------------------------------------------------------------- */

static const char *roles_text(unsigned roles)
{
    static const char *const names[] = {"PORTAL", "FACILITATOR", "BATCH",
                                        "ADMIN"};
    const char *text = "";

    if (roles == EVERYONE)
        return "every role";
    for (unsigned i = 0; i < 4; i++)
        if (roles >> i & 1)
            text =
                arena_format(arena, "%s%s%s", text, *text ? ", " : "", names[i])
                    .data;
    return text;
}

Test(protocol_page, every_verb_has_its_section, .init = begin, .fini = end)
{
    static const char *const classes[] = {"READ", "SLOW", "WRITE"};

    for (enum verb verb = 0; verb < VERBS; verb++) {
        const struct verb_row *row = &verb_rows[verb];
        const char *where = arena_format(arena, "## %s", row->name).data;
        struct slice text = section(where);

        want(text, where,
             arena_format(arena, "%s, for %s.", classes[row->class],
                          roles_text(row->roles))
                 .data);
        want_rows(part(text, "**Parameters**", "**Reply**"),
                  arena_format(arena, "%s, parameters", where).data, row->ask);
        want_rows(part(text, "**Reply**", "**Example**"),
                  arena_format(arena, "%s, reply", where).data, row->answer);
        want(text, where, "**Errors**");
        want(text, where, "**Example**");
    }
    cr_assert_eq(missing, 0, "%d to mend in " PAGE, missing);
}

Test(protocol_page, every_shape_has_its_table, .init = begin, .fini = end)
{
#define CHECK(s) want_rows(section("### " #s), "### " #s, &shape_##s);
    SHAPES(CHECK)
#undef CHECK
    cr_assert_eq(missing, 0, "%d to mend in " PAGE, missing);
}

static void want_words(const struct vocabulary *words)
{
    const char *text = "";

    for (size_t i = 0; i < words->n; i++)
        text =
            arena_format(arena, "%s%s%s", text, i ? ", " : "", words->words[i])
                .data;
    want(section("## Words"), "## Words",
         arena_format(arena, "\n| `%s` | %s |", words->name, text).data);
}

Test(protocol_page, every_word_and_error_is_listed, .init = begin, .fini = end)
{
    struct slice errors = section("## Errors");

#define CHECK(w) want_words(&words_##w);
    VOCABULARIES(CHECK)
#undef CHECK
    for (enum err e = ERR_NONE + 1; e < ERR_COUNT; e++)
        want(errors, "## Errors",
             arena_format(arena, "\n| `%s` | %s | %s | %s |", err_name(e),
                          status_name(err_status(e)),
                          err_retry(e) ? "yes" : "no", err_text(e))
                 .data);
    cr_assert_eq(missing, 0, "%d to mend in " PAGE, missing);
}

Test(protocol_page, limits_are_those_of_the_code, .init = begin, .fini = end)
{
    struct slice text = section("## Limits");

    want(text, "## Limits",
         arena_format(arena, "| portal | %zu | %zu | %u |", limits_portal.bytes,
                      limits_portal.items, limits_portal.depth)
             .data);
    want(text, "## Limits",
         arena_format(arena, "| batch | %zu | %zu | %u |", limits_batch.bytes,
                      limits_batch.items, limits_batch.depth)
             .data);
    cr_assert_eq(missing, 0, "%d to mend in " PAGE, missing);
}

/* The words of a list in pii.c, each as the page writes it. */
static void want_list(struct slice code, const char *name, const char *cell)
{
    struct slice list = part(code, name, "};");
    const char *text = "", *from = list.data, *to;

    while ((from = memchr(from, '"', (size_t)(list.data + list.len - from)))) {
        to = strchr(++from, '"');
        text = arena_format(arena, "%s%s`%.*s`", text, *text ? ", " : "",
                            (int)(to - from), from)
                   .data;
        from = to + 1;
    }
    cr_assert_neq(*text, '\0', "%s", name);
    want(section("## People"), "## People",
         arena_format(arena, "\n| %s | %s |\n", cell, text).data);
}

Test(protocol_page, names_that_speak_of_people_are_listed, .init = begin,
     .fini = end)
{
    struct slice code = body_from_file(arena, "protocol/pii.c");

    want_list(code, "words[] = {", "a part");
    want_list(code, "parts[] = {", "anywhere");
    cr_assert_eq(missing, 0, "%d to mend in " PAGE, missing);
}

/* The lines of an example that begin with MARK, without it; the first of
 * them apart, for it is the header. */
static const char *gather(struct slice in, const char *mark,
                          const char **header)
{
    const char *body = "";
    size_t n = strlen(mark);
    const char *line = in.data, *stop = in.data + in.len, *next;

    *header = NULL;
    for (; line < stop; line = next + 1) {
        next = memchr(line, '\n', (size_t)(stop - line));
        if (!next)
            next = stop;
        if ((size_t)(next - line) < n || memcmp(line, mark, n) != 0)
            continue;
        if (!*header)
            *header = arena_format(arena, "%.*s", (int)(next - line - (long)n),
                                   line + n)
                          .data;
        else
            body = arena_format(arena, "%s%.*s\n", body,
                                (int)(next - line - (long)n), line + n)
                       .data;
    }
    return body;
}

static void check_body(const char *where, const struct shape *shape,
                       const char *json)
{
    struct faults faults = {.n = 0};
    void *value = arena_alloc(arena, shape->size);
    enum err e = protocol_decode(shape, body_from_json(arena, json),
                                 &limits_batch, arena, value, &faults);

    cr_assert_eq(e, ERR_NONE, "%s: %s is %s at %.*s", where, shape->name,
                 err_name(e), (int)faults.at[0].field.len,
                 faults.at[0].field.data);
}

static void check_exchange(const char *where, const struct verb_row *row,
                           struct slice text)
{
    struct faults faults = {.n = 0};
    struct reply_header reply;
    struct ask_header ask;
    const char *header, *body;

    body = gather(text, "> ", &header);
    cr_assert(header, "%s: no request", where);
    cr_assert_eq(protocol_decode_header(body_from_json(arena, header), arena,
                                        &ask, &faults),
                 ERR_NONE, "%s: %s", where, header);
    cr_assert(slice_equal(ask.method, slice_of(row->name)), "%s", where);
    cr_assert_eq(ask.key.data != NULL, row->class == CLASS_WRITE, "%s: `k`",
                 where);
    check_body(where, row->ask, body);
    body = gather(text, "< ", &header);
    cr_assert(header, "%s: no reply", where);
    cr_assert_eq(protocol_decode_reply_header(body_from_json(arena, header),
                                              arena, &reply),
                 ERR_NONE, "%s: %s", where, header);
    cr_assert_eq(reply.id, ask.id, "%s", where);
    check_body(where, reply.status ? &shape_refusal : row->answer, body);
}

/* That they are true, the end-to-end test of the page tries. */
Test(protocol_page, every_example_is_an_exchange, .init = begin, .fini = end)
{
    for (enum verb verb = 0; verb < VERBS; verb++) {
        const struct verb_row *row = &verb_rows[verb];
        const char *where = arena_format(arena, "## %s", row->name).data;
        struct slice text = part(section(where), "**Example**", NULL);
        const char *next;

        /* An empty line parts one exchange from the next. */
        while ((next = find(text, "\n\n> "))) {
            check_exchange(where, row, part(text, "\n> ", "\n\n> "));
            text = (struct slice){next + 1,
                                  (size_t)(text.data + text.len - next - 1)};
        }
        check_exchange(where, row, text);
    }
}
