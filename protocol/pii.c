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

/* What may stand between the digits of a number or a date. */
#define SEPARATORS " .-_:/()+"

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

/* The digits of TEXT when it is digits and separators only, a leading + and a
 * Corsican 2A or 2B of a NIR aside; their number, 0 otherwise. */
static size_t only_digits(struct slice text, char digits[16])
{
    size_t n = 0;

    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];

        if (c && strchr(SEPARATORS, c))
            continue;
        if ((c < '0' || c > '9') && !(n == 6 && memchr("ABab", c, 4)))
            return 0;
        if (n == 16)
            return 0;
        digits[n++] = c;
    }
    return n;
}

/* A French number: 0612345678, 33612345678 (with + or not), 0033612345678. */
static int is_phone(const char *digits, size_t n)
{
    if (n == 13 && !memcmp(digits, "00", 2))
        digits += 2, n -= 2;
    if (n == 11 && !memcmp(digits, "33", 2))
        return digits[2] != '0';
    return n == 10 && digits[0] == '0' && digits[1] != '0';
}

/* Is one of the tokens of TEXT, between separators, a number?  None of a
 * UUID's groups has as many characters. */
static int has_phone(struct slice text)
{
    size_t n = 0;
    int digits = 1;

    for (size_t i = 0; i <= text.len; i++) {
        char c = i < text.len ? text.data[i] : '-';

        if (c && strchr(SEPARATORS, c)) {
            if (digits && is_phone(text.data + i - n, n))
                return 1;
            n = 0;
            digits = 1;
            continue;
        }
        digits &= c >= '0' && c <= '9';
        n++;
    }
    return 0;
}

/* Does TEXT have this FORM: 0 for a digit, - for a separator? */
static int has_form(struct slice text, const char *form)
{
    if (text.len != strlen(form))
        return 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];

        if (form[i] == '0' ? c < '0' || c > '9' : !c || !strchr(SEPARATORS, c))
            return 0;
    }
    return 1;
}

int pii_text(struct slice text)
{
    char digits[16];
    size_t n;

    if (!text.len)
        return 0;
    if (memchr(text.data, '@', text.len) || has_phone(text) ||
        has_form(text, "0000-00-00") || has_form(text, "00-00-0000"))
        return 1;
    n = only_digits(text, digits);
    if (n == 13 || n == 15)
        return 1; /* a NIR, without or with its key */
    /* +33 (0)6 ..., 0033 (0)6 ... */
    if ((n == 12 && !memcmp(digits, "330", 3)) ||
        (n == 14 && !memcmp(digits, "00330", 5)))
        return 1;
    return is_phone(digits, n);
}
