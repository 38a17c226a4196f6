#include "ambient/ambient.h"

#include "base/error.h"
#include "base/tls.h"
#include "model/fields.h"

CLEAT__THREAD_LOCAL cleat_fields *volatile store;

const cleat_fields *cleat__current_threadlocal(void)
{
    return store;
}

static void replace_store(cleat_fields *fields)
{
    cleat_fields *old = store;
    store = fields;
    cleat__release_fields(old);
}

void cleat__release_threadlocal(void)
{
    replace_store(NULL);
}

int cleat_bind_threadlocal_fields(const cleat_field *fields, size_t count)
{
    if (count == 0)
        return 0;
    cleat_fields *after = cleat__fields_bind(store, &(struct cleat__binding){fields, count, NULL, 0});
    if (after == NULL)
        return cleat__fail(ENOMEM, "no memory to bind thread-local fields");
    cleat__release_at_thread_exit();
    replace_store(after);
    return 0;
}

void cleat_unbind_threadlocal_keys(const char *const *keys, size_t count)
{
    cleat_fields *result;
    if (cleat__fields_unbind(store, keys, count, &result) == 0)
        replace_store(result);
}

void cleat_clear_threadlocal(void)
{
    replace_store(NULL);
}

cleat_fields *cleat_get_threadlocal(void)
{
    return cleat_fields_ref(store);
}

cleat_threadlocal_scope cleat__threadlocal_enter(const cleat_field *fields, size_t count)
{
    cleat_threadlocal_scope scope = {NULL, NULL, false};
    if (count == 0)
        return scope;
    cleat_fields *before = cleat_fields_ref(store);
    if (cleat_bind_threadlocal_fields(fields, count) < 0) {
        cleat_fields_unref(before);
        return scope;
    }
    scope.before = before;
    scope.after = cleat_fields_ref(store);
    return scope;
}

void cleat__threadlocal_leave(cleat_threadlocal_scope *scope)
{
    cleat_fields *result;
    if (scope->after != NULL && cleat__fields_restore(store, scope->before, scope->after, &result) == 0)
        replace_store(result);
    cleat__release_fields(scope->before);
    cleat__release_fields(scope->after);
}
