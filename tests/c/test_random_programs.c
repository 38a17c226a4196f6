/*
 * test_random_programs.c - K1, K2, K4, K5, K7, K8 at scale: programs that bind, unbind, reset, nest scopes, swap
 * contexts and log, all at random from a small alphabet of keys, run twice: by the engine, and by a model of Python's
 * dicts in this file. Every JSON line, parsed by jansson, must have exactly the model's fields in the model's order.
 *
 * The run is the same each time. CLEAT_SEED=<number> begins with another program; CLEAT_HEAVY=1 runs 100,000 of them.
 */
#include "lines.h"

#include <jansson.h>

/* -- chance -- */

static uint64_t chance;

static unsigned below(unsigned limit)
{
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    return (unsigned)((chance * UINT64_C(0x2545F4914F6CDD1D)) >> 33) % limit;
}

/* -- keys -- */

/* a to h also stand in the call sites below. Those that follow need care of some kind. */
static const char *const keys[] = {
    "a",     "b",         "c",      "d",   "e",       "f",           "g",         "h",         "event",
    "level", "timestamp", "logger", "",    "quo\"te", "back\\slash", "new\nline", "caf\u00e9", "k0",
    "k1",    "k2",        "k3",     "k4",  "k5",      "k6",          "k7",        "k8",        "k9",
    "k10",   "k11",       "k12",    "k13", "k14",     "k15",         "k16",
};
#define N_KEYS (sizeof(keys) / sizeof(keys[0]))
#define WELL_KNOWN 12U /* the first so many: a to h, and those that processors set */

/* The keys that this program uses: few ones overlap more. */
static unsigned alphabet[N_KEYS];
static unsigned keys_in_use;

static unsigned any_key(void)
{
    return alphabet[below(keys_in_use)];
}

/* All keys, or a few of those that call sites and processors set as well. */
static void pick_alphabet(void)
{
    bool few = below(2) == 0;
    unsigned from = few ? WELL_KNOWN : (unsigned)N_KEYS;
    for (unsigned i = 0; i < from; i++)
        alphabet[i] = i;
    for (unsigned i = 0; i < from; i++) {
        unsigned other = below(from), key = alphabet[i];
        alphabet[i] = alphabet[other];
        alphabet[other] = key;
    }
    keys_in_use = few ? 4 + below(WELL_KNOWN - 4) : from;
}

/* -- the model: dicts of Python, whose values are serial numbers -- */

struct dict {
    unsigned count;
    unsigned key[N_KEYS];
    int value[N_KEYS];
};

static unsigned dict_find(const struct dict *dict, unsigned key)
{
    unsigned i = 0;
    while (i < dict->count && dict->key[i] != key)
        i++;
    return i;
}

static bool dict_has(const struct dict *dict, unsigned key)
{
    return dict_find(dict, key) < dict->count;
}

static void dict_set(struct dict *dict, unsigned key, int value)
{
    unsigned i = dict_find(dict, key);
    if (i == dict->count)
        dict->key[dict->count++] = key;
    dict->value[i] = value;
}

static bool dict_delete(struct dict *dict, unsigned key)
{
    unsigned i = dict_find(dict, key);
    if (i == dict->count)
        return false;
    dict->count--;
    for (; i < dict->count; i++) {
        dict->key[i] = dict->key[i + 1];
        dict->value[i] = dict->value[i + 1];
    }
    return true;
}

static void dict_update(struct dict *dict, const struct dict *other)
{
    for (unsigned i = 0; i < other->count; i++)
        dict_set(dict, other->key[i], other->value[i]);
}

static void dict_fill_in(struct dict *dict, const struct dict *other)
{
    for (unsigned i = 0; i < other->count; i++)
        if (!dict_has(dict, other->key[i]))
            dict_set(dict, other->key[i], other->value[i]);
}

/* -- values: the serial number says which kind it is and what it holds -- */

static int last_serial;
static struct counted foreign_object;

struct storage {
    char text[24];
    cleat_field fields[3];
    cleat_value items[3];
};

static cleat_value make_serial(void *arg, cleat_scratch *scratch)
{
    (void)scratch;
    return cleat_int((intptr_t)arg);
}

static int render_serial(const void *object, cleat_writer *writer)
{
    (void)object;
    return cleat_write_value(writer, cleat_string("foreign"));
}

static const cleat_foreign_class foreign_class = {"counted", hold_counted, drop_counted, render_serial};

enum {
    N_KINDS = 9
};

static cleat_value value_of(int serial, struct storage *storage)
{
    switch (serial % N_KINDS) {
    case 0:
        snprintf(storage->text, sizeof(storage->text), "v\"%d\n", serial);
        return cleat_string(storage->text);
    case 1:
        return cleat_null();
    case 2:
        return cleat_bool(serial % 2 == 0);
    case 3:
        return cleat_double(serial / 4.0);
    case 4:
        storage->fields[0] = (cleat_field){"x", cleat_int(serial)};
        storage->fields[1] = (cleat_field){"y", cleat_null()};
        storage->fields[2] = (cleat_field){"x", cleat_int(-serial)};
        return cleat_object_n(storage->fields, 3);
    case 5:
        storage->items[0] = cleat_uint((unsigned)serial);
        storage->items[1] = cleat_lazy(make_serial, (void *)(intptr_t)(serial + 1));
        storage->items[2] = cleat_list_n(NULL, 0);
        return cleat_list_n(storage->items, 3);
    case 6:
        return cleat_lazy(make_serial, (void *)(intptr_t)serial);
    case 7:
        return cleat_foreign(&foreign_class, &foreign_object);
    default:
        return cleat_int(serial);
    }
}

static bool is_value(json_t *json, int serial)
{
    char text[24];
    switch (serial % N_KINDS) {
    case 0:
        snprintf(text, sizeof(text), "v\"%d\n", serial);
        return json_is_string(json) && strcmp(json_string_value(json), text) == 0;
    case 1:
        return json_is_null(json);
    case 2:
        return json_is_boolean(json) && json_is_true(json) == (serial % 2 == 0);
    case 3:
        return json_is_number(json) && json_number_value(json) >= serial / 4.0 &&
               json_number_value(json) <= serial / 4.0;
    case 4:
        return json_object_size(json) == 2 && json_integer_value(json_object_get(json, "x")) == -serial &&
               json_is_null(json_object_get(json, "y"));
    case 5:
        return json_array_size(json) == 3 && json_integer_value(json_array_get(json, 0)) == serial &&
               json_integer_value(json_array_get(json, 1)) == serial + 1 && json_is_array(json_array_get(json, 2));
    case 7:
        return json_is_string(json) && strcmp(json_string_value(json), "foreign") == 0;
    default:
        return json_is_integer(json) && json_integer_value(json) == serial;
    }
}

/* -- a random set of fields, in both worlds -- */

enum {
    MOST_FIELDS = 12
};

struct bunch {
    unsigned count;
    unsigned key[MOST_FIELDS];
    int serial[MOST_FIELDS];
    cleat_field fields[MOST_FIELDS];
    struct storage storage[MOST_FIELDS];
};

static void pick_fields(struct bunch *bunch, unsigned least, unsigned most)
{
    bunch->count = least + below(most - least + 1);
    for (unsigned i = 0; i < bunch->count; i++) {
        bunch->key[i] = any_key();
        bunch->serial[i] = ++last_serial;
        bunch->fields[i] = (cleat_field){keys[bunch->key[i]], value_of(bunch->serial[i], &bunch->storage[i])};
    }
}

/* All that the engine was given is its own by now: what it was made from may be written over. */
static void spoil(struct bunch *bunch)
{
    memset(bunch->storage, 0x5a, sizeof(bunch->storage));
}

static void dict_set_bunch(struct dict *dict, const struct bunch *bunch)
{
    for (unsigned i = 0; i < bunch->count; i++)
        dict_set(dict, bunch->key[i], bunch->serial[i]);
}

static unsigned pick_keys(unsigned *picked, const char **texts)
{
    unsigned count = 1 + below(3);
    for (unsigned i = 0; i < count; i++) {
        picked[i] = any_key();
        texts[i] = keys[picked[i]];
    }
    return count;
}

/* -- chains: several, as the engine has ways of its own for some of them -- */

enum chain_step {
    NO_STEP,
    MERGE_CONTEXTVARS,
    MERGE_THREADLOCAL,
    OWN_PROCESSOR,
    ADD_LEVEL,
    ADD_TIMESTAMP,
    ADD_NAME
};
enum {
    LONGEST_CHAIN = 5
};

static const struct {
    enum chain_step steps[LONGEST_CHAIN];
    bool two_handlers;
} chains[] = {
    {{MERGE_CONTEXTVARS, MERGE_THREADLOCAL, OWN_PROCESSOR, ADD_LEVEL}, true},
    {{MERGE_CONTEXTVARS, ADD_LEVEL}, false},
    {{MERGE_CONTEXTVARS, ADD_LEVEL, ADD_TIMESTAMP}, false},
    {{MERGE_CONTEXTVARS, ADD_LEVEL, ADD_TIMESTAMP}, true},
    {{ADD_LEVEL, ADD_NAME, ADD_TIMESTAMP, MERGE_CONTEXTVARS}, false},
    {{MERGE_CONTEXTVARS, ADD_LEVEL, MERGE_CONTEXTVARS, ADD_LEVEL}, false},
    {{MERGE_THREADLOCAL, ADD_LEVEL}, false},
    {{ADD_NAME, MERGE_CONTEXTVARS, MERGE_THREADLOCAL, ADD_TIMESTAMP}, true},
    {{ADD_TIMESTAMP}, false},
    {{NO_STEP}, false},
};
#define N_CHAINS (sizeof(chains) / sizeof(chains[0]))

static cleat_logger *chain_loggers[N_CHAINS];

/* -- the world: what the engine has, and beside it what the model says of it -- */

enum {
    N_LOGGERS = 5,
    N_CONTEXTS = 3,
    N_TOKENS = 6,
    N_STEPS = 4
};

/* What a patcher or processor does to an event. */
struct step {
    unsigned action;
    unsigned key;
    unsigned new_key;
    int serial;
};

struct patch {
    unsigned count; /* 0: no patcher */
    struct step steps[N_STEPS];
};

struct logger {
    cleat_logger *real;
    unsigned chain;
    struct dict bound;
    struct patch patches[2]; /* the first runs first */
};

struct context {
    cleat_context *real; /* NULL: the thread's own */
    struct dict bound;
};

struct token {
    cleat_tokens real;
    bool filled;
    unsigned context;
    struct dict before;
    struct bunch bound;
};

static struct world {
    struct logger loggers[N_LOGGERS];
    struct context contexts[N_CONTEXTS];
    unsigned current;
    struct token tokens[N_TOKENS];
    struct dict threadlocal;
    struct patch chain; /* what the processor in the chain does */
    unsigned nesting;
    unsigned long n_lines;
} world;

static struct dict *current_dict(void)
{
    return &world.contexts[world.current].bound;
}

/* -- failures name the program -- */

static uint64_t program_seed;
static char line_text[65536];
static char sorted_text[65536];

static void fail_program(const char *what, const struct dict *expected)
{
    fprintf(stderr, "CLEAT_SEED=%llu: %s\nline: %ssorted: %s\nexpected:", (unsigned long long)program_seed, what,
            line_text, sorted_text);
    for (unsigned i = 0; expected != NULL && i < expected->count; i++)
        fprintf(stderr, " %s=#%d", keys[expected->key[i]], expected->value[i]);
    fprintf(stderr, "\n");
    fail();
}

static void expect(bool right, const char *what)
{
    if (!right)
        fail_program(what, NULL);
}

/* -- steps on an event -- */

static void pick_steps(struct patch *patch)
{
    patch->count = 1 + below(N_STEPS);
    for (unsigned i = 0; i < patch->count; i++)
        patch->steps[i] = (struct step){below(4), any_key(), any_key(), ++last_serial};
}

static int take_steps(cleat_event *event, void *arg)
{
    const struct patch *patch = arg;
    for (unsigned i = 0; i < patch->count; i++) {
        const struct step *step = &patch->steps[i];
        struct storage storage;
        cleat_value value = value_of(step->serial, &storage);
        if (step->action == 0)
            cleat_event_set(event, keys[step->key], value);
        else if (step->action == 1)
            cleat_event_set_default(event, keys[step->key], value);
        else if (step->action == 2)
            cleat_event_delete(event, keys[step->key]);
        else
            cleat_event_rename(event, keys[step->key], keys[step->new_key]);
        memset(&storage, 0x5a, sizeof(storage));
    }
    return CLEAT_KEEP;
}

static void take_steps_in_model(struct dict *event, const struct patch *patch)
{
    for (unsigned i = 0; i < patch->count; i++) {
        const struct step *step = &patch->steps[i];
        unsigned place = dict_find(event, step->key);
        int value = place < event->count ? event->value[place] : 0;
        if (step->action == 0 || (step->action == 1 && place == event->count))
            dict_set(event, step->key, step->serial);
        else if (step->action == 2)
            dict_delete(event, step->key);
        else if (step->action == 3 && dict_delete(event, step->key))
            dict_set(event, step->new_key, value);
    }
}

/* -- one line -- */

#define EVENT_KEY 8U
#define LEVEL_KEY 9U
#define TIMESTAMP_KEY 10U
#define NAME_KEY 11U
#define EVENT_TEXT (-1)
#define LEVEL_TEXT (-2)
#define TIMESTAMP_TEXT (-3)
#define NAME_TEXT (-4)

static int keep_line(const char *line, size_t length, int level, void *arg)
{
    (void)level;
    char *text = arg;
    expect(length < sizeof(line_text), "a line is too long");
    memcpy(text, line, length);
    text[length] = '\0';
    return 0;
}

static bool is_expected(json_t *json, int serial)
{
    static const char *const texts[] = {"it happened", "info", NULL, "random"};
    if (serial >= 0)
        return is_value(json, serial);
    if (serial == TIMESTAMP_TEXT)
        return json_string_length(json) == sizeof("2026-01-31T23:59:59.123456Z") - 1;
    return json_is_string(json) && strcmp(json_string_value(json), texts[-1 - serial]) == 0;
}

static void compare(const struct dict *expected)
{
    json_t *json = json_loads(line_text, JSON_REJECT_DUPLICATES, NULL);
    if (json == NULL)
        fail_program("not JSON, or a key twice (K1)", expected);
    unsigned i = 0;
    const char *key;
    json_t *value;
    json_object_foreach(json, key, value)
    {
        if (i == expected->count || strcmp(key, keys[expected->key[i]]) != 0)
            fail_program("other keys, or another order (K2)", expected);
        if (!is_expected(value, expected->value[i]))
            fail_program("another value", expected);
        i++;
    }
    if (i != expected->count)
        fail_program("keys are missing", expected);
    json_t *sorted = sorted_text[0] != '\0' ? json_loads(sorted_text, JSON_REJECT_DUPLICATES, NULL) : json_incref(json);
    if (sorted == NULL || !json_equal(json, sorted))
        fail_program("the second handler's line has other fields", expected);
    json_decref(json);
    json_decref(sorted);
    line_text[0] = sorted_text[0] = '\0';
}

static void run_chain_in_model(struct dict *event, const enum chain_step *steps)
{
    for (unsigned i = 0; i < LONGEST_CHAIN; i++) {
        if (steps[i] == MERGE_CONTEXTVARS) {
            dict_fill_in(event, current_dict());
        } else if (steps[i] == MERGE_THREADLOCAL) { /* its fields come first, as structlog's merge_threadlocal has it */
            struct dict merged = world.threadlocal;
            dict_update(&merged, event);
            *event = merged;
        } else if (steps[i] == OWN_PROCESSOR) {
            take_steps_in_model(event, &world.chain);
        } else if (steps[i] == ADD_LEVEL) {
            dict_set(event, LEVEL_KEY, LEVEL_TEXT);
        } else if (steps[i] == ADD_TIMESTAMP) {
            dict_set(event, TIMESTAMP_KEY, TIMESTAMP_TEXT);
        } else if (steps[i] == ADD_NAME) {
            dict_set(event, NAME_KEY, NAME_TEXT);
        }
    }
}

static void check_line(const struct logger *logger, const struct dict *call)
{
    struct dict event = logger->bound;
    dict_update(&event, call);
    dict_set(&event, EVENT_KEY, EVENT_TEXT);
    for (unsigned i = 0; i < 2; i++)
        take_steps_in_model(&event, &logger->patches[i]);
    run_chain_in_model(&event, chains[logger->chain].steps);
    compare(&event);
    world.n_lines++;
}

/* Call sites with literal keys, which have their own way to an event. */
static void log_by_macro(struct logger *logger)
{
    struct dict call = {.count = 0};
    cleat_logger *log = logger->real;
    int v = last_serial;
    struct storage s[4];
    last_serial += 4;
    cleat_value v1 = value_of(v + 1, &s[0]), v2 = value_of(v + 2, &s[1]), v3 = value_of(v + 3, &s[2]),
                v4 = value_of(v + 4, &s[3]);
    unsigned k = any_key();
    switch (below(7)) {
    case 5:
        cleat_info(log, "it happened", "a", v1, "b", v2, "c", v3, "d", v4);
        for (unsigned i = 0; i < 4; i++)
            dict_set(&call, i, v + 1 + (int)i);
        break;
    case 6:
        cleat_info(log, "it happened", "timestamp", v1, "e", v2, "logger", v3);
        dict_set(&call, TIMESTAMP_KEY, v + 1);
        dict_set(&call, 4, v + 2);
        dict_set(&call, NAME_KEY, v + 3);
        break;
    case 0:
        cleat_info(log, "it happened");
        break;
    case 1:
        cleat_info(log, "it happened", "a", v1);
        dict_set(&call, 0, v + 1);
        break;
    case 2:
        cleat_info(log, "it happened", "b", v1, "c", v2, "b", v3);
        dict_set(&call, 1, v + 1);
        dict_set(&call, 2, v + 2);
        dict_set(&call, 1, v + 3);
        break;
    case 3:
        cleat_info(log, "it happened", "d", v1, keys[k], v2, "event", v3, "a", v4);
        dict_set(&call, 3, v + 1);
        dict_set(&call, k, v + 2);
        dict_set(&call, EVENT_KEY, v + 3);
        dict_set(&call, 0, v + 4);
        break;
    default:
        cleat_info(log, "it happened", "h", v1, "g", v2, "f", v3, "level", v4);
        dict_set(&call, 7, v + 1);
        dict_set(&call, 6, v + 2);
        dict_set(&call, 5, v + 3);
        dict_set(&call, LEVEL_KEY, v + 4);
    }
    check_line(logger, &call);
}

static void log_line(void)
{
    struct logger *logger = &world.loggers[below(N_LOGGERS)];
    if (below(2) == 0) {
        log_by_macro(logger);
        return;
    }
    struct bunch bunch;
    struct dict call = {.count = 0};
    pick_fields(&bunch, 0, MOST_FIELDS);
    cleat_log_fields(logger->real, CLEAT_INFO, NULL, cleat_string("it happened"), bunch.fields, bunch.count);
    dict_set_bunch(&call, &bunch);
    check_line(logger, &call);
}

/* -- loggers -- */

/* Puts a logger in place of one that is there. The old one goes: what was bound from it does not mind (K4). */
static void keep_logger(cleat_logger *real, const struct logger *model)
{
    struct logger *place = &world.loggers[below(N_LOGGERS)];
    struct logger made = *model;
    made.real = real;
    cleat_unref(place->real);
    *place = made;
}

static void bind_logger(void)
{
    struct logger model = world.loggers[below(N_LOGGERS)];
    bool anew = below(6) == 0;
    struct bunch bunch;
    pick_fields(&bunch, anew ? 0 : 1, 6);
    cleat_logger *real = (anew ? cleat_new_fields : cleat_bind_fields)(model.real, bunch.fields, bunch.count);
    spoil(&bunch);
    if (anew)
        model.bound.count = 0;
    dict_set_bunch(&model.bound, &bunch);
    keep_logger(real, &model);
}

static void unbind_logger(void)
{
    struct logger model = world.loggers[below(N_LOGGERS)];
    bool try = below(2) == 0;
    unsigned picked[3];
    const char *texts[3];
    unsigned count = pick_keys(picked, texts);
    bool complete = true;
    for (unsigned i = 0; i < count; i++)
        complete = complete && dict_has(&model.bound, picked[i]);
    cleat_logger *real = (try ? cleat_try_unbind_keys : cleat_unbind_keys)(model.real, texts, count);
    expect((real != NULL) == (try || complete), "unbind refuses an absent key, and only that");
    for (unsigned i = 0; i < count; i++)
        dict_delete(&model.bound, picked[i]);
    if (real != NULL)
        keep_logger(real, &model);
}

static void patch_logger(void)
{
    /* The engine keeps the address of the steps, so they stay in place until the program ends. */
    static struct patch kept[64];
    static unsigned next;
    struct logger model = world.loggers[below(N_LOGGERS)];
    unsigned free_place = model.patches[0].count == 0 ? 0 : 1;
    if (model.patches[1].count > 0 || below(3) > 0)
        return;
    struct patch *patch = &kept[next++ % 64];
    pick_steps(patch);
    model.patches[free_place] = *patch;
    keep_logger(cleat_patch(model.real, take_steps, patch), &model);
}

/* -- context variables -- */

static void bind_contextvars(void)
{
    struct token *token = &world.tokens[below(N_TOKENS)];
    struct bunch bunch;
    pick_fields(&bunch, 1, 5);
    bool with_tokens = below(2) == 0;
    if (with_tokens) {
        if (token->filled)
            cleat_drop_tokens(&token->real);
        token->filled = true;
        token->context = world.current;
        token->before = *current_dict();
        token->bound = bunch;
    }
    cleat_bind_contextvars_fields(with_tokens ? &token->real : NULL, bunch.fields, bunch.count);
    spoil(&bunch);
    dict_set_bunch(current_dict(), &bunch);
}

/* Each key that the bind changed gets back what it was before (K7). */
static void restore_in_model(struct dict *dict, const struct dict *before, const struct bunch *bound)
{
    for (unsigned i = 0; i < bound->count; i++) {
        unsigned place = dict_find(before, bound->key[i]);
        if (place < before->count)
            dict_set(dict, bound->key[i], before->value[place]);
        else
            dict_delete(dict, bound->key[i]);
    }
}

static void reset_contextvars(void)
{
    struct token *token = &world.tokens[below(N_TOKENS)];
    if (!token->filled)
        return;
    bool fits = token->context == world.current;
    int result = cleat_reset_contextvars(&token->real);
    expect(result == (fits ? 0 : -EINVAL), "tokens are good in their own context only");
    expect(cleat_reset_contextvars(&token->real) == -EALREADY, "tokens are good once only");
    if (fits)
        restore_in_model(current_dict(), &token->before, &token->bound);
    token->filled = false;
}

static void unbind_contextvars(void)
{
    unsigned picked[3];
    const char *texts[3];
    unsigned count = pick_keys(picked, texts);
    cleat_unbind_contextvars_keys(texts, count);
    for (unsigned i = 0; i < count; i++)
        dict_delete(current_dict(), picked[i]);
}

static void clear_contextvars(void)
{
    cleat_clear_contextvars();
    current_dict()->count = 0;
}

static void compare_lists(cleat_fields *real, const struct dict *model, const char *what)
{
    expect(cleat_fields_count(real) == model->count && (real == NULL) == (model->count == 0), what);
    for (unsigned i = 0; i < model->count; i++) {
        expect(strcmp(cleat_fields_at(real, i).key, keys[model->key[i]]) == 0, what);
        expect(cleat_fields_get(real, keys[model->key[i]]) != NULL, what);
    }
    cleat_fields_unref(real);
}

static void look(void)
{
    struct logger *logger = &world.loggers[below(N_LOGGERS)];
    compare_lists(cleat_get_contextvars(), current_dict(), "cleat_get_contextvars()");
    compare_lists(cleat_get_context(logger->real), &logger->bound, "cleat_get_context()");
    compare_lists(cleat_get_threadlocal(), &world.threadlocal, "cleat_get_threadlocal()");
    struct dict merged = *current_dict();
    dict_update(&merged, &logger->bound);
    compare_lists(cleat_get_merged_contextvars(logger->real), &merged, "cleat_get_merged_contextvars()");
    merged = world.threadlocal;
    dict_update(&merged, &logger->bound);
    compare_lists(cleat_get_merged_threadlocal(logger->real), &merged, "cleat_get_merged_threadlocal()");
}

/* -- execution contexts -- */

static void forget_tokens_of(unsigned context)
{
    for (unsigned i = 0; i < N_TOKENS; i++)
        if (world.tokens[i].filled && world.tokens[i].context == context) {
            cleat_drop_tokens(&world.tokens[i].real);
            world.tokens[i].filled = false;
        }
}

static void copy_context(void)
{
    unsigned place = 1 + below(N_CONTEXTS - 1);
    if (place == world.current || world.nesting > 0)
        return;
    forget_tokens_of(place);
    cleat_context_unref(world.contexts[place].real);
    world.contexts[place].real = below(4) == 0 ? cleat_new_context() : cleat_copy_context();
    world.contexts[place].bound = *current_dict();
    cleat_fields *now = NULL;
    cleat_context *outer = cleat_context_swap(world.contexts[place].real);
    now = cleat_get_contextvars();
    cleat_context_swap(outer);
    if (now == NULL)
        world.contexts[place].bound.count = 0;
    cleat_fields_unref(now);
}

static void swap_context(void)
{
    unsigned place = below(N_CONTEXTS);
    if (place > 0 && world.contexts[place].real == NULL)
        return;
    cleat_context *before = cleat_context_swap(world.contexts[place].real);
    expect(before == world.contexts[world.current].real, "swap gives the context of before");
    world.current = place;
}

/* -- the thread-local store -- */

static void change_threadlocal(void)
{
    struct bunch bunch;
    unsigned picked[3];
    const char *texts[3];
    unsigned count = pick_keys(picked, texts);
    switch (below(4)) {
    case 0:
        cleat_unbind_threadlocal_keys(texts, count);
        for (unsigned i = 0; i < count; i++)
            dict_delete(&world.threadlocal, picked[i]);
        break;
    case 1:
        cleat_clear_threadlocal();
        world.threadlocal.count = 0;
        break;
    default:
        pick_fields(&bunch, 1, 3);
        cleat_bind_threadlocal_fields(bunch.fields, bunch.count);
        spoil(&bunch);
        dict_set_bunch(&world.threadlocal, &bunch);
    }
}

/* -- scopes -- */

static void run_steps(unsigned count);

static void use_scope(void)
{
    struct dict before = *current_dict();
    unsigned context = world.current;
    struct bunch bunch;
    pick_fields(&bunch, 2, 2);
    unsigned way_out = below(3);
    CLEAT_BOUND_CONTEXTVARS(bunch.fields[0].key, bunch.fields[0].value, bunch.fields[1].key, bunch.fields[1].value) {
        dict_set_bunch(current_dict(), &bunch);
        run_steps(below(6));
        if (way_out == 0)
            break;
        if (way_out == 1)
            goto out;
    }
out:
    if (context == world.current)
        restore_in_model(current_dict(), &before, &bunch);
}

static void use_threadlocal_scope(void)
{
    struct dict before = world.threadlocal;
    struct bunch bunch;
    pick_fields(&bunch, 2, 2);
    CLEAT_BOUND_THREADLOCAL(bunch.fields[0].key, bunch.fields[0].value, bunch.fields[1].key, bunch.fields[1].value) {
        dict_set_bunch(&world.threadlocal, &bunch);
        run_steps(below(6));
    }
    restore_in_model(&world.threadlocal, &before, &bunch);
}

static void nest(void)
{
    if (world.nesting == 3)
        return;
    world.nesting++;
    if (below(3) > 0)
        use_scope();
    else
        use_threadlocal_scope();
    world.nesting--;
}

/* -- programs -- */

static void run_steps(unsigned count)
{
    static void (*const steps[])(void) = {
        log_line,
        log_line,
        log_line,
        log_line,
        bind_logger,
        bind_logger,
        unbind_logger,
        patch_logger,
        bind_contextvars,
        bind_contextvars,
        bind_contextvars,
        unbind_contextvars,
        reset_contextvars,
        reset_contextvars,
        clear_contextvars,
        look,
        copy_context,
        swap_context,
        swap_context,
        change_threadlocal,
        nest,
    };
    for (unsigned i = 0; i < count; i++)
        steps[below(sizeof(steps) / sizeof(steps[0]))]();
}

static void begin_program(uint64_t seed)
{
    program_seed = seed;
    chance = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    below(2);
    pick_alphabet();
    last_serial = (int)below(1000);
    pick_steps(&world.chain);
    if (below(2) == 0)
        world.chain.count = 0;
    for (unsigned i = 0; i < N_LOGGERS; i++) {
        unsigned chain = below(N_CHAINS);
        world.loggers[i] = (struct logger){.real = cleat_ref(chain_loggers[chain]), .chain = chain};
    }
}

static void end_program(void)
{
    cleat_context_swap(NULL);
    world.current = 0;
    for (unsigned i = 0; i < N_LOGGERS; i++)
        cleat_unref(world.loggers[i].real);
    for (unsigned i = 0; i < N_TOKENS; i++)
        if (world.tokens[i].filled)
            cleat_drop_tokens(&world.tokens[i].real);
    for (unsigned i = 1; i < N_CONTEXTS; i++)
        cleat_context_unref(world.contexts[i].real);
    cleat_clear_contextvars();
    cleat_clear_threadlocal();
    unsigned long n_lines = world.n_lines;
    world = (struct world){.n_lines = n_lines};
    expect(foreign_object.owners == 0, "each hold has its drop");
}

static cleat_processor *make_step(enum chain_step step)
{
    switch (step) {
    case MERGE_CONTEXTVARS:
        return cleat_merge_contextvars();
    case MERGE_THREADLOCAL:
        return cleat_merge_threadlocal();
    case OWN_PROCESSOR:
        return cleat_make_processor("own", take_steps, &world.chain, NULL);
    case ADD_LEVEL:
        return cleat_add_log_level();
    case ADD_TIMESTAMP:
        return cleat_timestamper(NULL);
    default:
        return cleat_add_logger_name();
    }
}

static cleat_logger *make_chain(unsigned chain)
{
    cleat_processor *processors[LONGEST_CHAIN];
    size_t count = 0;
    while (count < LONGEST_CHAIN && chains[chain].steps[count] != NO_STEP) {
        processors[count] = make_step(chains[chain].steps[count]);
        count++;
    }
    cleat_handler handlers[2] = {{.sink = cleat_callback_sink(keep_line, line_text, NULL)}};
    if (chains[chain].two_handlers)
        handlers[1] =
            (cleat_handler){.renderer = cleat_json_renderer(&(cleat_json_options){.sort_keys = true, .spaced = true}),
                            .sink = cleat_callback_sink(keep_line, sorted_text, NULL)};
    return cleat_wrap_logger("random", &(cleat_config){.processors = processors,
                                                       .n_processors = count,
                                                       .handlers = handlers,
                                                       .n_handlers = chains[chain].two_handlers ? 2 : 1});
}

static void K1_K2_random_programs_log_what_the_model_says(void **state)
{
    (void)state;
    for (unsigned i = 0; i < N_CHAINS; i++) {
        chain_loggers[i] = make_chain(i);
        assert_non_null(chain_loggers[i]);
    }
    const char *wanted = getenv("CLEAT_SEED");
    uint64_t first = wanted != NULL ? strtoull(wanted, NULL, 10) : 1;
    long count = scale(4000, 100000);
    for (long i = 0; i < count; i++) {
        begin_program(first + (uint64_t)i);
        run_steps(40);
        end_program();
    }
    for (unsigned i = 0; i < N_CHAINS; i++)
        cleat_unref(chain_loggers[i]);
    printf("%ld programs from CLEAT_SEED=%llu on, %lu lines\n", count, (unsigned long long)first, world.n_lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(K1_K2_random_programs_log_what_the_model_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
