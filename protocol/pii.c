/*
 * What must not be said of a person: field names and texts that look like
 * identity.  A guard against mistakes, not against malice: a name cannot be
 * told from a pseudonym.  PROTOCOL.md, "People", says what is recognised.
 */
#include <string.h>

#include "protocol/codec.h"
#include "protocol/value.h"

/* A name may be one of these words, cut at _ - . and at capitals ... */
static const char *const words[] = {
    "name",     "nom",  "noms",      "prenoms",  "nir",       "nss",
    "ssn",      "secu", "dob",       "mail",     "mel",       "mobile",
    "portable", "rue",  "street",    "voie",     "avenue",    "boulevard",
    "domicile", "sex",  "genre",     "civilite", "photo",     "iban",
    "rib",      "lat",  "lon",       "identite", "age",       "born",
    "fax",      "gsm",  "signature", "cv",       "passeport", "passport",
    "nee",
};
/* ... or hold one of these anywhere ... */
static const char *const parts[] = {
    "prenom",          "firstname", "lastname",       "surname",  "fullname",
    "birth",           "naiss",     "email",          "courriel", "phone",
    "adress",          "address",   "gender",         "sexe",     "nationalit",
    "securitesociale", "patronym",  "socialsecurity",
};
/* ... or begin a word with this. */
#define BEGINS "tel"

#define KEY_MAX 64

/* KEY in lower case without accents and cuts; a word's first letter is marked
 * in STARTS. */
struct plain_key {
    char text[KEY_MAX + 1];
    char starts[KEY_MAX + 1];
    size_t n;
};

/* The letter under the accent of U+00C0 to U+00FF, given its second byte. */
static char unaccented(unsigned char low)
{
    static const char letters[] = "aaaaaaaceeeeiiiidnooooo ouuuuy  ";

    return letters[low & 0x1f];
}

static void plain_key(struct slice key, struct plain_key *out)
{
    int start = 1;

    out->n = 0;
    for (size_t i = 0; i < key.len && out->n < KEY_MAX; i++) {
        unsigned char c = (unsigned char)key.data[i];

        if (c == 0xc3 && i + 1 < key.len) {
            c = (unsigned char)unaccented((unsigned char)key.data[++i]);
        } else if (c >= 'A' && c <= 'Z') {
            /* camelCase begins a word, CAPITALS do not. */
            start |= i && key.data[i - 1] >= 'a' && key.data[i - 1] <= 'z';
            c = (unsigned char)(c - 'A' + 'a');
        }
        if (c < 'a' || c > 'z') {
            start = 1;
            continue;
        }
        out->starts[out->n] = (char)start;
        out->text[out->n++] = (char)c;
        start = 0;
    }
    out->text[out->n] = '\0';
    out->starts[out->n] = 1;
}

static int has_word(const struct plain_key *key, const char *word)
{
    size_t len = strlen(word);

    for (size_t i = 0; i + len <= key->n; i++)
        if (key->starts[i] && key->starts[i + len] &&
            memcmp(key->text + i, word, len) == 0)
            return 1;
    return 0;
}

int pii_key(struct slice key)
{
    struct plain_key plain;

    plain_key(key, &plain);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strstr(plain.text, parts[i]))
            return 1;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (has_word(&plain, words[i]))
            return 1;
    for (size_t i = 0; i < plain.n; i++)
        if (plain.starts[i] && !strncmp(plain.text + i, BEGINS, 3))
            return 1;
    return 0;
}

/* ---- Texts ---------------------------------------------------------------
 */

/* No text of a person may have more than 64 bytes: what is past that is
 * refused for its length. */
#define TEXT_MAX 256

/* A text in lower case without accents, each run of anything else as one
 * space, one before and one after. */
struct plain_text {
    char text[2 * TEXT_MAX + 3];
    size_t n;
};

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int is_letter(char c)
{
    return c >= 'a' && c <= 'z';
}

/* Append a token: cut where digits follow letters (tel0612345678), unless it
 * may be hexadecimal, as hashes and the groups of a UUID are. */
static void add_token(struct plain_text *out, const char *token, size_t n)
{
    int cut = 0;

    for (size_t i = 0; i < n; i++)
        cut |= token[i] > 'f';
    for (size_t i = 0; i < n; i++) {
        if (cut && i && is_digit(token[i]) && !is_digit(token[i - 1]))
            out->text[out->n++] = ' ';
        out->text[out->n++] = token[i];
    }
    if (n)
        out->text[out->n++] = ' ';
}

static void plain_text(struct slice text, struct plain_text *out)
{
    char token[TEXT_MAX];
    size_t n = 0;

    out->text[0] = ' ';
    out->n = 1;
    for (size_t i = 0; i < text.len && i < TEXT_MAX; i++) {
        char c = text.data[i];

        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        else if (c == '\xc3' && i + 1 < text.len)
            c = unaccented((unsigned char)text.data[++i]);
        if (is_digit(c) || is_letter(c)) {
            token[n++] = c;
            continue;
        }
        add_token(out, token, n);
        n = 0;
    }
    add_token(out, token, n);
    out->text[out->n] = '\0';
}

/* Is here what the FORM says, up to the end of a token?  0 is a digit, A a
 * digit or the letter of a Corsican department, ~ perhaps a space. */
static int has_form(const char *p, const char *form)
{
    for (; *form; form++) {
        if (*form == '~') {
            p += *p == ' ';
            continue;
        }
        if (*form == '0'   ? !is_digit(*p)
            : *form == 'A' ? !is_digit(*p) && *p != 'a' && *p != 'b'
                           : *p != *form)
            return 0;
        p++;
    }
    return *p == ' ';
}

/* The number here, of at most 4 digits, past which P goes; -1 if there is
 * none. */
static int take_number(const char **p)
{
    int value = 0, n = 0;

    for (; is_digit(**p) && n < 5; n++)
        value = 10 * value + *(*p)++ - '0';
    return n && n < 5 && !is_digit(**p) ? value : -1;
}

/* 0612345678, 06 12 34 56 78, +33 6 12 ..., 0033 (0)6 12 ... */
static int is_phone(const char *p)
{
    size_t prefix = !strncmp(p, "0033", 4) ? 4 : !strncmp(p, "33", 2) ? 2 : 0;

    if (prefix) {
        p += prefix;
        if (p[0] == ' ' && p[1] == '0')
            p += 2;
        p += *p == ' ';
    } else if (*p++ != '0') {
        return 0;
    }
    return *p != '0' &&
           (has_form(p, "0~00~00~00~00") || has_form(p, "000~000~000") ||
            has_form(p, "0~0000~0000"));
}

/* A NIR: sex, year, month (or one of those that stand for an unknown one),
 * department, commune, order, and perhaps the key. */
static int is_nir(const char *p)
{
    int month;

    if (!has_form(p, "0~00~00~0~A~000~000") &&
        !has_form(p, "0~00~00~0~A~000~000~00"))
        return 0;
    if (!strchr("123478", *p++))
        return 0;
    p += *p == ' ';
    p += 2;
    p += *p == ' ';
    month = 10 * (p[0] - '0') + p[1] - '0';
    return (month >= 1 && month <= 12) || (month >= 20 && month <= 42) ||
           month >= 50;
}

static const char *const months[] = {"jan",  "fev", "mar", "avr", "mai", "juin",
                                     "juil", "aou", "sep", "oct", "nov", "dec"};

/* A month's number or name, and the space after it. */
static int skip_month(const char **p)
{
    int n = 0;

    if (is_digit(**p))
        n = take_number(p);
    for (int i = 0; i < 12 && !n; i++)
        if (!strncmp(*p, months[i], strlen(months[i])))
            n = i + 1;
    while (is_letter(**p))
        ++*p;
    return n >= 1 && n <= 12 && *(*p)++ == ' ';
}

/* 12/05/1985, 1985-05-12, 1er mai 1985: of a year in which somebody who looks
 * for work may have been born. */
static int is_birth_date(const char *p)
{
    int first = take_number(&p), last;

    if (!strncmp(p, "er ", 3))
        p += 2;
    if (first < 1 || *p++ != ' ' || !skip_month(&p))
        return 0;
    last = take_number(&p);
    if (*p != ' ' && *p != 't') /* 1985-05-12T00:00 */
        return 0;
    if (first > 31)
        return first >= 1900 && first < 2020 && last >= 1 && last <= 31;
    return last >= 1900 && last < 2020;
}

/* Does one of these stand here?  P goes past it and the space after it. */
static int take_word(const char **p, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(list[i]);

        if (!strncmp(*p, list[i], len) && (*p)[len] == ' ') {
            *p += len + 1;
            return 1;
        }
    }
    return 0;
}
#define TAKE_WORD(p, list) take_word(p, list, sizeof list / sizeof *list)

/* "né(e) le 12 ..." */
static int is_birth(const char *p)
{
    static const char *const born[] = {
        "ne le",   "nee le",  "ne e le", "ne en",     "nee en",
        "ne e en", "born on", "ddn",     "naissance", "naissance le"};

    if (!TAKE_WORD(&p, born) || !is_digit(*p))
        return 0;
    return p[strspn(p, "0123456789")] == ' ';
}

static int is_word(const char *p)
{
    return is_letter(p[0]) && is_letter(p[1]);
}

/* "12 bis rue de la Paix", and "rue de la Paix" where the word is nothing
 * else. */
static int is_street(const char *p)
{
    static const char *const streets[] = {"rue", "avenue", "boulevard",
                                          "impasse", "allee"};
    static const char *const numbered[] = {
        "av",      "ave",     "bd",        "bld",        "bvd",       "place",
        "allees",  "chemin",  "route",     "rte",        "quai",      "square",
        "cours",   "passage", "residence", "hameau",     "faubourg",  "voie",
        "sentier", "ruelle",  "venelle",   "esplanade",  "promenade", "montee",
        "cite",    "villa",   "lieu dit",  "lotissement"};
    static const char *const articles[] = {"de", "du", "des", "d",
                                           "la", "le", "les", "l"};
    static const char *const repeats[] = {"b", "bis", "t", "ter", "quater"};

    if (!is_digit(*p))
        return TAKE_WORD(&p, streets) && TAKE_WORD(&p, articles);
    if (take_number(&p) < 0)
        return 0;
    if (*p != ' ' && TAKE_WORD(&p, repeats))
        p--;
    if (*p != ' ')
        return TAKE_WORD(&p, streets) && is_word(p);
    p++;
    TAKE_WORD(&p, repeats);
    return (TAKE_WORD(&p, streets) || TAKE_WORD(&p, numbered)) && is_word(p);
}

static int is_mail(struct slice text)
{
    return memchr(text.data, '@', text.len) ||
           memmem(text.data, text.len, "(at)", 4) ||
           memmem(text.data, text.len, "[at]", 4);
}

int pii_text(struct slice text)
{
    struct plain_text plain;

    if (!text.len)
        return 0;
    if (is_mail(text))
        return 1;
    plain_text(text, &plain);
    for (size_t i = 1; i < plain.n; i++) {
        const char *p = plain.text + i;

        if (p[-1] == ' ' && (is_phone(p) || is_nir(p) || is_birth_date(p) ||
                             is_birth(p) || is_street(p)))
            return 1;
    }
    return 0;
}
