/*
 * T14: how long from the start of a daemon, with nothing of its store in
 * memory, to its first answer, and how slow are its first questions?
 *
 * Each pass drops the store's pages from the page cache, starts the daemon,
 * asks FIRST questions one after the other, and then the same ones again until
 * they are warm.  The figures are of a cold start only when next to nothing of
 * the store stayed in memory, so that is printed too.  The daemon's program
 * stays in the cache.
 */
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "benchmarks/national.h"
#include "benchmarks/spawned.h"

#define FIRST 500
/* Rounds of the same questions, of which the last counts as warm. */
#define WARM 5

struct cold {
    struct figures stayed;   /* share of the store, at the start */
    struct figures start;    /* seconds to the first answer */
    struct figures listened; /* and to the line that says where */
    struct figures cold99;   /* us */
    struct figures warm99;
    struct figures ratio;
};

/* ---- The page cache ----------------------------------------------------- */

static double resident(int fd, size_t bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), n = (bytes + page - 1) / page;
    unsigned char *seen = calloc(n, 1);
    void *map = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
    size_t in = 0;

    if (!seen || map == MAP_FAILED || mincore(map, bytes, seen))
        die("what is in memory of the store cannot be told");
    for (size_t i = 0; i < n; i++)
        in += seen[i] & 1;
    munmap(map, bytes);
    free(seen);
    return (double)in / (double)n;
}

/* Drop the pages of the store in DIR, which nobody has open; the share of
 * them that stayed. */
static double drop_pages(const char *dir)
{
    char path[300];
    struct stat st;
    double stayed;
    glob_t found;
    int fd;

    snprintf(path, sizeof path, "%s/env-*/data.mdb", dir);
    if (glob(path, 0, NULL, &found) || found.gl_pathc != 1)
        die("%s: no store", dir);
    if ((fd = open(found.gl_pathv[0], O_RDONLY | O_CLOEXEC)) < 0 ||
        fstat(fd, &st) || fsync(fd) ||
        posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED))
        die("%s cannot be dropped from memory", found.gl_pathv[0]);
    globfree(&found);
    stayed = resident(fd, (size_t)st.st_size);
    close(fd);
    return stayed;
}

/* ---- A pass ------------------------------------------------------------- */

/* Each question once; their 99th percentile. */
static double ask_all(struct asker *asker, struct questions *qs,
                      struct figures *times)
{
    figures_clear(times);
    qs->next = 0;
    for (size_t i = 0; i < qs->n; i++)
        asker_walk(asker, qs, 1, times);
    return figures_at(times, 0.99);
}

static void pass(const char *dir, struct questions *qs, struct cold *c)
{
    struct figures times = {NULL, 0, 0};
    double cold99, warm99 = 0;
    struct spawned daemon;
    struct asker *asker;
    uint64_t begin;

    figures_add(&c->stayed, drop_pages(dir));
    begin = now_ns();
    daemon = spawn_daemon(dir, "tcp://127.0.0.1:*");
    figures_add(&c->listened, (double)(now_ns() - begin) / 1e9);
    asker = asker_open(daemon.endpoint);
    qs->next = 0;
    asker_walk(asker, qs, 1, &times);
    figures_add(&c->start, (double)(now_ns() - begin) / 1e9);
    while (times.n < qs->n)
        asker_walk(asker, qs, 1, &times);
    cold99 = figures_at(&times, 0.99);
    for (int i = 0; i < WARM; i++)
        warm99 = ask_all(asker, qs, &times);
    figures_add(&c->cold99, cold99);
    figures_add(&c->warm99, warm99);
    figures_add(&c->ratio, cold99 / warm99);
    asker_close(asker);
    spawned_stop(&daemon);
    figures_free(&times);
}

static void report(struct national *n, struct cold *c)
{
    figures_head();
    figures_print(&c->stayed, "cold.stayed", "share");
    figures_print(&c->listened, "cold.listening", "s");
    figures_print(&c->start, "cold.first answer", "s");
    figures_print(&c->cold99, "cold.p99", "us");
    figures_print(&c->warm99, "cold.warm.p99", "us");
    figures_print(&c->ratio, "cold.p99 over warm", "ratio");
    national_target(n, "T14.start", figures_at(&c->start, 0.5), 0.5, 1);
    national_target(n, "T14.p99", figures_at(&c->ratio, 0.5), 3, 1);
}

void national_cold(struct national *n)
{
    struct cold c;
    struct country country;
    struct sample sample;
    struct questions qs;

    memset(&c, 0, sizeof c);
    country_open(&country, n->dir, n->ref, n->size);
    filled_close(&country.filled);
    sample_init(&sample, country.world, FIRST);
    printf("\ncold: a daemon whose store is not in memory, its first %d "
           "questions\n",
           FIRST);
    qs = national_questions(&sample);
    for (size_t i = 0; i < n->passes; i++)
        pass(country.filled.dir, &qs, &c);
    report(n, &c);
    figures_free(&c.stayed);
    figures_free(&c.listened);
    figures_free(&c.start);
    figures_free(&c.cold99);
    figures_free(&c.warm99);
    figures_free(&c.ratio);
    sample_fini(&sample);
    world_free(country.world);
}
