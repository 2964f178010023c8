/*
 * The syntax of French codes: SIRET, commune, department, CPV, ROME, zone.
 * Syntax only: existence is for the reference tables.
 */
#include "protocol/codes.h"

#include <string.h>

#define LA_POSTE "356000000"
#define LA_POSTE_HEAD "35600000000048" /* the one that passes Luhn */

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int all_digits(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!is_digit(text.data[i]))
            return 0;
    return 1;
}

/* Sum of the digits, every second from the right doubled when LUHN. */
static unsigned digit_sum(struct slice text, int luhn)
{
    unsigned sum = 0;

    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = (unsigned)(text.data[i] - '0');

        if (luhn && (text.len - i) % 2 == 0)
            digit = 2 * digit - (digit > 4 ? 9 : 0);
        sum += digit;
    }
    return sum;
}

/* La Poste has more establishments than Luhn leaves numbers for. */
static int siret_checks(struct slice text)
{
    struct slice siren = {text.data, 9};

    if (slice_equal(siren, SLICE(LA_POSTE)) &&
        !slice_equal(text, SLICE(LA_POSTE_HEAD)))
        return digit_sum(text, 0) % 5 == 0;
    /* All zeros would pass Luhn. */
    return digit_sum(text, 0) && digit_sum(text, 1) % 10 == 0 &&
           digit_sum(siren, 1) % 10 == 0;
}

enum err code_check_siret(struct slice text, struct hint *hint)
{
    if (text.len != 14 || !all_digits(text)) {
        hint_set(hint, "14 digits, without spaces or dots");
        return ERR_BAD_SIRET;
    }
    if (!siret_checks(text)) {
        hint_set(hint, "its check digit does not fit: a digit is wrong");
        return ERR_BAD_SIRET;
    }
    return ERR_NONE;
}

/* 01-19, 2A, 2B, 21-95, 971-978, 984, 986-989. */
static int is_department(struct slice text)
{
    static const char overseas[] = "971 972 973 974 975 976 977 978 "
                                   "984 986 987 988 989 ";
    int number;

    if (text.len == 3) {
        for (const char *at = overseas; *at; at += 4)
            if (memcmp(at, text.data, 3) == 0)
                return 1;
        return 0;
    }
    if (text.len != 2)
        return 0;
    if (text.data[0] == '2' && (text.data[1] == 'A' || text.data[1] == 'B'))
        return 1;
    if (!all_digits(text))
        return 0;
    number = (text.data[0] - '0') * 10 + (text.data[1] - '0');
    return number >= 1 && number <= 95 && number != 20;
}

/* Those of 2016 in Europe, of the overseas departments, and the
 * collectivities, whose code is also a department's. */
static int is_region(struct slice text)
{
    static const char two[] = "01 02 03 04 06 11 24 27 28 32 44 52 53 75 76 "
                              "84 93 94 ";

    if (text.len == 3)
        return is_department(text) &&
               (text.data[1] == '8' || text.data[2] == '5' ||
                text.data[2] > '6');
    if (text.len != 2)
        return 0;
    for (const char *at = two; *at; at += 3)
        if (memcmp(at, text.data, 2) == 0)
            return 1;
    return 0;
}

/* A department of two or three characters, then digits; or 20 and digits:
 * Corsica's codes until 1976, which the table of former codes still knows. */
static int is_commune(struct slice text)
{
    if (text.len != 5 || !all_digits((struct slice){text.data + 2, 3}))
        return 0;
    return slice_equal((struct slice){text.data, 2}, SLICE("20")) ||
           is_department((struct slice){text.data, 2}) ||
           is_department((struct slice){text.data, 3});
}

enum err code_check_commune(struct slice text, struct hint *hint)
{
    if (is_commune(text))
        return ERR_NONE;
    hint_set(hint, "an INSEE commune code: five characters in upper case "
                   "that begin with the department, like 01004, 2A004, 97411 "
                   "(a postcode is none: territory.postcodes tells its "
                   "communes)");
    return ERR_UNKNOWN_COMMUNE;
}

enum err code_check_cpv(struct slice text, struct hint *hint)
{
    if (text.len >= 8 && all_digits((struct slice){text.data, 8}) &&
        (text.len == 8 ||
         (text.len == 10 && text.data[8] == '-' && is_digit(text.data[9]))))
        return ERR_NONE;
    hint_set(hint, "like 45000000 or 45000000-7: fill short codes up with "
                   "zeros on the right");
    return ERR_BAD_CPV;
}

enum err code_check_rome(struct slice text, struct hint *hint)
{
    if (text.len == 5 && text.data[0] >= 'A' && text.data[0] <= 'N' &&
        all_digits((struct slice){text.data + 1, 4}))
        return ERR_NONE;
    hint_set(hint, "a letter A to N in upper case and four digits, like A1203");
    return ERR_BAD_ROME;
}

/* The code without PREFIX; 0 when it begins otherwise. */
static int strip(struct slice text, const char *prefix, struct slice *code)
{
    size_t len = strlen(prefix);

    if (text.len < len || memcmp(text.data, prefix, len) != 0)
        return 0;
    *code = (struct slice){text.data + len, text.len - len};
    return 1;
}

#define SHOWN(text) (int)((text).len < 40 ? (text).len : 40), (text).data
#define FORMS                                                                  \
    "FR, COM:<insee>, DEP:<department>, REG:<region>, EPCI:<siren>, "          \
    "NEAR:<insee>:<km>"

#define NO_POSTCODE                                                            \
    "a postcode is no zone: territory.postcodes tells its communes"

/* A code alone could be of several kinds: propose each that it could be. */
static enum err untyped(struct slice text, struct hint *hint)
{
    int department = is_department(text);

    if (text.len == 5 && all_digits(text))
        hint_set(hint,
                 is_commune(text)
                     ? "write COM:%.*s if it is an INSEE code; " NO_POSTCODE
                     : "%.*s is no INSEE code; " NO_POSTCODE,
                 SHOWN(text));
    else if (is_commune(text))
        hint_set(hint, "write COM:%.*s", SHOWN(text));
    else if (text.len == 9 && all_digits(text))
        hint_set(hint, "write EPCI:%.*s", SHOWN(text));
    else if (department && is_region(text))
        hint_set(hint, "write DEP:%.*s (department) or REG:%.*s (region)",
                 SHOWN(text), SHOWN(text));
    else if (department)
        hint_set(hint, "write DEP:%.*s", SHOWN(text));
    else
        hint_set(hint, "one of " FORMS);
    return ERR_CODE_UNTYPED;
}

/* The list itself is the hint: 20, 96 and 99 are what people try. */
static enum err bad_department(struct hint *hint)
{
    hint_set(hint, "01 to 19, 2A, 2B, 21 to 95, 971 to 978, 984, 986 to 989");
    return ERR_BAD_DEPT;
}

static enum err check_near(struct slice text, struct hint *hint)
{
    struct slice insee = {text.data, text.len < 5 ? text.len : 5};
    struct slice km = {NULL, 0};
    unsigned value = 0;
    enum err e = code_check_commune(insee, hint);

    if (e)
        return e;
    if (text.len > 6 && text.data[5] == ':')
        km = (struct slice){text.data + 6, text.len - 6};
    if (all_digits(km))
        for (size_t i = 0; i < km.len && value <= 1000; i++)
            value = value * 10 + (unsigned)(km.data[i] - '0');
    if (km.len && all_digits(km) && value <= 1000 &&
        (km.len == 1 || km.data[0] != '0'))
        return ERR_NONE;
    hint_set(hint, "written NEAR:<insee>:<km>, like NEAR:59350:30: 0 to 1000 "
                   "km, without leading zeros");
    return ERR_RANGE;
}

/* Is it of a department's length, though none, and no region either? */
static int misses_department(struct slice text)
{
    return (text.len == 2 || text.len == 3) && is_digit(text.data[0]) &&
           !is_department(text) && !is_region(text);
}

enum err code_check_zone(struct slice text, struct hint *hint)
{
    struct slice code;

    if (slice_equal(text, SLICE("FR")))
        return ERR_NONE;
    if (strip(text, "COM:", &code))
        return code_check_commune(code, hint);
    if (strip(text, "DEP:", &code))
        return is_department(code) ? ERR_NONE : bad_department(hint);
    if (strip(text, "NEAR:", &code))
        return check_near(code, hint);
    if (strip(text, "REG:", &code)) {
        if (is_region(code))
            return ERR_NONE;
        hint_set(hint, code.len == 2 && all_digits(code)
                           ? "there is no such region since 2016; Normandie "
                             "is REG:28"
                           : "a region has two digits, like REG:28; a "
                             "collectivity three, like REG:988");
        return ERR_UNKNOWN_TERRITORY;
    }
    if (strip(text, "EPCI:", &code)) {
        hint_set(hint, "the SIREN of the EPCI: nine digits");
        return code.len == 9 && all_digits(code) ? ERR_NONE
                                                 : ERR_UNKNOWN_TERRITORY;
    }
    /* "20" alone has no typed form to propose. */
    if (misses_department(text))
        return bad_department(hint);
    if (text.len && memchr(text.data, ':', text.len)) {
        hint_set(hint, "one of " FORMS);
        return ERR_UNKNOWN_TERRITORY;
    }
    return untyped(text, hint);
}
