#include "ambient/ambient.h"
#include "ambient/context.h"
#include "ambient/host.h"
#include "base/error.h"
#include "model/fields.h"

/* In cleat_tokens.context. */
#define NOTHING_TO_RESET UINT64_C(0)
#define USED UINT64_MAX

static void replace_fields(cleat_context *context, cleat_fields *fields)
{
    cleat_fields *old = context->fields;
    context->fields = fields;
    cleat__release_fields(old);
}

int cleat__bind_contextvars_at(cleat_tokens *tokens, struct cleat__bind_site *site, const cleat_field *fields,
                               size_t count)
{
    if (tokens != NULL)
        *tokens = (cleat_tokens){NULL, NULL, NOTHING_TO_RESET};
    if (count == 0)
        return 0;
    const struct cleat__host *host = cleat__host_here();
    if (host != NULL)
        return host->bind(tokens, fields, count);
    cleat_context *context = cleat__current_context();
    cleat_fields *after = cleat__fields_bind(context->fields, &(struct cleat__binding){fields, count, site, 0});
    if (after == NULL)
        return cleat__fail(ENOMEM, "no memory to bind context variables");
    cleat__release_at_thread_exit();
    if (tokens != NULL)
        *tokens =
            (cleat_tokens){cleat_fields_ref(context->fields), cleat_fields_ref(after), cleat__context_id(context)};
    replace_fields(context, after);
    return 0;
}

int cleat_bind_contextvars_fields(cleat_tokens *tokens, const cleat_field *fields, size_t count)
{
    return cleat__bind_contextvars_at(tokens, NULL, fields, count);
}

void cleat_unbind_contextvars_keys(const char *const *keys, size_t count)
{
    const struct cleat__host *host = cleat__host_here();
    if (host != NULL) {
        host->unbind(keys, count);
        return;
    }
    cleat_context *context = cleat__current_context();
    cleat_fields *result;
    if (cleat__fields_unbind(context->fields, keys, count, &result) == 0)
        replace_fields(context, result);
}

void cleat_clear_contextvars(void)
{
    const struct cleat__host *host = cleat__host_here();
    if (host != NULL)
        host->clear();
    else
        replace_fields(cleat__current_context(), NULL);
}

void cleat_drop_tokens(cleat_tokens *tokens)
{
    if (tokens->context == CLEAT__HOST_TOKENS) {
        cleat__drop_host_tokens(tokens);
    } else {
        cleat__release_fields(tokens->before);
        cleat__release_fields(tokens->after);
    }
    *tokens = (cleat_tokens){NULL, NULL, USED};
}

static int restore(const cleat_tokens *tokens)
{
    const struct cleat__host *host = cleat__host_here();
    bool of_host = tokens->context == CLEAT__HOST_TOKENS;
    if (of_host && host != NULL)
        return host->reset(tokens);
    cleat_context *context = cleat__current_context();
    cleat_fields *result;
    if (of_host || host != NULL || tokens->context != cleat__context_id(context))
        return cleat__fail(EINVAL, "tokens belong to the context that made them; this is another one");
    if (cleat__fields_restore(context->fields, tokens->before, tokens->after, &result) < 0)
        return cleat__fail(ENOMEM, "no memory to reset context variables");
    replace_fields(context, result);
    return 0;
}

int cleat_reset_contextvars(cleat_tokens *tokens)
{
    if (tokens->context == NOTHING_TO_RESET)
        return 0;
    if (tokens->context == USED)
        return cleat__fail(EALREADY, "tokens reset once; these have been used before");
    int result = restore(tokens);
    cleat_drop_tokens(tokens);
    return result;
}

cleat_fields *cleat_get_contextvars(void)
{
    return cleat_fields_ref((cleat_fields *)cleat__current_contextvars());
}

cleat_scope cleat__scope_enter(struct cleat__bind_site *site, const cleat_field *fields, size_t count)
{
    cleat_scope scope = {.done = false};
    cleat__bind_contextvars_at(&scope.tokens, site, fields, count);
    return scope;
}

void cleat__scope_leave(cleat_scope *scope)
{
    cleat_reset_contextvars(&scope->tokens);
}
