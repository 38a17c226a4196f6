#include "model/level.h"

#include <pthread.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/colour.h"
#include "base/error.h"
#include "base/fork_locks.h"
#include "base/lock.h"
#include "model/event.h"

#define MOST_LEVELS 64

_Atomic(const struct cleat__level *) cleat__levels[CLEAT__HIGHEST_LEVEL + 1];

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned defined;

static struct cleat__level built_in[] = {
    {{"notset", CLEAT_NOTSET, NULL, NULL}, {0}},
    {{"trace", CLEAT_TRACE, "\u00b7", "dim"}, {0}},
    {{"debug", CLEAT_DEBUG, "\u2022", "green"}, {0}},
    {{"info", CLEAT_INFO, "\u2139", "green"}, {0}},
    {{"success", CLEAT_SUCCESS, "\u2713", "bold green"}, {0}},
    {{"warning", CLEAT_WARNING, "\u26a0", "yellow"}, {0}},
    {{"error", CLEAT_ERROR, "\u2717", "red"}, {0}},
    {{"critical", CLEAT_CRITICAL, "\u203c", "bold red"}, {0}},
};

static void enter(struct cleat__level *level)
{
    const struct cleat__level *below = atomic_load(&cleat__levels[level->looks.number]);
    for (int number = level->looks.number;
         number <= CLEAT__HIGHEST_LEVEL && atomic_load(&cleat__levels[number]) == below; number++)
        atomic_store(&cleat__levels[number], level);
}

static void make_value(struct cleat__level *level)
{
    level->value = cleat_string_n(level->looks.name, strlen(level->looks.name));
    level->value.flags = CLEAT__CLEAN;
}

/* Before main(), so that looking a level up needs neither a lock nor a check. */
__attribute__((constructor(103))) static void enter_built_in_levels(void)
{
    cleat__hold_across_forks(&lock, CLEAT__FORK_LEVELS);
    for (size_t i = 0; i < sizeof(built_in) / sizeof(built_in[0]); i++) {
        make_value(&built_in[i]);
        enter(&built_in[i]);
    }
}

static bool is_name(const char *name)
{
    if (name == NULL || *name == '\0' || strlen(name) > 32)
        return false;
    for (const char *c = name; *c != '\0'; c++)
        if (*c <= ' ' || *c > '~' || *c == '"' || *c == '\\' || *c == '=')
            return false;
    return true;
}

static char *copy_or_null(const char *text)
{
    return text != NULL ? cleat__copy_text(text, strlen(text)) : NULL;
}

static int add_locked(const cleat_level *level)
{
    if (defined == MOST_LEVELS)
        return cleat__fail(ENOSPC, "level \"%s\": %d levels are defined already, which is the most", level->name,
                           MOST_LEVELS);
    struct cleat__level *record = cleat__alloc_zero(sizeof(*record));
    char *name = cleat__copy_text(level->name, strlen(level->name));
    char *icon = copy_or_null(level->icon);
    char *colour = copy_or_null(level->colour);
    if (record == NULL || name == NULL || (level->icon != NULL && icon == NULL) ||
        (level->colour != NULL && colour == NULL)) {
        cleat__free(record);
        cleat__free(name);
        cleat__free(icon);
        cleat__free(colour);
        return cleat__fail(ENOMEM, "level \"%s\": no memory", level->name);
    }
    record->looks = (cleat_level){name, level->number, icon, colour};
    make_value(record);
    enter(record); /* one that it replaces stays in memory: lines under way may hold it */
    defined++;
    return 0;
}

int cleat_add_level(const cleat_level *level)
{
    if (level == NULL || !is_name(level->name))
        return cleat__fail(EINVAL, "a level needs a name of 1 to 32 printable characters, without spaces, quotes, "
                                   "equals signs or backslashes");
    if (level->number < 1 || level->number > CLEAT__HIGHEST_LEVEL)
        return cleat__fail(EINVAL, "level \"%s\": its number is %d; it must be 1 to %d", level->name, level->number,
                           CLEAT__HIGHEST_LEVEL);
    if (level->colour != NULL && !cleat__is_colour(level->colour))
        return cleat__fail(EINVAL,
                           "level \"%s\": unknown colour \"%s\"; write words like \"bold red\" or \"on_blue white\"",
                           level->name, level->colour);
    cleat__lock(&lock);
    int result = add_locked(level);
    pthread_mutex_unlock(&lock);
    return result;
}

const char *cleat_level_name(int number)
{
    return cleat__level_of(number)->looks.name;
}

static int alias_number(const char *name)
{
    if (strcasecmp(name, "warn") == 0)
        return CLEAT_WARNING;
    if (strcasecmp(name, "fatal") == 0)
        return CLEAT_CRITICAL;
    if (strcasecmp(name, "exception") == 0)
        return CLEAT_ERROR;
    return -EINVAL;
}

int cleat_level_number(const char *name)
{
    if (name == NULL)
        return -EINVAL;
    const struct cleat__level *last = NULL;
    for (int number = 0; number <= CLEAT__HIGHEST_LEVEL; number++) {
        const struct cleat__level *level = cleat__level_of(number);
        if (level != last && strcasecmp(level->looks.name, name) == 0)
            return level->looks.number;
        last = level;
    }
    return alias_number(name);
}
