/*
 * Figures and how they are said.  See figures.h.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "benchmarks/figures.h"

uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

void die(const char *format, ...)
{
    va_list args;

    fflush(stdout);
    fprintf(stderr, "%s: ", program_invocation_short_name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n");
    exit(2);
}

uint32_t number_of(const char *text)
{
    unsigned long long number;
    char *end;

    errno = 0;
    number = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || number > UINT32_MAX)
        die("%s is no whole number", text);
    return (uint32_t)number;
}

void figures_add(struct figures *figures, double value)
{
    if (figures->n == figures->room) {
        figures->room = figures->room ? 2 * figures->room : 1024;
        figures->at = realloc(figures->at, figures->room * sizeof *figures->at);
        if (!figures->at)
            die("out of memory");
    }
    figures->at[figures->n++] = value;
}

void figures_clear(struct figures *figures)
{
    figures->n = 0;
}

void figures_free(struct figures *figures)
{
    free(figures->at);
    *figures = (struct figures){NULL, 0, 0};
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double figures_at(struct figures *figures, double share)
{
    if (!figures->n)
        return 0;
    qsort(figures->at, figures->n, sizeof *figures->at, by_value);
    return figures->at[(size_t)(share * (double)(figures->n - 1) + 0.5)];
}

void figures_head(void)
{
    printf("figure\tunit\tmedian\tleast\tgreatest\tpasses\n");
}

void figures_print(struct figures *figures, const char *name, const char *unit)
{
    if (!figures->n)
        return;
    printf("%s\t%s\t%.6g\t%.6g\t%.6g\t%zu\n", name, unit,
           figures_at(figures, 0.5), figures_at(figures, 0),
           figures_at(figures, 1), figures->n);
    fflush(stdout);
}

#define QUANTILES 40
void figures_print_quantiles(struct figures *figures, const char *name)
{
    printf("quantiles\t%s", name);
    for (int i = 0; i <= QUANTILES; i++)
        printf("\t%.4g", figures_at(figures, (double)i / QUANTILES));
    printf("\n");
}

/* The model as /proc/cpuinfo names it. */
static void processor_name(char out[64])
{
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");

    snprintf(out, 64, "unknown processor");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "model name%*[ \t]: %63[^\n]", out) == 1)
            break;
    if (file)
        fclose(file);
}

void machine_print(void)
{
    double load[3] = {0, 0, 0};
    struct utsname system;
    char processor[64];
    long long bytes =
        (long long)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);

    processor_name(processor);
    if (uname(&system) || getloadavg(load, 3) < 1)
        die("this machine cannot be described");
    printf("machine: %s, %ld processors, %lld GiB, %s %s, gcc %s, load %.2f\n",
           processor, sysconf(_SC_NPROCESSORS_ONLN), (bytes + (1 << 29)) >> 30,
           system.sysname, system.release, __VERSION__, load[0]);
}

int target_print(const char *target, double got, double must, int ceiling)
{
    printf("%s got %.4g must %s%.4g\n", target, got, ceiling ? "at most " : "",
           must);
    fflush(stdout);
    return ceiling ? got <= must : got >= must;
}
