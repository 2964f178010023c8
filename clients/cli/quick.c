/*
 * One pass over the line, by recursive descent along the shape.  Whatever is
 * not expected ends it: there is no fault to tell here.
 */
#include "clients/cli/quick.h"
#include "clients/cli/json.h"

#include <string.h>

/* Elements of a list of codes are gathered here before their number is
 * known. */
#define ELEMENTS_MAX 256

struct quick {
    const char *at;
    const char *end;
    struct arena *arena;
};

static void skip_blanks(struct quick *q)
{
    while (q->at < q->end && (*q->at == ' ' || *q->at == '\t' ||
                              *q->at == '\n' || *q->at == '\r'))
        q->at++;
}

/* The next byte that is no blank, 0 at the end. */
static char peek(struct quick *q)
{
    skip_blanks(q);
    return q->at < q->end ? *q->at : '\0';
}

static int take(struct quick *q, char c)
{
    if (peek(q) != c)
        return 0;
    q->at++;
    return 1;
}

/* ASCII without escapes: what stands between the quotes is the text. */
static int take_text(struct quick *q, struct slice *out)
{
    const char *from;

    if (!take(q, '"'))
        return 0;
    from = q->at;
    while (q->at < q->end && *q->at != '"') {
        if (*q->at == '\\' || (signed char)*q->at < ' ')
            return 0;
        q->at++;
    }
    *out = (struct slice){from, (size_t)(q->at - from)};
    return q->at < q->end && *q->at++ == '"';
}

static int take_word(struct quick *q, const char *word, struct slice *out)
{
    size_t len = strlen(word);

    if ((size_t)(q->end - q->at) < len || memcmp(q->at, word, len) != 0)
        return 0;
    q->at += len;
    *out = (struct slice){word, len};
    return 1;
}

/* A whole number as it would be printed. */
static int take_number(struct quick *q, struct slice *out)
{
    const char *from = q->at, *digits;

    if (*q->at == '-')
        q->at++;
    digits = q->at;
    while (q->at < q->end && *q->at >= '0' && *q->at <= '9')
        q->at++;
    *out = (struct slice){from, (size_t)(q->at - from)};
    if (q->at == digits || q->at - digits > 18 ||
        (*digits == '0' && (q->at - digits > 1 || digits > from)))
        return 0;
    return q->at == q->end || (*q->at != '.' && *q->at != 'e' && *q->at != 'E');
}

/* A scalar as its text; that of null is absent. */
static int take_scalar(struct quick *q, struct slice *out)
{
    switch (peek(q)) {
    case '"':
        return take_text(q, out);
    case 't':
        return take_word(q, "true", out);
    case 'f':
        return take_word(q, "false", out);
    case 'n':
        if (!take_word(q, "null", out))
            return 0;
        *out = (struct slice){NULL, 0};
        return 1;
    default:
        return q->at < q->end && take_number(q, out);
    }
}

static int parse(struct quick *q, const struct field *field, struct slice text,
                 void *member)
{
    return text.data &&
           !protocol_parse_text(field, text, q->arena, member, NULL);
}

/* ---- Lists and objects -------------------------------------------------- */

/* The texts up to the bracket; -1 when it is no list of scalars. */
static int take_elements(struct quick *q, struct slice *out)
{
    int n = 0;

    if (!take(q, '['))
        return -1;
    if (take(q, ']'))
        return 0;
    do {
        if (n == ELEMENTS_MAX || !take_scalar(q, &out[n++]))
            return -1;
    } while (take(q, ','));
    return take(q, ']') ? n : -1;
}

static int take_codes(struct quick *q, const struct field *field, void *member)
{
    struct field element = json_element(field);
    struct slice texts[ELEMENTS_MAX];
    size_t size =
        field->type == TYPE_ENUMS ? sizeof(int64_t) : sizeof(struct slice);
    struct slices *list = member;
    int n = take_elements(q, texts);
    char *at;

    if (n <= 0)
        return n == 0;
    if ((field->max && n > field->max) ||
        !(at = arena_array(q->arena, (size_t)n, size)))
        return 0;
    for (int i = 0; i < n; i++)
        if (!parse(q, &element, texts[i], at + (size_t)i * size))
            return 0;
    list->at = (const void *)at;
    list->n = (size_t)n;
    return 1;
}

static int take_object(struct quick *q, const struct shape *shape, void *value);

/* How many objects the list that begins here holds. */
static size_t count_objects(const struct quick *q)
{
    size_t n = 0;
    int depth = 0, quoted = 0;

    for (const char *at = q->at; at < q->end; at++) {
        quoted ^= *at == '"';
        if (quoted)
            continue;
        if (*at == '{')
            n += depth++ == 1;
        else if (*at == '[')
            depth++;
        else if ((*at == '}' || *at == ']') && --depth == 0)
            break;
    }
    return n;
}

static int take_objects(struct quick *q, const struct field *field,
                        void *member)
{
    struct slice *list = member; /* any list is a pointer and a count */
    size_t n = 0, room;
    char *at;

    if (peek(q) != '[')
        return 0;
    room = count_objects(q);
    at = shape_array(q->arena, field->shape, room + 1);
    if (!at || !take(q, '[') || (field->max && room > (size_t)field->max))
        return 0;
    if (take(q, ']'))
        return 1;
    do {
        if (n == room ||
            !take_object(q, field->shape, at + n++ * field->shape->size))
            return 0;
    } while (take(q, ','));
    list->data = at;
    list->len = n;
    return take(q, ']');
}

static int take_member(struct quick *q, const struct field *field, void *member)
{
    struct slice text;
    void *one;

    switch (field->type) {
    case TYPE_STRS:
    case TYPE_CPVS:
    case TYPE_ROMES:
    case TYPE_ZONES:
    case TYPE_ENUMS:
        return take_codes(q, field, member);
    case TYPE_LIST:
        return take_objects(q, field, member);
    case TYPE_ONE:
        if (!(one = shape_array(q->arena, field->shape, 1)))
            return 0;
        memcpy(member, &one, sizeof one);
        return take_object(q, field->shape, one);
    case TYPE_ROWS:
        return 0;
    default:
        return take_scalar(q, &text) && parse(q, field, text, member);
    }
}

/* Files mostly keep the table's order: look from FROM on first. */
static size_t find_field(const struct shape *shape, struct slice key,
                         size_t from)
{
    for (size_t i = 0; i < shape->n; i++) {
        size_t at = from + i < shape->n ? from + i : from + i - shape->n;

        if (shape->fields[at].name_len == key.len &&
            !memcmp(shape->fields[at].name, key.data, key.len))
            return at;
    }
    return shape->n;
}

static int is_whole(const struct shape *shape, uint64_t seen)
{
    for (size_t i = 0; i < shape->n; i++)
        if (shape->fields[i].fallback == REQUIRED && !(seen >> i & 1))
            return 0;
    return 1;
}

static int take_object(struct quick *q, const struct shape *shape, void *value)
{
    uint64_t seen = 0;
    size_t from = 0;

    if (shape->n > 64 || !take(q, '{'))
        return 0;
    if (take(q, '}'))
        return is_whole(shape, seen);
    do {
        struct slice key;
        size_t i;

        if (!take_text(q, &key) || !take(q, ':') ||
            (i = find_field(shape, key, from)) == shape->n || seen >> i & 1 ||
            !take_member(q, &shape->fields[i],
                         (char *)value + shape->fields[i].offset))
            return 0;
        seen |= UINT64_C(1) << i;
        from = i + 1;
    } while (take(q, ','));
    return take(q, '}') && is_whole(shape, seen);
}

int quick_read(const struct shape *shape, struct slice line,
               struct arena *arena, void *value)
{
    struct quick q = {line.data, line.data + line.len, arena};

    shape_clear(shape, value);
    return line.len && take_object(&q, shape, value) && !peek(&q) &&
           q.at == q.end;
}
