/* compression.h - a rotated file becomes a .gz file. */
#ifndef CLEAT_SINKS_COMPRESSION_H
#define CLEAT_SINKS_COMPRESSION_H

#include <stdbool.h>

/*
 * Loads zlib, unless that was done before. 0, or -ENOTSUP, with a message, when it is not installed, or the library
 * was built without its header. Not for the way of a line.
 */
int cleat__compression_load(void);

/* Asked between pieces: true makes the compression stop, with -ECANCELED. */
typedef bool (*cleat__wants_stop)(void *arg);

/*
 * Compresses a file, which the caller has claimed and open as `from`, to a new one by way of an unfinished one.
 * The new file has the old one's times and permissions. 0, or a negative errno value, and nothing has changed.
 */
int cleat__compress(int from, const char *unfinished, const char *compressed, cleat__wants_stop wants_stop, void *arg);

#endif
