/*
 * Child processes that say `listening ENDPOINT' on a pipe when they serve.
 * A child that outlives this process is killed with it.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "benchmarks/bare.h"
#include "benchmarks/figures.h"
#include "benchmarks/spawned.h"

/* `build/claused` of `build/benchmarks/echo`. */
static void daemon_path(char out[512])
{
    char self[480];
    char *slash;
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

    self[n > 0 ? n : 0] = '\0';
    for (int up = 0; up < 2; up++)
        if ((slash = strrchr(self, '/')))
            *slash = '\0';
    snprintf(out, 512, "%s/claused", self);
}

/* The child: its parent's death is its own. */
static int begin_child(struct spawned *out, pid_t parent)
{
    int ends[2];

    if (pipe(ends) || (out->pid = fork()) < 0)
        die("a process: %s", strerror(errno));
    if (out->pid) {
        close(ends[1]);
        return ends[0];
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    return -1;
}

static void read_endpoint(struct spawned *child, int from)
{
    FILE *said = fdopen(from, "r");

    if (!said || fscanf(said, "listening %255s", child->endpoint) != 1)
        die("a server that does not listen");
    fclose(said);
}

struct spawned spawn_daemon(const char *store, const char *listen)
{
    struct spawned child;
    char path[512];
    int said;

    fflush(stdout);
    daemon_path(path);
    if ((said = begin_child(&child, getpid())) < 0) {
        execl(path, path, "--store", store, "--listen", listen, "--development",
              (char *)NULL);
        _exit(127);
    }
    read_endpoint(&child, said);
    return child;
}

struct spawned spawn_echo(const char *listen, uint64_t think_ns)
{
    struct spawned child;
    int said;

    fflush(stdout);
    if ((said = begin_child(&child, getpid())) < 0)
        _exit(bare_serve(listen, think_ns));
    read_endpoint(&child, said);
    return child;
}

double spawned_cpu(const struct spawned *child)
{
    struct timespec used;
    clockid_t clock;

    if (clock_getcpuclockid(child->pid, &clock) || clock_gettime(clock, &used))
        die("a server that has ended");
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

void spawned_stop(struct spawned *child)
{
    int status;

    kill(child->pid, SIGTERM);
    if (waitpid(child->pid, &status, 0) != child->pid || !WIFEXITED(status) ||
        WEXITSTATUS(status))
        die("a server that ended with %d", status);
}
