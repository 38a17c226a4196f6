#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "processors/glob.h"
#include "processors/processor.h"
#include "processors/rewrite.h"

/*
 * What the patterns say of a key, remembered with the key's text: the same keys come again and again. A place is
 * filled once and never changed, so that reading it needs no lock; a key that finds another in its place is
 * compared with the patterns each time.
 */
struct verdict {
    _Atomic unsigned state;
    bool matches;
    uint8_t length;
    char text[26];
};

enum {
    EMPTY,
    BEING_FILLED,
    FILLED
};

#define VERDICTS 256

struct redact {
    cleat_processor head;
    struct cleat__rewriter rewriter;
    cleat_value replacement;
    size_t n_patterns;
    const char **patterns; /* their texts, and that of the replacement, stand behind them */
    struct verdict verdicts[VERDICTS];
};

static bool matches_a_pattern(const struct redact *self, const cleat_key *key)
{
    for (size_t i = 0; i < self->n_patterns; i++)
        if (cleat__glob_match(self->patterns[i], key->text, key->length))
            return true;
    return false;
}

static void remember(struct verdict *verdict, const cleat_key *key, bool matches)
{
    unsigned expected = EMPTY;
    if (key->length > sizeof(verdict->text) ||
        !atomic_compare_exchange_strong_explicit(&verdict->state, &expected, BEING_FILLED, memory_order_relaxed,
                                                 memory_order_relaxed))
        return;
    verdict->matches = matches;
    verdict->length = (uint8_t)key->length;
    memcpy(verdict->text, key->text, key->length);
    atomic_store_explicit(&verdict->state, FILLED, memory_order_release);
}

static bool matches(struct redact *self, const cleat_key *key)
{
    struct verdict *verdict = &self->verdicts[key->hash % VERDICTS];
    if (atomic_load_explicit(&verdict->state, memory_order_acquire) == FILLED && verdict->length == key->length &&
        memcmp(verdict->text, key->text, key->length) == 0)
        return verdict->matches;
    bool found = matches_a_pattern(self, key);
    remember(verdict, key, found);
    return found;
}

static enum cleat__rewritten rule(const struct cleat__rewriter *rewriter, const cleat_key *key, cleat_value *value,
                                  cleat_scratch *scratch)
{
    (void)scratch;
    struct redact *self = (struct redact *)((char *)(uintptr_t)rewriter - offsetof(struct redact, rewriter));
    if (key == NULL || !matches(self, key))
        return CLEAT__SAME;
    *value = self->replacement;
    return CLEAT__NEW;
}

static int redact(cleat_event *event, cleat_processor *processor)
{
    cleat__rewrite_event(event, &((struct redact *)processor)->rewriter);
    return CLEAT_KEEP;
}

static void destroy(cleat_processor *processor)
{
    cleat__free(((struct redact *)processor)->patterns);
}

static size_t size_of_texts(const char *const *patterns, size_t count, const char *replacement)
{
    size_t size = count * sizeof(char *) + strlen(replacement) + 1;
    for (size_t i = 0; i < count; i++)
        size += strlen(patterns[i]) + 1;
    return size;
}

static char *add_text(char **end, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = memcpy(*end, text, size);
    *end += size;
    return copy;
}

static bool take_texts(struct redact *self, const char *const *patterns, size_t count, const char *replacement)
{
    self->patterns = cleat__alloc(size_of_texts(patterns, count, replacement));
    if (self->patterns == NULL)
        return false;
    char *end = (char *)(self->patterns + count);
    self->replacement = cleat_string_n(add_text(&end, replacement), strlen(replacement));
    self->n_patterns = count;
    for (size_t i = 0; i < count; i++)
        self->patterns[i] = add_text(&end, patterns[i]);
    return true;
}

cleat_processor *cleat_redact(const char *const *patterns, size_t count, const char *replacement)
{
    if (patterns == NULL && count > 0)
        return cleat__fail_null(EINVAL, "redact: the patterns are NULL, but %zu are announced", count);
    for (size_t i = 0; i < count; i++)
        if (patterns[i] == NULL)
            return cleat__fail_null(EINVAL, "redact: pattern %zu is NULL; each must be a string", i);
    struct redact *self = cleat__processor_new(sizeof(*self), "redact", redact);
    if (self == NULL)
        return NULL;
    self->head.destroy = destroy;
    self->rewriter = (struct cleat__rewriter){rule, true};
    if (!take_texts(self, patterns, count, replacement != NULL ? replacement : "[redacted]")) {
        cleat_processor_unref(&self->head);
        return cleat__fail_null(ENOMEM, "redact: there is no memory for its patterns");
    }
    return &self->head;
}
