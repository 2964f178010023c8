/*
 * LD_PRELOAD: the nth call fails.
 *
 *   FAULT_WHAT    malloc: an allocation by the program itself (what libraries
 *                 allocate for themselves is not counted); data: a write to a
 *                 file below FAULT_DIR; meta: one through a descriptor of
 *                 O_DSYNC; sync: an fdatasync or fsync of one; name: an open
 *                 for creation, a rename
 *   FAULT_AT      which, from 1; 0: none, they are only counted
 *   FAULT_STICKY  1: and every one after it
 *   FAULT_ERRNO   what errno becomes; 0: half of a write is made
 *   FAULT_REPORT  a file of struct report, to be read while we run
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

struct report {
    uint64_t seen;
    uint64_t failed;
    uint64_t syncs_after; /* after the first failure, of what was open then: a
                           * copy that is thrown away is opened to be wiped */
    uint64_t wiping;      /* failures of that alone, not in FAILED */
};

enum what { NOTHING, MALLOC, DATA, META, SYNC, NAME };

/* Not of the store, or what it was opened for; LMDB opens to read as well. */
enum file { OTHER, OURS, SYNCED, WIPED };

#define FDS 4096

static struct report nowhere;
static struct report *report = &nowhere;
static enum what what;
static uint64_t fail_at;
static int sticky;
static int code;
static const char *dir;
static uintptr_t program_begin, program_end;
static unsigned char known[FDS]; /* enum file */
static unsigned char late[FDS];  /* opened after the first failure */

/* The function behind ours: POSIX wants the cast that ISO C forbids. */
#define REAL(name) (__extension__(__typeof__(&name)) dlsym(RTLD_NEXT, #name))

static int on_object(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    (void)context;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *at = &info->dlpi_phdr[i];
        uintptr_t from = info->dlpi_addr + at->p_vaddr;

        if (at->p_type == PT_LOAD && (at->p_flags & PF_X)) {
            program_begin = from;
            program_end = from + at->p_memsz;
        }
    }
    return 1; /* the first is the program */
}

static long number(const char *name)
{
    const char *text = getenv(name);

    return text ? strtol(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void begin(void)
{
    static const char *const names[] = {[MALLOC] = "malloc",
                                        [DATA] = "data",
                                        [META] = "meta",
                                        [SYNC] = "sync",
                                        [NAME] = "name"};
    const char *file = getenv("FAULT_REPORT");
    const char *text = getenv("FAULT_WHAT");
    enum what asked = NOTHING;
    void *at = MAP_FAILED;
    int fd;

    if (!file || !text)
        return;
    fd = REAL(open)(file, O_RDWR | O_CLOEXEC);
    if (fd >= 0)
        at = mmap(NULL, sizeof *report, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
                  0);
    if (at == MAP_FAILED)
        abort();
    report = at;
    dir = getenv("FAULT_DIR");
    fail_at = (uint64_t)number("FAULT_AT");
    sticky = (int)number("FAULT_STICKY");
    code = (int)number("FAULT_ERRNO");
    dl_iterate_phdr(on_object, NULL);
    for (size_t i = MALLOC; i < sizeof names / sizeof *names; i++)
        if (!strcmp(text, names[i]))
            asked = (enum what)i;
    what = asked;
}

/* Does this one fail?  FAILURES counts it.  Any thread may ask. */
static int fails(enum what it, uint64_t *failures)
{
    uint64_t n;

    if (it != what)
        return 0;
    n = __atomic_add_fetch(&report->seen, 1, __ATOMIC_SEQ_CST);
    if (!fail_at || n < fail_at || (n > fail_at && !sticky))
        return 0;
    __atomic_add_fetch(failures, 1, __ATOMIC_SEQ_CST);
    return 1;
}

/* ---- Memory ------------------------------------------------------------- */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static int starves(void *caller)
{
    uintptr_t from = (uintptr_t)caller;

    if (from < program_begin || from >= program_end ||
        !fails(MALLOC, &report->failed))
        return 0;
    errno = ENOMEM;
    return 1;
}

#define CALLER __builtin_return_address(0)

void *malloc(size_t size)
{
    return starves(CALLER) ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return starves(CALLER) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
    return starves(CALLER) ? NULL : __libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return starves(CALLER) ? NULL : __libc_memalign(alignment, size);
}

char *strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = starves(CALLER) ? NULL : __libc_malloc(size);

    return copy ? memcpy(copy, text, size) : NULL;
}

/* ---- Files -------------------------------------------------------------- */

static int below(const char *path)
{
    size_t n = dir ? strlen(dir) : 0;

    return n && !strncmp(path, dir, n) && (path[n] == '/' || !path[n]) &&
           !strstr(path, "/lock");
}

static int fault(enum what it, uint64_t *failures)
{
    if (!fails(it, failures))
        return 0;
    errno = code;
    return 1;
}

static unsigned char opened_for(const char *path, int flags)
{
    if (!below(path))
        return OTHER;
    if ((flags & O_DSYNC) == O_DSYNC)
        return SYNCED;
    return strstr(path, "/data.mdb") && (flags & O_ACCMODE) == O_WRONLY ? WIPED
                                                                        : OURS;
}

int open(const char *path, int flags, ...)
{
    va_list args;
    mode_t mode;
    int fd;

    va_start(args, flags);
    mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    if (flags & O_CREAT && below(path) && fault(NAME, &report->failed))
        return -1;
    fd = REAL(open)(path, flags, mode);
    if (fd >= 0 && fd < FDS) {
        known[fd] = opened_for(path, flags);
        late[fd] = report->failed > 0;
    }
    return fd;
}

int close(int fd)
{
    if (fd >= 0 && fd < FDS)
        known[fd] = 0;
    return REAL(close)(fd);
}

int rename(const char *from, const char *to)
{
    return below(from) && fault(NAME, &report->failed) ? -1
                                                       : REAL(rename)(from, to);
}

static enum what kind(int fd)
{
    if (fd < 0 || fd >= FDS || !known[fd])
        return NOTHING;
    return known[fd] == SYNCED ? META : DATA;
}

static uint64_t *failures(int fd)
{
    return known[fd] == WIPED ? &report->wiping : &report->failed;
}

static int write_fails(int fd)
{
    return kind(fd) != NOTHING && fault(kind(fd), failures(fd));
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
    if (!write_fails(fd))
        return REAL(pwrite)(fd, data, len, at);
    return code ? -1 : REAL(pwrite)(fd, data, len / 2, at);
}

ssize_t write(int fd, const void *data, size_t len)
{
    if (!write_fails(fd))
        return REAL(write)(fd, data, len);
    return code ? -1 : REAL(write)(fd, data, len / 2);
}

ssize_t writev(int fd, const struct iovec *iov, int parts)
{
    if (!write_fails(fd))
        return REAL(writev)(fd, iov, parts);
    return code ? -1 : REAL(writev)(fd, iov, (parts + 1) / 2);
}

static int sync_fails(int fd)
{
    if (kind(fd) == NOTHING)
        return 0;
    if (report->failed && !late[fd])
        __atomic_add_fetch(&report->syncs_after, 1, __ATOMIC_SEQ_CST);
    return fault(SYNC, failures(fd));
}

int fdatasync(int fd)
{
    return sync_fails(fd) ? -1 : REAL(fdatasync)(fd);
}

int fsync(int fd)
{
    return sync_fails(fd) ? -1 : REAL(fsync)(fd);
}
