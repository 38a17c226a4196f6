#include "sinks/compression.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cleat/common.h>

#include "base/error.h"

#ifdef CLEAT_HAVE_ZLIB

#include <dlfcn.h>

#define ZLIB_CONST
#include <zlib.h>

#include "base/alloc.h"

#define PIECE ((size_t)1 << 16)
#define GZIP_WINDOW (15 + 16) /* the largest window, and gzip's header instead of zlib's */
#define MEMORY_LEVEL 8

/* What is used of zlib. It is loaded, not linked: who does not compress does not need it. */
static struct {
    int (*init)(z_stream *stream, int level, int method, int window, int memory, int strategy, const char *version,
                int size);
    int (*deflate)(z_stream *stream, int flush);
    int (*end)(z_stream *stream);
} zlib;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool loaded;

static void load(void)
{
    void *library = dlopen("libz.so.1", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        return;
    /* POSIX lets a pointer to data be one to a function; C wants it said through another pointer. */
    *(void **)&zlib.init = dlsym(library, "deflateInit2_");
    *(void **)&zlib.deflate = dlsym(library, "deflate");
    *(void **)&zlib.end = dlsym(library, "deflateEnd");
    loaded = zlib.init != NULL && zlib.deflate != NULL && zlib.end != NULL;
}

int cleat__compression_load(void)
{
    pthread_once(&once, load);
    if (loaded)
        return 0;
    return cleat__fail(ENOTSUP, "compression needs zlib: libz.so.1 was not found; install zlib (Debian: zlib1g), or "
                                "leave compress at false");
}

static void *allocate_for_zlib(void *arg, unsigned count, unsigned size)
{
    (void)arg;
    return cleat__alloc((size_t)count * size);
}

static void free_for_zlib(void *arg, void *memory)
{
    (void)arg;
    cleat__free(memory);
}

struct work {
    int from;
    int to;
    cleat__wants_stop wants_stop;
    void *arg;
    z_stream stream;
    unsigned char in[PIECE];
    unsigned char out[PIECE];
};

static int write_all(int fd, const unsigned char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t count = write(fd, bytes, length);
        if (count < 0 && errno != EINTR)
            return -errno;
        if (count > 0) {
            bytes += count;
            length -= (size_t)count;
        }
    }
    return 0;
}

static int deflate_piece(struct work *work, size_t length, int flush)
{
    work->stream.next_in = work->in;
    work->stream.avail_in = (uInt)length;
    int result = 0;
    do {
        work->stream.next_out = work->out;
        work->stream.avail_out = (uInt)PIECE;
        if (zlib.deflate(&work->stream, flush) == Z_STREAM_ERROR)
            return -EIO;
        result = write_all(work->to, work->out, PIECE - work->stream.avail_out);
    } while (result == 0 && work->stream.avail_out == 0);
    return result;
}

static int deflate_file(struct work *work)
{
    int result = 0;
    ssize_t count = 1;
    for (off_t at = 0; result == 0 && count > 0; at += count) {
        if (work->wants_stop(work->arg))
            return -ECANCELED;
        count = pread(work->from, work->in, PIECE, at);
        if (count < 0)
            return -errno;
        result = deflate_piece(work, (size_t)count, count > 0 ? Z_NO_FLUSH : Z_FINISH);
    }
    return result;
}

static int deflate_to(int from, int to, cleat__wants_stop wants_stop, void *arg)
{
    struct work *work = cleat__alloc_zero(sizeof(*work));
    if (work == NULL)
        return -ENOMEM;
    work->from = from;
    work->to = to;
    work->wants_stop = wants_stop;
    work->arg = arg;
    work->stream.zalloc = allocate_for_zlib;
    work->stream.zfree = free_for_zlib;
    int result = -ENOMEM;
    if (zlib.init(&work->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL, Z_DEFAULT_STRATEGY,
                  ZLIB_VERSION, (int)sizeof(z_stream)) == Z_OK) {
        result = deflate_file(work);
        zlib.end(&work->stream);
    }
    cleat__free(work);
    return result;
}

/* Gives the compressed file what else the old one had, and makes sure that it is on the disk before that one goes. */
static int finish(int to, const struct stat *old)
{
    struct timespec times[2] = {old->st_atim, old->st_mtim};
    if (fchown(to, old->st_uid, old->st_gid) < 0 && errno != EPERM && errno != EINVAL)
        return -errno;
    if (fchmod(to, old->st_mode & 07777) < 0 || futimens(to, times) < 0 || fdatasync(to) < 0)
        return -errno;
    return 0;
}

int cleat__compress(int from, const char *unfinished, const char *compressed, cleat__wants_stop wants_stop, void *arg)
{
    struct stat before;
    struct stat after;
    if (fstat(from, &before) < 0)
        return -errno;
    int to = open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (to < 0)
        return -errno;
    int result = deflate_to(from, to, wants_stop, arg);
    if (result == 0)
        result = finish(to, &before);
    if (close(to) < 0 && result == 0)
        result = -errno;
    /* Programs that know nothing of the locks may have written to it. */
    if (result == 0 && (fstat(from, &after) < 0 || after.st_size != before.st_size))
        result = -EAGAIN;
    if (result == 0 && rename(unfinished, compressed) < 0)
        result = -errno;
    if (result < 0)
        unlink(unfinished);
    return result;
}

#else

int cleat__compression_load(void)
{
    return cleat__fail(ENOTSUP, "compression is not in this build of the library, as zlib.h was not there when it was "
                                "built; leave compress at false");
}

int cleat__compress(int from, const char *unfinished, const char *compressed, cleat__wants_stop wants_stop, void *arg)
{
    (void)from;
    (void)unfinished;
    (void)compressed;
    (void)wants_stop;
    (void)arg;
    return -ENOTSUP;
}

#endif
