#include "sinks/retention.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/errname.h"
#include "base/report.h"

static struct cleat__rotated *add(struct cleat__rotated_list *list)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 64 : list->capacity * 2;
        struct cleat__rotated *files = cleat__alloc(capacity * sizeof(*files));
        if (files == NULL)
            return NULL;
        if (list->count > 0)
            memcpy(files, list->files, list->count * sizeof(*files));
        cleat__free(list->files);
        list->files = files;
        list->capacity = capacity;
    }
    return memset(&list->files[list->count++], 0, sizeof(*list->files));
}

/* base is the path's last part. False when there is no memory. */
static bool add_if_rotated(struct cleat__rotated_list *list, const char *name, const char *base, size_t base_length)
{
    if (strncmp(name, base, base_length) != 0 || name[base_length] != '.')
        return true;
    const char *time = name + base_length + 1;
    if (!cleat__is_rotated_time(time))
        return true;
    const char *suffix = time + CLEAT__ROTATED_TIME_LENGTH;
    bool plain = *suffix == '\0';
    bool compressed = strcmp(suffix, CLEAT__COMPRESSED_SUFFIX) == 0;
    bool unfinished = strcmp(suffix, CLEAT__UNFINISHED_SUFFIX) == 0;
    if (!plain && !compressed && !unfinished)
        return true;
    struct cleat__rotated *file = add(list);
    if (file == NULL)
        return false;
    memcpy(file->time, time, CLEAT__ROTATED_TIME_LENGTH);
    file->plain = plain;
    file->compressed = compressed;
    file->unfinished = unfinished;
    return true;
}

static int compare_times(const void *one, const void *other)
{
    return strcmp(((const struct cleat__rotated *)one)->time, ((const struct cleat__rotated *)other)->time);
}

/* Sorts, and makes one of those that differ in their suffix only. */
static void put_in_order(struct cleat__rotated_list *list)
{
    if (list->count == 0)
        return;
    qsort(list->files, list->count, sizeof(*list->files), compare_times);
    struct cleat__rotated *last = list->files;
    for (size_t i = 1; i < list->count; i++) {
        const struct cleat__rotated *file = &list->files[i];
        if (compare_times(last, file) != 0) {
            *++last = *file;
            continue;
        }
        last->plain |= file->plain;
        last->compressed |= file->compressed;
        last->unfinished |= file->unfinished;
    }
    list->count = (size_t)(last - list->files) + 1;
}

static DIR *open_folder(const char *path, size_t length)
{
    char *folder = cleat__copy_text(path, length > 0 ? length : 1);
    if (folder == NULL) {
        errno = ENOMEM;
        return NULL;
    }
    DIR *entries = opendir(folder);
    cleat__free(folder);
    return entries;
}

int cleat__rotated_list_read(struct cleat__rotated_list *list, const char *path)
{
    *list = (struct cleat__rotated_list){0};
    const char *base = strrchr(path, '/') + 1; /* the path is absolute */
    size_t base_length = strlen(base);
    DIR *entries = open_folder(path, (size_t)(base - path) - 1);
    if (entries == NULL)
        return -errno;
    bool enough_memory = true;
    for (struct dirent *entry; enough_memory && (entry = readdir(entries)) != NULL;)
        enough_memory = add_if_rotated(list, entry->d_name, base, base_length);
    closedir(entries);
    if (!enough_memory) {
        cleat__rotated_list_free(list);
        return -ENOMEM;
    }
    put_in_order(list);
    return 0;
}

void cleat__rotated_list_free(struct cleat__rotated_list *list)
{
    cleat__free(list->files);
    *list = (struct cleat__rotated_list){0};
}

void cleat__rotated_name(char *name, const char *path, const struct cleat__rotated *file, const char *suffix)
{
    name = stpcpy(name, path);
    *name++ = '.';
    name = stpcpy(name, file->time);
    strcpy(name, suffix);
}

static bool remove_name(const char *name)
{
    char message[128];
    if (unlink(name) == 0 || errno == ENOENT)
        return true;
    cleat__report(CLEAT__SINK_ERROR, "cannot remove %s: %s", name,
                  cleat__errno_message(errno, message, sizeof(message)));
    return false;
}

/* False when it is in use. */
static bool remove_rotated(struct cleat__rotated *file, const char *path, char *name)
{
    int claimed = -1;
    if (file->plain) {
        cleat__rotated_name(name, path, file, "");
        claimed = cleat__log_file_claim(name);
        if (claimed < 0 && claimed != -ENOENT)
            return claimed != -EAGAIN;
        if (remove_name(name))
            file->plain = false;
    }
    cleat__rotated_name(name, path, file, CLEAT__COMPRESSED_SUFFIX);
    if (file->compressed && remove_name(name))
        file->compressed = false;
    if (claimed >= 0)
        close(claimed);
    return true;
}

/* Files with this name or an older one have reached the age at which they go. */
static void oldest_to_keep(char *time, uint64_t keep_seconds)
{
    int64_t now = cleat__clock_kernel();
    memset(time, 0, CLEAT__ROTATED_TIME_LENGTH + 1);
    if (keep_seconds != 0 && keep_seconds < (uint64_t)(now / CLEAT__SECOND))
        cleat__write_rotated_time(time, now - (int64_t)keep_seconds * CLEAT__SECOND);
}

bool cleat__retain(struct cleat__rotated_list *list, const char *path, const cleat_file_options *options, char *name)
{
    char oldest[CLEAT__TIME_SIZE];
    size_t count = 0;
    bool complete = true;
    oldest_to_keep(oldest, options->keep_seconds);
    for (size_t i = 0; i < list->count; i++)
        count += list->files[i].plain || list->files[i].compressed;
    for (size_t i = 0; i < list->count; i++) {
        struct cleat__rotated *file = &list->files[i];
        if (!file->plain && !file->compressed)
            continue;
        bool too_many = options->keep_files != 0 && count > options->keep_files;
        if (too_many || strcmp(file->time, oldest) <= 0)
            complete &= remove_rotated(file, path, name);
        count--;
    }
    return complete;
}
