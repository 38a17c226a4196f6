#include "tokens.h"

#include "context_variable.h"
#include "names.h"

struct token {
    PyObject_HEAD
    struct cleatpy_tokens *of;
    Py_ssize_t place;
};

/* -- one token -- */

static int traverse_token(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(((struct token *)self)->of);
    return 0;
}

static void deallocate_token(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    Py_DECREF(((struct token *)self)->of);
    PyObject_GC_Del(self);
}

static PyObject *name_of(const struct token *token)
{
    return PyTuple_GET_ITEM(token->of->names, token->place);
}

static PyObject *represent_token(PyObject *self)
{
    struct token *token = (struct token *)self;
    return PyUnicode_FromFormat("<Token%s key=%R>", token->of->used[token->place] ? " used" : "", name_of(token));
}

static PyObject *compare_tokens(PyObject *self, PyObject *other, int how)
{
    if (!Py_IS_TYPE(other, &cleatpy_token_type) || (how != Py_EQ && how != Py_NE))
        Py_RETURN_NOTIMPLEMENTED;
    struct token *token = (struct token *)self;
    struct token *another = (struct token *)other;
    bool equal = token->of == another->of && token->place == another->place;
    return PyBool_FromLong(equal == (how == Py_EQ));
}

static Py_hash_t hash_token(PyObject *self)
{
    struct token *token = (struct token *)self;
    return (Py_hash_t)((uintptr_t)token->of >> 4) + token->place;
}

PyTypeObject cleatpy_token_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "cleat._engine.Token",
    .tp_doc = "What one key was before a bind_contextvars(), for reset_contextvars().",
    .tp_basicsize = sizeof(struct token),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_dealloc = deallocate_token,
    .tp_traverse = traverse_token,
    .tp_repr = represent_token,
    .tp_richcompare = compare_tokens,
    .tp_hash = hash_token,
};

static PyObject *new_token(struct cleatpy_tokens *of, Py_ssize_t place)
{
    struct token *token = PyObject_GC_New(struct token, &cleatpy_token_type);
    if (token == NULL)
        return NULL;
    token->of = (struct cleatpy_tokens *)Py_NewRef((PyObject *)of);
    token->place = place;
    PyObject_GC_Track(token);
    return (PyObject *)token;
}

/* -- all of a bind -- */

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    struct cleatpy_tokens *tokens = (struct cleatpy_tokens *)self;
    Py_VISIT(tokens->before);
    Py_VISIT(tokens->after);
    Py_VISIT(tokens->context);
    return 0;
}

static int clear(PyObject *self)
{
    struct cleatpy_tokens *tokens = (struct cleatpy_tokens *)self;
    Py_CLEAR(tokens->before);
    Py_CLEAR(tokens->after);
    Py_CLEAR(tokens->context);
    return 0;
}

static void deallocate(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    clear(self);
    Py_XDECREF(((struct cleatpy_tokens *)self)->names);
    PyObject_GC_Del(self);
}

/* A new reference. */
static PyObject *dict_of(PyObject *self)
{
    struct cleatpy_tokens *tokens = (struct cleatpy_tokens *)self;
    PyObject *dict = PyDict_New();
    for (Py_ssize_t i = 0; dict != NULL && i < PyTuple_GET_SIZE(tokens->names); i++) {
        PyObject *token = new_token(tokens, i);
        if (token == NULL || PyDict_SetItem(dict, PyTuple_GET_ITEM(tokens->names, i), token) < 0)
            Py_CLEAR(dict);
        Py_XDECREF(token);
    }
    return dict;
}

static Py_ssize_t count(PyObject *self)
{
    return PyTuple_GET_SIZE(((struct cleatpy_tokens *)self)->names);
}

static PyObject *get_item(PyObject *self, PyObject *name)
{
    PyObject *dict = dict_of(self);
    PyObject *token = dict != NULL ? PyObject_GetItem(dict, name) : NULL;
    Py_XDECREF(dict);
    return token;
}

static int contains(PyObject *self, PyObject *name)
{
    return PySequence_Contains(((struct cleatpy_tokens *)self)->names, name);
}

static PyObject *iterate(PyObject *self)
{
    return PyObject_GetIter(((struct cleatpy_tokens *)self)->names);
}

static PyObject *compare(PyObject *self, PyObject *other, int how)
{
    PyObject *dict = dict_of(self);
    PyObject *others = Py_IS_TYPE(other, &cleatpy_tokens_type) ? dict_of(other) : Py_NewRef(other);
    PyObject *result = dict != NULL && others != NULL ? PyObject_RichCompare(dict, others, how) : NULL;
    Py_XDECREF(others);
    Py_XDECREF(dict);
    return result;
}

static PyObject *represent(PyObject *self)
{
    PyObject *dict = dict_of(self);
    PyObject *text = dict != NULL ? PyObject_Repr(dict) : NULL;
    Py_XDECREF(dict);
    return text;
}

/* keys(), items(), values(), get(). */
static PyObject *get_attribute(PyObject *self, PyObject *name)
{
    PyObject *own = PyObject_GenericGetAttr(self, name);
    if (own != NULL || !PyErr_ExceptionMatches(PyExc_AttributeError))
        return own;
    PyErr_Clear();
    PyObject *dict = dict_of(self);
    PyObject *read_only = dict != NULL ? PyDictProxy_New(dict) : NULL;
    PyObject *attribute = read_only != NULL ? PyObject_GetAttr(read_only, name) : NULL;
    Py_XDECREF(read_only);
    Py_XDECREF(dict);
    return attribute;
}

static PyMappingMethods as_mapping = {.mp_length = count, .mp_subscript = get_item};
static PySequenceMethods as_sequence = {.sq_contains = contains};

PyTypeObject cleatpy_tokens_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "cleat._engine.Tokens",
    .tp_doc = "A mapping from each key of a bind_contextvars() to its token.",
    .tp_basicsize = offsetof(struct cleatpy_tokens, used),
    .tp_itemsize = sizeof(bool),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_dealloc = deallocate,
    .tp_traverse = traverse,
    .tp_clear = clear,
    .tp_repr = represent,
    .tp_hash = PyObject_HashNotImplemented,
    .tp_richcompare = compare,
    .tp_iter = iterate,
    .tp_getattro = get_attribute,
    .tp_as_mapping = &as_mapping,
    .tp_as_sequence = &as_sequence,
};

struct cleatpy_tokens *cleatpy_tokens_new(cleatpy_surroundings *before, cleatpy_surroundings *after, PyObject *names)
{
    Py_ssize_t n = PyTuple_GET_SIZE(names);
    struct cleatpy_tokens *tokens = PyObject_GC_NewVar(struct cleatpy_tokens, &cleatpy_tokens_type, n);
    if (tokens == NULL)
        return NULL;
    tokens->before = (cleatpy_surroundings *)Py_XNewRef((PyObject *)before);
    tokens->after = (cleatpy_surroundings *)Py_XNewRef((PyObject *)after);
    tokens->names = Py_NewRef(names);
    tokens->context = Py_XNewRef(cleatpy_current_context());
    memset(tokens->used, false, (size_t)n);
    PyObject_GC_Track(tokens);
    return tokens;
}

/* -- giving back -- */

/* Binds what keys are in a dict, and unbinds those that are not there. */
static int restore(PyObject *former, PyObject *names)
{
    Py_ssize_t n = PyTuple_GET_SIZE(names);
    PyObject **values = PyMem_Calloc((size_t)n, sizeof(*values));
    if (values == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; former != NULL && i < n; i++)
        values[i] = PyDict_GetItemWithError(former, PyTuple_GET_ITEM(names, i));
    cleatpy_surroundings *current;
    cleatpy_surroundings *restored = NULL;
    int result = cleatpy_get_current(&current);
    if (result == 0)
        result = cleatpy_surroundings_apply(current, names, values, NULL, &restored);
    if (result == 0)
        result = cleatpy_set_current(restored);
    Py_XDECREF(restored);
    PyMem_Free(values);
    return result;
}

int cleatpy_restore_all(cleatpy_surroundings *before, cleatpy_surroundings *after, PyObject *names)
{
    cleatpy_surroundings *current;
    if (cleatpy_get_current(&current) < 0)
        return -1;
    if (current == after)
        return cleatpy_set_current(before);
    PyObject *former = before != NULL ? cleatpy_surroundings_dict(before) : NULL;
    int result = before == NULL || former != NULL ? restore(former, names) : -1;
    Py_XDECREF(former);
    return result;
}

static int refuse_used(PyObject *what)
{
    PyErr_Format(PyExc_RuntimeError, "%R has been used before: a token resets its key once", what);
    return -1;
}

static int refuse_if_elsewhere(const struct cleatpy_tokens *tokens, PyObject *what)
{
    if (tokens->context == cleatpy_current_context())
        return 0;
    PyErr_Format(PyExc_ValueError, "%R was made in another context, and can only be used there", what);
    return -1;
}

static bool is_any_used(const struct cleatpy_tokens *tokens)
{
    return memchr(tokens->used, true, (size_t)Py_SIZE(tokens)) != NULL;
}

static int restore_all_tokens(struct cleatpy_tokens *tokens)
{
    memset(tokens->used, true, (size_t)Py_SIZE(tokens));
    return cleatpy_restore_all(tokens->before, tokens->after, tokens->names);
}

int cleatpy_tokens_reset(struct cleatpy_tokens *tokens)
{
    if (is_any_used(tokens))
        return refuse_used((PyObject *)tokens);
    return refuse_if_elsewhere(tokens, (PyObject *)tokens) == 0 ? restore_all_tokens(tokens) : -1;
}

static int check(PyObject *object, PyObject *name)
{
    if (!Py_IS_TYPE(object, &cleatpy_token_type)) {
        PyErr_Format(PyExc_TypeError, "reset_contextvars() takes tokens of bind_contextvars(), not %R for %R", object,
                     name);
        return -1;
    }
    struct token *token = (struct token *)object;
    if (token->of->used[token->place])
        return refuse_used(object);
    int same = PyObject_RichCompareBool(name_of(token), name, Py_EQ);
    if (same == 0)
        PyErr_Format(PyExc_ValueError, "%R is the token of another key than %R", object, name);
    return same == 1 ? refuse_if_elsewhere(token->of, object) : -1;
}

/* Whether these are all the tokens of one bind. */
static struct cleatpy_tokens *common_owner(PyObject *const *args, PyObject *names)
{
    struct cleatpy_tokens *of = ((struct token *)args[0])->of;
    Py_ssize_t n = PyTuple_GET_SIZE(names);
    for (Py_ssize_t i = 0; i < n; i++)
        if (((struct token *)args[i])->of != of)
            return NULL;
    return n == PyTuple_GET_SIZE(of->names) ? of : NULL;
}

/* What the keys were before, as one dict; each token may be of another bind. */
static PyObject *former_values(PyObject *const *args, PyObject *names)
{
    PyObject *former = PyDict_New();
    for (Py_ssize_t i = 0; former != NULL && i < PyTuple_GET_SIZE(names); i++) {
        cleatpy_surroundings *before = ((struct token *)args[i])->of->before;
        PyObject *dict = before != NULL ? cleatpy_surroundings_dict(before) : PyDict_New();
        PyObject *name = PyTuple_GET_ITEM(names, i);
        PyObject *value = dict != NULL ? PyDict_GetItemWithError(dict, name) : NULL;
        if (dict == NULL || (value != NULL && PyDict_SetItem(former, name, value) < 0))
            Py_CLEAR(former);
        Py_XDECREF(dict);
    }
    return former;
}

static int reset(PyObject *const *args, PyObject *names)
{
    struct cleatpy_tokens *all = common_owner(args, names);
    if (all != NULL)
        return restore_all_tokens(all);
    PyObject *former = former_values(args, names);
    int result = former != NULL ? restore(former, names) : -1;
    Py_XDECREF(former);
    for (Py_ssize_t i = 0; result == 0 && i < PyTuple_GET_SIZE(names); i++)
        ((struct token *)args[i])->of->used[((struct token *)args[i])->place] = true;
    return result;
}

PyObject *cleatpy_reset_contextvars(PyObject *module, PyObject *const *args, Py_ssize_t n_args, PyObject *names)
{
    (void)module;
    if (n_args > 0) {
        PyErr_SetString(PyExc_TypeError, "reset_contextvars() takes keyword arguments only: key=token");
        return NULL;
    }
    if (names == NULL || PyTuple_GET_SIZE(names) == 0)
        Py_RETURN_NONE;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++)
        if (check(args[i], PyTuple_GET_ITEM(names, i)) < 0)
            return NULL;
    PyObject *exact = cleatpy_exact_names(names);
    int result = exact != NULL ? reset(args, exact) : -1;
    Py_XDECREF(exact);
    if (result < 0)
        return NULL;
    Py_RETURN_NONE;
}
