#include "scope.h"

#include "context_variable.h"
#include "module.h"
#include "names.h"
#include "tokens.h"

struct scope {
    PyObject_VAR_HEAD
    PyObject *names;
    PyObject *given;   /* what the with statement gets; NULL: None */
    PyObject *context; /* that it was entered in; NULL: it is not entered */
    cleatpy_surroundings *before;
    cleatpy_surroundings *after;
    struct cleatpy_guard *guard;
    PyObject *values[];
};

static void forget_entry(struct scope *scope)
{
    Py_CLEAR(scope->context);
    Py_CLEAR(scope->before);
    Py_CLEAR(scope->after);
    Py_CLEAR(scope->guard);
}

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    struct scope *scope = (struct scope *)self;
    Py_VISIT(scope->given);
    Py_VISIT(scope->context);
    Py_VISIT(scope->before);
    Py_VISIT(scope->after);
    Py_VISIT(scope->guard);
    for (Py_ssize_t i = 0; i < Py_SIZE(self); i++)
        Py_VISIT(scope->values[i]);
    return 0;
}

static int clear(PyObject *self)
{
    struct scope *scope = (struct scope *)self;
    if (scope->guard != NULL)
        scope->guard->over = true; /* its generator went without leaving it */
    forget_entry(scope);
    Py_CLEAR(scope->given);
    for (Py_ssize_t i = 0; i < Py_SIZE(self); i++)
        Py_CLEAR(scope->values[i]);
    return 0;
}

static void deallocate(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    clear(self);
    Py_XDECREF(((struct scope *)self)->names);
    Py_TYPE(self)->tp_free(self);
}

/* Takes over the names. */
static PyObject *new_scope(PyObject *names, PyObject *const *values, PyObject *given)
{
    struct scope *scope = PyObject_GC_NewVar(struct scope, &cleatpy_scope_type, PyTuple_GET_SIZE(names));
    if (scope == NULL) {
        Py_DECREF(names);
        return NULL;
    }
    scope->names = names;
    scope->given = Py_XNewRef(given);
    scope->context = NULL;
    scope->before = scope->after = NULL;
    scope->guard = NULL;
    for (Py_ssize_t i = 0; i < Py_SIZE(scope); i++)
        scope->values[i] = Py_NewRef(values[i]);
    PyObject_GC_Track(scope);
    return (PyObject *)scope;
}

PyObject *cleatpy_scope_of(PyObject *names, PyObject *const *values, PyObject *given)
{
    PyObject *exact = cleatpy_exact_names(names);
    return exact != NULL ? new_scope(exact, values, given) : NULL;
}

/* bound_contextvars(**kw) */
static PyObject *construct(PyObject *type, PyObject *const *args, size_t n_args_and_flag, PyObject *names)
{
    (void)type;
    if (PyVectorcall_NARGS(n_args_and_flag) > 0) {
        PyErr_SetString(PyExc_TypeError, "bound_contextvars() takes keyword arguments only");
        return NULL;
    }
    return cleatpy_scope_of(names, args, NULL);
}

/* -- the way in -- */

static int bind(struct scope *scope, PyObject *context)
{
    if (cleatpy_guard_for_caller(context, &scope->guard) < 0 || cleatpy_get_current(&scope->before) < 0)
        return -1;
    Py_XINCREF(scope->before);
    return cleatpy_surroundings_apply(scope->before, scope->names, scope->values, scope->guard, &scope->after);
}

/* Sets what is set already, so that there is a context. */
static PyObject *existing_context(void)
{
    if (cleatpy_current_context() == NULL && cleatpy_set_current(NULL) < 0)
        return NULL;
    return cleatpy_current_context();
}

static PyObject *enter(PyObject *self, PyObject *Py_UNUSED(unused))
{
    struct scope *scope = (struct scope *)self;
    if (scope->context != NULL) {
        PyErr_SetString(PyExc_RuntimeError, "this scope is entered already; make another bound_contextvars()");
        return NULL;
    }
    PyObject *context = existing_context();
    if (context == NULL)
        return NULL;
    if (bind(scope, context) < 0 || cleatpy_set_current(scope->after) < 0) {
        forget_entry(scope);
        return NULL;
    }
    scope->context = Py_NewRef(context);
    return Py_NewRef(scope->given != NULL ? scope->given : Py_None);
}

/* -- the way out -- */

/* 1: it is not there any more, and what its keys were has to be bound. */
static int take_out_link(struct scope *scope, cleatpy_surroundings *current)
{
    cleatpy_surroundings *remaining;
    int result = cleatpy_surroundings_without(current, scope->after, &remaining);
    if (result != 0)
        return result;
    result = cleatpy_set_current(remaining);
    Py_XDECREF(remaining);
    return result;
}

static int give_back(struct scope *scope)
{
    cleatpy_surroundings *current;
    if (cleatpy_get_current(&current) < 0)
        return -1;
    int result = 1;
    if (scope->guard != NULL && current != scope->after && current != NULL)
        result = take_out_link(scope, current);
    return result == 1 ? cleatpy_restore_all(scope->before, scope->after, scope->names) : result;
}

static PyObject *leave(PyObject *self, PyObject *const *args, Py_ssize_t n_args)
{
    (void)args;
    (void)n_args;
    struct scope *scope = (struct scope *)self;
    if (scope->context == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "this scope is not entered");
        return NULL;
    }
    int result = 0;
    if (scope->context == cleatpy_current_context())
        result = give_back(scope);
    else if (scope->guard != NULL)
        scope->guard->over = true; /* a generator that is closed from elsewhere: hidden where it was bound */
    forget_entry(scope);
    if (result < 0)
        return NULL;
    Py_RETURN_NONE;
}

/* -- as a decorator -- */

static PyObject *again(PyObject *self, PyObject *Py_UNUSED(unused))
{
    struct scope *scope = (struct scope *)self;
    return new_scope(Py_NewRef(scope->names), scope->values, scope->given);
}

static PyObject *decorate(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char name[] = "func";
    static char *names[] = {name, NULL};
    PyObject *function;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:bound_contextvars", names, &function))
        return NULL;
    PyObject *module = PyImport_ImportModule("cleat._decorated");
    PyObject *result = module != NULL ? PyObject_CallMethod(module, "inside", "OO", self, function) : NULL;
    Py_XDECREF(module);
    return result;
}

static PyMethodDef methods[] = {
    {"__enter__", enter, METH_NOARGS, "Binds, until the scope is left."},
    {"__exit__", CLEATPY_METHOD(leave), METH_FASTCALL, "Gives the keys back."},
    {"again", again, METH_NOARGS, "Another scope that binds the same."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject cleatpy_scope_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "cleat.contextvars.bound_contextvars",
    .tp_doc = "bound_contextvars(**kw)\n--\n\nBinds keyword arguments for a block or a function.",
    .tp_basicsize = sizeof(struct scope),
    .tp_itemsize = sizeof(PyObject *),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_dealloc = deallocate,
    .tp_traverse = traverse,
    .tp_clear = clear,
    .tp_free = PyObject_GC_Del,
    .tp_call = decorate,
    .tp_methods = methods,
    .tp_vectorcall = construct,
};
