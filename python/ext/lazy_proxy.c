/*
 * An object that stands for a bound logger: an attribute that it does not have itself is one of the logger that it
 * keeps, or, as long as it keeps none, of the one that its method bind() makes. In Python that would be __getattr__,
 * which is asked only after an exception was made and thrown away: on every line, of most programs.
 */
#include "lazy_proxy.h"

#include <stddef.h>
#include <stdint.h>
#include <structmember.h>

typedef struct {
    PyObject base;
    PyObject *attributes; /* __dict__ */
    PyObject *weak_references;
    PyObject *kept; /* the logger to go to, or NULL */
} lazy_proxy;

static PyObject *bind_name;        /* "bind" */
static PyObject *is_abstract_name; /* "__isabstractmethod__" */

static PyObject *attribute_of_new_logger(PyObject *self, PyObject *name)
{
    /* Asked of every attribute of an abstract class: no reason to make a logger. */
    if (PyUnicode_Compare(name, is_abstract_name) == 0) {
        PyErr_SetObject(PyExc_AttributeError, name);
        return NULL;
    }
    PyObject *logger = PyObject_CallMethodNoArgs(self, bind_name);
    if (logger == NULL)
        return NULL;
    PyObject *value = PyObject_GetAttr(logger, name);
    Py_DECREF(logger);
    return value;
}

static PyObject *attribute_of_kept_logger(lazy_proxy *self, PyObject *name)
{
    /* What runs on the way to the attribute may make the proxy keep another one. */
    PyObject *logger = Py_NewRef(self->kept);
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
    return self->kept != NULL ? attribute_of_kept_logger(self, name) : attribute_of_new_logger(object, name);
}

/* bind() of a proxy that keeps its logger: without new values that very logger. */
static PyObject *bind_kept(lazy_proxy *self, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    if (count > 0)
        return PyErr_Format(PyExc_TypeError, "bind() takes keyword arguments only");
    if (self->kept == NULL)
        return PyErr_Format(PyExc_RuntimeError, "no logger is kept");
    if (names == NULL || PyTuple_GET_SIZE(names) == 0)
        return Py_NewRef(self->kept);
    PyObject *bind = PyObject_GetAttr(self->kept, bind_name);
    if (bind == NULL)
        return NULL;
    PyObject *logger = PyObject_Vectorcall(bind, args, 0, names);
    Py_DECREF(bind);
    return logger;
}

static int traverse(lazy_proxy *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(self->attributes);
    Py_VISIT(self->kept);
    return 0;
}

static int clear(lazy_proxy *self)
{
    Py_CLEAR(self->attributes);
    Py_CLEAR(self->kept);
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

static PyMethodDef methods[] = {
    {"_bind_kept", (PyCFunction)(void (*)(void))bind_kept, METH_FASTCALL | METH_KEYWORDS,
     "Return the logger that is kept, or, given new values, one bound from it."},
    {0},
};

static PyMemberDef members[] = {
    {"__dictoffset__", T_PYSSIZET, offsetof(lazy_proxy, attributes), READONLY, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(lazy_proxy, weak_references), READONLY, NULL},
    {"_kept", T_OBJECT, offsetof(lazy_proxy, kept), 0, "The logger that unknown attributes are those of, or None."},
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

int cleatpy_add_lazy_proxy(PyObject *module)
{
    bind_name = PyUnicode_InternFromString("bind");
    is_abstract_name = PyUnicode_InternFromString("__isabstractmethod__");
    if (bind_name == NULL || is_abstract_name == NULL)
        return -1;
    PyObject *type = PyType_FromSpec(&spec);
    if (type == NULL)
        return -1;
    int result = PyModule_AddObjectRef(module, "LazyProxy", type);
    Py_DECREF(type);
    return result;
}
