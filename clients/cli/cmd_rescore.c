/*
 * clausectl rescore: begin the batch, follow it, end it, and sum it up.
 *
 * The batch is the daemon's: whoever stops following it leaves it running.
 */
#include "clients/cli/answers.h"
#include "clients/cli/progress.h"
#include "clients/cli/words.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ASK_EVERY_MS 200
/* A daemon that is started again goes on with the batch: so long it is waited
 * for. */
#define ABSENCE_MS 60000

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
    (void)number;
    interrupted = 1;
}

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int is(const json_t *status, const char *state)
{
    return !strcmp(json_text(status, "state"), state);
}

/* ---- Printing ----------------------------------------------------------- */

/* "850 ms", "12 s", "3 min 20 s", "2 h 05 min"; freed by the caller. */
static char *duration(int64_t ms)
{
    char *text = NULL;
    int64_t s = (ms + 500) / 1000;
    int n;

    if (ms < 1000)
        n = asprintf(&text, _("%" PRId64 " ms"), ms);
    else if (s < 60)
        n = asprintf(&text, _("%" PRId64 " s"), s);
    else if (s < 3600)
        n = asprintf(&text, _("%" PRId64 " min %02d s"), s / 60, (int)(s % 60));
    else
        n = asprintf(&text, _("%" PRId64 " h %02d min"), s / 3600,
                     (int)(s % 3600 / 60));
    return n < 0 ? NULL : text;
}

static void figure(struct table_view *t, const json_t *status, const char *key,
                   const char *words)
{
    if (!json_object_get(status, key))
        return;
    table_line(t);
    table_cell(t, "%s", words);
    table_cell(t, "%" PRId64, json_number(status, key));
}

/* What the daemon did not tell has no line. */
static void print_figures(const json_t *status)
{
    struct table_view *t = table_new();

    table_column(t, _("open lots"), TABLE_LEFT);
    table_column(t, _("number"), TABLE_RIGHT);
    figure(t, status, "lots", _("all"));
    if (is(status, "running"))
        figure(t, status, "done", _("done so far"));
    figure(t, status, "no_structure", _("that no structure can answer"));
    figure(t, status, "no_people", _("with jobs that nobody fits"));
    figure(t, status, "changed", _("changed since the batch before"));
    figure(t, status, "added", _("new since then"));
    figure(t, status, "gone", _("gone since then"));
    if (json_number(status, "aside"))
        figure(t, status, "aside", _("set aside"));
    table_show(t);
}

static void lot_cells(struct table_view *t, const json_t *lot)
{
    table_line(t);
    table_cell(t, "%s", json_text(lot, "market"));
    table_cell(t, "%" PRId64, json_number(lot, "lot"));
}

static void print_worst(const json_t *lots)
{
    struct table_view *t = table_new();
    const json_t *lot;
    size_t i;

    table_column(t, _("market"), TABLE_LEFT);
    table_column(t, _("lot"), TABLE_RIGHT);
    table_column(t, _("structures"), TABLE_RIGHT);
    table_column(t, _("people"), TABLE_RIGHT);
    json_array_foreach(lots, i, lot)
    {
        lot_cells(t, lot);
        table_cell(t, "%" PRId64, json_number(lot, "structures"));
        table_cell(t, "%" PRId64, json_number(lot, "people"));
    }
    table_title("\n%s", _("Lots with the fewest candidates"));
    table_show(t);
}

static void print_aside(const json_t *lots)
{
    struct table_view *t = table_new();
    const json_t *lot;
    size_t i;

    table_column(t, _("market"), TABLE_LEFT);
    table_column(t, _("lot"), TABLE_RIGHT);
    table_column(t, _("why"), TABLE_LEFT);
    json_array_foreach(lots, i, lot)
    {
        lot_cells(t, lot);
        table_cell(t, "%s",
                   words_of(&words_rescore_problem, json_text(lot, "problem")));
    }
    table_title("\n%s", _("Lots set aside"));
    table_show(t);
}

/* One line that says how the batch stands. */
static void print_state(const json_t *status)
{
    const char *problem = json_text(status, "problem");
    char *elapsed = duration(json_number(status, "elapsed_ms"));
    int64_t run = json_number(status, "run");
    const char *on = json_text(status, "on");

    if (is(status, "done") && !json_object_get(status, "rate"))
        table_title(_("Batch %" PRId64 ", as of %s: done in %s"), run, on,
                    elapsed ? elapsed : "?");
    else if (is(status, "done"))
        table_title(_("Batch %" PRId64 ", as of %s: done in %s, %" PRId64
                      " lots a second"),
                    run, on, elapsed ? elapsed : "?",
                    json_number(status, "rate"));
    else if (is(status, "running"))
        table_title(_("Batch %" PRId64 ", as of %s: running for %s"), run, on,
                    elapsed ? elapsed : "?");
    else if (is(status, "cancelled"))
        table_title(_("Batch %" PRId64 ", as of %s: cancelled"), run, on);
    else
        table_title(_("Batch %" PRId64 ", as of %s: failed, %s"), run, on,
                    words_of(&words_rescore_problem, problem));
    free(elapsed);
}

static void print_last(const json_t *status)
{
    const json_t *last = json_object_get(status, "last");

    if (last && !is(status, "done"))
        printf(_("Its results are those of batch %" PRId64 ", as of %s.\n"),
               json_number(last, "run"), json_text(last, "on"));
}

static void print_status(const struct ctl *ctl, const json_t *status)
{
    const json_t *worst = json_object_get(status, "worst_lots");
    const json_t *aside = json_object_get(status, "aside_lots");

    (void)ctl;
    if (is(status, "idle")) {
        printf("%s\n", _("There was no batch yet."));
        return;
    }
    print_state(status);
    if (json_object_get(status, "lots") &&
        (is(status, "done") || is(status, "running")))
        print_figures(status);
    print_last(status);
    if (json_array_size(worst))
        print_worst(worst);
    if (json_array_size(aside))
        print_aside(aside);
}

/* ---- Following ---------------------------------------------------------- */

static int ask_status(struct ctl *ctl, int lots, json_t **status)
{
    json_t *ask = json_object();

    if (lots)
        json_object_set_new(ask, "lots", json_true());
    return ctl_call(ctl, VERB_rescore_status, ask, status);
}

static void draw(const json_t *status)
{
    int64_t lots = json_number(status, "lots");
    int64_t done = json_number(status, "done");
    char *left = duration(json_number(status, "remaining_ms")), *text;
    char *elapsed = duration(json_number(status, "elapsed_ms"));
    int n;

    if (json_object_get(status, "remaining_ms"))
        n = asprintf(
            &text, _("%" PRId64 " of %" PRId64 " lots, %" PRId64 "/s, %s left"),
            done, lots, json_number(status, "rate"), left ? left : "?");
    else if (json_object_get(status, "revision") &&
             !json_object_get(status, "lots"))
        n = asprintf(&text, _("running for %s"), elapsed ? elapsed : "?");
    else
        n = asprintf(&text, "%s", _("the lots are being listed"));
    if (n >= 0) {
        progress_say((double)done / (double)(lots ? lots : 1), text);
        free(text);
    }
    free(elapsed);
    free(left);
}

static void pause_a_little(void)
{
    struct timespec pause = {0, ASK_EVERY_MS * 1000000};

    nanosleep(&pause, NULL); /* a signal ends it */
}

/* Ask until the batch is over; *STATUS is the last answer.  A daemon that does
 * not answer for a while may be on its way back. */
static int await_end(struct ctl *ctl, json_t **status)
{
    int64_t heard_ms = now_ms();
    int failed;

    while (!interrupted) {
        ctl->hushed = now_ms() - heard_ms < ABSENCE_MS;
        failed = ask_status(ctl, 0, status);
        if (failed && !ctl->hushed)
            return failed;
        ctl->hushed = 0;
        if (!failed && !is(*status, "running"))
            return DONE;
        if (!failed) {
            heard_ms = now_ms();
            draw(*status);
            json_decref(*status);
        }
        *status = NULL;
        pause_a_little();
    }
    return EXIT_CANCELLED;
}

static int exit_of(const json_t *status)
{
    if (is(status, "failed"))
        return EXIT_INTERNAL;
    if (is(status, "cancelled"))
        return EXIT_CANCELLED;
    return json_number(status, "aside") ? EXIT_DATA : DONE;
}

static int show_status(struct ctl *ctl, json_t **status)
{
    int failed = ask_status(ctl, 1, status);

    return failed ? failed : ctl_show(ctl, *status, print_status);
}

static int follow(struct ctl *ctl)
{
    json_t *status = NULL;
    int failed;

    progress_begin(_("lots"), !ctl->json);
    failed = await_end(ctl, &status);
    progress_end();
    json_decref(status);
    if (interrupted)
        return ctl_fail(ctl, EXIT_CANCELLED, "%s",
                        _("the batch goes on without you; `clausectl rescore "
                          "--status' says how far it is, `--status --wait' "
                          "follows it, `--cancel' ends it"));
    status = NULL;
    if (failed || (failed = show_status(ctl, &status)))
        return failed;
    failed = exit_of(status);
    json_decref(status);
    return failed;
}

/* ---- The three commands ------------------------------------------------- */

static int look(struct ctl *ctl)
{
    json_t *status = NULL;
    int failed;

    if (ctl->wait)
        return follow(ctl);
    failed = show_status(ctl, &status);
    json_decref(status);
    return failed;
}

static void print_cancelled(const struct ctl *ctl, const json_t *answer)
{
    (void)ctl;
    if (json_is_true(json_object_get(answer, "cancelled")))
        printf(_("Batch %" PRId64 " is cancelled.\n"),
               json_number(answer, "run"));
    else
        printf("%s\n", _("There is no batch to cancel."));
}

static int cancel(struct ctl *ctl)
{
    return ctl_ask_and_show(ctl, VERB_rescore_cancel, json_object(),
                            print_cancelled);
}

static void print_started(const struct ctl *ctl, const json_t *answer)
{
    (void)ctl;
    printf(_("Batch %" PRId64 ", as of %s, has begun; `clausectl rescore "
             "--status' says how far it is.\n"),
           json_number(answer, "run"), json_text(answer, "on"));
}

static int start(struct ctl *ctl)
{
    json_t *answer;
    int failed =
        ctl_call(ctl, VERB_rescore_start,
                 answers_options(ctl, ASK_LIMIT | ASK_PEOPLE), &answer);

    if (failed)
        return failed;
    if (!ctl->wait)
        failed = ctl_show(ctl, answer, print_started);
    json_decref(answer);
    return ctl->wait ? follow(ctl) : failed;
}

int cmd_rescore(struct ctl *ctl)
{
    struct sigaction action = {.sa_handler = on_interrupt};
    int looks = ctl->show_status || ctl->cancel;

    if (ctl->n_args || (ctl->show_status && ctl->cancel) ||
        (ctl->cancel && ctl->wait) ||
        (looks && (ctl->on || ctl->limit || ctl->grace)))
        return ctl_misused(ctl, "%s",
                           _("write: clausectl rescore [--on DATE] [--limit N] "
                             "[--wait], or --status [--wait], or --cancel"));
    if (ctl->cancel)
        return cancel(ctl);
    /* From before the start: an interrupt that follows it ends no batch. */
    if (ctl->wait)
        sigaction(SIGINT, &action, NULL);
    return ctl->show_status ? look(ctl) : start(ctl);
}
