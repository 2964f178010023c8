/*
 * What does a line of the access log cost the loop?
 *
 *   noted [DIR]
 *
 * For 0, 1, 50 and 1,000 people in an answer: nanoseconds of access_note, each
 * over PASSES lines.  The file and its keys lie in a directory below DIR (/tmp)
 * and are removed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "benchmarks/figures.h"
#include "engine/access.h"

#define PASSES 2000
#define MOST 1000

static const size_t counts[] = {0, 1, 50, MOST};

static void measure(struct access *access, const struct request *request)
{
    struct figures figures = {0};
    char name[40];

    for (int i = 0; i < PASSES; i++) {
        uint64_t before = now_ns();

        access_note(access, request);
        figures_add(&figures, (double)(now_ns() - before));
    }
    snprintf(name, sizeof name, "%zu people", request->call.saw.n);
    figures_print(&figures, name, "ns");
    figures_free(&figures);
}

int main(int argc, char **argv)
{
    static char names[MOST][16];
    static struct slice people[MOST];
    struct request request = {.call = {.verb = VERB_match_people,
                                       .caller = SLICE("portal-1"),
                                       .now_ms = INT64_C(1795000000000),
                                       .saw = {.at = people}}};
    char dir[200], file[240], secrets[240], command[260];
    struct access *access;

    snprintf(dir, sizeof dir, "%s/noted-XXXXXX", argc > 1 ? argv[1] : "/tmp");
    if (!mkdtemp(dir))
        die("%s: cannot be made", dir);
    snprintf(file, sizeof file, "%s/log", dir);
    snprintf(secrets, sizeof secrets, "%s/secrets", dir);
    if (mkdir(secrets, 0700) || access_open(file, secrets, 0, &access))
        die("%s: no access log can be kept", dir);
    for (size_t i = 0; i < MOST; i++) {
        snprintf(names[i], sizeof names[i], "p-%07zu", i);
        people[i] = slice_of(names[i]);
    }
    machine_print();
    figures_head();
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        request.call.saw.n = counts[i];
        measure(access, &request);
    }
    if (access_lost(access))
        die("%s: lines were lost", file);
    access_close(access);
    snprintf(command, sizeof command, "rm -r '%s'", dir);
    return system(command) != 0;
}
