/*
 * contextvars.h - context variables: fields of the current execution context, on every line it logs, whoever logs.
 *
 * A thread begins with an empty context of its own. See context.h for handing one over.
 */
#ifndef CLEAT_CONTEXTVARS_H
#define CLEAT_CONTEXTVARS_H

#include <cleat/logger.h>

CLEAT_BEGIN_DECLS

/*
 * What a bind changed, to give back exactly that (K7). All members are private. A cleat_tokens that was filled in
 * is given to cleat_reset_contextvars() or cleat_drop_tokens() once.
 */
typedef struct cleat_tokens {
    void *before;
    void *after;
    uint64_t context;
} cleat_tokens;

/*
 * Functions behind cleat_bind_contextvars() and cleat_unbind_contextvars(), for fields and keys in an array.
 *
 * tokens:  filled in; NULL when not wanted.
 * fields, keys: count of them; copied.
 * Safe:    threads, fork.
 * Errors:  as the macros.
 * Example: cleat_bind_contextvars_fields(NULL, fields, n);
 */
CLEAT_API int cleat_bind_contextvars_fields(cleat_tokens *tokens, const cleat_field *fields, size_t count);
CLEAT_API void cleat_unbind_contextvars_keys(const char *const *keys, size_t count);

/* What the bind macros call. Private. */
CLEAT_API int cleat__bind_contextvars_at(cleat_tokens *tokens, struct cleat__bind_site *site, const cleat_field *fields,
                                         size_t count);

/*
 * Binds fields in the current context: until unbound, cleared, reset, or the end of the scope around it.
 * With a cleat_tokens * before the pairs, keeps there what is needed to undo just this.
 *
 * Owns:    strings, lists and objects are copied, foreign objects held. What is bound without tokens needs no
 *          release.
 * Safe:    threads (each its own context), fork.
 * Errors:  -ENOMEM: nothing changed. (tokens are then empty: to reset them does nothing.)
 * Example: cleat_bind_contextvars("tenant_id", "acme");
 *          cleat_tokens t; cleat_bind_contextvars(&t, "attempt", 1); ... cleat_reset_contextvars(&t);
 */
#define cleat_bind_contextvars(...)                                                                                    \
    CLEAT__CAT(CLEAT__BIND_, CLEAT__CAT(CLEAT__PARITY_, CLEAT__COUNT(__VA_ARGS__)))(__VA_ARGS__)
#define CLEAT__BIND_EVEN(...)                                                                                          \
    cleat__bind_contextvars_at(NULL, CLEAT__BIND_SITE(__VA_ARGS__), CLEAT__FIELDS(__VA_ARGS__))
#define CLEAT__BIND_ODD(tokens, ...)                                                                                   \
    cleat__bind_contextvars_at((tokens), CLEAT__BIND_SITE(__VA_ARGS__), CLEAT__FIELDS(__VA_ARGS__))

/*
 * Removes keys from the current context; absent ones are ignored (K9).
 *
 * Safe:    threads, fork.
 * Example: cleat_unbind_contextvars("tenant_id");
 */
#define cleat_unbind_contextvars(...) cleat_unbind_contextvars_keys(CLEAT__STRINGS(__VA_ARGS__))

/*
 * Removes all. Call it where a piece of work begins on a thread that is used again and again.
 *
 * Safe:    threads, fork.
 * Example: cleat_clear_contextvars(); cleat_bind_contextvars("request_id", id);
 */
CLEAT_API void cleat_clear_contextvars(void);

/*
 * Puts the keys of that bind back to what they were before it, absent included; other keys keep what they
 * have since been given (K7).
 *
 * tokens:  used up, on failure too.
 * Safe:    threads, fork.
 * Errors:  -EALREADY: used before; -EINVAL: made in another context; -ENOMEM: nothing changed. Each with
 *          cleat_error_message().
 * Example: cleat_tokens t; cleat_bind_contextvars(&t, "attempt", 1); try_it(); cleat_reset_contextvars(&t);
 */
CLEAT_API int cleat_reset_contextvars(cleat_tokens *tokens);

/*
 * Gives tokens up without a reset: what was bound stays bound.
 *
 * Safe:    threads, fork.
 * Example: if (committed) cleat_drop_tokens(&t); else cleat_reset_contextvars(&t);
 */
CLEAT_API void cleat_drop_tokens(cleat_tokens *tokens);

/*
 * The fields of the current context, as they are now.
 *
 * Owns:    the caller; cleat_fields_unref(). NULL when there are none.
 * Safe:    threads, fork.
 * Example: cleat_fields *now = cleat_get_contextvars();
 */
CLEAT_API cleat_fields *cleat_get_contextvars(void);

/*
 * The same with the fields of a logger over them, as structlog merges them: context variables first.
 *
 * log:     NULL: the default logger.
 * Owns:    the caller; cleat_fields_unref(). NULL when there are none.
 * Safe:    threads, fork.
 * Example: cleat_fields *all = cleat_get_merged_contextvars(log);
 */
CLEAT_API cleat_fields *cleat_get_merged_contextvars(cleat_logger *log);

/* A scope that is open. Private; see the macro. */
typedef struct cleat_scope {
    cleat_tokens tokens;
    bool done;
} cleat_scope;
CLEAT_API cleat_scope cleat__scope_enter(struct cleat__bind_site *site, const cleat_field *fields, size_t count);
CLEAT_API void cleat__scope_leave(cleat_scope *scope);

/*
 * Binds fields for the block that follows, and gives them back on every way out: its end, return, break,
 * goto, and an exception in C++ (K8). A break leaves this block only. What longjmp() jumps over stays bound;
 * pthread_exit() and cancellation end the context with the thread.
 *
 * Safe:    threads, fork.
 * Example: CLEAT_BOUND_CONTEXTVARS("request_id", id) { handle(request); }
 */
#define CLEAT_BOUND_CONTEXTVARS(...)                                                                                   \
    for (cleat_scope CLEAT__CAT(cleat__scope_, __LINE__) __attribute__((cleanup(cleat__scope_leave))) =                \
             cleat__scope_enter(CLEAT__BIND_SITE(__VA_ARGS__), CLEAT__FIELDS(__VA_ARGS__));                            \
         !CLEAT__CAT(cleat__scope_, __LINE__).done; CLEAT__CAT(cleat__scope_, __LINE__).done = true)

/*
 * logust's name for it.
 *
 * Safe:    threads, fork.
 * Example: CLEAT_CONTEXTUALIZE("user_id", id) { handle(request); }
 */
#define CLEAT_CONTEXTUALIZE(...) CLEAT_BOUND_CONTEXTVARS(__VA_ARGS__)

CLEAT_END_DECLS

#define CLEAT__PARITY_1 ODD
#define CLEAT__PARITY_2 EVEN
#define CLEAT__PARITY_3 ODD
#define CLEAT__PARITY_4 EVEN
#define CLEAT__PARITY_5 ODD
#define CLEAT__PARITY_6 EVEN
#define CLEAT__PARITY_7 ODD
#define CLEAT__PARITY_8 EVEN
#define CLEAT__PARITY_9 ODD
#define CLEAT__PARITY_10 EVEN
#define CLEAT__PARITY_11 ODD
#define CLEAT__PARITY_12 EVEN
#define CLEAT__PARITY_13 ODD
#define CLEAT__PARITY_14 EVEN
#define CLEAT__PARITY_15 ODD
#define CLEAT__PARITY_16 EVEN
#define CLEAT__PARITY_17 ODD
#define CLEAT__PARITY_18 EVEN
#define CLEAT__PARITY_19 ODD
#define CLEAT__PARITY_20 EVEN
#define CLEAT__PARITY_21 ODD
#define CLEAT__PARITY_22 EVEN
#define CLEAT__PARITY_23 ODD
#define CLEAT__PARITY_24 EVEN
#define CLEAT__PARITY_25 ODD
#define CLEAT__PARITY_26 EVEN
#define CLEAT__PARITY_27 ODD
#define CLEAT__PARITY_28 EVEN
#define CLEAT__PARITY_29 ODD
#define CLEAT__PARITY_30 EVEN
#define CLEAT__PARITY_31 ODD
#define CLEAT__PARITY_32 EVEN
#define CLEAT__PARITY_33 ODD
#define CLEAT__PARITY_34 EVEN
#define CLEAT__PARITY_35 ODD
#define CLEAT__PARITY_36 EVEN
#define CLEAT__PARITY_37 ODD
#define CLEAT__PARITY_38 EVEN
#define CLEAT__PARITY_39 ODD
#define CLEAT__PARITY_40 EVEN
#define CLEAT__PARITY_41 ODD
#define CLEAT__PARITY_42 EVEN
#define CLEAT__PARITY_43 ODD
#define CLEAT__PARITY_44 EVEN
#define CLEAT__PARITY_45 ODD
#define CLEAT__PARITY_46 EVEN
#define CLEAT__PARITY_47 ODD
#define CLEAT__PARITY_48 EVEN
#define CLEAT__PARITY_49 ODD
#define CLEAT__PARITY_50 EVEN
#define CLEAT__PARITY_51 ODD
#define CLEAT__PARITY_52 EVEN
#define CLEAT__PARITY_53 ODD
#define CLEAT__PARITY_54 EVEN
#define CLEAT__PARITY_55 ODD
#define CLEAT__PARITY_56 EVEN
#define CLEAT__PARITY_57 ODD
#define CLEAT__PARITY_58 EVEN
#define CLEAT__PARITY_59 ODD
#define CLEAT__PARITY_60 EVEN
#define CLEAT__PARITY_61 ODD
#define CLEAT__PARITY_62 EVEN
#define CLEAT__PARITY_63 ODD
#define CLEAT__PARITY_64 EVEN
#define CLEAT__PARITY_65 ODD
#define CLEAT__PARITY_66 EVEN

#endif
