/* Preloaded into a server whose own names clash with those of libfiu: the call that the symbolic link
   FAILING_CALL leads to fails now and then with EIO, and no call while there is no such link. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define ONE_IN 5
#define REAL(type, name) ((type)dlsym(RTLD_NEXT, name))

static int fails(const char *call)
{
    static unsigned seed;
    char wanted[32] = {0};
    const char *path = getenv("FAILING_CALL");
    int kept = errno;
    ssize_t size = path ? readlink(path, wanted, sizeof wanted - 1) : -1;
    errno = kept;
    if (size < 0 || strcmp(wanted, call))
        return 0;
    if (!seed) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        seed = (unsigned)getpid() ^ (unsigned)now.tv_nsec;
    }
    if (rand_r(&seed) % ONE_IN)
        return 0;
    errno = EIO;
    return 1;
}

ssize_t pread(int file, void *data, size_t size, off_t place)
{
    static ssize_t (*real)(int, void *, size_t, off_t);
    if (!real)
        real = REAL(ssize_t (*)(int, void *, size_t, off_t), "pread");
    return fails("read") ? -1 : real(file, data, size, place);
}

ssize_t preadv(int file, const struct iovec *parts, int count, off_t place)
{
    static ssize_t (*real)(int, const struct iovec *, int, off_t);
    if (!real)
        real = REAL(ssize_t (*)(int, const struct iovec *, int, off_t), "preadv");
    return fails("read") ? -1 : real(file, parts, count, place);
}

ssize_t pwrite(int file, const void *data, size_t size, off_t place)
{
    static ssize_t (*real)(int, const void *, size_t, off_t);
    if (!real)
        real = REAL(ssize_t (*)(int, const void *, size_t, off_t), "pwrite");
    return fails("write") ? -1 : real(file, data, size, place);
}

ssize_t pwritev(int file, const struct iovec *parts, int count, off_t place)
{
    static ssize_t (*real)(int, const struct iovec *, int, off_t);
    if (!real)
        real = REAL(ssize_t (*)(int, const struct iovec *, int, off_t), "pwritev");
    return fails("write") ? -1 : real(file, parts, count, place);
}

int fdatasync(int file)
{
    static int (*real)(int);
    if (!real)
        real = REAL(int (*)(int), "fdatasync");
    return fails("flush") ? -1 : real(file);
}

int fsync(int file)
{
    static int (*real)(int);
    if (!real)
        real = REAL(int (*)(int), "fsync");
    return fails("flush") ? -1 : real(file);
}

int open(const char *path, int flags, ...)
{
    static int (*real)(const char *, int, ...);
    va_list rest;
    va_start(rest, flags);
    unsigned mode = va_arg(rest, unsigned);
    va_end(rest);
    if (!real)
        real = REAL(int (*)(const char *, int, ...), "open");
    return fails("open") ? -1 : real(path, flags, mode);
}
