/*
 * Structures and lots of every form, from all over the country: zones round a
 * home or a position, of all kinds of codes, few and many, and places of the
 * same; dates, amounts and codes at their bounds.  The same seed gives the
 * same.
 */
#ifndef TESTS_SUPPORT_FORMS_H
#define TESTS_SUPPORT_FORMS_H

#include "tests/support/chance.h"

/* Imports that they speak of: sectors in groups, two of them under one code of
 * the index; and centres, if a test wants those, of which every second
 * department's moved and every seventh is gone.  Texts live in ARENA. */
struct reference_import forms_sectors(void);
struct reference_import forms_centres(const struct reference *bundled,
                                      struct arena *arena);

/* Structure or market NUMBER, in the arena of C. */
struct structure *forms_structure(struct chance *c, unsigned number);
struct market *forms_market(struct chance *c, unsigned number);

/* A question: dates, limits, kinds, weights (some 0), nationwide or not. */
struct match forms_match(struct chance *c, const struct reference *ref,
                         struct arena *arena);

#endif
