#include "sinks/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/report.h"
#include "base/signals.h"

#define USE_BYTE 0      /* locked shared by whoever appends, exclusively by whoever must be alone with the file */
#define ROTATION_BYTE 1 /* locked exclusively by the process that renames the file */

#define OPEN_ATTEMPTS 50
#define PARENT_MODE 0755

/* How long others are taken to go on writing after they were seen to. */
#define SHARED_FOR CLEAT__SECOND

static int set_lock(int fd, short type, off_t byte)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
    int result;
    do
        result = fcntl(fd, F_OFD_SETLK, &lock);
    while (result < 0 && errno == EINTR);
    if (result == 0)
        return 0;
    return errno == EACCES ? -EAGAIN : -errno;
}

/* Closing a descriptor is no failure of the call that closes it. */
static void close_quietly(int fd)
{
    int saved = errno;
    close(fd);
    errno = saved;
}

static void pause_a_millisecond(void)
{
    struct timespec pause = {.tv_nsec = 1000000};
    nanosleep(&pause, NULL);
}

static int make_parents(const char *path)
{
    char *parent = cleat__copy_text(path, strlen(path));
    if (parent == NULL)
        return -ENOMEM;
    int result = 0;
    for (char *slash = strchr(parent + 1, '/'); slash != NULL && result == 0; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(parent, PARENT_MODE) < 0 && errno != EEXIST)
            result = access(parent, F_OK) == 0 ? 0 : -errno; /* a read-only file system says EROFS before EEXIST */
        *slash = '/';
    }
    cleat__free(parent);
    return result;
}

/* Reading is needed for locks and for looking at what a killed process left. A file that may only be written to is
   appended to without either. */
static int open_to_append(const char *path, mode_t mode)
{
    const int flags = O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    int fd = open(path, O_RDWR | flags, mode);
    if (fd < 0 && errno == EACCES)
        fd = open(path, O_WRONLY | flags, mode);
    return fd < 0 ? -errno : fd;
}

static int open_or_make_parents(const char *path, mode_t mode)
{
    int fd = open_to_append(path, mode);
    if (fd != -ENOENT)
        return fd;
    int result = make_parents(path);
    return result < 0 ? result : open_to_append(path, mode);
}

/* A device, a pipe, a terminal. Not opened for reading: a pipe would then never notice that its reader has gone. */
static int open_special(struct cleat__log_file *file, const char *path)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    struct stat status;
    if (fstat(fd, &status) < 0) {
        close_quietly(fd);
        return -errno;
    }
    file->fd = fd;
    file->device = status.st_dev;
    file->inode = status.st_ino;
    cleat__output_begin(&file->output, fd);
    return 0;
}

/* One attempt: -EAGAIN when the file was renamed, or is locked, just now. */
static int open_regular(struct cleat__log_file *file, const char *path, mode_t mode)
{
    int fd = open_or_make_parents(path, mode);
    if (fd < 0)
        return fd;
    struct stat status;
    int locked = set_lock(fd, F_RDLCK, USE_BYTE);
    if (fstat(fd, &status) < 0) {
        close_quietly(fd);
        return -errno;
    }
    file->fd = fd;
    file->regular = true;
    file->locked = locked == 0;
    file->device = status.st_dev;
    file->inode = status.st_ino;
    file->end = status.st_size;
    file->whole_until = status.st_size == 0 ? 0 : -1;
    file->shared_until = INT64_MIN;
    file->looked_at = INT64_MIN;
    file->modified = status.st_mtim.tv_sec * CLEAT__SECOND + status.st_mtim.tv_nsec;
    if (S_ISREG(status.st_mode) && locked != -EAGAIN && cleat__log_file_is_at(file, path))
        return 0;
    cleat__log_file_close(file);
    return -EAGAIN;
}

int cleat__log_file_open(struct cleat__log_file *file, const char *path, mode_t mode)
{
    int result = -EAGAIN;
    for (int attempt = 0; attempt < OPEN_ATTEMPTS && result == -EAGAIN; attempt++) {
        struct stat status;
        *file = (struct cleat__log_file){.fd = -1};
        if (attempt > 2)
            pause_a_millisecond();
        if (stat(path, &status) < 0 || S_ISREG(status.st_mode))
            result = open_regular(file, path, mode);
        else
            result = S_ISDIR(status.st_mode) ? -EISDIR : open_special(file, path);
    }
    return result == -EAGAIN ? -EBUSY : result;
}

void cleat__log_file_close(struct cleat__log_file *file)
{
    if (file->fd < 0)
        return;
    if (!file->regular)
        cleat__output_end(&file->output);
    close_quietly(file->fd);
    file->fd = -1;
}

void cleat__log_file_expect_others(struct cleat__log_file *file, int64_t now)
{
    file->shared_until = now + SHARED_FOR;
}

bool cleat__log_file_is_at(const struct cleat__log_file *file, const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && status.st_dev == file->device && status.st_ino == file->inode;
}

bool cleat__log_file_is_open(const struct cleat__log_file *file)
{
    struct stat status;
    return file->fd >= 0 && fstat(file->fd, &status) == 0 && status.st_dev == file->device &&
           status.st_ino == file->inode;
}

void cleat__log_file_look_at_size(struct cleat__log_file *file)
{
    struct stat status;
    if (fstat(file->fd, &status) == 0)
        file->end = status.st_size;
}

static void look_at_limit(struct cleat__log_file *file)
{
    struct rlimit limit;
    file->limited = getrlimit(RLIMIT_FSIZE, &limit) < 0 || limit.rlim_cur != RLIM_INFINITY;
}

/* write() that finishes interruptions and raises no signal. The number of bytes, or a negative errno value. */
static ssize_t write_some(const struct cleat__log_file *file, const char *bytes, size_t length)
{
    struct cleat__signals signals;
    ssize_t count;
    if (file->limited)
        cleat__signals_block(&signals);
    do
        count = write(file->fd, bytes, length);
    while (count < 0 && errno == EINTR);
    if (count < 0)
        count = -errno;
    if (file->limited)
        cleat__signals_restore(&signals, count < 0);
    return count == 0 ? -EIO : count;
}

/* Compares a part of the file with what should be there. */
static bool holds(const struct cleat__log_file *file, int64_t at, const char *bytes, size_t length)
{
    char found[1024];
    for (size_t done = 0; done < length;) {
        size_t part = length - done < sizeof(found) ? length - done : sizeof(found);
        ssize_t count = pread(file->fd, found, part, at + (int64_t)done);
        if (count <= 0 || memcmp(found, bytes + done, (size_t)count) != 0)
            return false;
        done += (size_t)count;
    }
    return true;
}

/* Writes blanks and a newline over bytes in the middle of the file. With O_APPEND, pwrite() appends, whatever offset it
   is given; so that is switched off for the moment, which nobody sees but us, as the open file is ours alone. */
static void overwrite(const struct cleat__log_file *file, int64_t at, size_t blanks)
{
    char text[256];
    ssize_t count = 0;
    int flags = fcntl(file->fd, F_GETFL);
    if (file->inherited || flags < 0 || fcntl(file->fd, F_SETFL, flags & ~O_APPEND) < 0)
        return;
    memset(text, ' ', sizeof(text));
    for (; blanks >= sizeof(text) && count >= 0; blanks -= (size_t)count, at += count)
        count = pwrite(file->fd, text, sizeof(text), at);
    text[blanks < sizeof(text) ? blanks : 0] = '\n';
    if (count >= 0 && pwrite(file->fd, text, blanks + 1, at) < 0)
        cleat__report(CLEAT__SINK_ERROR, "a part of a line stays in a log file, as it cannot be overwritten");
    fcntl(file->fd, F_SETFL, flags);
}

/*
 * A process that was killed in the middle of a write, or a machine that lost power, leaves a part of a line without
 * a newline, and our line has come to stand right behind it. The last byte of that part is lost anyway: made a
 * newline, it gives our line a line of its own. Looked at only when somebody else wrote since our last line, as the
 * end of ours is known to be whole.
 */
static void part_from_fragment(const struct cleat__log_file *file, const char *lines, size_t length)
{
    int64_t start = file->end - (int64_t)length;
    char last;
    if (start <= 0 || start == file->whole_until)
        return;
    if (pread(file->fd, &last, 1, start - 1) != 1 || last == '\n')
        return;
    if (holds(file, start, lines, length)) /* or else others move this file's offset, and `start` is not ours */
        overwrite(file, start - 1, 0);
}

/* Asks for the offset of the open file, which is where our write has ended. */
static void find_end(struct cleat__log_file *file, const char *lines, size_t length)
{
    int64_t expected = file->end + (int64_t)length;
    off_t end = lseek(file->fd, 0, SEEK_CUR);
    if (end < 0)
        return;
    if (end != expected)
        cleat__log_file_expect_others(file, file->looked_at);
    file->end = end;
    part_from_fragment(file, lines, length);
    file->whole_until = end;
}

/* Asking after each line would cost a third of the write. So a process that seems to be alone with the file asks once
   in a tick of the coarse clock (a few milliseconds), and counts meanwhile. */
static void note_end(struct cleat__log_file *file, const char *lines, size_t length, int64_t now)
{
    if (now != file->looked_at || now < file->shared_until) {
        file->looked_at = now;
        find_end(file, lines, length);
    } else {
        file->end += (int64_t)length;
        file->whole_until = file->end;
    }
}

/* How many of the bytes are whole lines. */
static size_t whole_lines(const char *lines, size_t length)
{
    const char *last = memrchr(lines, '\n', length);
    return last == NULL ? 0 : (size_t)(last - lines) + 1;
}

/* Whether nobody else has the file open, and none can open it until we share it again. */
static bool exclude_others(const struct cleat__log_file *file)
{
    struct stat status;
    if (!file->locked || file->inherited || set_lock(file->fd, F_WRLCK, USE_BYTE) < 0)
        return false;
    if (fstat(file->fd, &status) == 0 && status.st_size == file->end)
        return true;
    set_lock(file->fd, F_RDLCK, USE_BYTE);
    return false;
}

/* Goes on with lines of which `*at` bytes are in the file, alone with it; a part of a line that cannot be finished is
   cut off. */
static int finish_alone(struct cleat__log_file *file, const char *lines, size_t length, size_t *at)
{
    ssize_t count = 0;
    while (*at < length && (count = write_some(file, lines + *at, length - *at)) > 0) {
        *at += (size_t)count;
        file->end += count;
    }
    if (count > 0)
        return 0;
    size_t whole = whole_lines(lines, *at);
    int64_t end = file->end - (int64_t)(*at - whole);
    if (ftruncate(file->fd, end) == 0)
        file->end = end;
    *at = whole;
    return (int)count;
}

/*
 * Takes back the part of a line that stands at the end of the `*at` bytes written, while others may append: so it
 * cannot be cut off, and is made a blank line instead. Only where it still stands as it was written.
 */
static void blank_out(struct cleat__log_file *file, const char *lines, size_t *at)
{
    size_t whole = whole_lines(lines, *at);
    size_t part = *at - whole;
    int64_t start = file->end - (int64_t)part;
    /* Its last byte may be a newline already: see part_from_fragment(). */
    if (part > 0 && holds(file, start, lines + whole, part - 1))
        overwrite(file, start, part - 1);
    file->whole_until = -1;
    *at = whole;
}

static int append_to_file(struct cleat__log_file *file, const char *lines, size_t length, size_t *written, int64_t now)
{
    while (*written < length) {
        const char *rest = lines + *written;
        size_t wanted = length - *written;
        ssize_t count = write_some(file, rest, wanted);
        if (count < 0)
            return (int)count;
        size_t at = (size_t)count;
        if (at == wanted) {
            note_end(file, rest, at, now);
            *written = length;
            return 0;
        }
        find_end(file, rest, at);
        if (exclude_others(file)) {
            int result = finish_alone(file, rest, wanted, &at);
            set_lock(file->fd, F_RDLCK, USE_BYTE);
            file->whole_until = file->end;
            *written += at;
            return result;
        }
        blank_out(file, rest, &at);
        *written += at;
        if (at == 0)
            return -ENOSPC; /* write() does not say why it stopped halfway; this is nearly always why */
    }
    return 0;
}

int cleat__log_file_append(struct cleat__log_file *file, const char *lines, size_t length, size_t *written, int64_t now)
{
    *written = 0;
    if (file->fd < 0)
        return -EBADF;
    if (now != file->looked_at)
        look_at_limit(file);
    if (!file->regular) {
        file->looked_at = now; /* for a regular file note_end() does that */
        return cleat__write_lines(&file->output, lines, length, written);
    }
    return append_to_file(file, lines, length, written, now);
}

bool cleat__log_file_begin_rotation(struct cleat__log_file *file)
{
    return set_lock(file->fd, F_WRLCK, ROTATION_BYTE) != -EAGAIN;
}

void cleat__log_file_end_rotation(struct cleat__log_file *file)
{
    set_lock(file->fd, F_UNLCK, ROTATION_BYTE);
}

int cleat__log_file_claim(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    struct stat opened;
    struct stat named;
    int result = set_lock(fd, F_WRLCK, USE_BYTE);
    if (result == 0 && (fstat(fd, &opened) < 0 || lstat(path, &named) < 0))
        result = -errno;
    else if (result == 0 && (!S_ISREG(opened.st_mode) || opened.st_ino != named.st_ino))
        result = -EAGAIN;
    if (result == 0)
        return fd;
    close_quietly(fd);
    return result;
}
