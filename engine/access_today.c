/*
 * The end of the access log, read back: whom keys have been shown today.
 */
#include "engine/access.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "engine/token.h"
#include "protocol/civil.h"

/* The first step back from the end; each next one is four times as wide. */
#define STEP_BYTES (64 << 10)

struct line {
    int64_t day;
    struct slice key;
    enum verb verb;
    int answered;
    char *tokens;
};

/* NUMBER TIME KEY VERB STATUS PURPOSE COUNT TOKENS HASH */
enum word { W_NUMBER, W_TIME, W_KEY, W_VERB, W_STATUS, W_PURPOSE, W_COUNT };

static int parse(char *text, struct line *out)
{
    char *words[W_COUNT + 2], *rest = NULL;
    struct tm tm = {0};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!(words[i] = strtok_r(i ? NULL : text, " \n", &rest)))
            return 0;
    if (!strptime(words[W_TIME], "%Y-%m-%dT%H:%M:%S", &tm))
        return 0;
    out->day = civil_paris_date((int64_t)timegm(&tm));
    out->key = slice_of(words[W_KEY]);
    out->verb = verb_find(slice_of(words[W_VERB]));
    out->answered = !strcmp(words[W_STATUS], err_name(ERR_NONE));
    out->tokens = words[W_COUNT + 1];
    return 1;
}

static int is_before(const char *text, int64_t today)
{
    char *copy = strdup(text);
    struct line line;
    int before = copy && parse(copy, &line) && line.day < today;

    free(copy);
    return before;
}

/* A line that begins before the first one of today; it may be cut. */
static void seek_day(FILE *f, off_t size, int64_t today, char **text,
                     size_t *room)
{
    for (off_t back = STEP_BYTES; back < size; back *= 4) {
        fseeko(f, size - back, SEEK_SET);
        if (getline(text, room, f) > 0 && getline(text, room, f) > 0 &&
            is_before(*text, today))
            return;
    }
    rewind(f);
}

static void tell(struct line *line, access_seen *on_seen, void *context)
{
    struct slice at[1024];
    struct saw saw = {at, 0, sizeof at / sizeof *at};
    char *rest = NULL, *token = strtok_r(line->tokens, ",", &rest);

    for (; token && saw.n < saw.room; token = strtok_r(NULL, ",", &rest))
        if (strlen(token) == TOKEN_BYTES)
            at[saw.n++] = slice_of(token);
    if (saw.n)
        on_seen(context, line->key, &saw);
}

void access_today(const char *file, int64_t today, access_seen *on_seen,
                  void *context)
{
    FILE *f = fopen(file, "re");
    struct stat about;
    struct line line;
    char *text = NULL;
    size_t room = 0;

    if (!f)
        return;
    if (!fstat(fileno(f), &about) && S_ISREG(about.st_mode))
        seek_day(f, about.st_size, today, &text, &room);
    while (getline(&text, &room, f) > 0)
        if (parse(text, &line) && line.day == today && line.answered &&
            line.verb != VERBS && verb_rows[line.verb].class != CLASS_WRITE)
            tell(&line, on_seen, context);
    free(text);
    fclose(f);
}
