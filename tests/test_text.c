/*
 * Single values as files and command lines write them.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

#include "protocol/codec.h"
#include "tests/support/body.h"

TestSuite(text, .timeout = 60);

static struct arena *arena;

static void begin(void)
{
    arena = arena_new(8 << 20);
}

static void end(void)
{
    arena_free(arena);
    arena = NULL;
}

struct text_row {
    char shape[12];
    char field[24];
    char text[40];
    enum err name;
    int64_t number; /* when it is one */
    char again[40]; /* as written back */
};

ParameterizedTestParameters(text, texts_of_files_become_values)
{
    static struct text_row rows[] = {
        {"structure", "turnover", "4500", ERR_NONE, 4500, "4500"},
        {"structure", "turnover", "-1", ERR_RANGE, 0, ""},
        {"structure", "turnover", "4 500", ERR_WRONG_TYPE, 0, ""},
        {"structure", "turnover", "", ERR_WRONG_TYPE, 0, ""},
        {"structure", "turnover", "-", ERR_WRONG_TYPE, 0, ""},
        {"structure", "turnover", "99999999999999999999", ERR_WRONG_TYPE, 0,
         ""},
        {"structure", "lat", "48.8566125", ERR_NONE, 48856613, "48.856613"},
        {"structure", "lat", "-0,5", ERR_NONE, -500000, "-0.5"},
        {"structure", "lat", "48", ERR_NONE, 48000000, "48"},
        {"structure", "lat", "48.", ERR_WRONG_TYPE, 0, ""},
        {"structure", "lat", ".5", ERR_WRONG_TYPE, 0, ""},
        {"structure", "lat", "nan", ERR_WRONG_TYPE, 0, ""},
        {"structure", "lat", "91", ERR_RANGE, 0, ""},
        {"structure", "kind", "ETTI", ERR_NONE, KIND_ETTI, "ETTI"},
        {"structure", "kind", "etti", ERR_BAD_CODE, 0, ""},
        {"structure", "agreement_until", "2026-12-31", ERR_NONE, 20818,
         "2026-12-31"},
        {"structure", "agreement_until", "31/12/2026", ERR_BAD_DATE, 0, ""},
        {"structure", "siret", "73282932000074", ERR_NONE, 0, "73282932000074"},
        {"structure", "siret", "73282932000079", ERR_BAD_SIRET, 0, ""},
        {"structure", "name", "Caf\xe9", ERR_NOT_UTF8, 0, ""},
        {"structure", "activities", "x", ERR_WRONG_TYPE, 0, ""},
        {"market", "deadline", "2026-12-01T12:00:00+01:00", ERR_NONE,
         1796122800, "2026-12-01T11:00:00Z"},
        {"profile", "vehicle", "oui", ERR_NONE, 1, "1"},
        {"profile", "vehicle", "false", ERR_NONE, 0, "0"},
        {"profile", "vehicle", "peut-etre", ERR_WRONG_TYPE, 0, ""},
    };

    return cr_make_param_array(struct text_row, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct text_row *row, text, texts_of_files_become_values,
                  .timeout = 20, .init = begin, .fini = end)
{
    const struct shape *shape;
    const struct field *field;
    struct slice hint = {NULL, 0};
    union {
        int64_t number;
        struct slice text;
    } value = {0};
    enum err e;

    shape = entity_shape(vocabulary_find(&words_entity, slice_of(row->shape)));
    field = body_field(shape, row->field);
    e = protocol_parse_text(field, slice_of(row->text), arena, &value, &hint);
    cr_assert_eq(e, row->name, "%s %s: %s", row->field, row->text, err_name(e));
    if (e) {
        cr_assert_gt(hint.len, 0);
        return;
    }
    if (field->type <= TYPE_ENUM)
        cr_assert_eq(value.number, row->number, "%s: %lld", row->text,
                     (long long)value.number);
    cr_assert(slice_equal(protocol_format_text(field, &value, arena),
                          slice_of(row->again)));
}

Test(text, what_is_absent_is_written_as_nothing, .init = begin, .fini = end)
{
    struct structure s;

    shape_clear(&shape_structure, &s);
    for (size_t i = 0; i < shape_structure.n; i++) {
        const struct field *field = &shape_structure.fields[i];
        struct slice text =
            protocol_format_text(field, (char *)&s + field->offset, arena);

        cr_assert(slice_equal(text, field->type == TYPE_ENUM &&
                                            field->fallback == STRUCTURE_ACTIVE
                                        ? SLICE("active")
                                        : SLICE("")),
                  "%s", field->name);
    }
}
