#include "level_method.h"

#include <stdbool.h>
#include <structmember.h>

#include "proxy_to_logger.h"
#include "shapes.h"
#include "module.h"

/* Has the flag by which the interpreter calls a method without making a bound one of it first. */
typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *name;
    PyObject *doc;
    int level; /* SILENT: the method does nothing */
} level_method;

#define SILENT (-1)

static PyTypeObject *level_method_type;
static PyObject *mapping_type; /* collections.abc.Mapping */
static PyObject *proxy_name;   /* "_proxy_to_logger" */
static PyObject *event_name;   /* "event" */

/* -- arguments -- */

static PyObject *fail(const level_method *method, const char *problem)
{
    PyErr_Format(PyExc_TypeError, "%U() %s", method->name, problem);
    return NULL;
}

static Py_ssize_t place_of_event(PyObject *names)
{
    Py_ssize_t count = names != NULL ? PyTuple_GET_SIZE(names) : 0;
    for (Py_ssize_t i = 0; i < count; i++)
        if (PyTuple_GET_ITEM(names, i) == event_name || PyUnicode_Compare(PyTuple_GET_ITEM(names, i), event_name) == 0)
            return i;
    return -1;
}

/* What is put into texts nearly always: asking collections.abc takes long. */
static bool is_known_not_to_be_mapping(PyObject *argument)
{
    return PyUnicode_CheckExact(argument) || PyLong_CheckExact(argument) || PyFloat_CheckExact(argument) ||
           PyTuple_CheckExact(argument) || argument == Py_None;
}

/* 1: a non-empty mapping, whose keys are named in the text; 0; -1: Python error. */
static int is_for_names(PyObject *argument)
{
    if (is_known_not_to_be_mapping(argument))
        return 0;
    int is_mapping = PyDict_Check(argument) ? 1 : PyObject_IsInstance(argument, mapping_type);
    return is_mapping == 1 ? PyObject_IsTrue(argument) : is_mapping;
}

/* The event's text with positional arguments put in. A new reference; NULL: Python error. */
static PyObject *interpolate(PyObject *event, PyObject *const *args, Py_ssize_t count)
{
    int for_names = count == 1 ? is_for_names(args[0]) : 0;
    if (for_names < 0)
        return NULL;
    if (for_names)
        return PyNumber_Remainder(event, args[0]);
    PyObject *tuple = PyTuple_New(count);
    if (tuple == NULL)
        return NULL;
    for (Py_ssize_t i = 0; i < count; i++)
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(args[i]));
    PyObject *text = PyNumber_Remainder(event, tuple);
    Py_DECREF(tuple);
    return text;
}

/* -- the way through Python -- */

/* logger._proxy_to_logger(name, event, **keywords) */
static PyObject *call_proxy(const level_method *method, PyObject *logger, PyObject *event, PyObject *const *values,
                            PyObject *names)
{
    Py_ssize_t count = names != NULL ? PyTuple_GET_SIZE(names) : 0;
    PyObject **arguments = PyMem_Malloc((size_t)(count + 3) * sizeof(*arguments));
    if (arguments == NULL)
        return PyErr_NoMemory();
    arguments[0] = logger;
    arguments[1] = method->name;
    arguments[2] = event;
    for (Py_ssize_t i = 0; i < count; i++)
        arguments[i + 3] = values[i];
    PyObject *result = PyObject_VectorcallMethod(proxy_name, arguments, 3, names);
    PyMem_Free(arguments);
    return result;
}

/* A keyword that is the name of a parameter of the method, or of the methods behind it, is no field. */
static const char *const parameters[] = {"self", "event", "method_name"};

#define OWN_PARAMETERS 2
#define ALL_PARAMETERS 3

static bool may_name_parameter(PyObject *names)
{
    Py_ssize_t count = PyTuple_GET_SIZE(names);
    if (count > CLEATPY_MOST_FIELDS)
        return true;
    const struct cleatpy_shape *shape = cleatpy_shape(((PyTupleObject *)names)->ob_item, count);
    if (shape == NULL)
        PyErr_Clear();
    return shape == NULL || shape->names_parameter;
}

/* 0, or -1: a Python error. */
static int check_names(const level_method *method, PyObject *names, unsigned n_parameters)
{
    if (names == NULL || !may_name_parameter(names))
        return 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++)
        for (unsigned p = 0; p < n_parameters; p++)
            if (PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(names, i), parameters[p]) == 0) {
                PyErr_Format(PyExc_TypeError, "%U() got multiple values for argument '%s'", method->name, parameters[p]);
                return -1;
            }
    return 0;
}

/* -- calls -- */

static PyObject *log_event(const level_method *method, PyObject *logger, PyObject *event, PyObject *const *values,
                           PyObject *names)
{
    if (check_names(method, names, ALL_PARAMETERS) < 0)
        return NULL;
    if (cleatpy_goes_by_us(logger))
        return cleatpy_log((cleatpy_bound_logger *)logger, method->name, method->level, event != Py_None ? event : NULL,
                           values, names);
    return call_proxy(method, logger, event, values, names);
}

static PyObject *log_interpolated(const level_method *method, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    if (check_names(method, names, OWN_PARAMETERS) < 0)
        return NULL;
    PyObject *event = interpolate(args[1], args + 2, count - 2);
    PyObject *result = event != NULL ? log_event(method, args[0], event, args + count, names) : NULL;
    Py_XDECREF(event);
    return result;
}

/* log.info(event="text", key=value) */
static PyObject *log_event_by_name(PyObject *callable, PyObject *const *args, Py_ssize_t place, PyObject *names)
{
    Py_ssize_t count = PyTuple_GET_SIZE(names);
    PyObject **arguments = PyMem_Malloc((size_t)(count + 1) * sizeof(*arguments));
    PyObject *others = PyTuple_New(count - 1);
    PyObject *result = NULL;
    if (arguments != NULL && others != NULL) {
        arguments[0] = args[0];
        arguments[1] = args[1 + place];
        Py_ssize_t n = 0;
        for (Py_ssize_t i = 0; i < count; i++) {
            if (i == place)
                continue;
            arguments[2 + n] = args[1 + i];
            PyTuple_SET_ITEM(others, n++, Py_NewRef(PyTuple_GET_ITEM(names, i)));
        }
        result = PyObject_Vectorcall(callable, arguments, 2, others);
    } else if (others != NULL) {
        PyErr_NoMemory();
    }
    PyMem_Free(arguments);
    Py_XDECREF(others);
    return result;
}

static PyObject *call(PyObject *callable, PyObject *const *args, size_t flagged_count, PyObject *names)
{
    const level_method *method = (const level_method *)callable;
    Py_ssize_t count = PyVectorcall_NARGS(flagged_count);
    if (count < 2) {
        Py_ssize_t place = count == 1 ? place_of_event(names) : -1;
        return place >= 0 ? log_event_by_name(callable, args, place, names)
                          : fail(method, count == 1 ? "missing 1 required positional argument: 'event'"
                                                    : "missing 2 required positional arguments: 'self' and 'event'");
    }
    if (method->level == SILENT)
        return check_names(method, names, OWN_PARAMETERS) == 0 ? Py_NewRef(Py_None) : NULL;
    if (count > 2)
        return log_interpolated(method, args, count, names);
    return log_event(method, args[0], args[1], args + 2, names);
}

/* -- the type -- */

static PyObject *new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {(char *)"name", (char *)"level", (char *)"doc", NULL};
    PyObject *name;
    PyObject *level;
    PyObject *doc = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "UO|O:LevelMethod", names, &name, &level, &doc))
        return NULL;
    int number = level == Py_None ? SILENT : (int)PyLong_AsLong(level);
    if (PyErr_Occurred() != NULL)
        return NULL;
    level_method *method = (level_method *)type->tp_alloc(type, 0);
    if (method == NULL)
        return NULL;
    method->vectorcall = call;
    method->name = Py_NewRef(name);
    PyUnicode_InternInPlace(&method->name);
    method->doc = Py_NewRef(doc);
    method->level = number;
    return (PyObject *)method;
}

static void dealloc(PyObject *object)
{
    level_method *method = (level_method *)object;
    PyTypeObject *type = Py_TYPE(object);
    Py_XDECREF(method->name);
    Py_XDECREF(method->doc);
    type->tp_free(object);
    Py_DECREF(type);
}

static PyObject *get(PyObject *object, PyObject *logger, PyObject *type)
{
    (void)type;
    return logger == NULL || logger == Py_None ? Py_NewRef(object) : PyMethod_New(object, logger);
}

static PyObject *represent(PyObject *object)
{
    return PyUnicode_FromFormat("<log method %U>", ((level_method *)object)->name);
}

static PyMemberDef members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(level_method, vectorcall), READONLY, NULL},
    {"__name__", T_OBJECT, offsetof(level_method, name), READONLY, NULL},
    {"__qualname__", T_OBJECT, offsetof(level_method, name), READONLY, NULL},
    {"__doc__", T_OBJECT, offsetof(level_method, doc), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyObject *get_text_signature(PyObject *object, void *unused)
{
    (void)object;
    (void)unused;
    return PyUnicode_FromString("($self, /, event, *args, **kw)");
}

static PyGetSetDef properties[] = {
    {"__text_signature__", get_text_signature, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_new, CLEATPY_SLOT(new)},
    {Py_tp_dealloc, CLEATPY_SLOT(dealloc)},
    {Py_tp_call, CLEATPY_SLOT(PyVectorcall_Call)},
    {Py_tp_descr_get, CLEATPY_SLOT(get)},
    {Py_tp_repr, CLEATPY_SLOT(represent)},
    {Py_tp_members, members},
    {Py_tp_getset, properties},
    {0, NULL},
};

static PyType_Spec spec = {"cleat._engine.LevelMethod", sizeof(level_method), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR, slots};

int cleatpy_add_level_method(PyObject *module)
{
    proxy_name = PyUnicode_InternFromString("_proxy_to_logger");
    event_name = PyUnicode_InternFromString("event");
    PyObject *abc = PyImport_ImportModule("collections.abc");
    mapping_type = abc != NULL ? PyObject_GetAttrString(abc, "Mapping") : NULL;
    Py_XDECREF(abc);
    level_method_type = (PyTypeObject *)PyType_FromSpec(&spec);
    if (proxy_name == NULL || event_name == NULL || mapping_type == NULL || level_method_type == NULL)
        return -1;
    return PyModule_AddType(module, level_method_type);
}
