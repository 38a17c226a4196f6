#include "bound_logger.h"

#include <structmember.h>

#include "bound_logger_state.h"
#include "module.h"
#include "proxy_to_logger.h"

PyTypeObject *cleatpy_bound_logger_type;

static PyObject *context_name; /* "_context" */
static PyObject *bind_name;
static PyObject *clear_name;
static PyObject *pop_name;
static PyObject *own_bind; /* the method of this type */

static cleatpy_bound_logger *logger_of(PyObject *object)
{
    return (cleatpy_bound_logger *)object;
}

/* -- the context -- */

static void forget_fields(cleatpy_bound_logger *self)
{
    cleat_fields_unref(self->fields);
    self->fields = NULL;
    self->state = CLEATPY_NOT_LOOKED_AT;
}

static PyObject *get_context(PyObject *object, void *unused)
{
    (void)unused;
    cleatpy_bound_logger *self = logger_of(object);
    if (self->context == NULL) {
        PyErr_SetObject(PyExc_AttributeError, context_name);
        return NULL;
    }
    forget_fields(self);
    self->state = CLEATPY_SHARED;
    return Py_NewRef(self->context);
}

static int set_context(PyObject *object, PyObject *context, void *unused)
{
    (void)unused;
    cleatpy_bound_logger *self = logger_of(object);
    forget_fields(self);
    self->state = CLEATPY_SHARED;
    Py_XSETREF(self->context, Py_XNewRef(context));
    return 0;
}

/* -- making one -- */

static int init(PyObject *object, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {(char *)"logger", (char *)"processors", (char *)"context", NULL};
    cleatpy_bound_logger *self = logger_of(object);
    PyObject *logger;
    PyObject *processors;
    PyObject *context;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OOO:__init__", names, &logger, &processors, &context))
        return -1;
    Py_XSETREF(self->logger, Py_NewRef(logger));
    Py_XSETREF(self->processors, Py_NewRef(processors));
    return set_context(object, context, NULL);
}

/* One like this, with a context of its own, which nobody else has. Takes the context over. */
static PyObject *with_context(cleatpy_bound_logger *self, PyObject *context)
{
    PyTypeObject *type = Py_TYPE(self);
    if (context == NULL)
        return NULL;
    if (type->tp_init != init || type->tp_new != PyType_GenericNew) {
        PyObject *arguments[] = {self->logger, self->processors, context};
        PyObject *made = PyObject_Vectorcall((PyObject *)type, arguments, 3, NULL);
        Py_DECREF(context);
        return made;
    }
    cleatpy_bound_logger *made = logger_of(type->tp_alloc(type, 0));
    if (made == NULL) {
        Py_DECREF(context);
        return NULL;
    }
    made->logger = Py_XNewRef(self->logger);
    made->processors = Py_XNewRef(self->processors);
    made->context = context;
    made->plan = (cleatpy_plan *)Py_XNewRef(self->plan);
    made->output = self->output;
    Py_XINCREF(made->output.logger);
    Py_XINCREF(made->output.outlet);
    return (PyObject *)made;
}

static int update(PyObject *dict, PyObject *const *values, PyObject *names)
{
    Py_ssize_t count = names != NULL ? PyTuple_GET_SIZE(names) : 0;
    for (Py_ssize_t i = 0; i < count; i++)
        if (PyDict_SetItem(dict, PyTuple_GET_ITEM(names, i), values[i]) < 0)
            return -1;
    return 0;
}

PyObject *cleatpy_keywords(PyObject *const *values, PyObject *names)
{
    PyObject *dict = PyDict_New();
    if (dict != NULL && update(dict, values, names) < 0)
        Py_CLEAR(dict);
    return dict;
}

/* A context of another kind is made by its own class. */
static PyObject *extend_any(PyObject *context, PyObject *const *values, PyObject *names)
{
    PyObject *args = PyTuple_Pack(1, context);
    PyObject *kwargs = cleatpy_keywords(values, names);
    PyObject *extended = args != NULL && kwargs != NULL ? PyObject_Call((PyObject *)Py_TYPE(context), args, kwargs) : NULL;
    Py_XDECREF(args);
    Py_XDECREF(kwargs);
    return extended;
}

static PyObject *extend(PyObject *context, PyObject *const *values, PyObject *names)
{
    if (!PyDict_CheckExact(context))
        return extend_any(context, values, names);
    PyObject *extended = PyDict_Copy(context);
    if (extended != NULL && update(extended, values, names) < 0)
        Py_CLEAR(extended);
    return extended;
}

bool cleatpy_is_complete(const cleatpy_bound_logger *self)
{
    if (self->context != NULL && self->processors != NULL && self->logger != NULL)
        return true;
    PyErr_SetString(PyExc_AttributeError, "the bound logger was not initialized");
    return false;
}

static bool takes_keywords_only(const char *method, Py_ssize_t count)
{
    if (count == 0)
        return true;
    PyErr_Format(PyExc_TypeError, "%s() takes keyword arguments only (%zd positional given)", method, count);
    return false;
}

static PyObject *bind(PyObject *object, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    cleatpy_bound_logger *self = logger_of(object);
    if (!takes_keywords_only("bind", count) || !cleatpy_is_complete(self))
        return NULL;
    return with_context(self, extend(self->context, args, names));
}

/* The method of a sub-class, if it has one. */
static PyObject *call_bind(PyObject *object, PyObject *const *values, PyObject *names)
{
    if (!logger_of(object)->is_altered && cleatpy_has_method(Py_TYPE(object), bind_name, own_bind))
        return bind(object, values, 0, names);
    PyObject *method = PyObject_GetAttr(object, bind_name);
    PyObject *result = method != NULL ? PyObject_Vectorcall(method, values, 0, names) : NULL;
    Py_XDECREF(method);
    return result;
}

static int remove_key(PyObject *context, PyObject *key, bool must_be_there)
{
    if (must_be_there)
        return PyObject_DelItem(context, key);
    PyObject *arguments[] = {context, key, Py_None};
    PyObject *value = PyObject_VectorcallMethod(pop_name, arguments, 3, NULL);
    Py_XDECREF(value);
    return value != NULL ? 0 : -1;
}

/* The context of what bind() made: a sub-class may make loggers of another kind. A new reference. */
static PyObject *context_of(PyObject *object)
{
    if (PyObject_TypeCheck(object, cleatpy_bound_logger_type) && logger_of(object)->context != NULL)
        return Py_NewRef(logger_of(object)->context);
    return PyObject_GetAttr(object, context_name);
}

static PyObject *without(PyObject *object, PyObject *const *keys, Py_ssize_t count, bool must_be_there)
{
    if (!cleatpy_is_complete(logger_of(object)))
        return NULL;
    PyObject *made = call_bind(object, NULL, NULL);
    PyObject *context = made != NULL ? context_of(made) : NULL;
    int result = context != NULL ? 0 : -1;
    for (Py_ssize_t i = 0; result == 0 && i < count; i++)
        result = remove_key(context, keys[i], must_be_there);
    Py_XDECREF(context);
    if (result < 0)
        Py_CLEAR(made);
    return made;
}

static PyObject *unbind(PyObject *object, PyObject *const *args, Py_ssize_t count)
{
    return without(object, args, count, true);
}

static PyObject *try_unbind(PyObject *object, PyObject *const *args, Py_ssize_t count)
{
    return without(object, args, count, false);
}

static PyObject *new_values(PyObject *object, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    cleatpy_bound_logger *self = logger_of(object);
    if (!takes_keywords_only("new", count) || !cleatpy_is_complete(self))
        return NULL;
    forget_fields(self);
    self->state = CLEATPY_SHARED; /* others may have had it before */
    PyObject *cleared = PyObject_CallMethodNoArgs(self->context, clear_name);
    if (cleared == NULL)
        return NULL;
    Py_DECREF(cleared);
    return call_bind(object, args, names);
}

/* -- an object like any other -- */

static PyObject *represent(PyObject *object)
{
    cleatpy_bound_logger *self = logger_of(object);
    PyObject *name = cleatpy_is_complete(self) ? PyObject_GetAttrString((PyObject *)Py_TYPE(object), "__name__") : NULL;
    PyObject *text =
        name != NULL ? PyUnicode_FromFormat("<%U(context=%R, processors=%R)>", name, self->context, self->processors) : NULL;
    Py_XDECREF(name);
    return text;
}

/* By context alone. An object without one is another. */
static PyObject *compare(PyObject *left, PyObject *right, int operation)
{
    if (operation != Py_EQ && operation != Py_NE)
        Py_RETURN_NOTIMPLEMENTED;
    PyObject *theirs = context_of(right);
    if (theirs == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_AttributeError))
            return NULL;
        PyErr_Clear();
        return PyBool_FromLong(operation == Py_NE);
    }
    int equal = cleatpy_is_complete(logger_of(left)) ? PyObject_RichCompareBool(logger_of(left)->context, theirs, Py_EQ) : -1;
    Py_DECREF(theirs);
    return equal < 0 ? NULL : PyBool_FromLong(equal == (operation == Py_EQ));
}

static bool is_part(PyObject *name)
{
    return name == context_name || PyUnicode_CompareWithASCIIString(name, "_logger") == 0 ||
           PyUnicode_CompareWithASCIIString(name, "_processors") == 0;
}

/* Whatever else is set on an instance may hide a method. */
static int set_attribute(PyObject *object, PyObject *name, PyObject *value)
{
    if (!is_part(name))
        logger_of(object)->is_altered = true;
    return PyObject_GenericSetAttr(object, name, value);
}

/* -- the type -- */

static int traverse(PyObject *object, visitproc visit, void *arg)
{
    cleatpy_bound_logger *self = logger_of(object);
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(self->logger);
    Py_VISIT(self->processors);
    Py_VISIT(self->context);
    Py_VISIT(self->plan);
    return cleatpy_output_visit(&self->output, visit, arg);
}

static int clear(PyObject *object)
{
    cleatpy_bound_logger *self = logger_of(object);
    forget_fields(self);
    cleatpy_output_clear(&self->output);
    Py_CLEAR(self->plan);
    Py_CLEAR(self->logger);
    Py_CLEAR(self->processors);
    Py_CLEAR(self->context);
    return 0;
}

static void dealloc(PyObject *object)
{
    cleatpy_end(object, clear);
}

static PyMethodDef methods[] = {
    {"bind", CLEATPY_METHOD(bind), METH_FASTCALL | METH_KEYWORDS,
     "Return a logger that carries *new_values* besides what this one carries."},
    {"unbind", CLEATPY_METHOD(unbind), METH_FASTCALL, "Return a logger without *keys*. KeyError if one of them is not bound."},
    {"try_unbind", CLEATPY_METHOD(try_unbind), METH_FASTCALL,
     "Return a logger without *keys*; those that are not bound are ignored."},
    {"new", CLEATPY_METHOD(new_values), METH_FASTCALL | METH_KEYWORDS,
     "Empty the context and return a logger that carries *new_values* only."},
    {"_process_event", CLEATPY_METHOD(cleatpy_process_event), METH_VARARGS | METH_KEYWORDS,
     "Send one event through the chain; return the arguments for the wrapped logger's method."},
    {"_proxy_to_logger", CLEATPY_METHOD(cleatpy_proxy_to_logger), METH_FASTCALL | METH_KEYWORDS,
     "Send one event through the chain and call the wrapped logger's method with the outcome."},
    {"__getstate__", cleatpy_get_state, METH_NOARGS, NULL},
    {"__setstate__", cleatpy_set_state, METH_O, NULL},
    {"__reduce_ex__", cleatpy_reduce, METH_O, NULL},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef members[] = {
    {"_logger", T_OBJECT_EX, offsetof(cleatpy_bound_logger, logger), 0, "The wrapped logger."},
    {"_processors", T_OBJECT_EX, offsetof(cleatpy_bound_logger, processors), 0, "The chain."},
    {NULL, 0, 0, 0, NULL},
};

static PyGetSetDef properties[] = {
    {"_context", get_context, set_context, "What it carries.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, CLEATPY_SLOT("A wrapped logger, a chain of processors and a context: the base of all bound loggers.")},
    {Py_tp_new, CLEATPY_SLOT(PyType_GenericNew)},
    {Py_tp_init, CLEATPY_SLOT(init)},
    {Py_tp_dealloc, CLEATPY_SLOT(dealloc)},
    {Py_tp_traverse, CLEATPY_SLOT(traverse)},
    {Py_tp_clear, CLEATPY_SLOT(clear)},
    {Py_tp_repr, CLEATPY_SLOT(represent)},
    {Py_tp_richcompare, CLEATPY_SLOT(compare)},
    {Py_tp_hash, CLEATPY_SLOT(PyObject_HashNotImplemented)},
    {Py_tp_setattro, CLEATPY_SLOT(set_attribute)},
    {Py_tp_methods, methods},
    {Py_tp_members, members},
    {Py_tp_getset, properties},
    {0, NULL},
};

static PyType_Spec spec = {"cleat._engine.BoundLogger", sizeof(cleatpy_bound_logger), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};

int cleatpy_add_bound_logger(PyObject *module)
{
    context_name = PyUnicode_InternFromString("_context");
    bind_name = PyUnicode_InternFromString("bind");
    clear_name = PyUnicode_InternFromString("clear");
    pop_name = PyUnicode_InternFromString("pop");
    cleatpy_bound_logger_type = (PyTypeObject *)PyType_FromSpec(&spec);
    if (context_name == NULL || bind_name == NULL || clear_name == NULL || pop_name == NULL ||
        cleatpy_bound_logger_type == NULL)
        return -1;
    own_bind = PyObject_GetAttr((PyObject *)cleatpy_bound_logger_type, bind_name);
    if (own_bind == NULL || cleatpy_add_proxy_to_logger() < 0)
        return -1;
    return PyModule_AddType(module, cleatpy_bound_logger_type);
}
