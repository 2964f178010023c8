/*
 * clausectl obligation: what the law asks of a market, as lines that can be
 * pasted into a mail.
 */
#include "clients/cli/answers.h"
#include "clients/cli/words.h"

#include <inttypes.h>
#include <string.h>

static void print_amount(const char *label, const json_t *of, const char *name)
{
    const json_t *cents = json_object_get(of, name);

    if (!cents)
        return;
    printf("%s ", label);
    answers_print_euros(json_integer_value(cents));
    printf(" €\n");
}

/* A line each for what is known. */
static void print_word(const char *label, const json_t *of, const char *name,
                       const struct vocabulary *words)
{
    const char *code = json_text(of, name);

    if (*code)
        printf("%s %s\n", label, words_of(words, code));
}

static void print_obligation_facts(const json_t *o)
{
    print_word(_("Contract:"), o, "contract_type", &words_contract_type);
    print_word(_("Buyer:"), o, "buyer_category", &words_buyer_category);
    if (*json_text(o, "launch_on"))
        printf(_("Launched on: %s\n"), json_text(o, "launch_on"));
    print_amount(_("Estimated amount without VAT:"), o, "amount");
    print_amount(_("Threshold of that day:"), o, "threshold");
    if (json_object_get(o, "months"))
        printf(_("Longest lot: %" PRId64 " months\n"),
               json_number(o, "months"));
    print_word(_("Recorded exemption:"), o, "exemption", &words_exemption);
    printf("%s\n", json_is_true(json_object_get(o, "clause"))
                       ? _("A lot has an execution clause.")
                       : _("No lot has an execution clause."));
}

static void print_obligation(const struct ctl *ctl, const json_t *answer)
{
    const json_t *o = json_object_get(answer, "obligation"), *code;
    const char *article = json_text(o, "article");
    size_t i;

    (void)ctl;
    answers_print_head(answer);
    printf("%s", words_of(&words_obligation, json_text(o, "state")));
    if (*article)
        printf(_(" (article %s of the Code de la commande publique)"), article);
    printf("\n\n");
    json_array_foreach(json_object_get(o, "reasons"), i, code) printf(
        "- %s\n", words_of(&words_obligation_reason, json_string_value(code)));
    printf("\n");
    print_obligation_facts(o);
    if (*json_text(o, "source"))
        printf(_("Source: %s\n"), json_text(o, "source"));
    printf("\n");
    answers_print_versions(answer);
}

int cmd_obligation(struct ctl *ctl)
{
    if (ctl->n_args != 1)
        return ctl_misused(ctl, "%s",
                           _("write: clausectl obligation MARKET [--on DATE]"));
    return ctl_ask_and_show(ctl, VERB_assess_obligation,
                            answers_parameters(ctl, 0), print_obligation);
}
