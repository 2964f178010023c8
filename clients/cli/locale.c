/*
 * French also on a machine that has no locale but C.UTF-8: gettext chooses
 * the catalogue by LANGUAGE as soon as the locale is not plain C.  Numbers
 * stay as C writes them.
 */
#include "clients/cli/locale.h"

#include <libintl.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DOMAIN "clausectl"
#define ELSEWHERE "/usr/local/share/locale"

static int is_plain(const char *name)
{
    return !name || !*name || !strcmp(name, "C") || !strcmp(name, "POSIX");
}

/* What the environment asks for, in gettext's order. */
static const char *asked_for(void)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    const char *value;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if ((value = getenv(names[i])) && *value)
            return value;
    return "";
}

/* "fr_FR.UTF-8@euro" to "fr_FR". */
static void set_language(const char *name)
{
    char language[32];

    snprintf(language, sizeof language, "%.*s", (int)strcspn(name, ".@"), name);
    setenv("LANGUAGE", language, 1);
}

/* A locale that is asked for but not installed leaves C, in which gettext says
 * nothing but English. */
static void choose_locale(const char *language)
{
    const char *asked = asked_for(), *given = getenv("LANGUAGE");
    int found = setlocale(LC_CTYPE, "") && setlocale(LC_MESSAGES, "");
    int plain = !found || is_plain(setlocale(LC_MESSAGES, NULL)) ||
                is_plain(setlocale(LC_CTYPE, NULL));

    if (language)
        set_language(language);
    else if (plain && !is_plain(asked) && !(given && *given))
        set_language(asked);
    else if (plain && is_plain(asked) && *asked)
        unsetenv("LANGUAGE"); /* somebody asked for C */
    if (plain) {
        setlocale(LC_CTYPE, "C.UTF-8");
        setlocale(LC_MESSAGES, "C.UTF-8");
    }
}

/* Beside the program (a build), else in the share of its prefix. */
static void find_catalogue(void)
{
    char path[PATH_MAX], *slash;
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 32);

    if (n <= 0) {
        bindtextdomain(DOMAIN, ELSEWHERE);
        return;
    }
    path[n] = '\0';
    if (!(slash = strrchr(path, '/')))
        return;
    snprintf(slash, 32, "/locale");
    if (access(path, R_OK))
        snprintf(slash, 32, "/../share/locale");
    bindtextdomain(DOMAIN, path);
}

void locale_init(const char *language)
{
    choose_locale(language);
    find_catalogue();
    bind_textdomain_codeset(DOMAIN, "UTF-8");
    textdomain(DOMAIN);
}
