/*
 * level.h - the severities of lines, and those the user defines.
 */
#ifndef CLEAT_LEVEL_H
#define CLEAT_LEVEL_H

#include <cleat/common.h>

/* The built-in levels. The numbers are those of Python's logging and of loguru. */
enum {
    CLEAT_NOTSET = 0, /* as a threshold: everything passes */
    CLEAT_TRACE = 5,
    CLEAT_DEBUG = 10,
    CLEAT_INFO = 20,
    CLEAT_SUCCESS = 25,
    CLEAT_WARNING = 30,
    CLEAT_ERROR = 40,
    CLEAT_CRITICAL = 50,
    CLEAT_OFF = 1000 /* as a threshold: nothing passes */
};

/*
 * Compile-time floor: calls below it are compiled away, arguments and all. Define it before the first
 * include, or on the command line: -DCLEAT_MIN_LEVEL=CLEAT_INFO.
 */
#ifndef CLEAT_MIN_LEVEL
#define CLEAT_MIN_LEVEL CLEAT_NOTSET
#endif

CLEAT_BEGIN_DECLS

/* How a level looks. */
typedef struct cleat_level {
    const char *name;   /* as the field `level` shows it, lower case: "info" */
    int number;         /* 1 to 999 */
    const char *icon;   /* one UTF-8 character for the console; NULL: none */
    const char *colour; /* for the console: markup as "bold red", "cyan", "on_red white"; NULL: none */
} cleat_level;

/*
 * Defines a level, or gives a defined number a new name and looks. Levels stay for the life of the process. Lines that
 * wait in an asynchronous sink may show the new name.
 *
 * level:   copied.
 * Safe:    threads, fork.
 * Errors:  -EINVAL: number outside 1 to 999, no name, a name that is not printable, or an unknown colour;
 *          -ENOSPC: 64 levels are defined already; -ENOMEM.
 * Example: cleat_add_level(&(cleat_level){"audit", 35, "A", "bold magenta"});
 *          cleat_log(log, 35, "key rotated");
 */
CLEAT_API int cleat_add_level(const cleat_level *level);

/*
 * The name of a level; of a number in between, the name of the next defined level below it.
 *
 * Owns:    static.
 * Safe:    threads, fork, signals.
 * Example: puts(cleat_level_name(CLEAT_INFO));   // info
 */
CLEAT_API const char *cleat_level_name(int number);

/*
 * The number of a level by its name, whatever its case; "warn", "fatal" and "exception" are understood too.
 *
 * Safe:    threads, fork, signals.
 * Errors:  -EINVAL: no such level.
 * Example: int level = cleat_level_number(getenv("LOG_LEVEL"));
 */
CLEAT_API int cleat_level_number(const char *name);

CLEAT_END_DECLS

#endif
