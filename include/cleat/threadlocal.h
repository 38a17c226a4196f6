/*
 * threadlocal.h - the older store: one per thread, shared by all that runs on it (K12).
 *
 * Legacy. Context variables (contextvars.h) do all this, and hold in coroutines too. The two stores are
 * separate: what is bound in one is not merged from the other (K13).
 */
#ifndef CLEAT_THREADLOCAL_H
#define CLEAT_THREADLOCAL_H

#include <cleat/fields.h>

CLEAT_BEGIN_DECLS

struct cleat_logger;

/*
 * Functions behind cleat_bind_threadlocal() and cleat_unbind_threadlocal(), for fields and keys in an array.
 *
 * fields, keys: count of them; copied.
 * Safe:    threads (each its own store), fork.
 * Errors:  as the macros.
 * Example: cleat_bind_threadlocal_fields(fields, n);
 */
CLEAT_API int cleat_bind_threadlocal_fields(const cleat_field *fields, size_t count);
CLEAT_API void cleat_unbind_threadlocal_keys(const char *const *keys, size_t count);

/*
 * Binds fields in this thread's store, until unbound or cleared.
 *
 * Owns:    strings, lists and objects are copied, foreign objects held.
 * Safe:    threads (each its own store), fork.
 * Errors:  -ENOMEM: nothing changed.
 * Example: cleat_bind_threadlocal("request_id", id);
 */
#define cleat_bind_threadlocal(...) cleat_bind_threadlocal_fields(CLEAT__FIELDS(__VA_ARGS__))

/*
 * Removes keys; absent ones are ignored.
 *
 * Safe:    threads, fork.
 * Example: cleat_unbind_threadlocal("request_id");
 */
#define cleat_unbind_threadlocal(...) cleat_unbind_threadlocal_keys(CLEAT__STRINGS(__VA_ARGS__))

/*
 * Removes all. Call it where a piece of work begins.
 *
 * Safe:    threads, fork.
 * Example: cleat_clear_threadlocal(); cleat_bind_threadlocal("request_id", id);
 */
CLEAT_API void cleat_clear_threadlocal(void);

/*
 * The fields of this thread's store, as they are now.
 *
 * Owns:    the caller; cleat_fields_unref(). NULL when there are none.
 * Safe:    threads, fork.
 * Example: cleat_fields *now = cleat_get_threadlocal();
 */
CLEAT_API cleat_fields *cleat_get_threadlocal(void);

/*
 * The same with the fields of a logger over them.
 *
 * log:     NULL: the default logger.
 * Owns:    the caller; cleat_fields_unref(). NULL when there are none.
 * Safe:    threads, fork.
 * Example: cleat_fields *all = cleat_get_merged_threadlocal(log);
 */
CLEAT_API cleat_fields *cleat_get_merged_threadlocal(struct cleat_logger *log);

/* A scope that is open. Private; see the macro. */
typedef struct cleat_threadlocal_scope {
    void *before;
    void *after;
    bool done;
} cleat_threadlocal_scope;
CLEAT_API cleat_threadlocal_scope cleat__threadlocal_enter(const cleat_field *fields, size_t count);
CLEAT_API void cleat__threadlocal_leave(cleat_threadlocal_scope *scope);

/*
 * Binds fields in this thread's store for the block that follows; its keys are put back on every way out, other
 * keys keep what they were given inside.
 *
 * Safe:    threads, fork.
 * Example: CLEAT_BOUND_THREADLOCAL("step", "reconcile") { reconcile(); }
 */
#define CLEAT_BOUND_THREADLOCAL(...)                                                                                   \
    for (cleat_threadlocal_scope CLEAT__CAT(cleat__scope_, __LINE__)                                                   \
             __attribute__((cleanup(cleat__threadlocal_leave))) =                                                      \
                 cleat__threadlocal_enter(CLEAT__FIELDS(__VA_ARGS__));                                                 \
         !CLEAT__CAT(cleat__scope_, __LINE__).done; CLEAT__CAT(cleat__scope_, __LINE__).done = true)

/*
 * A context class whose instances share one dictionary per thread: structlog's wrap_dict(). Each call makes a
 * new class, with a dictionary of its own. Give it to a configuration as its context_class: then binding to a
 * logger changes the dictionary of the thread, for all loggers of that class.
 */
typedef struct cleat_threadlocal_class cleat_threadlocal_class;

/*
 * Makes a class.
 *
 * Owns:    the caller, until it is given to a configuration. cleat_threadlocal_class_unref().
 * Safe:    threads, fork.
 * Errors:  NULL: no memory.
 * Example: cleat_configure(&(cleat_config){.context_class = cleat_wrap_threadlocal()});
 */
CLEAT_API cleat_threadlocal_class *cleat_wrap_threadlocal(void);

/*
 * One more owner of cls, one owner less. NULL is allowed.
 *
 * Owns:    after a ref the caller has one reference more to give away or release.
 * Safe:    threads, fork.
 * Example: cleat_configure(&(cleat_config){.context_class = cleat_threadlocal_class_ref(cls)});
 *          cleat_threadlocal_class_unref(cls);
 */
CLEAT_API cleat_threadlocal_class *cleat_threadlocal_class_ref(cleat_threadlocal_class *cls);
CLEAT_API void cleat_threadlocal_class_unref(cleat_threadlocal_class *cls);

/* An instance of a class: a view of this thread's dictionary. */
typedef struct cleat_threadlocal_dict cleat_threadlocal_dict;

/*
 * Makes an instance; the fields given are set in the shared dictionary, as cls(fields) does.
 * cleat_threadlocal_dict_free() gives an instance up; the dictionary keeps what it holds.
 *
 * fields:  count of them; copied. NULL: none.
 * dict:    NULL is allowed.
 * Owns:    the caller; cleat_threadlocal_dict_free(). It keeps its class alive.
 * Safe:    threads, fork.
 * Errors:  NULL: no memory.
 * Example: cleat_threadlocal_dict *d = cleat_threadlocal_dict_new(cls, NULL, 0);
 */
CLEAT_API cleat_threadlocal_dict *cleat_threadlocal_dict_new(cleat_threadlocal_class *cls, const cleat_field *fields,
                                                             size_t count);
CLEAT_API void cleat_threadlocal_dict_free(cleat_threadlocal_dict *dict);

/*
 * Sets, deletes, and reads the shared dictionary through an instance; delete says whether the key was there.
 *
 * dict:    the instance; borrowed.
 * key, value: copied.
 * Owns:    the fields that are read are the caller's; cleat_fields_unref(). NULL when there are none.
 * Safe:    threads (each sees its own dictionary), fork.
 * Errors:  -ENOMEM: nothing changed.
 * Example: cleat_threadlocal_dict_set(dict, "x", cleat_int(42));
 *          cleat_fields *now = cleat_threadlocal_dict_fields(dict);
 *          bool was_there = cleat_threadlocal_dict_delete(dict, "x");
 */
CLEAT_API int cleat_threadlocal_dict_set(cleat_threadlocal_dict *dict, const char *key, cleat_value value);
CLEAT_API bool cleat_threadlocal_dict_delete(cleat_threadlocal_dict *dict, const char *key);
CLEAT_API cleat_fields *cleat_threadlocal_dict_fields(const cleat_threadlocal_dict *dict);

/*
 * Equal when both are of one class, whatever instance; instances of two classes never are.
 *
 * left, right: borrowed.
 * Safe:    threads, fork.
 * Example: assert(cleat_threadlocal_dict_equal(d1, d2));
 */
CLEAT_API bool cleat_threadlocal_dict_equal(const cleat_threadlocal_dict *left, const cleat_threadlocal_dict *right);

/*
 * A logger with an immutable context, made of what log's shared dictionary holds now.
 *
 * Owns:    the caller; cleat_unref().
 * Safe:    threads, fork.
 * Errors:  without memory log itself, with one more owner.
 * Example: cleat_logger *mine = cleat_as_immutable(log);
 */
CLEAT_API struct cleat_logger *cleat_as_immutable(struct cleat_logger *log);

/* A temporary bind that is open. Private; see the macro. */
typedef struct cleat_tmp_bind {
    struct cleat_logger *log;
    void *cls;
    void *before;
    bool done;
} cleat_tmp_bind;
CLEAT_API cleat_tmp_bind cleat__tmp_bind_enter(struct cleat_logger *log, const cleat_field *fields, size_t count);
CLEAT_API void cleat__tmp_bind_leave(cleat_tmp_bind *bind);

/*
 * Binds fields to log for the block that follows, where `tmp_log` is the logger with them; on every way out the
 * shared dictionary is what it was before the block. For loggers of a thread-local context_class; with others
 * the block runs with tmp_log as cleat_bind() would make it.
 *
 * Safe:    threads, fork.
 * Example: CLEAT_TMP_BIND(tmp_log, log, "x", 23, "y", "foo") { cleat_info(tmp_log, "another event!"); }
 */
#define CLEAT_TMP_BIND(tmp_log, logger, ...)                                                                           \
    for (cleat_tmp_bind CLEAT__CAT(cleat__bind_, __LINE__) __attribute__((cleanup(cleat__tmp_bind_leave))) =           \
             cleat__tmp_bind_enter((logger), CLEAT__FIELDS(__VA_ARGS__));                                              \
         !CLEAT__CAT(cleat__bind_, __LINE__).done; CLEAT__CAT(cleat__bind_, __LINE__).done = true)                     \
        for (struct cleat_logger *const tmp_log = CLEAT__CAT(cleat__bind_, __LINE__).log;                              \
             !CLEAT__CAT(cleat__bind_, __LINE__).done; CLEAT__CAT(cleat__bind_, __LINE__).done = true)

CLEAT_END_DECLS

#endif
