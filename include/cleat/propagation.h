/*
 * propagation.h - the context in and out of this process: W3C Trace Context, W3C Baggage, the environment.
 *
 * In the context a trace is three fields: `trace_id` (32 hex digits), `span_id` (16 hex digits), `trace_flags`
 * (an integer). Baggage members are fields by their own names.
 */
#ifndef CLEAT_PROPAGATION_H
#define CLEAT_PROPAGATION_H

#include <cleat/contextvars.h>

CLEAT_BEGIN_DECLS

/* Bytes of a traceparent header, its NUL included (W3C Trace Context, section 3.2.2). */
#define CLEAT_TRACEPARENT_SIZE 56

/* Bytes of a baggage header that every platform passes on (W3C Baggage, section 3.3.2), and a NUL. */
#define CLEAT_BAGGAGE_SIZE 8193

/*
 * Binds trace_id, span_id and trace_flags from a traceparent header: what came in with a request.
 *
 * tokens:  as for cleat_bind_contextvars(); NULL when not wanted.
 * header:  a NUL-terminated string, spaces around it allowed. Versions above 00 are read as far as they are
 *          known, as the standard asks. Flags that have no meaning there are read, and sent, as zero.
 * Safe:    threads, fork.
 * Errors:  -EINVAL: not a valid traceparent (wrong length, upper case, all zeros, version ff); nothing is bound.
 *          -ENOMEM.
 * Example: cleat_extract_traceparent(NULL, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
 */
CLEAT_API int cleat_extract_traceparent(cleat_tokens *tokens, const char *header);

/*
 * Writes the traceparent header of the current context: what goes out with a request.
 *
 * buffer:  of CLEAT_TRACEPARENT_SIZE bytes.
 * Safe:    threads, fork.
 * Errors:  -ENOENT: no trace in the context; -EINVAL: its fields are not of the right form. buffer is "".
 * Example: char header[CLEAT_TRACEPARENT_SIZE]; if (cleat_inject_traceparent(header) == 0) send(header);
 */
CLEAT_API int cleat_inject_traceparent(char buffer[CLEAT_TRACEPARENT_SIZE]);

/*
 * Begins a span: binds a new random span_id, and where there is no trace yet a new random trace_id and
 * trace_flags 1; where there is one, its span_id goes to parent_span_id.
 *
 * tokens:  as for cleat_bind_contextvars(); NULL when not wanted.
 * Safe:    threads, fork.
 * Errors:  -ENOMEM; or that of getrandom(2).
 * Example: cleat_tokens span; cleat_begin_span(&span); ... cleat_reset_contextvars(&span);
 */
CLEAT_API int cleat_begin_span(cleat_tokens *tokens);

/*
 * Binds the members of a baggage header, percent-decoded, as string fields. Properties (behind a semicolon) and
 * members called trace_id, span_id, trace_flags or parent_span_id are passed over. An empty header has no members.
 *
 * tokens:  as for cleat_bind_contextvars(); NULL when not wanted.
 * header:  a NUL-terminated string.
 * keys:    only these members, count of them; NULL: all. Take only what you know: the header is a stranger's.
 * Safe:    threads, fork.
 * Errors:  -EINVAL: not a valid header, or over 8192 bytes or 64 members; nothing is bound. -ENOMEM.
 * Example: cleat_extract_baggage(NULL, "tenant=acme,region=eu%20west", NULL, 0);
 */
CLEAT_API int cleat_extract_baggage(cleat_tokens *tokens, const char *header, const char *const *keys, size_t count);

/*
 * Writes fields of the current context as a baggage header: null, booleans, numbers and strings, times as ISO 8601;
 * other kinds, keys that are no token (RFC 7230), and what does not fit are left out. trace_id, span_id,
 * trace_flags and parent_span_id are not baggage.
 *
 * buffer:  size bytes; CLEAT_BAGGAGE_SIZE is always enough.
 * keys:    only these fields, count of them; NULL: all. Baggage travels to other services: name what they may see.
 * Returns: the number of members written.
 * Safe:    threads, fork.
 * Errors:  -EINVAL: size is 0.
 * Example: char header[CLEAT_BAGGAGE_SIZE];
 *          cleat_inject_baggage(header, sizeof(header), (const char *[]){"tenant"}, 1);
 */
CLEAT_API int cleat_inject_baggage(char *buffer, size_t size, const char *const *keys, size_t count);

/*
 * An environment for a child process: that of `base`, with TRACEPARENT and BAGGAGE set from the current context
 * (or taken out where there is nothing to say). For posix_spawn(3) and execve(2).
 *
 * base:    NULL-terminated; NULL: this process's environ.
 * keys:    the fields that go into BAGGAGE, count of them; NULL: all.
 * Owns:    the caller; cleat_free_environment(). It points into base, which must live as long.
 * Safe:    threads (while nobody calls setenv), fork.
 * Errors:  NULL: no memory.
 * Example: char **env = cleat_make_environment(NULL, NULL, 0);
 *          posix_spawn(&pid, path, NULL, NULL, argv, env); cleat_free_environment(env);
 */
CLEAT_API char **cleat_make_environment(char *const *base, const char *const *keys, size_t count);
CLEAT_API void cleat_free_environment(char **environment);

/*
 * In the child: binds what TRACEPARENT and BAGGAGE say. What is not set, or empty, is passed over.
 *
 * Safe:    threads (while nobody calls setenv), fork.
 * Errors:  -EINVAL: one of them is not valid; the other is bound all the same. -ENOMEM.
 * Example: int main(void) { cleat_adopt_environment(); ... }
 */
CLEAT_API int cleat_adopt_environment(void);

CLEAT_END_DECLS

#endif
