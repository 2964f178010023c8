/*
 * From a clause as a notice writes it (an article, old or new, a word of DECP
 * or eForms) to its kind, by the table `wording`.  MATCHING.md section 12.
 */
#ifndef ENGINE_MATCH_CLAUSE_WORDS_H
#define ENGINE_MATCH_CLAUSE_WORDS_H

#include "protocol/entities.h"
#include "store/reference.h"

/* Of a text of at most 200 bytes; a number of an article may grow by seven. */
#define CLAUSE_WORDS_MAX 1024
#define CLAUSE_TOKENS_MAX 256

/* Tokens of the longest phrase that is looked up. */
#define CLAUSE_PHRASE_MAX 8

/* TEXT in the form of the table: small letters without accents, words parted
 * by one space, "L. 2113-12" as "l2113-12", "article 14" as "art 14", and in
 * *TOKENS how many of these there are.  The result lies in ROOM; of a longer
 * text, the beginning. */
struct slice clause_words_plain(struct slice text, char room[CLAUSE_WORDS_MAX],
                                size_t *tokens);

/* What a text says: kinds (bits of enum clause_kind_word); NONE: that there is
 * no clause. */
struct clause_reading {
    uint32_t kinds;
    int none;
};

/* Read TEXT by the rows of the day ON; longer words of the table come first.
 * Several reservations are RES_UNKNOWN, and one that is known takes the place
 * of RES_UNKNOWN. */
struct clause_reading clause_words_read(const struct reference *ref,
                                        struct slice text, int64_t on);

#endif
