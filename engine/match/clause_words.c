/*
 * Notices are written by people: "article L. 2113-12", "art. 14 et 53 du code
 * des marchés publics", "Clause sociale", "BT-71=res-ws".  The text becomes
 * tokens; the longest runs of tokens that the table knows are what it says.
 * A number after "article" is one of the law unless another text is named
 * ("article 14 du CCAP").
 */
#include "engine/match/clause_words.h"

#include <string.h>

#include "engine/match/law.h"
#include "engine/match/rules.h"

/* ---- Letters ------------------------------------------------------------ */

/* U+00C0 to U+00FF without their accents. */
static const char latin[] = "aaaaaaaceeeeiiiidnooooo ouuuuyps"
                            "aaaaaaaceeeeiiiidnooooo ouuuuypy";

/* The plain letter that the text begins with, and in *USED its bytes. */
static char plain_letter(struct slice text, size_t *used)
{
    unsigned char c = (unsigned char)text.data[0];
    unsigned char next = text.len > 1 ? (unsigned char)text.data[1] : 0;

    *used = 1;
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
        c == '=' || c == '_')
        return (char)c;
    if (c < 0x80)
        return ' ';
    while (*used < text.len && (text.data[*used] & 0xc0) == 0x80)
        ++*used;
    if (c == 0xc3 && *used == 2)
        return latin[next - 0x80];
    /* Hyphens and dashes, U+2010 to U+2015. */
    if (c == 0xe2 && *used == 3 && next == 0x80 &&
        (unsigned char)text.data[2] >= 0x90 &&
        (unsigned char)text.data[2] <= 0x95)
        return '-';
    return ' ';
}

/* ---- Tokens ------------------------------------------------------------- */

struct tokens {
    struct slice at[CLAUSE_TOKENS_MAX];
    size_t n;
    char *text; /* where new ones are written */
    size_t used;
    size_t room;
};

static void token_begin(struct tokens *t)
{
    if (t->n < CLAUSE_TOKENS_MAX)
        t->at[t->n] = (struct slice){t->text + t->used, 0};
}

static void token_add(struct tokens *t, struct slice part)
{
    if (t->n == CLAUSE_TOKENS_MAX || t->used + part.len > t->room)
        return;
    memcpy(t->text + t->used, part.data, part.len);
    t->used += part.len;
    t->at[t->n].len += part.len;
}

static void token_end(struct tokens *t)
{
    t->n += t->n < CLAUSE_TOKENS_MAX && t->at[t->n].len > 0;
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* A dash among spaces joins the numbers round it, "L 2113 - 12": their bytes
 * stand side by side already. */
static void join_dash(struct tokens *t)
{
    struct slice *a;

    if (t->n < 3)
        return;
    a = &t->at[t->n - 3];
    if (!slice_equal(a[1], SLICE("-")) || !is_digit(a->data[a->len - 1]) ||
        !is_digit(a[2].data[0]))
        return;
    a->len += a[1].len + a[2].len;
    t->n -= 2;
}

/* The text in plain letters, cut at spaces. */
static void cut(struct tokens *t, struct slice text)
{
    token_begin(t);
    while (text.len) {
        size_t used;
        char c = plain_letter(text, &used);

        text.data += used;
        text.len -= used;
        if (c != ' ') {
            token_add(t, (struct slice){&c, 1});
            continue;
        }
        token_end(t);
        join_dash(t);
        token_begin(t);
    }
    token_end(t);
    join_dash(t);
}

static int is(const struct tokens *t, size_t i, const char *word)
{
    return i < t->n && slice_equal(t->at[i], slice_of(word));
}

static int is_one_of(const struct tokens *t, size_t i, const char *const *words)
{
    for (; *words; words++)
        if (is(t, i, *words))
            return 1;
    return 0;
}

static int begins_with_digit(const struct tokens *t, size_t i)
{
    return i < t->n && is_digit(t->at[i].data[0]);
}

/* ---- Articles ----------------------------------------------------------- */

/* Whose numbers those before token I are: "art" of the law, "ord" of the
 * ordonnance of 2015, "decret" of 2016; NULL of some other text. */
static const char *owner(const struct tokens *t, size_t i)
{
    static const char *const of[] = {"du", "de", "des", NULL};
    static const char *const fill[] = {"la", "l", NULL};

    if (!is_one_of(t, i, of))
        return "art";
    i++;
    while (is_one_of(t, i, fill))
        i++;
    if (is(t, i, "code") || is(t, i, "cmp"))
        return "art";
    if (is(t, i, "ordonnance"))
        return "ord";
    return is(t, i, "decret") ? "decret" : NULL;
}

/* Copy the numbers after "article", each with its owner; what follows. */
static size_t take_numbers(const struct tokens *from, size_t i,
                           struct tokens *to)
{
    static const char *const between[] = {"et", "ou", "n", "no", NULL};
    size_t end = i;
    const char *whose;

    while (begins_with_digit(from, end) || is_one_of(from, end, between))
        end++;
    whose = owner(from, end);
    for (; i < end; i++) {
        if (!whose || !begins_with_digit(from, i))
            continue;
        token_begin(to);
        token_add(to, slice_of(whose));
        token_add(to, SLICE(" "));
        token_add(to, from->at[i]);
        token_end(to);
    }
    return end;
}

/* "l" "2113-12" to "l2113-12"; "article" and its numbers; all else as it is. */
static void join_articles(const struct tokens *from, struct tokens *to)
{
    static const char *const code[] = {"l", "r", "d", NULL};
    static const char *const article[] = {"art", "article", "articles", NULL};
    size_t i = 0;

    while (i < from->n) {
        if (is_one_of(from, i, article)) {
            i = take_numbers(from, i + 1, to);
            continue;
        }
        token_begin(to);
        token_add(to, from->at[i]);
        if (is_one_of(from, i, code) && begins_with_digit(from, i + 1))
            token_add(to, from->at[++i]);
        token_end(to);
        i++;
    }
}

struct both {
    struct tokens cut;
    struct tokens joined;
    char room[2][CLAUSE_WORDS_MAX];
};

static const struct tokens *tokens_of(struct slice text, struct both *b)
{
    b->cut = (struct tokens){.text = b->room[0], .room = sizeof b->room[0]};
    b->joined = (struct tokens){.text = b->room[1], .room = sizeof b->room[1]};
    cut(&b->cut, text);
    join_articles(&b->cut, &b->joined);
    return &b->joined;
}

/* Tokens [FROM, TO) with a space between. */
static struct slice phrase(const struct tokens *t, size_t from, size_t to,
                           char room[CLAUSE_WORDS_MAX])
{
    size_t len = 0;

    for (size_t i = from; i < to; i++) {
        if (len + 1 + t->at[i].len > CLAUSE_WORDS_MAX)
            break;
        if (len)
            room[len++] = ' ';
        memcpy(room + len, t->at[i].data, t->at[i].len);
        len += t->at[i].len;
    }
    return (struct slice){room, len};
}

struct slice clause_words_plain(struct slice text, char room[CLAUSE_WORDS_MAX],
                                size_t *tokens)
{
    struct both b;
    const struct tokens *t = tokens_of(text, &b);

    *tokens = t->n;
    return phrase(t, 0, t->n, room);
}

/* ---- Reading ------------------------------------------------------------ */

/* The row of the longest phrase from token I on; its tokens in *N. */
static const struct rule *longest(const struct reference *ref,
                                  const struct tokens *t, size_t i, int64_t on,
                                  size_t *n)
{
    char room[CLAUSE_WORDS_MAX];

    *n = t->n - i < CLAUSE_PHRASE_MAX ? t->n - i : CLAUSE_PHRASE_MAX;
    for (; *n; --*n) {
        const struct rule *row =
            reference_rule(ref, RULES_WORDING, phrase(t, i, i + *n, room), on);

        if (row)
            return row;
    }
    *n = 1;
    return NULL;
}

static uint32_t kinds_of(const struct rule *row)
{
    uint32_t kinds = 0;

    for (int i = 0; i < clause_kind_words; i++)
        if (rules_hold(row, slice_of(words_clause_kind.words[i])))
            kinds |= BIT(i);
    return kinds;
}

/* Reservations exclude each other, so two of them are none that is known. */
static uint32_t settle(uint32_t kinds)
{
    uint32_t known = kinds & LAW_RESERVED & ~BIT(CLAUSE_RES_UNKNOWN);

    if (kinds & BIT(CLAUSE_EXEC_MANDATORY))
        kinds &= ~BIT(CLAUSE_EXEC);
    if (!known)
        return kinds;
    kinds &= ~LAW_RESERVED;
    return kinds | (known & (known - 1) ? BIT(CLAUSE_RES_UNKNOWN) : known);
}

struct clause_reading clause_words_read(const struct reference *ref,
                                        struct slice text, int64_t on)
{
    struct clause_reading reading = {0, 0};
    struct both b;
    const struct tokens *t = tokens_of(text, &b);
    size_t n;

    for (size_t i = 0; i < t->n; i += n) {
        const struct rule *row = longest(ref, t, i, on, &n);

        if (row && slice_equal(row->value, SLICE("NONE")))
            reading.none = 1;
        else if (row)
            reading.kinds |= kinds_of(row);
    }
    reading.kinds = settle(reading.kinds);
    return reading;
}
