#include "contextvars.h"

#include "context_variable.h"
#include "module.h"
#include "names.h"
#include "scope.h"
#include "tokens.h"

/* -- for the extension -- */

int cleatpy_current_fields(const cleat_fields **fields)
{
    cleatpy_surroundings *current;
    *fields = NULL;
    if (cleatpy_get_current(&current) < 0)
        return -1;
    return current != NULL ? cleatpy_surroundings_fields(current, fields) : 0;
}

int cleatpy_find_current_dict(PyObject **dict)
{
    cleatpy_surroundings *current;
    *dict = NULL;
    if (cleatpy_get_current(&current) < 0)
        return -1;
    if (current != NULL)
        *dict = cleatpy_surroundings_dict(current);
    return current == NULL || *dict != NULL ? 0 : -1;
}

PyObject *cleatpy_current_dict(void)
{
    PyObject *dict;
    if (cleatpy_find_current_dict(&dict) < 0)
        return NULL;
    return dict != NULL ? dict : PyDict_New();
}

/* -- binding -- */

static int apply(PyObject *names, PyObject *const *values, cleatpy_surroundings **before, cleatpy_surroundings **after)
{
    if (cleatpy_get_current(before) < 0 || cleatpy_surroundings_apply(*before, names, values, NULL, after) < 0)
        return -1;
    Py_XINCREF(*before);
    if (cleatpy_set_current(*after) == 0)
        return 0;
    Py_CLEAR(*before);
    Py_CLEAR(*after);
    return -1;
}

static PyObject *bind(PyObject *names, PyObject *const *values)
{
    cleatpy_surroundings *before;
    cleatpy_surroundings *after;
    if (apply(names, values, &before, &after) < 0)
        return NULL;
    struct cleatpy_tokens *tokens = cleatpy_tokens_new(before, after, names);
    Py_XDECREF(before);
    Py_XDECREF(after);
    return (PyObject *)tokens;
}

static PyObject *bind_contextvars(PyObject *module, PyObject *const *args, Py_ssize_t n_args, PyObject *names)
{
    (void)module;
    if (n_args > 0) {
        PyErr_SetString(PyExc_TypeError, "bind_contextvars() takes keyword arguments only");
        return NULL;
    }
    PyObject *exact = cleatpy_exact_names(names);
    PyObject *tokens = exact != NULL ? bind(exact, args) : NULL;
    Py_XDECREF(exact);
    return tokens;
}

int cleatpy_unbind(PyObject *names)
{
    if (PyTuple_GET_SIZE(names) == 0)
        return 0;
    PyObject **values = PyMem_Calloc((size_t)PyTuple_GET_SIZE(names), sizeof(*values));
    if (values == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    cleatpy_surroundings *before;
    cleatpy_surroundings *after;
    int result = apply(names, values, &before, &after);
    if (result == 0) {
        Py_XDECREF(before);
        Py_XDECREF(after);
    }
    PyMem_Free(values);
    return result;
}

static PyObject *unbind_contextvars(PyObject *module, PyObject *const *keys, Py_ssize_t count)
{
    (void)module;
    cleatpy_surroundings *current;
    if (cleatpy_get_current(&current) < 0)
        return NULL;
    if (current == NULL)
        Py_RETURN_NONE;
    PyObject *names = cleatpy_names_of(keys, count);
    int result = names != NULL ? cleatpy_unbind(names) : -1;
    Py_XDECREF(names);
    if (result < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *clear_contextvars(PyObject *module, PyObject *Py_UNUSED(unused))
{
    (void)module;
    cleatpy_surroundings *current;
    if (cleatpy_get_current(&current) < 0 || (current != NULL && cleatpy_set_current(NULL) < 0))
        return NULL;
    Py_RETURN_NONE;
}

/* -- looking -- */

static PyObject *get_contextvars(PyObject *module, PyObject *Py_UNUSED(unused))
{
    (void)module;
    PyObject *dict = cleatpy_current_dict();
    PyObject *copy = dict != NULL ? PyDict_Copy(dict) : NULL;
    Py_XDECREF(dict);
    return copy;
}

static PyObject *get_merged_contextvars(PyObject *module, PyObject *args, PyObject *kwargs)
{
    PyObject *logger;
    static char name[] = "bound_logger";
    static char *names[] = {name, NULL};
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:get_merged_contextvars", names, &logger))
        return NULL;
    PyObject *context = PyObject_GetAttr(logger, cleatpy_strings.context);
    PyObject *merged = context != NULL ? get_contextvars(module, NULL) : NULL;
    if (merged != NULL && PyDict_Update(merged, context) < 0)
        Py_CLEAR(merged);
    Py_XDECREF(context);
    return merged;
}

/* Any mapping; only a real dict is known to have setdefault() as we know it. */
static int fill_in(PyObject *event_dict, PyObject *name, PyObject *value)
{
    if (PyDict_CheckExact(event_dict))
        return PyDict_SetDefault(event_dict, name, value) != NULL ? 0 : -1;
    PyObject *result = PyObject_CallMethodObjArgs(event_dict, cleatpy_strings.setdefault, name, value, NULL);
    Py_XDECREF(result);
    return result != NULL ? 0 : -1;
}

static PyObject *fill_in_all(PyObject *event_dict, PyObject *dict)
{
    Py_ssize_t position = 0;
    PyObject *name;
    PyObject *value;
    while (PyDict_Next(dict, &position, &name, &value))
        if (fill_in(event_dict, name, value) < 0)
            return NULL;
    return Py_NewRef(event_dict);
}

/* Of merge_contextvars(logger, method_name, event_dict) the last, however it is passed. */
static PyObject *event_dict_of(PyObject *const *args, Py_ssize_t n_args, PyObject *names)
{
    Py_ssize_t n_names = names != NULL ? PyTuple_GET_SIZE(names) : 0;
    PyObject *event_dict = n_args == 3 ? args[2] : NULL;
    for (Py_ssize_t i = 0; i < n_names; i++)
        if (PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(names, i), "event_dict") == 0)
            event_dict = args[n_args + i];
    if (n_args + n_names == 3 && event_dict != NULL)
        return event_dict;
    PyErr_SetString(PyExc_TypeError, "merge_contextvars() takes three arguments: logger, method_name, event_dict");
    return NULL;
}

static PyObject *merge_contextvars(PyObject *module, PyObject *const *args, Py_ssize_t n_args, PyObject *names)
{
    (void)module;
    PyObject *event_dict = event_dict_of(args, n_args, names);
    PyObject *dict = event_dict != NULL ? cleatpy_current_dict() : NULL;
    PyObject *result = dict != NULL ? fill_in_all(event_dict, dict) : NULL;
    Py_XDECREF(dict);
    return result;
}

static PyMethodDef functions[] = {
    {"bind_contextvars", CLEATPY_METHOD(bind_contextvars), METH_FASTCALL | METH_KEYWORDS,
     "bind_contextvars($module, /, **kw)\n--\n\n"
     "Binds keyword arguments in the current context, until they are unbound, cleared or reset.\n\n"
     "Returns a mapping from each key to the token that reset_contextvars() takes. Each thread and each task has a\n"
     "context of its own; safe after a fork."},
    {"unbind_contextvars", CLEATPY_METHOD(unbind_contextvars), METH_FASTCALL,
     "unbind_contextvars($module, /, *keys)\n--\n\n"
     "Removes keys from the current context; absent ones do not matter."},
    {"clear_contextvars", clear_contextvars, METH_NOARGS,
     "clear_contextvars($module, /)\n--\n\n"
     "Removes all from the current context: for the beginning of a piece of work."},
    {"reset_contextvars", CLEATPY_METHOD(cleatpy_reset_contextvars), METH_FASTCALL | METH_KEYWORDS,
     "reset_contextvars($module, /, **kw)\n--\n\n"
     "Puts keys back to what they were before the bind_contextvars() that returned their tokens.\n\n"
     "All are put back, or none: RuntimeError for a token that was used before, ValueError for one of another context\n"
     "or key, TypeError for what is no token."},
    {"get_contextvars", get_contextvars, METH_NOARGS,
     "get_contextvars($module, /)\n--\n\n"
     "What is bound in the current context, as a dict of the caller's own, in the order of binding."},
    {"get_merged_contextvars", CLEATPY_METHOD(get_merged_contextvars), METH_VARARGS | METH_KEYWORDS,
     "get_merged_contextvars($module, /, bound_logger)\n--\n\n"
     "The same with the context of a bound logger over it."},
    {"merge_contextvars", CLEATPY_METHOD(merge_contextvars), METH_FASTCALL | METH_KEYWORDS,
     "merge_contextvars($module, /, logger, method_name, event_dict)\n--\n\n"
     "A processor: fills in what is bound in the current context; what the event has already stays."},
    {NULL, NULL, 0, NULL},
};

static int register_mapping(void)
{
    PyObject *abc = PyImport_ImportModule("collections.abc");
    PyObject *mapping = abc != NULL ? PyObject_GetAttrString(abc, "Mapping") : NULL;
    PyObject *result = mapping != NULL ? PyObject_CallMethod(mapping, "register", "O", &cleatpy_tokens_type) : NULL;
    Py_XDECREF(result);
    Py_XDECREF(mapping);
    Py_XDECREF(abc);
    return result != NULL ? 0 : -1;
}

int cleatpy_add_contextvars(PyObject *module)
{
    PyTypeObject *types[] = {&cleatpy_surroundings_type, &cleatpy_guard_type, &cleatpy_token_type, &cleatpy_tokens_type,
                             &cleatpy_scope_type};
    for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
        if (PyType_Ready(types[i]) < 0)
            return -1;
    if (cleatpy_make_context_variable() < 0 || register_mapping() < 0 || PyModule_AddFunctions(module, functions) < 0)
        return -1;
    if (PyModule_AddObjectRef(module, "Token", (PyObject *)&cleatpy_token_type) < 0)
        return -1;
    return PyModule_AddObjectRef(module, "bound_contextvars", (PyObject *)&cleatpy_scope_type);
}
