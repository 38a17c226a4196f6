#include "host.h"

#include "context_variable.h"
#include "contextvars.h"
#include "gil.h"
#include "logger/host.h"
#include "tokens.h"
#include "values.h"

/* All of these run inside of calls of the engine's, anywhere in C code: none leaves a Python error behind. */

/* The engine's own message for what Python raised. */
static int fail_as_python(void)
{
    bool memory = PyErr_ExceptionMatches(PyExc_MemoryError);
    bool used = PyErr_ExceptionMatches(PyExc_RuntimeError);
    PyErr_Clear();
    if (memory)
        return cleat__fail(ENOMEM, "no memory for context variables");
    if (used)
        return cleat__fail(EALREADY, "tokens reset once; these have been used before");
    return cleat__fail(EINVAL, "tokens belong to the context that made them; this is another one");
}

/* -- looking -- */

static const cleat_fields *look(cleat_fields **made)
{
    cleatpy_surroundings *current;
    const cleat_fields *fields = NULL;
    if (cleatpy_get_current(&current) < 0 || current == NULL)
        return NULL;
    if (cleatpy_surroundings_fields(current, &fields) == 0)
        return fields;
    PyErr_Clear();
    Py_INCREF(current); /* what is shown may run Python code that unbinds it */
    *made = cleatpy_surroundings_shown(current);
    Py_DECREF(current);
    return *made;
}

static const cleat_fields *current_fields(cleat_fields **made)
{
    struct cleatpy_hold hold;
    cleatpy_take_gil(&hold);
    const cleat_fields *fields = look(made);
    PyErr_Clear();
    cleatpy_give_gil(&hold);
    return fields;
}

/* -- binding -- */

static PyObject *text_of_key(const char *key)
{
    return key != NULL ? PyUnicode_DecodeUTF8(key, (Py_ssize_t)strlen(key), "replace") : PyUnicode_New(0, 0);
}

static PyObject *names_of_fields(const cleat_field *fields, size_t count)
{
    PyObject *names = PyTuple_New((Py_ssize_t)count);
    for (size_t i = 0; names != NULL && i < count; i++) {
        PyObject *name = text_of_key(fields[i].key);
        if (name == NULL)
            Py_CLEAR(names);
        else
            PyTuple_SET_ITEM(names, (Py_ssize_t)i, name);
    }
    return names;
}

/* By the engine, which keeps each value's kind, where it has all that is bound already. 1: it has not. */
static int bind_in_engine(cleatpy_surroundings *before, const cleat_field *fields, size_t count,
                          cleatpy_surroundings **after)
{
    const cleat_fields *known = NULL;
    int result = before != NULL ? cleatpy_surroundings_fields(before, &known) : 0;
    if (result != 0)
        return result;
    cleat_fields *list = cleat__list_with((cleat_fields *)known, fields, count);
    if (list == NULL)
        PyErr_NoMemory();
    *after = list != NULL ? cleatpy_surroundings_of_list(list) : NULL;
    return *after != NULL ? 0 : -1;
}

static int bind_as_objects(cleatpy_surroundings *before, PyObject *names, const cleat_field *fields,
                           cleatpy_surroundings **after)
{
    Py_ssize_t count = PyTuple_GET_SIZE(names);
    PyObject *values = PyTuple_New(count);
    int result = values != NULL ? 0 : -1;
    for (Py_ssize_t i = 0; i < count && result == 0; i++) {
        PyObject *value = cleatpy_object_of(&fields[i].value);
        if (value == NULL)
            result = -1;
        else
            PyTuple_SET_ITEM(values, i, value);
    }
    if (result == 0)
        result = cleatpy_surroundings_apply(before, names, &PyTuple_GET_ITEM(values, 0), NULL, after);
    Py_XDECREF(values);
    return result;
}

static int set_and_note(cleat_tokens *tokens, cleatpy_surroundings *before, cleatpy_surroundings *after,
                        PyObject *names)
{
    if (cleatpy_set_current(after) < 0)
        return -1;
    struct cleatpy_tokens *made = tokens != NULL ? cleatpy_tokens_new(before, after, names) : NULL;
    if (made != NULL)
        *tokens = (cleat_tokens){made, NULL, CLEAT__HOST_TOKENS};
    return tokens == NULL || made != NULL ? 0 : -1;
}

static int bind_names(cleat_tokens *tokens, PyObject *names, const cleat_field *fields, size_t count)
{
    cleatpy_surroundings *before;
    cleatpy_surroundings *after;
    if (cleatpy_get_current(&before) < 0)
        return -1;
    Py_XINCREF(before);
    int result = bind_in_engine(before, fields, count, &after);
    if (result == 1)
        result = bind_as_objects(before, names, fields, &after);
    if (result == 0) {
        result = set_and_note(tokens, before, after, names);
        Py_XDECREF(after);
    }
    Py_XDECREF(before);
    return result;
}

static int bind(cleat_tokens *tokens, const cleat_field *fields, size_t count)
{
    struct cleatpy_hold hold;
    cleatpy_take_gil(&hold);
    PyObject *names = names_of_fields(fields, count);
    int result = names != NULL ? bind_names(tokens, names, fields, count) : -1;
    Py_XDECREF(names);
    if (result < 0)
        result = fail_as_python();
    cleatpy_give_gil(&hold);
    return result;
}

static void unbind(const char *const *keys, size_t count)
{
    struct cleatpy_hold hold;
    cleatpy_take_gil(&hold);
    PyObject *names = PyTuple_New((Py_ssize_t)count);
    for (size_t i = 0; names != NULL && i < count; i++) {
        PyObject *name = text_of_key(keys[i]);
        if (name == NULL)
            Py_CLEAR(names);
        else
            PyTuple_SET_ITEM(names, (Py_ssize_t)i, name);
    }
    if (names == NULL || cleatpy_unbind(names) < 0)
        PyErr_Clear();
    Py_XDECREF(names);
    cleatpy_give_gil(&hold);
}

static void clear(void)
{
    struct cleatpy_hold hold;
    cleatpy_take_gil(&hold);
    if (cleatpy_set_current(NULL) < 0)
        PyErr_Clear();
    cleatpy_give_gil(&hold);
}

/* -- giving back -- */

static int reset(const cleat_tokens *tokens)
{
    struct cleatpy_hold hold;
    cleatpy_take_gil(&hold);
    int result = cleatpy_tokens_reset(tokens->before) < 0 ? fail_as_python() : 0;
    cleatpy_give_gil(&hold);
    return result;
}

/* On a thread that is none of Python's the lock is waited for too: tokens are seldom dropped there. */
static void drop(const cleat_tokens *tokens)
{
    struct cleatpy_hold hold;
    cleatpy_take_gil(&hold);
    Py_DECREF((PyObject *)tokens->before);
    cleatpy_give_gil(&hold);
}

/* -- from the import to the end of the interpreter -- */

static const struct cleat__host python = {
    .is_here = cleatpy_is_python_thread,
    .current = current_fields,
    .bind = bind,
    .unbind = unbind,
    .clear = clear,
    .reset = reset,
    .drop = drop,
};

static PyObject *end(PyObject *module, PyObject *Py_UNUSED(unused))
{
    (void)module;
    cleat__set_host(NULL);
    Py_RETURN_NONE;
}

static PyMethodDef end_method = {"_end", end, METH_NOARGS, "The engine no longer asks Python."};

/* Exit functions run while other threads may still have the lock; afterwards they wait for it in vain. */
int cleatpy_become_host(PyObject *module)
{
    PyObject *function = PyCFunction_New(&end_method, module);
    PyObject *atexit = function != NULL ? PyImport_ImportModule("atexit") : NULL;
    PyObject *result = atexit != NULL ? PyObject_CallMethod(atexit, "register", "O", function) : NULL;
    if (result != NULL)
        cleat__set_host(&python);
    Py_XDECREF(result);
    Py_XDECREF(atexit);
    Py_XDECREF(function);
    return result != NULL ? 0 : -1;
}
