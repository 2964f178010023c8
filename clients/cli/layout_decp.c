/*
 * --from decp: essential data of public contracts (DECP), one contract a row.
 *
 * A place is a code and the type of that code.  The types become territories
 * as docs/imports.md says; a code that is not of the type the row states is
 * refused, for nothing tells which of the two is wrong.
 */
#include "clients/cli/layout.h"
#include "clients/cli/tables.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ID_BYTES 64

/* ---- The id ----------------------------------------------------------- */

static int fits_id(char c)
{
    return isalnum((unsigned char)c) || (c && strchr("._:-", c));
}

/* The uid where it is an id; else what does not fit becomes a dash, and a
 * hash of the whole keeps two of them apart. */
static void set_id(json_t *market, struct slice uid)
{
    char id[ID_BYTES + 1];
    uint32_t hash = 2166136261u;
    size_t n = 0;
    int fits = uid.len <= ID_BYTES;

    for (size_t i = 0; i < uid.len; i++) {
        fits &= fits_id(uid.data[i]);
        hash = (hash ^ (unsigned char)uid.data[i]) * 16777619u;
        if (n < ID_BYTES)
            id[n++] = fits_id(uid.data[i]) ? uid.data[i] : '-';
    }
    if (!fits) {
        n = n > ID_BYTES - 9 ? ID_BYTES - 9 : n;
        snprintf(id + n, sizeof id - n, "-%08" PRIx32, hash);
        n += 9;
    }
    layout_set(market, "id", (struct slice){id, n});
}

/* ---- Places ----------------------------------------------------------- */

static int all_digits(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!isdigit((unsigned char)text.data[i]))
            return 0;
    return text.len > 0;
}

static int same_word(struct slice text, const char *word)
{
    return text.len == strlen(word) && !strncasecmp(text.data, word, text.len);
}

/* "Code département", whatever its case: the accent is two bytes that
 * strncasecmp compares as they are, so only its end is looked at. */
static int type_ends(struct slice type, const char *end)
{
    size_t n = strlen(end);

    return type.len >= n && !strncasecmp(type.data + type.len - n, end, n);
}

static json_t *one_place(const char *prefix, struct slice code)
{
    json_t *places = json_array();
    char text[80];

    snprintf(text, sizeof text, "%s%.*s", prefix, (int)code.len, code.data);
    json_array_append_new(places, json_string(text));
    return places;
}

/* The postcodes asked so far, with their communes. */
static json_t *postcodes;

/* A file names few postcodes many times. */
static int ask_postcode(struct ctl *ctl, const char *code, json_t **communes)
{
    json_t *answer = NULL, *found;
    int status;

    if (!postcodes)
        postcodes = json_object();
    if ((*communes = json_object_get(postcodes, code)))
        return DONE;
    status = ctl_call(ctl, VERB_territory_postcodes,
                      json_pack("{s:[s]}", "postcodes", code), &answer);
    if (status)
        return status;
    found = json_object_get(
        json_array_get(json_object_get(answer, "postcodes"), 0), "communes");
    json_object_set_new(postcodes, code, json_array());
    *communes = json_object_get(postcodes, code);
    json_array_extend(*communes, found);
    json_decref(answer);
    return DONE;
}

/* A postcode is the set of the communes that carry it. */
static int place_of_postcode(struct ctl *ctl, struct slice code,
                             struct complaint *why, json_t **places)
{
    json_t *communes, *commune;
    char text[6], zone[16];
    size_t i;
    int status;

    if (code.len != 5 || !all_digits(code)) {
        layout_refuse(why, ERR_UNKNOWN_TERRITORY, "place_code", "%s",
                      _("a postcode has five digits"));
        return DONE;
    }
    snprintf(text, sizeof text, "%.5s", code.data);
    if ((status = ask_postcode(ctl, text, &communes)))
        return status;
    if (!json_array_size(communes)) {
        layout_refuse(why, ERR_UNKNOWN_TERRITORY, "place_code", "%s",
                      _("no commune carries this postcode"));
        return DONE;
    }
    *places = json_array();
    json_array_foreach(communes, i, commune)
    {
        snprintf(zone, sizeof zone, "COM:%s", json_string_value(commune));
        json_array_append_new(*places, json_string(zone));
    }
    return DONE;
}

/* An arrondissement is the department (2 or 97x) and one digit. */
static json_t *place_of_arrondissement(struct slice code, struct complaint *why)
{
    int overseas = code.len == 4 && !strncmp(code.data, "97", 2);

    if (!isdigit((unsigned char)code.data[code.len - 1]) ||
        !(overseas || code.len == 3))
        return layout_refuse(why, ERR_UNKNOWN_TERRITORY, "place_code", "%s",
                             _("the code of an arrondissement is its "
                               "department and one digit"));
    code.len--;
    return one_place("DEP:", code);
}

/* Regions of before 2016 are none any more, and two of their codes would be
 * others' departments: the daemon refuses them by name. */
static int place_of(struct ctl *ctl, struct slice code, struct slice type,
                    struct complaint *why, json_t **places)
{
    if (type_ends(type, "postal"))
        return place_of_postcode(ctl, code, why, places);
    if (type_ends(type, "commune"))
        *places = one_place("COM:", code);
    else if (type_ends(type, "arrondissement"))
        *places = place_of_arrondissement(code, why);
    else if (type_ends(type, "partement"))
        *places = one_place("DEP:", code);
    else if (type_ends(type, "gion"))
        *places = one_place("REG:", code);
    else if (type_ends(type, "pays") &&
             (same_word(code, "FR") || same_word(code, "250")))
        *places = one_place("", SLICE("FR"));
    else if (type_ends(type, "pays"))
        layout_refuse(why, ERR_UNKNOWN_TERRITORY, "place_code", "%s",
                      _("of countries only FR (250) is a place here"));
    else if (type_ends(type, "canton"))
        layout_refuse(why, ERR_UNKNOWN_TERRITORY, "place_code", "%s",
                      _("a canton is no place here; name its communes"));
    else
        layout_refuse(why, ERR_CODE_UNTYPED, "place_code_type", "%s",
                      _("the row does not say of which type its place code "
                        "is"));
    return DONE;
}

/* ---- Amounts and dates ------------------------------------------------ */

/* Euros with a point to cents: "6518594.56".  A third decimal rounds half
 * up; what is no such number goes on as it is and is refused by its field. */
static void set_cents(json_t *object, const char *name, struct slice euros)
{
    const char *point = memchr(euros.data, '.', euros.len);
    size_t whole = point ? (size_t)(point - euros.data) : euros.len;
    size_t decimals = point ? euros.len - whole - 1 : 0;
    int64_t cents = 0;

    if (!euros.len)
        return;
    if (whole > 15 || !all_digits((struct slice){euros.data, whole}) ||
        (decimals && !all_digits((struct slice){point + 1, decimals}))) {
        layout_set(object, name, euros);
        return;
    }
    for (size_t i = 0; i < whole; i++)
        cents = cents * 10 + (euros.data[i] - '0');
    for (size_t i = 0; i < 2; i++)
        cents = cents * 10 + (i < decimals ? point[1 + i] - '0' : 0);
    cents += decimals > 2 && point[3] >= '5';
    json_object_set_new(object, name, json_integer(cents));
}

/* ---- The market ------------------------------------------------------- */

static json_t *buyer_of(const struct layout_row *row)
{
    json_t *buyer = json_object();

    layout_set(buyer, "siret", layout_cell(row, "buyer_id"));
    layout_set(buyer, "name", layout_cell(row, "buyer_name"));
    return buyer;
}

/* The occupation that the CPV suggests, one seat, marked derived. */
static void set_job(json_t *lot, struct slice cpv)
{
    struct table_row derived;
    struct slice rome;
    const char *bar;

    if (!cpv.len || !tables_find(tables_cpv_rome(), cpv, "*", &derived))
        return;
    rome = derived.cells[2];
    if ((bar = memchr(rome.data, '|', rome.len)))
        rome.len = (size_t)(bar - rome.data);
    json_object_set_new(lot, "jobs",
                        json_pack("[{s:s%, s:i, s:b}]", "rome", rome.data,
                                  rome.len, "seats", 1, "derived", 1));
}

/* What the buyer declared of social considerations: words that the daemon
 * makes into kinds of clauses. */
static void set_clauses(json_t *lot, struct slice words)
{
    json_t *list = layout_codes(words), *clauses, *word;
    size_t i;

    if (!list)
        return;
    clauses = json_array();
    json_array_foreach(list, i, word)
        json_array_append_new(clauses, json_pack("{s:O}", "article", word));
    json_object_set_new(lot, "clauses", clauses);
    json_decref(list);
}

static json_t *lot_of(const struct layout_row *row, json_t *places)
{
    struct slice cpv = layout_cell(row, "cpv");
    json_t *lot = json_object();

    layout_set(lot, "object", layout_cell(row, "object"));
    if (cpv.len)
        json_object_set_new(lot, "cpv", layout_codes(cpv));
    if (places)
        json_object_set(lot, "places", places);
    set_cents(lot, "amount", layout_cell(row, "amount_eur"));
    layout_set(lot, "months", layout_cell(row, "duration_months"));
    layout_set(lot, "start", layout_cell(row, "notification_date"));
    set_clauses(lot, layout_cell(row, "considerationsSociales"));
    set_job(lot, cpv);
    return lot;
}

/* A contract is a market of one lot. */
static json_t *market_of(const struct ctl *ctl, const struct layout_row *row,
                         json_t *places)
{
    json_t *market = json_object(), *buyer = buyer_of(row);

    set_id(market, layout_cell(row, "uid"));
    if (json_object_size(buyer))
        json_object_set(market, "buyer", buyer);
    json_decref(buyer);
    layout_set(market, "object", layout_cell(row, "object"));
    if (same_word(layout_cell(row, "type"), "concession"))
        layout_set(market, "contract_type", SLICE("CONCESSION"));
    layout_set(market, "procedure", layout_cell(row, "procedure"));
    set_cents(market, "amount", layout_cell(row, "amount_eur"));
    layout_set(market, "status",
               ctl->status ? slice_of(ctl->status) : SLICE("AWARDED"));
    layout_set(market, "source",
               layout_cell(row, "source").len ? layout_cell(row, "source")
                                              : SLICE("decp"));
    json_object_set_new(market, "lots", json_pack("[o]", lot_of(row, places)));
    return market;
}

static int convert(struct ctl *ctl, const struct layout_row *row,
                   struct complaint *why, json_t **entity)
{
    struct slice code = layout_cell(row, "place_code");
    json_t *places = NULL;
    int status = DONE;

    if (!layout_cell(row, "uid").len) {
        layout_refuse(why, ERR_MISSING_FIELD, "uid", "%s",
                      _("the row has no uid"));
        return DONE;
    }
    if (code.len)
        status = place_of(ctl, code, layout_cell(row, "place_code_type"), why,
                          &places);
    if (!status && !why->name)
        *entity = market_of(ctl, row, places);
    json_decref(places);
    return status;
}

static const char *const columns[] = {
    "uid",        "object",          "cpv", "place_code",
    "amount_eur", "place_code_type", NULL};

static const struct field_name names[] = {
    {"id", "uid"},
    {"buyer.siret", "buyer_id"},
    {"buyer.name", "buyer_name"},
    {"amount", "amount_eur"},
    {"lots[1].amount", "amount_eur"},
    {"lots[1].cpv", "cpv"},
    {"lots[1].places", "place_code"},
    {"lots[1].months", "duration_months"},
    {"lots[1].start", "notification_date"},
    {"lots[1].object", "object"},
    {"lots[1].clauses", "considerationsSociales"},
    {NULL, NULL}};

const struct layout layout_decp = {"decp", ENTITY_MARKET, columns, names,
                                   convert};
