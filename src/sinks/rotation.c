/*
 * How several processes rotate one file without losing, tearing or doubling a line.
 *
 * A rename does not disturb those who have the file open: their lines go on into it under its new name. So nothing is
 * ever copied or cut, no line waits for a lock, and all that has to be right is who renames when, and how long a
 * rotated file is left alone. Three rules see to that; the locks are those of an open file (F_OFD_SETLK), which other
 * threads' and processes' locks exclude alike, and which end with a process however it ends.
 *
 * 1. Who appends holds a shared lock on byte 0 of the file, from its opening to its closing. After locking, one looks
 *    whether the path still names that file, and else begins anew: so nobody begins to append to a rotated file.
 * 2. Who rotates holds an exclusive lock on byte 1 of the file, and looks whether the path still names it before
 *    renaming it. Another one who comes at the same moment does not wait, but goes on in the file as it is, and finds
 *    the new one before its next line. The new name is never one that exists.
 * 3. Who compresses or removes a rotated file takes the lock on byte 0 exclusively, which succeeds only when nobody
 *    appends any more (rule 1 says that nobody will again). Else the file is left for later.
 *
 * The others notice a rotation when their own next line would be too much for the file or for its period, and
 * otherwise by looking at the path once a second. A process that does not log has its housekeeping thread look.
 * A process may thus exceed the size limit by as many lines as others wrote since its last one; one that is alone never
 * does.
 *
 * A child of fork() shares the open file, and so the locks, of its parent, where the rules need one's own: it opens
 * the path anew at once.
 *
 * Where a file system has no such locks, files are rotated by the look at the path alone, which at worst makes a file
 * too many, and are neither compressed nor removed.
 */
#include "sinks/rotation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"

#define NAME_ATTEMPTS 100
#define MICROSECOND 1000
#define LONGEST_PERIOD (INT64_C(100) * 366 * 86400)

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif

char *cleat__write_rotated_time(char *to, int64_t nanoseconds)
{
    char *end = cleat__write_time(to, nanoseconds - nanoseconds % MICROSECOND);
    for (char *at = to; at < end; at++)
        if (*at == ':')
            *at = '-';
    return end;
}

bool cleat__is_rotated_time(const char *text)
{
    static const char pattern[] = "0000-00-00T00-00-00.000000Z";
    for (size_t i = 0; i < sizeof(pattern) - 1; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (pattern[i] == '0' ? !digit : text[i] != pattern[i])
            return false;
    }
    return true;
}

int64_t cleat__period_end(const cleat_file_options *options, int64_t nanoseconds)
{
    if (options->rotate_seconds == 0 || options->rotate_seconds > LONGEST_PERIOD)
        return INT64_MAX;
    int64_t length = (int64_t)options->rotate_seconds;
    int64_t seconds = cleat__whole_seconds(nanoseconds);
    int64_t offset = options->rotate_local_time ? cleat__utc_offset(seconds) : 0;
    int64_t shift = offset - (int64_t)options->rotate_offset_seconds;
    int64_t end = ((seconds + shift) / length + 1) * length - shift;
    if (options->rotate_local_time) {
        /* Midnight by the offset that holds then: a day may have 23 or 25 hours. */
        int64_t moved = end + offset - cleat__utc_offset(end);
        end = moved > seconds ? moved : end;
    }
    return end * CLEAT__SECOND;
}

bool cleat__rotation_is_due(const struct cleat__log_file *file, const cleat_file_options *options, int64_t period_end,
                            size_t length)
{
    if (file->end == 0 || !file->regular)
        return false;
    if (options->rotate_bytes != 0 && (uint64_t)file->end + length > options->rotate_bytes)
        return true;
    return period_end != INT64_MAX && cleat__clock_kernel() >= period_end;
}

/* Renames, but never over a file that exists: -EEXIST. */
static int rename_to_new(const char *from, const char *to)
{
    struct stat status;
#ifdef SYS_renameat2
    if (syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -errno;
#endif
    /* Not every file system knows how; the lock for rotation keeps those away who might take the same name. */
    if (lstat(to, &status) == 0)
        return -EEXIST;
    return rename(from, to) == 0 ? 0 : -errno;
}

/* A compressed file of the same name, with the other one beside it, would be taken for two copies of one file. */
static bool is_compressed(char *name, char *end)
{
    struct stat status;
    memcpy(end, ".gz", sizeof(".gz"));
    bool exists = lstat(name, &status) == 0;
    *end = '\0';
    return exists;
}

static int rename_by_time(const char *path, char *name)
{
    size_t length = strlen(path);
    int64_t now = cleat__clock_kernel();
    int result = -EEXIST;
    memcpy(name, path, length);
    name[length] = '.';
    for (int attempt = 0; attempt < NAME_ATTEMPTS && result == -EEXIST; attempt++, now += MICROSECOND) {
        char *end = cleat__write_rotated_time(name + length + 1, now);
        *end = '\0';
        if (!is_compressed(name, end))
            result = rename_to_new(path, name);
    }
    return result;
}

int cleat__rotate(struct cleat__log_file *file, const char *path, char *name)
{
    if (!cleat__log_file_begin_rotation(file))
        return -EAGAIN;
    int result = cleat__log_file_is_at(file, path) ? rename_by_time(path, name) : 0;
    cleat__log_file_end_rotation(file);
    return result;
}
