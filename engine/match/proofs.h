/*
 * What makes a person eligible: the tables `eligibility` and `publics` as they
 * stand on a day, for the territory of a job (MATCHING.md section 4.2).
 *
 * What a person has to show are facts: bits of enum criterion_code_word, and
 * one for a PASS.
 */
#ifndef ENGINE_MATCH_PROOFS_H
#define ENGINE_MATCH_PROOFS_H

#include "engine/match/law.h"
#include "engine/match/lot.h"

/* A fact beside the criteria: a PASS IAE in force. */
#define FACT_PASS BIT(criterion_code_words)
_Static_assert(criterion_code_words < 31, "facts fit, and a bit is left");

/* What does for one job: any fact of ALONE, or so many of a level. */
struct proofs {
    uint32_t alone;
    struct {
        uint32_t facts;
        unsigned least; /* 0: none are enough */
    } together[2];      /* level 1, level 2 */
};

/* Read the proofs for a job of C in COMMUNE (REFERENCE_NONE: in the lot's
 * place), whose clauses list PUBLICS (bits of enum public_word; 0: none), and
 * note in the question which tables were asked.  A rule that a table lacks on
 * the day proves nothing.  ERR_NOMEM. */
enum err proofs_read(const struct lot_case *c, uint32_t commune,
                     uint32_t publics, struct proofs *out);

/* Are these facts enough? */
int proofs_suffice(const struct proofs *proofs, uint32_t facts);

/* The publics that these facts prove in one territory or another: bits of enum
 * public_word.  Memory of ARENA where the question has no workspace.
 * ERR_NOMEM. */
enum err proofs_publics(struct match *m, struct arena *arena, uint32_t facts,
                        uint32_t *out);

/* A value of the table `publics`, "DELD|DETLD" or "QPV;and far from work",
 * taken apart: the facts, and the condition that no fact settles ({NULL, 0}:
 * none).  NONE has no facts. */
uint32_t proofs_of_value(struct slice value, struct slice *condition);

#endif
