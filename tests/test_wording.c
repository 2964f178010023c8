/*
 * Clauses as people write them: plain letters, articles, phrases of the table
 * `wording`, and what several of them mean together.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

#include "engine/match/clause_words.h"
#include "engine/match/law.h"
#include "engine/match/rules.h"
#include "tests/support/tables.h"
#include "tests/support/world.h"

TestSuite(wording, .init = tables_setup, .fini = tables_teardown,
          .timeout = 60);

/* ---- Plain letters ------------------------------------------------------- */

struct plain_row {
    char text[80];
    char plain[80];
};

ParameterizedTestParameters(wording, a_text_has_one_plain_form)
{
    static struct plain_row rows[] = {
        {"", ""},
        {"   ", ""},
        {"Clause sociale", "clause sociale"},
        {"CRIT\xc3\x88RE  social,", "critere social"},
        {"l\xe2\x80\x99insertion", "l insertion"},
        {"L. 2113-12", "l2113-12"},
        {"L2113\xe2\x80\x91"
         "12",
         "l2113-12"},
        {"L 2113 - 12", "l2113-12"},
        {"L 2113 \xe2\x80\x93  12", "l2113-12"},
        {"L 2113 -\xc2\xa0"
         "12",
         "l2113-12"},
        {"1 - 2 - 3", "1-2-3"},
        {"lot - 12", "lot - 12"},
        {"- 12", "- 12"},
        {"R.2123-1, 3\xc2\xb0", "r2123-1 3"},
        {"Article 14", "art 14"},
        {"art. 14 et 53", "art 14 art 53"},
        {"articles 14, 53 du CMP", "art 14 art 53 du cmp"},
        {"article 14 du code des march\xc3\xa9s publics",
         "art 14 du code des marches publics"},
        {"article 14 du CCAP", "du ccap"},
        {"article 36-II de l'ordonnance", "ord 36-ii de l ordonnance"},
        {"article 28 du d\xc3\xa9"
         "cret 2016-360",
         "decret 28 du decret 2016-360"},
        {"BT-71=res-ws", "bt-71=res-ws"},
        {"article", ""},
        {"\xc3\x97 \xf0\x9f\x98\x80 x", "x"},
    };

    return cr_make_param_array(struct plain_row, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct plain_row *row, wording, a_text_has_one_plain_form,
                  .timeout = 60)
{
    char room[CLAUSE_WORDS_MAX], again[CLAUSE_WORDS_MAX];
    size_t n, same;
    struct slice plain = clause_words_plain(slice_of(row->text), room, &n);

    cr_expect(slice_equal(plain, slice_of(row->plain)), "%s: %.*s", row->text,
              (int)plain.len, plain.data);
    cr_expect(slice_equal(clause_words_plain(plain, again, &same), plain),
              "plain is plain: %s", row->text);
}

/* Far more than a field takes: what would be slow here would not end. */
Test(wording, a_long_text_is_cut_and_nothing_else)
{
    static const char *const bits[] = {"a",
                                       "1 ",
                                       "1 - ",
                                       "- ",
                                       " ",
                                       "\xc3",
                                       "article 1 ",
                                       "art et ",
                                       "articles 1 du la l ",
                                       "l ",
                                       "l 1 ",
                                       "marche reserve ",
                                       "pas de consideration "};
    static char text[65536];
    char room[CLAUSE_WORDS_MAX];
    size_t n;

    for (size_t b = 0; b < sizeof bits / sizeof *bits; b++) {
        size_t len = strlen(bits[b]);

        for (size_t i = 0; i < sizeof text; i++)
            text[i] = bits[b][i % len];
        cr_expect_leq(
            clause_words_plain((struct slice){text, sizeof text}, room, &n).len,
            sizeof room, "%s", bits[b]);
        cr_expect_leq(n, CLAUSE_TOKENS_MAX, "%s", bits[b]);
        clause_words_read(ref, (struct slice){text, sizeof text}, 20000);
    }
}

/* ---- Kinds --------------------------------------------------------------- */

struct kind_row {
    char text[100];
    char on[12];
    uint32_t kinds;
    int none;
};

ParameterizedTestParameters(wording, a_text_says_which_clauses_there_are)
{
    static struct kind_row rows[] = {
        {"article 14", "2026-11-23", BIT(CLAUSE_EXEC), 0},
        {"article 15", "2026-11-23", BIT(CLAUSE_RES_HAND), 0},
        {"article 30", "2026-11-23", BIT(CLAUSE_OBJ), 0},
        {"article 53", "2026-11-23", BIT(CLAUSE_CRIT), 0},
        {"articles 14 et 53", "2026-11-23", BIT(CLAUSE_EXEC) | BIT(CLAUSE_CRIT),
         0},
        {"L2112-2", "2026-11-23", BIT(CLAUSE_EXEC), 0},
        {"L.3114-2", "2026-11-23", BIT(CLAUSE_EXEC), 0},
        {"L2112-2-1", "2026-08-22", BIT(CLAUSE_EXEC_MANDATORY), 0},
        {"L2112-2-1", "2026-08-21", 0, 0},
        {"L2112-2 et L2112-2-1", "2026-11-23", BIT(CLAUSE_EXEC_MANDATORY), 0},
        {"L3114-2-1", "2026-11-23", BIT(CLAUSE_EXEC_MANDATORY), 0},
        {"R2152-7", "2026-11-23", BIT(CLAUSE_CRIT), 0},
        {"l 2113-12", "2026-11-23", BIT(CLAUSE_RES_HAND), 0},
        {"L3113-1", "2026-11-23", BIT(CLAUSE_RES_HAND), 0},
        {"L2113-13", "2026-11-23", BIT(CLAUSE_RES_IAE), 0},
        {"L3113-2", "2026-11-23", BIT(CLAUSE_RES_IAE), 0},
        {"L2113-13-1", "2026-11-23", BIT(CLAUSE_RES_PRISON), 0},
        {"L2113-14", "2026-11-23", BIT(CLAUSE_RES_MIX), 0},
        {"L2113-15", "2026-11-23", BIT(CLAUSE_RES_ESS), 0},
        {"R2123-1 3\xc2\xb0", "2026-11-23", BIT(CLAUSE_OBJ), 0},
        {"R2123-1 2\xc2\xb0", "2026-11-23", 0, 0},
        {"article 36-II de l'ordonnance 2015-899", "2026-11-23",
         BIT(CLAUSE_RES_IAE), 0},
        {"Clause sociale", "2026-11-23", BIT(CLAUSE_EXEC), 0},
        {"Crit\xc3\xa8re social", "2026-11-23", BIT(CLAUSE_CRIT), 0},
        {"Clause sociale; Crit\xc3\xa8re social", "2026-11-23",
         BIT(CLAUSE_EXEC) | BIT(CLAUSE_CRIT), 0},
        {"March\xc3\xa9 r\xc3\xa9serv\xc3\xa9", "2026-11-23",
         BIT(CLAUSE_RES_UNKNOWN), 0},
        {"Concession r\xc3\xa9serv\xc3\xa9"
         "e",
         "2026-11-23", BIT(CLAUSE_RES_UNKNOWN), 0},
        {"March\xc3\xa9 r\xc3\xa9serv\xc3\xa9, L2113-12", "2026-11-23",
         BIT(CLAUSE_RES_HAND), 0},
        {"L2113-12 ou L2113-13", "2026-11-23", BIT(CLAUSE_RES_UNKNOWN), 0},
        {"Pas de consid\xc3\xa9ration sociale", "2026-11-23", 0, 1},
        {"BT-71=res-ws", "2026-11-23", BIT(CLAUSE_RES_UNKNOWN), 0},
        {"res-ws", "2026-11-23", BIT(CLAUSE_RES_UNKNOWN), 0},
        {"BT-71=res-pub-ser", "2026-11-23", BIT(CLAUSE_RES_ESS), 0},
        {"BT-71=none", "2026-11-23", 0, 1},
        {"BT-736=not-known", "2026-11-23", 0, 0},
        {"BT-775=opp", "2026-11-23", BIT(CLAUSE_EXEC), 0},
        {"BT-775=gen-eq", "2026-11-23", 0, 1},
        {"BT-06=soc-obj", "2026-11-23", 0, 1},
        {"RESTRICTED_SHELTERED_WORKSHOP", "2026-11-23", BIT(CLAUSE_RES_UNKNOWN),
         0},
        {"article 14 du CCAP", "2026-11-23", 0, 0},
        {"article 140", "2026-11-23", 0, 0},
        {"insertion", "2026-11-23", 0, 0},
        {"", "2026-11-23", 0, 0},
    };

    return cr_make_param_array(struct kind_row, rows,
                               sizeof rows / sizeof *rows);
}

ParameterizedTest(struct kind_row *row, wording,
                  a_text_says_which_clauses_there_are, .timeout = 60)
{
    struct clause_reading got =
        clause_words_read(ref, slice_of(row->text), day(row->on));

    cr_expect_eq(got.kinds, row->kinds, "%s: %#x", row->text, got.kinds);
    cr_expect_eq(got.none, row->none, "%s", row->text);
}

/* ---- The bundled tables -------------------------------------------------- */

Test(wording, every_bundled_rule_is_of_its_form)
{
    for (int t = 0; t < RULE_TABLES; t++) {
        struct rule_rows rows =
            reference_rules_bundled(ref, (enum rule_table)t);

        cr_assert_gt(rows.n, 0);
        for (size_t i = 0; i < rows.n; i++) {
            const char *field = "";
            const char *why =
                rules_refuse(ref, (enum rule_table)t, rows.at[i].rule,
                             rows.at[i].value, &field);

            cr_expect_null(why, "%s: %.*s: %s %s", reference_rule_tables[t],
                           (int)rows.at[i].rule.len, rows.at[i].rule.data,
                           field, why ? why : "");
        }
    }
}
