#include <cleat/propagation.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"

/* The names that the OpenTelemetry specification gives them ("Environment Variables as Context Propagation Carriers").
 */
#define TRACEPARENT "TRACEPARENT"
#define BAGGAGE "BAGGAGE"

/* An environment and the two strings that it does not share with its base, in one piece of memory. */
struct environment {
    char traceparent[sizeof(TRACEPARENT "=") - 1 + CLEAT_TRACEPARENT_SIZE];
    char baggage[sizeof(BAGGAGE "=") - 1 + CLEAT_BAGGAGE_SIZE];
    char *entries[];
};

static bool is_variable(const char *entry, const char *name)
{
    size_t length = strlen(name);
    return strncmp(entry, name, length) == 0 && entry[length] == '=';
}

static size_t count_entries(char *const *base)
{
    size_t count = 0;
    while (base != NULL && base[count] != NULL)
        count++;
    return count;
}

char **cleat_make_environment(char *const *base, const char *const *keys, size_t count)
{
    if (base == NULL)
        base = environ;
    size_t n_base = count_entries(base);
    struct environment *environment = cleat__alloc(sizeof(*environment) + (n_base + 3) * sizeof(char *));
    if (environment == NULL)
        return cleat__fail_null(ENOMEM, "no memory for an environment");

    char **next = environment->entries;
    for (size_t i = 0; i < n_base; i++)
        if (!is_variable(base[i], TRACEPARENT) && !is_variable(base[i], BAGGAGE))
            *next++ = base[i];

    char *header = stpcpy(environment->traceparent, TRACEPARENT "=");
    if (cleat_inject_traceparent(header) == 0)
        *next++ = environment->traceparent;
    header = stpcpy(environment->baggage, BAGGAGE "=");
    if (cleat_inject_baggage(header, CLEAT_BAGGAGE_SIZE, keys, count) > 0)
        *next++ = environment->baggage;
    *next = NULL;
    return environment->entries;
}

void cleat_free_environment(char **environment)
{
    if (environment != NULL)
        cleat__free((char *)environment - offsetof(struct environment, entries));
}

/* Set, and not to nothing: many a script empties a variable to take it back. */
static const char *variable(const char *name)
{
    const char *text = getenv(name);
    return text != NULL && *text != '\0' ? text : NULL;
}

int cleat_adopt_environment(void)
{
    const char *traceparent = variable(TRACEPARENT);
    const char *baggage = variable(BAGGAGE);
    int result = traceparent != NULL ? cleat_extract_traceparent(NULL, traceparent) : 0;
    int baggage_result = baggage != NULL ? cleat_extract_baggage(NULL, baggage, NULL, 0) : 0;
    return result < 0 ? result : baggage_result;
}
