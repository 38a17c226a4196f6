/* retention.h - the rotated files beside a file: which there are, and which have to go. */
#ifndef CLEAT_SINKS_RETENTION_H
#define CLEAT_SINKS_RETENTION_H

#include "sinks/rotation.h"

/* One rotated file. It may be there as it was, compressed, or, after a crash, as both. */
struct cleat__rotated {
    char time[CLEAT__ROTATED_TIME_LENGTH + 1]; /* the part of its name behind PATH and a dot */
    bool plain;
    bool compressed;
    bool unfinished; /* a compressed file in the making */
};

struct cleat__rotated_list {
    struct cleat__rotated *files; /* oldest first */
    size_t count;
    size_t capacity;
};

#define CLEAT__COMPRESSED_SUFFIX ".gz"
#define CLEAT__UNFINISHED_SUFFIX ".gz.tmp"

/*
 * Lists the rotated files of a path, by their exact pattern of name. 0, or a negative errno value and an empty list.
 * Not for the way of a line: the folder is read with the help of malloc().
 */
int cleat__rotated_list_read(struct cleat__rotated_list *list, const char *path);
void cleat__rotated_list_free(struct cleat__rotated_list *list);

/* Writes PATH.TIME and a suffix to name, which has room for the path and CLEAT__ROTATED_NAME_EXTRA bytes. */
void cleat__rotated_name(char *name, const char *path, const struct cleat__rotated *file, const char *suffix);

/*
 * Removes what is beyond the options' count and age, oldest first; what it removed is marked as not there. False when
 * some had to stay because they are in use.
 */
bool cleat__retain(struct cleat__rotated_list *list, const char *path, const cleat_file_options *options, char *name);

#endif
