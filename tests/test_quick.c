/*
 * Plain lines of NDJSON: whatever is taken is what the tree of the same line
 * gives, and what is not plain is left to it.
 */
#include "clients/cli/json.h"
#include "clients/cli/quick.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>
#include <string.h>

static struct arena *arena;

static void setup(void)
{
    arena = arena_new((size_t)16 << 20);
}

static void teardown(void)
{
    arena_free(arena);
    arena = NULL;
}

TestSuite(quick, .init = setup, .fini = teardown, .timeout = 60);

/* What the tree of LINE comes to, encoded; empty when it has a fault. */
static struct buffer by_tree(const struct shape *shape, struct slice line)
{
    void *value = shape_array(arena, shape, 1);
    struct faults faults = {.n = 0};
    struct buffer out = {0};
    json_t *object =
        json_loadb(line.data, line.len, JSON_REJECT_DUPLICATES, NULL);

    if (object && !json_to_shape(shape, object, arena, value, &faults))
        cr_assert_eq(protocol_encode(shape, value, EVERYONE, &out), ERR_NONE);
    json_decref(object);
    return out;
}

/* Whether it was taken; then it must be what the tree says. */
static int taken(const struct shape *shape, struct slice line)
{
    void *value = shape_array(arena, shape, 1);
    struct buffer quick = {0}, tree;

    if (!quick_read(shape, line, arena, value))
        return 0;
    tree = by_tree(shape, line);
    cr_assert_eq(protocol_encode(shape, value, EVERYONE, &quick), ERR_NONE);
    cr_assert_eq(quick.len, tree.len, "%.*s", (int)line.len, line.data);
    cr_assert_eq(memcmp(quick.data, tree.data, tree.len), 0, "%.*s",
                 (int)line.len, line.data);
    buffer_free(&quick);
    buffer_free(&tree);
    return 1;
}

#define PERSON "\"id\":\"p\",\"commune\":\"76351\",\"mobility_km\":5"

struct line {
    int plain;
    char text[200];
};

ParameterizedTestParameters(quick, lines_of_profiles)
{
    static struct line lines[] = {
        {1, "{" PERSON "}"},
        {1, " { \"id\" : \"p\" , \"commune\":\"76351\",\t\"mobility_km\":5 } "},
        {1, "{\"mobility_km\":\"5\",\"commune\":\"76351\",\"id\":\"p\"}"},
        {1, "{" PERSON ",\"rome\":[]}"},
        {1, "{" PERSON ",\"rome\":[\"K2204\", \"A1203\"],\"vehicle\":true}"},
        {1, "{" PERSON ",\"vehicle\":false,\"hours_min\":1}"},
        {1, "{" PERSON ",\"vehicle\":\"oui\",\"licences\":[\"B\",\"C\"]}"},
        {1, "{" PERSON ",\"criteria\":[]}"},
        {1, "{" PERSON ",\"criteria\":[{\"code\":\"RSA\"},"
            "{\"until\":\"2027-01-31\",\"code\":\"TH\"}]}"},
        /* Right or wrong, these are for the tree. */
        {0, ""},
        {0, "{}"},
        {0, "[]"},
        {0, "{" PERSON},
        {0, "{" PERSON "} x"},
        {0, "{" PERSON ",}"},
        {0, "{" PERSON ",\"row\":7}"},
        {0, "{" PERSON ",\"name\":\"x\"}"},
        {0, "{" PERSON ",\"id\":\"p\"}"},
        {0, "{" PERSON ",\"rome\":null}"},
        {0, "{" PERSON ",\"rome\":\"K2204\"}"},
        {0, "{" PERSON ",\"rome\":[\"K2204\"}"},
        {0, "{" PERSON ",\"rome\":[\"K2204\",]}"},
        {0, "{" PERSON ",\"rome\":[\"Bricklayer\"]}"},
        {0, "{" PERSON ",\"rome\":[null]}"},
        {0, "{" PERSON ",\"criteria\":{}}"},
        {0, "{" PERSON ",\"criteria\":[{}]}"},
        {0, "{" PERSON ",\"criteria\":[{\"code\":\"RSA\"}"},
        {0, "{" PERSON ",\"hours_min\":10.0}"},
        {0, "{" PERSON ",\"hours_min\":1e1}"},
        {0, "{" PERSON ",\"hours_min\":-0}"},
        {0, "{" PERSON ",\"hours_min\":010}"},
        {0, "{" PERSON ",\"hours_min\":-}"},
        {0, "{" PERSON ",\"hours_min\":1234567890123456789}"},
        {0, "{" PERSON ",\"referent\":\"\\u0041\"}"},
        {0, "{" PERSON ",\"referent\":\"\xc3\xa9\"}"},
        {0, "{" PERSON ",\"referent\":\"\x01\"}"},
        {0, "{" PERSON ",\"referent\":\"open}"},
        {0, "{\"id\":\"p\",\"commune\":\"76351\"}"},
        {0, "{\"id\":\"\",\"commune\":\"76351\",\"mobility_km\":5}"},
    };

    return cr_make_param_array(struct line, lines,
                               sizeof lines / sizeof *lines);
}

ParameterizedTest(struct line *line, quick, lines_of_profiles)
{
    cr_assert_eq(taken(&shape_profile, slice_of(line->text)), line->plain, "%s",
                 line->text);
}

Test(quick, nested_lists_of_markets)
{
    cr_assert(taken(
        &shape_market,
        SLICE("{\"id\":\"m\",\"buyer\":{\"siret\":\"73282932000074\"},"
              "\"lots\":[{\"object\":\"a } ] [ "
              "{\",\"cpv\":[\"45000000-7\"],\"clauses\":[{\"kind\":"
              "\"EXEC\",\"hours\":100}],\"jobs\":[{\"rome\":\"K2204\","
              "\"seats\":1},{\"rome\":\"A1203\"}]},{\"places\":[\"FR\"]}]}")));
    cr_assert_not(taken(&shape_market,
                        SLICE("{\"id\":\"m\",\"lots\":[{\"jobs\":[{}]}]}")));
}

static uint32_t below(uint64_t *seed, size_t n)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((*seed >> 33) % n);
}

/* Bytes changed by chance: taken or not, never anything else than the tree. */
Test(quick, damaged_lines)
{
    static const char good[] =
        "{" PERSON ",\"rome\":[\"K2204\",\"A1203\"],\"criteria\":[{\"code\":"
        "\"RSA\",\"until\":\"2027-01-31\"}],\"vehicle\":true,\"hours_min\":10,"
        "\"hours_max\":24,\"registered_on\":\"2025-09-20\"}";
    static const char bytes[] = "{}[]\",:\\ 0159-.eEtfnp\t\x80";
    unsigned plain = 0;

    for (uint64_t seed = 1; seed <= 20000; seed++) {
        uint64_t chance = seed;
        char line[sizeof good];
        size_t len = sizeof good - 1;

        memcpy(line, good, sizeof good);
        for (unsigned n = below(&chance, 4); n > 0; n--)
            line[below(&chance, len)] = bytes[below(&chance, sizeof bytes - 1)];
        if (below(&chance, 8) == 0)
            len = below(&chance, len);
        arena_reset(arena);
        plain += (unsigned)taken(&shape_profile, (struct slice){line, len});
    }
    cr_assert(plain > 3000 && plain < 15000, "%u were taken", plain);
}
