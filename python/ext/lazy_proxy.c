/*
 * An object that stands for a bound logger, which its method _make_logger() makes: an attribute that it does not have
 * itself is one of that logger. In Python that would be __getattr__, which is asked only after an exception was made
 * and thrown away: on every line, of most programs.
 *
 * A logger is made anew at each use, so that it follows the configuration, or once and for all if it is to be cached.
 * Where making it again could only give another one like it, it serves until something changes that it was made from.
 */
#include "lazy_proxy.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <structmember.h>

typedef struct {
    PyObject base;
    PyObject *attributes; /* __dict__ */
    PyObject *weak_references;
    PyObject *cached; /* the logger to use from now on, or NULL */
    PyObject *spare;  /* one that will do as long as nothing changes, or NULL */
    uint64_t spare_since;
    PyObject *initial_values; /* the dict that the spare logger's context was made from, which others may edit, */
    PyObject *initial_copy;   /* and what was in it */
} lazy_proxy;

static uint64_t changes; /* of the configuration */

static PyObject *bind_name;        /* "bind" */
static PyObject *make_name;        /* "_make_logger" */
static PyObject *is_abstract_name; /* "__isabstractmethod__" */

static void drop_spare(lazy_proxy *self)
{
    Py_CLEAR(self->spare);
    Py_CLEAR(self->initial_values);
    Py_CLEAR(self->initial_copy);
}

/* Whether the very same objects are in both, in the same order. */
static bool same_items(PyObject *one, PyObject *other)
{
    if (PyDict_GET_SIZE(one) != PyDict_GET_SIZE(other))
        return false;
    Py_ssize_t at = 0, other_at = 0;
    PyObject *key, *value, *other_key, *other_value;
    while (PyDict_Next(one, &at, &key, &value) && PyDict_Next(other, &other_at, &other_key, &other_value))
        if (key != other_key || value != other_value)
            return false;
    return true;
}

static bool spare_will_do(const lazy_proxy *self)
{
    /* All three, for while they are dropped a destructor may log. */
    return self->spare != NULL && self->initial_values != NULL && self->initial_copy != NULL &&
           self->spare_since == changes && same_items(self->initial_values, self->initial_copy);
}

/* A new reference to the logger to use now. */
static PyObject *current_logger(lazy_proxy *self)
{
    if (self->cached != NULL)
        return Py_NewRef(self->cached);
    if (spare_will_do(self))
        return Py_NewRef(self->spare);
    return PyObject_CallMethodNoArgs((PyObject *)self, make_name);
}

static PyObject *attribute_of_logger(lazy_proxy *self, PyObject *name)
{
    PyObject *logger = current_logger(self);
    if (logger == NULL)
        return NULL;
    PyObject *value = PyObject_GetAttr(logger, name);
    Py_DECREF(logger);
    return value;
}

static PyObject *get_attribute(PyObject *object, PyObject *name)
{
    lazy_proxy *self = (lazy_proxy *)object;
    if (_PyType_Lookup(Py_TYPE(object), name) != NULL)
        return PyObject_GenericGetAttr(object, name);
    PyObject *own = self->attributes != NULL ? PyDict_GetItemWithError(self->attributes, name) : NULL;
    if (own != NULL)
        return Py_NewRef(own);
    if (PyErr_Occurred())
        return NULL;
    /* Asked of every attribute of an abstract class: no reason to make a logger. */
    if (PyUnicode_Compare(name, is_abstract_name) == 0) {
        PyErr_SetObject(PyExc_AttributeError, name);
        return NULL;
    }
    return attribute_of_logger(self, name);
}

static int set_attribute(PyObject *object, PyObject *name, PyObject *value)
{
    drop_spare((lazy_proxy *)object);
    return PyObject_GenericSetAttr(object, name, value);
}

static PyObject *bound_from(PyObject *logger, PyObject *const *args, PyObject *names)
{
    PyObject *bind = PyObject_GetAttr(logger, bind_name);
    if (bind == NULL)
        return NULL;
    PyObject *bound = PyObject_Vectorcall(bind, args, 0, names);
    Py_DECREF(bind);
    return bound;
}

static PyObject *bind(lazy_proxy *self, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    if (count > 0)
        return PyErr_Format(PyExc_TypeError, "bind() takes keyword arguments only");
    PyObject *logger = current_logger(self);
    bool is_plain = names == NULL || PyTuple_GET_SIZE(names) == 0;
    /* A spare logger is not given away: whoever has it could empty its context. */
    if (logger == NULL || (is_plain && logger != self->spare))
        return logger;
    PyObject *bound = bound_from(logger, args, names);
    Py_DECREF(logger);
    return bound;
}

/* Another function than bind(), in its place: that is how programs see that the logger is cached. */
static PyObject *bind_cached(lazy_proxy *self, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    return bind(self, args, count, names);
}

static int put_in_place_of_bind(lazy_proxy *self)
{
    PyObject *attributes = PyObject_GenericGetDict((PyObject *)self, NULL);
    PyObject *replacement = PyObject_GetAttrString((PyObject *)self, "_bind_cached");
    int result = attributes != NULL && replacement != NULL ? PyDict_SetItem(attributes, bind_name, replacement) : -1;
    Py_XDECREF(replacement);
    Py_XDECREF(attributes);
    return result;
}

/* _cache(logger): uses it from now on. */
static PyObject *cache(lazy_proxy *self, PyObject *logger)
{
    if (put_in_place_of_bind(self) != 0)
        return NULL;
    drop_spare(self);
    Py_XSETREF(self->cached, Py_NewRef(logger));
    Py_RETURN_NONE;
}

/* _use_while_unchanged(logger, initial_values) */
static PyObject *use_while_unchanged(lazy_proxy *self, PyObject *const *args, Py_ssize_t count)
{
    if (count != 2 || !PyDict_CheckExact(args[1]))
        return PyErr_Format(PyExc_TypeError, "a logger and a dict were expected");
    PyObject *copy = PyDict_Copy(args[1]);
    if (copy == NULL)
        return NULL;
    Py_XSETREF(self->spare, Py_NewRef(args[0]));
    Py_XSETREF(self->initial_values, Py_NewRef(args[1]));
    Py_XSETREF(self->initial_copy, copy);
    self->spare_since = changes;
    Py_RETURN_NONE;
}

static PyObject *configuration_changed(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(nothing))
{
    changes++;
    Py_RETURN_NONE;
}

static int traverse(lazy_proxy *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->attributes);
    Py_VISIT(self->cached);
    Py_VISIT(self->spare);
    Py_VISIT(self->initial_values);
    Py_VISIT(self->initial_copy);
    return 0;
}

static int clear(lazy_proxy *self)
{
    drop_spare(self);
    Py_CLEAR(self->cached);
    Py_CLEAR(self->attributes);
    return 0;
}

static void deallocate(lazy_proxy *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    if (self->weak_references != NULL)
        PyObject_ClearWeakRefs((PyObject *)self);
    clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

#define FAST(function) ((PyCFunction)(void (*)(void))(function))

static PyMethodDef methods[] = {
    {"bind", FAST(bind), METH_FASTCALL | METH_KEYWORDS,
     "bind($self, /, **new_values)\n--\n\n"
     "Return a bound logger that carries the initial values and *new_values*."},
    {"_bind_cached", FAST(bind_cached), METH_FASTCALL | METH_KEYWORDS, "Do what bind() does, once a logger is cached."},
    {"_cache", (PyCFunction)cache, METH_O, "Use this logger from now on."},
    {"_use_while_unchanged", FAST(use_while_unchanged), METH_FASTCALL,
     "Use this logger, made from these initial values, until they or the configuration or an attribute change."},
    {0},
};

static PyMemberDef members[] = {
    {"__dictoffset__", T_PYSSIZET, offsetof(lazy_proxy, attributes), READONLY, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(lazy_proxy, weak_references), READONLY, NULL},
    {0},
};

static PyGetSetDef computed[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {0},
};

/* What PyType_Slot takes is void *; ISO C converts to that from a function or a const only by way of an integer. */
#define SLOT(address) ((void *)(uintptr_t)(address))

/* It has no __new__ of its own: copyreg would call it with the object to pickle. */
static PyType_Slot slots[] = {
    {Py_tp_doc, SLOT("Stands for a bound logger: has its attributes besides its own.")},
    {Py_tp_getattro, SLOT(get_attribute)},
    {Py_tp_setattro, SLOT(set_attribute)},
    {Py_tp_methods, methods},
    {Py_tp_members, members},
    {Py_tp_getset, computed},
    {Py_tp_traverse, SLOT(traverse)},
    {Py_tp_clear, SLOT(clear)},
    {Py_tp_dealloc, SLOT(deallocate)},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "cleat._engine.LazyProxy",
    .basicsize = sizeof(lazy_proxy),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = slots,
};

static PyMethodDef functions[] = {
    {"configuration_changed", configuration_changed, METH_NOARGS,
     "Tell all lazy proxies that the loggers they would make are no longer those that they have made."},
    {0},
};

static bool make_names(void)
{
    bind_name = PyUnicode_InternFromString("bind");
    make_name = PyUnicode_InternFromString("_make_logger");
    is_abstract_name = PyUnicode_InternFromString("__isabstractmethod__");
    return bind_name != NULL && make_name != NULL && is_abstract_name != NULL;
}

int cleatpy_add_lazy_proxy(PyObject *module)
{
    if (!make_names() || PyModule_AddFunctions(module, functions) != 0)
        return -1;
    PyObject *type = PyType_FromSpec(&spec);
    if (type == NULL)
        return -1;
    int result = PyModule_AddObjectRef(module, "LazyProxy", type);
    Py_DECREF(type);
    return result;
}
