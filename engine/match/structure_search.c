/*
 * A search through the lists of a lot's codes.
 *
 * Lists of jobs are read first and whole, for which jobs an activity staffs
 * stands in all of them.  Their rows, and the blocks of the other lists, wait
 * in a queue for their turn: what promises most is looked at first, a block by
 * bringing its rows there, a row by bounding it closer, then by measuring it.
 * Who matches stands in a table by number, with the best of his rows; a count
 * of the scores in it tells the least that can still win (the floor), so that
 * most rows cost no more than a look.
 *
 * The best row of a number is that of MATCHING.md section 3: the highest
 * score, then the lowest activity, then its highest level.
 */
#include "engine/match/best.h"
#include "engine/match/order.h"
#include "engine/match/seen.h"
#include "engine/match/structure_queue.h"
#include "engine/match/structure_search.h"

#define NONE UINT32_MAX

/* Keys of the table: a number's best row, its judged record, an activity. */
#define KEY_BEST(number) ((uint64_t)(number) << 8 | 0xff)
#define KEY_JUDGED(number) ((uint64_t)(number) << 8 | 0xfe)
#define KEY_ACTIVITY(number, activity) ((uint64_t)(number) << 8 | (activity))

struct search {
    const struct structure_ask *ask;
    const struct lot_case *c;
    struct index_reader *reader;
    struct seen_table seen;
    struct index_block *blocks; /* that were read */
    uint32_t n_blocks;
    uint32_t blocks_room;
    struct structure_queue queue;
    uint32_t counts[STRUCTURE_SCORE_MAX + 1];
    size_t above; /* how many numbers have the floor or more */
    int32_t floor;
};

/* ---- Candidates --------------------------------------------------------- */

static void count(struct search *s, int32_t before, int32_t score)
{
    size_t limit = (size_t)s->c->m->limit;

    if (before >= s->floor) {
        s->counts[before]--;
        s->above--;
    }
    if (score >= s->floor) {
        s->counts[score]++;
        s->above++;
    }
    while (s->above - s->counts[s->floor] >= limit &&
           !(s->c->m->without & MATCH_BOUNDS))
        s->above -= s->counts[s->floor++];
}

static int is_better(const struct seen *new, const struct seen *old)
{
    if (old->judged || new->judged)
        return !old->judged;
    if (new->score != old->score)
        return new->score > old->score;
    if (new->activity != old->activity)
        return new->activity < old->activity;
    return new->level > old->level;
}

static enum err keep(struct search *s, const struct seen *new)
{
    struct seen *old = seen_find(&s->seen, new->key);
    int32_t before = old ? old->score : -1;

    if (old && !is_better(new, old))
        return ERR_NONE;
    if (!old && !(old = seen_add(&s->seen, new->key)))
        return ERR_NOMEM;
    *old = *new;
    count(s, before, new->score);
    return ERR_NONE;
}

/* What a record says is said of all its activities: once is enough. */
static enum err judge_record(struct search *s, struct seen *new,
                             uint32_t number)
{
    struct structure_result result;
    struct structure structure;
    enum err e;

    if (seen_find(&s->seen, KEY_JUDGED(number)))
        return ERR_NONE;
    if (!seen_add(&s->seen, KEY_JUDGED(number)))
        return ERR_NOMEM;
    if ((e = structure_read(s->c, number, &structure)) ||
        (e = structure_judge(s->c, &structure, &result)))
        return e;
    if (result.reason != ABSENT || result.score < s->floor)
        return ERR_NONE;
    new->judged = 1;
    new->score = (int16_t)result.score;
    return keep(s, new);
}

/* The least that a row must score to be of use: a number's best row stands
 * already, and what was judged by its record is judged. */
static int32_t least_of(const struct search *s, const struct waiting *w)
{
    const struct index_block *b = &s->blocks[w->at];
    const struct seen *old = seen_find(&s->seen, KEY_BEST(b->number[w->row]));

    if (old && old->judged)
        return STRUCTURE_SCORE_MAX + 1;
    return old && old->score > s->floor ? old->score : s->floor;
}

static enum err judge_row(struct search *s, const struct waiting *w,
                          int32_t least)
{
    const struct index_block *b = &s->blocks[w->at];
    struct row_place place;
    enum row_verdict verdict;
    struct seen new;
    int32_t score;
    enum err e;

    e = structure_row_judge(s->ask, b, w->row, w->work, least, &score, &place,
                            &verdict);
    if (e || verdict == ROW_REFUSED)
        return e;
    s->c->m->scored++;
    new = (struct seen){.key = KEY_BEST(b->number[w->row]),
                        .seats = w->seats,
                        .block = w->at,
                        .row = w->row,
                        .level = w->level};
    if (verdict == ROW_HIDDEN)
        return judge_record(s, &new, b->number[w->row]);
    new.score = (int16_t)score;
    new.coverage = place.coverage;
    new.km = place.km;
    new.is_whole = place.is_whole != 0;
    new.activity = (uint8_t)structure_activity(b->when[w->row]);
    return keep(s, &new);
}

static int32_t promise_or_any(const struct search *s, int32_t promise)
{
    return s->c->m->without & MATCH_BEST_FIRST ? 0 : promise;
}

static enum err add_row(struct search *s, uint32_t block, uint16_t row,
                        int32_t level, uint64_t seats)
{
    const struct index_block *b = &s->blocks[block];
    int32_t work = structure_row_work(s->ask, b, row, level, seats);
    int32_t most = structure_row_most(s->ask, b, row, work, 0);
    struct waiting w = {.seats = seats,
                        .at = block,
                        .work = work,
                        .row = row,
                        .level = (int16_t)level,
                        .most = (int16_t)most};

    if (most < s->floor)
        return ERR_NONE;
    return structure_queue_add(&s->queue, promise_or_any(s, most), &w);
}

/* Whoever may still win is bounded closer first, and waits again if that is
 * less than others promise. */
static enum err take_row(struct search *s, struct waiting *w)
{
    int32_t least = least_of(s, w), most = w->most;

    if (most < least)
        return ERR_NONE;
    if (!w->is_bounded) {
        w->is_bounded = 1;
        w->most = (int16_t)structure_row_most(s->ask, &s->blocks[w->at], w->row,
                                              w->work, 1);
        if (w->most < least)
            return ERR_NONE;
        if (w->most < most)
            return structure_queue_add(&s->queue, promise_or_any(s, w->most),
                                       w);
    }
    return judge_row(s, w, least);
}

/* ---- Blocks ------------------------------------------------------------- */

static enum err read_block(struct search *s, const struct index_head *head,
                           uint32_t *out)
{
    enum err e;

    if (s->n_blocks == s->blocks_room) {
        uint32_t room = s->blocks_room ? 2 * s->blocks_room : 256;
        struct index_block *at =
            workspace_room(s->c->workspace, ROOM_BLOCKS, room * sizeof *at);

        if (!at)
            return ERR_NOMEM;
        s->blocks = at;
        s->blocks_room = room;
    }
    e = index_reader_block(s->reader, head, &s->blocks[s->n_blocks]);
    if (e)
        return e;
    s->c->m->blocks++;
    s->c->m->scanned += s->blocks[s->n_blocks].n;
    *out = s->n_blocks++;
    return ERR_NONE;
}

/* How many wants the code of want FIRST has. */
static size_t wants_of(const struct structure_ask *ask, size_t first)
{
    size_t end = first + 1;

    while (end < ask->n_wants && ask->wants[end].code == ask->wants[first].code)
        end++;
    return end - first;
}

/* Kilometres that a block's homes are at least from the place; NONE: nobody
 * in it can meet the place.  *K follows the ask's ranges as heads go. */
static uint32_t head_km(const struct structure_ask *ask,
                        const struct index_head *head, size_t *k)
{
    uint32_t last =
        head->last < STRUCTURE_AREAS ? head->last : STRUCTURE_AREAS - 1;
    uint32_t from = head->where, km;

    if (!ask->is_placed)
        return 0;
    if (from < STRUCTURE_AREAS && ask->c->m->nationwide != NATIONWIDE_ONLY) {
        if (!ask->has_near)
            return 0;
        km = near_between(&ask->near, 2 * from, 2 * last + 1) & NEAR_KM;
        if (km <= head->reach || head->reach == STRUCTURE_REACH_ANY)
            return head->last < STRUCTURE_AREAS ? km : 0;
    }
    if (head->last < STRUCTURE_AREAS)
        return NONE;
    while (*k < ask->n_wheres && ask->wheres[*k].to <= from)
        ++*k;
    return *k < ask->n_wheres && ask->wheres[*k].from <= head->last ? 0 : NONE;
}

/* Call VISIT with the heads of a want's list that may meet the place. */
typedef enum err on_head(struct search *s, uint32_t want,
                         const struct index_head *head, uint32_t km);

static enum err walk_list(struct search *s, uint32_t want, on_head *visit)
{
    struct index_page page;
    size_t k = 0;
    enum err e;

    e = index_reader_first(s->reader, s->ask->wants[want].code, &page);
    while (!e) {
        s->c->m->heads += page.n;
        for (size_t i = 0; i < page.n; i++) {
            uint32_t km = head_km(s->ask, &page.heads[i], &k);

            if (km != NONE && (e = visit(s, want, &page.heads[i], km)))
                return e;
        }
        e = index_reader_next(s->reader, &page);
    }
    return e == ERR_NOT_FOUND ? ERR_NONE : e;
}

/* ---- Jobs --------------------------------------------------------------- */

/* Who staffs the job, whatever the score: other lists need to know. */
static enum err note_block(struct search *s, uint32_t want,
                           const struct index_head *head, uint32_t km)
{
    uint16_t rows[STRUCTURE_ROWS];
    uint32_t block;
    size_t n;
    enum err e;

    (void)km;
    if ((e = read_block(s, head, &block)))
        return e;
    n = structure_rows_pass(s->ask, &s->blocks[block], rows);
    for (size_t i = 0; i < n; i++) {
        const struct index_block *b = &s->blocks[block];
        unsigned activity = structure_activity(b->when[rows[i]]);
        uint64_t key = KEY_ACTIVITY(b->number[rows[i]], activity);
        struct seen *at = seen_find(&s->seen, key);

        if (!at && (at = seen_add(&s->seen, key))) {
            at->block = block;
            at->row = rows[i];
        }
        if (!at)
            return ERR_NOMEM;
        at->seats |= UINT64_C(1) << s->ask->wants[want].job;
    }
    return ERR_NONE;
}

static uint64_t seats_of(const struct search *s, const struct index_block *b,
                         size_t row)
{
    unsigned activity = structure_activity(b->when[row]);
    const struct seen *at;

    if (!s->ask->n_jobs)
        return 0;
    at = seen_find(&s->seen, KEY_ACTIVITY(b->number[row], activity));
    return at ? at->seats : 0;
}

static enum err read_jobs(struct search *s)
{
    enum err e = ERR_NONE;

    for (uint32_t i = 0; i < s->ask->n_jobs && !e; i++)
        e = walk_list(s, i, note_block);
    return e;
}

static enum err add_staff(struct search *s)
{
    uint32_t n = s->seen.n;
    enum err e = ERR_NONE;

    for (uint32_t i = 0; i < n && !e; i++) {
        const struct seen *at = &s->seen.at[i];

        e = add_row(s, at->block, at->row, s->ask->wants[0].level, at->seats);
    }
    return e;
}

/* ---- The other lists ---------------------------------------------------- */

/* The most that a row KM away can score. */
static int32_t promise_of(const struct search *s, size_t want, uint32_t km)
{
    const struct want *w = &s->ask->wants[want];
    struct structure_score parts = {1000, 1000, 1000, 1000, 1000};
    uint32_t unknown = 0;

    if (w->level == LEVEL_ABSENT)
        parts.activity = STRUCTURE_PART_UNKNOWN;
    else if (w->level >= 0 && wants_of(s->ask, want) == 1)
        parts.activity = w->level;
    parts.proximity = structure_proximity(km);
    return (int32_t)structure_score(&s->c->m->structure_weights, &parts,
                                    &unknown);
}

static enum err add_step(struct search *s, uint32_t want,
                         const struct index_head *head, uint32_t km)
{
    return structure_queue_add(&s->queue,
                               promise_or_any(s, promise_of(s, want, km)),
                               &(struct waiting){.head = head, .at = want});
}

/* The next block is fetched while this one is looked at. */
static void look_ahead(struct search *s)
{
    const struct waiting *next = structure_queue_next(&s->queue);

    if (next && next->head)
        index_reader_block_ahead(s->reader, next->head);
}

static enum err take_step(struct search *s, const struct waiting *step)
{
    const struct want *wants = &s->ask->wants[step->at];
    size_t n, n_wants = wants_of(s->ask, step->at);
    uint16_t rows[STRUCTURE_ROWS];
    uint32_t block;
    enum err e;

    /* An own position may be nearer than any home of the block. */
    if (promise_of(s, step->at, 0) < s->floor)
        return ERR_NONE;
    look_ahead(s);
    if ((e = read_block(s, step->head, &block)))
        return e;
    n = structure_rows_pass(s->ask, &s->blocks[block], rows);
    for (size_t i = 0; i < n && !e; i++) {
        const struct index_block *b = &s->blocks[block];
        int32_t level = structure_row_level(b, rows[i], wants, n_wants);

        if (level)
            e = add_row(s, block, rows[i], level, seats_of(s, b, rows[i]));
    }
    return e;
}

static enum err add_lists(struct search *s)
{
    const struct structure_ask *ask = s->ask;
    enum err e = ERR_NONE;

    for (size_t i = ask->n_jobs; i < ask->n_wants && !e; i += wants_of(ask, i))
        e = walk_list(s, (uint32_t)i, add_step);
    return e;
}

static enum err look_at_all(struct search *s)
{
    struct waiting w;
    enum err e = ERR_NONE;

    while (!e && structure_queue_take(&s->queue, &w))
        e = w.head ? take_step(s, &w) : take_row(s, &w);
    return e;
}

/* ---- Winners ------------------------------------------------------------ */

static struct best_entry entry_of(const struct search *s, uint32_t i)
{
    const struct seen *at = &s->seen.at[i];
    uint64_t id = structure_row_id(&s->blocks[at->block], at->row);

    return (struct best_entry){order_tie(s->c->key, id), at->score,
                               (uint32_t)(at->key >> 8), i};
}

static int is_candidate(const struct search *s, uint32_t i)
{
    const struct seen *at = &s->seen.at[i];

    return at->key == KEY_BEST(at->key >> 8) && at->score >= s->floor;
}

static void set_ties(const void *context, struct best_entry *entries, size_t n)
{
    for (size_t i = 0; i < n; i++)
        entries[i].tie = entry_of(context, entries[i].fit).tie;
}

/* Did the hash of an id decide where another one is the same? */
static int is_ambiguous(const struct search *s, const struct best *best)
{
    size_t same = 0;

    for (size_t i = 1; i < best->n; i++)
        if (!best_compare(&best->at[i - 1], &best->at[i]))
            return 1;
    for (uint32_t i = 0; i < s->seen.n && best->n; i++) {
        struct best_entry entry;

        if (!is_candidate(s, i) ||
            s->seen.at[i].score != best->at[best->n - 1].score)
            continue;
        entry = entry_of(s, i);
        same += !best_compare(&entry, &best->at[best->n - 1]);
    }
    return same > 1;
}

/* Then the ids themselves decide. */
static enum err rank_by_id(struct search *s, struct best *best)
{
    struct ranking ranking;
    struct structure structure;
    struct best_entry entry;
    struct slice id;
    enum err e = ranking_init(&ranking, (size_t)s->c->m->limit);

    for (uint32_t i = 0; i < s->seen.n && !e; i++) {
        if (!is_candidate(s, i))
            continue;
        entry = entry_of(s, i);
        if ((e = structure_read(s->c, entry.number, &structure)))
            break;
        id = structure_id(s->c->scratch, &structure);
        if (!id.len)
            e = ERR_NOMEM;
        else
            ranking_offer(&ranking, entry.score, entry.tie, i, id);
    }
    if (!e) {
        ranking_sort(&ranking);
        for (size_t i = 0; i < ranking.n; i++)
            best->at[i] = entry_of(s, ranking.at[i].number);
    }
    ranking_fini(&ranking);
    return e;
}

static enum err select_best(struct search *s, struct best *best)
{
    enum err e =
        best_init(best, s->c->workspace, (size_t)s->c->m->limit, set_ties, s);

    if (e)
        return e;
    for (uint32_t i = 0; i < s->seen.n; i++) {
        const struct seen *at = &s->seen.at[i];

        if (is_candidate(s, i))
            best_offer(best, at->score, (uint32_t)(at->key >> 8), i);
    }
    best_sort(best);
    return is_ambiguous(s, best) ? rank_by_id(s, best) : ERR_NONE;
}

static enum err write_winners(struct search *s, struct structure_winners *out)
{
    struct best best;
    enum err e = select_best(s, &best);

    if (e)
        return e;
    out->n = best.n;
    out->at = arena_array(s->c->arena, best.n + 1, sizeof *out->at);
    if (!out->at)
        return ERR_NOMEM;
    for (size_t i = 0; i < best.n; i++) {
        const struct seen *at = &s->seen.at[best.at[i].fit];

        out->at[i] = (struct structure_winner){
            best.at[i].number, at->score,
            at->judged,        s->blocks[at->block],
            at->row,           at->level,
            at->seats,         {at->coverage, at->km, at->is_whole}};
    }
    return ERR_NONE;
}

enum err structure_search(const struct structure_ask *ask,
                          struct structure_winners *out)
{
    struct search s = {.ask = ask, .c = ask->c};
    enum err e;

    *out = (struct structure_winners){NULL, 0};
    /* Places that no table knows are met by nobody. */
    if (ask->is_placed && !ask->c->place.extent.communes)
        return ERR_NONE;
    if ((e = seen_begin(&s.seen, ask->c->workspace)) ||
        (e = index_reader_begin(ask->c->m->view, INDEX_STRUCTURES, &s.reader)))
        return e;
    structure_queue_begin(&s.queue, ask->c->workspace);
    if (!(e = read_jobs(&s)) && !(e = add_staff(&s)) && !(e = add_lists(&s)) &&
        !(e = look_at_all(&s)))
        e = write_winners(&s, out);
    index_reader_end(s.reader);
    return e;
}
