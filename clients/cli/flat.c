/*
 * Columns grow from the entity's field table, so that a new field is a new
 * column without a line here.
 */
#include "clients/cli/flat.h"
#include "clients/cli/names.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Columns ---------------------------------------------------------- */

static void path_join(char out[FLAT_PATH_MAX], const char *prefix,
                      const char *name)
{
    int n = snprintf(out, FLAT_PATH_MAX, "%s%s%s", prefix, *prefix ? "." : "",
                     name);

    assert(n < FLAT_PATH_MAX);
    (void)n;
}

static void add_column(struct flat *flat, size_t node, const char *path,
                       const struct field *field)
{
    struct flat_column *c = &flat->columns[flat->n++];
    size_t prefix = strlen(flat->nodes[node].path);

    assert(flat->n <= FLAT_COLUMNS_MAX);
    snprintf(c->path, sizeof c->path, "%s", path);
    c->node = node;
    c->field = field;
    c->inner = field ? c->path + prefix + (prefix > 0) : NULL;
}

static void add_shape(struct flat *flat, const struct shape *shape, size_t node,
                      const char *prefix);

/* The list's own column comes before those of its elements. */
static void add_list(struct flat *flat, const struct field *field,
                     size_t parent, const char *path)
{
    size_t node = flat->n_nodes++;
    struct flat_node *n = &flat->nodes[node];

    assert(flat->n_nodes <= FLAT_NODES_MAX);
    n->parent = parent;
    n->name = field->name;
    snprintf(n->path, sizeof n->path, "%s", path);
    add_column(flat, node, path, NULL);
    add_shape(flat, field->shape, node, path);
}

static void add_shape(struct flat *flat, const struct shape *shape, size_t node,
                      const char *prefix)
{
    char path[FLAT_PATH_MAX];

    for (size_t i = 0; i < shape->n; i++) {
        const struct field *f = &shape->fields[i];

        path_join(path, prefix, f->name);
        if (f->type == TYPE_LIST)
            add_list(flat, f, node, path);
        else if (f->type == TYPE_ONE)
            add_shape(flat, f->shape, node, path);
        else
            add_column(flat, node, path, f);
    }
}

int flat_find(const struct flat *flat, struct slice name)
{
    for (size_t i = 0; i < flat->n; i++)
        if (slice_equal(slice_of(flat->columns[i].path), name))
            return (int)i;
    return -1;
}

/* What makes the id of an entity that stands in files. */
static const char *const ids[][FLAT_IDS_MAX] = {
    [ENTITY_STRUCTURE] = {"siret", "kind"},
    [ENTITY_MARKET] = {"id"},
    [ENTITY_PROFILE] = {"id"},
    [ENTITY_FACILITATOR] = {"id"},
};

int flat_entity(struct slice name)
{
    int entity = vocabulary_find(&words_entity, name);

    return entity < (int)(sizeof ids / sizeof *ids) ? entity : -1;
}

int flat_entity_of_plural(const char *plural)
{
    size_t len = strlen(plural);

    if (!len || plural[len - 1] != 's')
        return -1;
    return flat_entity((struct slice){plural, len - 1});
}

void flat_init(struct flat *flat, int64_t entity)
{
    memset(flat, 0, sizeof *flat);
    flat->n_nodes = 1;
    add_shape(flat, entity_shape(entity), 0, "");
    if (entity >= (int64_t)(sizeof ids / sizeof *ids))
        return; /* hours, which no file brings back */
    for (size_t i = 0; i < FLAT_IDS_MAX && ids[entity][i]; i++)
        flat->ids[flat->n_ids++] =
            (size_t)flat_find(flat, slice_of(ids[entity][i]));
}

const char *flat_nearest(const struct flat *flat, const char *name)
{
    size_t distance, least = SIZE_MAX;
    const char *best = NULL, *last;

    for (size_t i = 0; i < flat->n; i++) {
        distance = name_distance(name, flat->columns[i].path);
        /* Who writes `rome' may mean `activities.rome'. */
        last = strrchr(flat->columns[i].path, '.');
        if (last && !strcmp(last + 1, name))
            distance = 1;
        if (distance < least) {
            least = distance;
            best = flat->columns[i].path;
        }
    }
    return best && name_is_near(name, least) ? best : NULL;
}

/* ---- Rows to an object ------------------------------------------------ */

void flat_object_init(struct flat_object *object, const struct flat *flat)
{
    memset(object, 0, sizeof *object);
    object->flat = flat;
}

void flat_object_fini(struct flat_object *o)
{
    json_decref(o->object);
    for (size_t i = 0; i < FLAT_COLUMNS_MAX; i++)
        free(o->seen[i]);
    flat_object_init(o, o->flat);
}

static int is_seen(const struct flat_object *o, size_t column,
                   struct slice cell)
{
    return slice_equal(slice_of(o->seen[column] ? o->seen[column] : ""), cell);
}

int flat_object_same(const struct flat_object *o, const struct slice *cells)
{
    int named = 0;

    for (size_t i = 0; i < o->flat->n_ids; i++) {
        size_t column = o->flat->ids[i];

        if (!cells[column].len)
            continue;
        named = 1;
        if (!is_seen(o, column, cells[column]))
            return 0;
    }
    return o->object && named;
}

static int is_list(const struct field *field)
{
    return field->type >= TYPE_STRS && field->type <= TYPE_ENUMS;
}

static void append_code(json_t *array, struct slice text)
{
    while (text.len && *text.data == ' ') {
        text.data++;
        text.len--;
    }
    while (text.len && text.data[text.len - 1] == ' ')
        text.len--;
    if (text.len)
        json_array_append_new(array, json_stringn_nocheck(text.data, text.len));
}

/* "a|b" to ["a", "b"]; a backslash takes the next byte as it stands. */
static json_t *split_codes(struct slice cell)
{
    json_t *array = json_array();
    char *text = malloc(cell.len + 1);
    size_t n = 0;

    for (size_t i = 0; text && i <= cell.len; i++) {
        if (i == cell.len || cell.data[i] == '|') {
            append_code(array, (struct slice){text, n});
            n = 0;
            continue;
        }
        if (cell.data[i] == '\\' && i + 1 < cell.len)
            i++;
        text[n++] = cell.data[i];
    }
    free(text);
    return array;
}

static struct slice trimmed(struct slice cell)
{
    while (cell.len && cell.data[cell.len - 1] == ' ')
        cell.len--;
    while (cell.len && *cell.data == ' ') {
        cell.data++;
        cell.len--;
    }
    return cell;
}

/* Put a cell where its path within the element says. */
static void set_cell(json_t *element, const struct flat_column *column,
                     struct slice cell)
{
    const char *inner = column->inner, *dot;
    json_t *value, *child;

    while ((dot = strchr(inner, '.'))) {
        child = json_object_getn(element, inner, (size_t)(dot - inner));
        if (!child) {
            child = json_object();
            json_object_setn_new(element, inner, (size_t)(dot - inner), child);
        }
        element = child;
        inner = dot + 1;
    }
    if (is_list(column->field)) {
        value = split_codes(cell);
    } else {
        /* A number may come padded; a text's spaces are its own. */
        if (column->field->type != TYPE_STR)
            cell = trimmed(cell);
        value = json_stringn_nocheck(cell.data, cell.len);
    }
    json_object_set_new(element, inner, value);
}

static int within(const struct flat *flat, size_t node, size_t ancestor)
{
    while (node && node != ancestor)
        node = flat->nodes[node].parent;
    return node == ancestor;
}

/* Whether the row says anything of the node or of what lies inside it. */
static int node_is_filled(const struct flat *flat, size_t node,
                          const struct slice *cells)
{
    for (size_t i = 0; i < flat->n; i++)
        if (cells[i].len && within(flat, flat->columns[i].node, node))
            return 1;
    return 0;
}

/* The first filled cell of the node that differs from its element, -1 when
 * none does.  With NUMBER only the column that numbers the node counts. */
static int differing(const struct flat_object *o, size_t node,
                     const struct slice *cells, int number)
{
    for (size_t i = 0; i < o->flat->n; i++) {
        const struct flat_column *c = &o->flat->columns[i];

        if (c->node == node && cells[i].len && number == !c->field &&
            !is_seen(o, i, cells[i]))
            return (int)i;
    }
    return -1;
}

static int is_numbered(const struct flat *flat, size_t node,
                       const struct slice *cells)
{
    for (size_t i = 0; i < flat->n; i++)
        if (flat->columns[i].node == node && !flat->columns[i].field)
            return cells[i].len > 0;
    return 0;
}

static void forget_inside(struct flat_object *o, size_t node)
{
    for (size_t i = 0; i < o->flat->n; i++) {
        size_t at = o->flat->columns[i].node;

        if (!within(o->flat, at, node))
            continue;
        free(o->seen[i]);
        o->seen[i] = NULL;
        if (at != node)
            o->current[at] = NULL;
    }
}

/* What was seen inside the element before says nothing about this one. */
static void begin_element(struct flat_object *o, size_t node,
                          const struct slice *cells)
{
    const struct flat_node *n = &o->flat->nodes[node];
    json_t *element = json_object(), *array;

    forget_inside(o, node);
    if (node == 0) {
        o->object = element;
    } else {
        array = json_object_get(o->current[n->parent], n->name);
        if (!array) {
            array = json_array();
            json_object_set_new(o->current[n->parent], n->name, array);
        }
        json_array_append_new(array, element);
    }
    o->current[node] = element;
    for (size_t i = 0; i < o->flat->n; i++) {
        const struct flat_column *c = &o->flat->columns[i];

        if (c->node != node || !cells[i].len)
            continue;
        o->seen[i] = strndup(cells[i].data, cells[i].len);
        if (c->field)
            set_cell(element, c, cells[i]);
    }
}

/* One node's part of a row: nothing, a new element, or more of the same. */
static const char *add_to_node(struct flat_object *o, size_t node,
                               const struct slice *cells)
{
    int differs;

    if (!node_is_filled(o->flat, node, cells))
        return NULL;
    if (!o->current[node] || differing(o, node, cells, 1) >= 0) {
        begin_element(o, node, cells);
        return NULL;
    }
    differs = differing(o, node, cells, 0);
    if (differs < 0)
        return NULL;
    if (node == 0 || is_numbered(o->flat, node, cells))
        return o->flat->columns[differs].path;
    begin_element(o, node, cells);
    return NULL;
}

const char *flat_object_add(struct flat_object *o, const struct slice *cells)
{
    const char *conflict;

    /* Parents stand before what lies inside them. */
    for (size_t node = 0; node < o->flat->n_nodes; node++)
        if ((conflict = add_to_node(o, node, cells)))
            return conflict;
    return NULL;
}

/* ---- An object to rows ------------------------------------------------ */

struct grid {
    const struct flat *flat;
    char **cells; /* rows of flat->n cells */
    size_t rows;
    int failed;
};

/* Rows appear as they are needed; a text that did not fit shows as failed. */
static void grid_put(struct grid *g, size_t row, size_t column, char *text)
{
    size_t n = g->flat->n;
    char **grown;

    if (row >= g->rows) {
        grown = realloc(g->cells, (row + 1) * n * sizeof *grown);
        if (grown) {
            memset(grown + g->rows * n, 0,
                   (row + 1 - g->rows) * n * sizeof *grown);
            g->cells = grown;
            g->rows = row + 1;
        }
    }
    if (!text || row >= g->rows) {
        free(text);
        g->failed = 1;
        return;
    }
    free(g->cells[row * n + column]);
    g->cells[row * n + column] = text;
}

/* Six decimals at most, without the zeros at their end. */
static char *real_text(double number)
{
    char text[64];
    int n = snprintf(text, sizeof text, "%.6f", number);

    while (n > 0 && text[n - 1] == '0')
        n--;
    if (n > 0 && text[n - 1] == '.')
        n--;
    return strndup(text, (size_t)n);
}

static char *integer_text(int64_t number)
{
    char text[32];

    snprintf(text, sizeof text, "%" PRId64, number);
    return strdup(text);
}

static char *codes_text(const json_t *array)
{
    size_t size = 1, n = 0, i;
    json_t *code;
    char *text;

    json_array_foreach(array, i, code) size += 2 * json_string_length(code) + 1;
    if (!(text = malloc(size)))
        return NULL;
    json_array_foreach(array, i, code)
    {
        if (i)
            text[n++] = '|';
        for (const char *c = json_string_value(code); c && *c; c++) {
            if (*c == '|' || *c == '\\')
                text[n++] = '\\';
            text[n++] = *c;
        }
    }
    text[n] = '\0';
    return text;
}

static char *value_text(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        return strdup(json_string_value(value));
    case JSON_INTEGER:
        return integer_text(json_integer_value(value));
    case JSON_REAL:
        return real_text(json_real_value(value));
    case JSON_TRUE:
        return strdup("true");
    case JSON_FALSE:
        return strdup("false");
    case JSON_ARRAY:
        return codes_text(value);
    default:
        return strdup("");
    }
}

static const json_t *inner_value(const json_t *object, const char *inner)
{
    const char *dot;

    while (object && (dot = strchr(inner, '.'))) {
        object = json_object_getn(object, inner, (size_t)(dot - inner));
        inner = dot + 1;
    }
    return object ? json_object_get(object, inner) : NULL;
}

static void put_own_cells(struct grid *g, size_t node, const json_t *object,
                          size_t row)
{
    for (size_t i = 0; i < g->flat->n; i++) {
        const struct flat_column *c = &g->flat->columns[i];
        const json_t *value;

        if (c->node == node && c->field &&
            (value = inner_value(object, c->inner)))
            grid_put(g, row, i, value_text(value));
    }
}

/* Number the rows of an element, so that its lists' rows find it again. */
static void put_number(struct grid *g, size_t node, size_t number, size_t row,
                       size_t rows)
{
    for (size_t i = 0; i < g->flat->n; i++)
        if (g->flat->columns[i].node == node && !g->flat->columns[i].field)
            for (size_t r = row; r < row + rows; r++)
                grid_put(g, r, i, integer_text((int64_t)number));
}

/* Write a node's object from ROW on; how many rows it took.  Lists beside one
 * another share rows. */
static size_t put_object(struct grid *g, size_t node, const json_t *object,
                         size_t row)
{
    size_t rows = 1;

    put_own_cells(g, node, object, row);
    for (size_t child = node + 1; child < g->flat->n_nodes; child++) {
        const json_t *list, *element;
        size_t at = row, i, took;

        if (g->flat->nodes[child].parent != node)
            continue;
        list = json_object_get(object, g->flat->nodes[child].name);
        json_array_foreach(list, i, element)
        {
            took = put_object(g, child, element, at);
            put_number(g, child, i + 1, at, took);
            at += took;
        }
        if (at - row > rows)
            rows = at - row;
    }
    return rows;
}

/* Every row must find its object again. */
static void put_ids(struct grid *g, const json_t *object)
{
    for (size_t row = 1; row < g->rows; row++)
        for (size_t i = 0; i < g->flat->n_ids; i++) {
            size_t column = g->flat->ids[i];
            const json_t *value =
                json_object_get(object, g->flat->columns[column].inner);

            if (value)
                grid_put(g, row, column, value_text(value));
        }
}

int flat_rows(const struct flat *flat, const json_t *object,
              void (*on_row)(void *to, const char *const *cells), void *to)
{
    struct grid g = {.flat = flat};
    const char *cells[FLAT_COLUMNS_MAX];

    put_object(&g, 0, object, 0);
    put_ids(&g, object);
    for (size_t row = 0; row < g.rows && !g.failed; row++) {
        for (size_t i = 0; i < flat->n; i++)
            cells[i] =
                g.cells[row * flat->n + i] ? g.cells[row * flat->n + i] : "";
        on_row(to, cells);
    }
    for (size_t i = 0; i < g.rows * flat->n; i++)
        free(g.cells[i]);
    free(g.cells);
    return g.failed ? -1 : 0;
}
