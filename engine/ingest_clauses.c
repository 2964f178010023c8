/*
 * Clauses as notices write them, made into kinds (MATCHING.md section 12).
 */
#include "engine/ingest_parts.h"

#include <string.h>

#include "engine/match/clause_words.h"

/* Of a lot, as fields.def bounds it. */
#define CLAUSES_MAX 16

struct reader {
    struct walk *walk;
    int64_t on;
    struct clause at[CLAUSES_MAX];
    size_t n;
};

/* "EXEC|CRIT". */
static struct slice kinds_text(struct walk *w, uint32_t kinds)
{
    struct slice list = SLICE("");

    for (int i = 0; i < clause_kind_words; i++)
        if (kinds & BIT(i))
            list =
                arena_format(w->arena, "%.*s%s%s", (int)list.len, list.data,
                             list.len ? "|" : "", words_clause_kind.words[i]);
    return list;
}

/* 0 when there are more than a lot may have. */
static int keep(struct reader *r, const struct clause *clause, int64_t kind)
{
    if (r->n == CLAUSES_MAX)
        return 0;
    r->at[r->n] = *clause;
    r->at[r->n++].kind = kind;
    return 1;
}

/* Hours belong to the execution, else to the reservation: the first keeps the
 * figures, the others stand beside, and points come last. */
static int keep_all(struct reader *r, const struct clause *clause,
                    uint32_t kinds)
{
    struct clause beside;
    int kept = 1;

    shape_clear(&shape_clause, &beside);
    beside.article = clause->article;
    for (int i = 0; i < clause_kind_words; i++)
        if (i != CLAUSE_CRIT && kinds & BIT(i)) {
            kept &= keep(r, clause, i);
            clause = &beside;
        }
    if (kinds & BIT(CLAUSE_CRIT))
        kept &= keep(r, clause, CLAUSE_CRIT);
    return kept;
}

/* A kind that was stated stands; where the words say another, somebody should
 * look. */
static int take_stated(struct reader *r, const struct path *path,
                       const struct clause *clause)
{
    struct walk *w = r->walk;
    struct clause_reading reading = {0, 0};

    if (clause->article.data)
        reading = clause_words_read(w->reference, clause->article, r->on);
    if (reading.none || (reading.kinds && !(reading.kinds & BIT(clause->kind))))
        ingest_note(w, path, "CLAUSE_DIFFERS",
                    slice_of(words_clause_kind.words[clause->kind]),
                    reading.kinds ? kinds_text(w, reading.kinds)
                                  : SLICE("NONE"),
                    ingest_by_table(w, RULES_WORDING,
                                    "the kind stated is kept; its words read "
                                    "otherwise"));
    return keep(r, clause, clause->kind);
}

static int take_written(struct reader *r, const struct path *path,
                        const struct clause *clause)
{
    struct path article = {path, SLICE("article"), 0};
    struct walk *w = r->walk;
    struct clause_reading reading =
        clause_words_read(w->reference, clause->article, r->on);

    if (!reading.kinds && !reading.none) {
        ingest_fault(w, ERR_CLAUSE_UNREAD, &article,
                     "give its kind; RES_UNKNOWN for a reservation while "
                     "nobody knows which");
        return 1;
    }
    ingest_note(w, path, reading.kinds ? "CLAUSE_READ" : "NO_CLAUSE",
                (struct slice){NULL, 0}, kinds_text(w, reading.kinds),
                ingest_by_table(w, RULES_WORDING,
                                reading.kinds ? "read from its words"
                                              : "its words say there is none"));
    return keep_all(r, clause, reading.kinds);
}

static int take(struct reader *r, const struct path *path,
                const struct clause *clause)
{
    struct path kind = {path, SLICE("kind"), 0};

    if (clause->kind != ABSENT)
        return take_stated(r, path, clause);
    if (clause->article.data)
        return take_written(r, path, clause);
    ingest_fault(r->walk, ERR_MISSING_FIELD, &kind,
                 "give the kind, or the article as the notice writes it");
    return 1;
}

void ingest_clauses(struct walk *w, const struct path *path,
                    struct clause_list *clauses, int64_t launch)
{
    struct reader r = {.walk = w, .on = launch == ABSENT ? DATE_MAX : launch};

    for (size_t i = 0; i < clauses->n; i++) {
        struct path step = {path, {NULL, 0}, i + 1};

        if (!take(&r, &step, &clauses->at[i]))
            ingest_fault(w, ERR_RANGE, path, "a lot has at most 16 clauses");
    }
    if (w->faults->n)
        return;
    if (r.n > clauses->n)
        clauses->at = arena_array(w->arena, r.n, sizeof *clauses->at);
    if (!clauses->at && r.n) {
        ingest_fault(w, ERR_NOMEM, path, "");
        return;
    }
    if (r.n)
        memcpy(clauses->at, r.at, r.n * sizeof *r.at);
    clauses->n = r.n;
}
