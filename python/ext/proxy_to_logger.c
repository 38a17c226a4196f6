#include "proxy_to_logger.h"

#include "event_dict.h"
#include "lines.h"

static PyObject *proxy_name;       /* "_proxy_to_logger" */
static PyObject *process_name;     /* "_process_event" */
static PyObject *copy_name;        /* "copy" */
static PyObject *event_name;       /* "event" */
static PyObject *method_name_name; /* "method_name" */

static cleatpy_bound_logger *logger_of(PyObject *object)
{
    return (cleatpy_bound_logger *)object;
}

/* -- whose methods a type has -- */

/* A type that takes both methods from here, as it was when that was found out. */
struct known_type {
    PyTypeObject *type;
    unsigned version;
};

#define KNOWN_TYPES 64

static PyObject *own_proxy;
static PyObject *own_process;

bool cleatpy_has_method(PyTypeObject *type, PyObject *name, PyObject *own)
{
    PyObject *found = PyObject_GetAttr((PyObject *)type, name);
    if (found == NULL)
        PyErr_Clear();
    Py_XDECREF(found);
    return found == own;
}

static bool type_goes_by_us(PyTypeObject *type)
{
    static struct known_type known[KNOWN_TYPES];
    struct known_type *place = &known[((uintptr_t)type >> 6) % KNOWN_TYPES];
    if (place->type == type && place->version == type->tp_version_tag && place->version != 0)
        return true;
    if (!PyType_IsSubtype(type, cleatpy_bound_logger_type) || !cleatpy_has_method(type, proxy_name, own_proxy) ||
        !cleatpy_has_method(type, process_name, own_process))
        return false;
    *place = (struct known_type){type, type->tp_version_tag};
    return true;
}

bool cleatpy_goes_by_us(PyObject *object)
{
    return type_goes_by_us(Py_TYPE(object)) && !logger_of(object)->is_altered;
}

/* -- lines -- */

/* The plan of the chain as it is now, or NULL: Python error, or no list or tuple. */
static cleatpy_plan *plan_of(cleatpy_bound_logger *self)
{
    if (self->plan != NULL && cleatpy_plan_is_good(self->plan, self->processors))
        return (cleatpy_plan *)Py_NewRef(self->plan);
    cleatpy_plan *plan = cleatpy_plan_for(self->processors, NULL);
    if (plan != NULL)
        Py_XSETREF(self->plan, (cleatpy_plan *)Py_NewRef(plan));
    return plan;
}

static PyObject *copy_context(const cleatpy_bound_logger *self)
{
    if (PyDict_CheckExact(self->context))
        return PyDict_Copy(self->context);
    return PyObject_CallMethodNoArgs(self->context, copy_name);
}

/* What the processors are given stays, whatever they do to the bound logger. */
struct way {
    cleatpy_plan *plan;
    PyObject *processors;
    PyObject *logger;
};

static int take_way(cleatpy_bound_logger *self, struct way *way)
{
    way->plan = plan_of(self);
    if (way->plan == NULL && PyErr_Occurred() != NULL)
        return -1;
    way->processors = Py_NewRef(self->processors);
    way->logger = Py_NewRef(self->logger);
    return 0;
}

static void leave_way(struct way *way)
{
    Py_XDECREF(way->plan);
    Py_DECREF(way->processors);
    Py_DECREF(way->logger);
}

/* Takes the event over. */
static PyObject *process(cleatpy_bound_logger *self, PyObject *method, PyObject *event)
{
    struct way way;
    if (event == NULL || take_way(self, &way) < 0) {
        Py_XDECREF(event);
        return NULL;
    }
    PyObject *outcome = cleatpy_process(way.plan, way.processors, way.logger, method, event);
    leave_way(&way);
    return outcome;
}

static PyObject *log_by_dict(cleatpy_bound_logger *self, const struct cleatpy_call *call)
{
    struct way way;
    PyObject *event = cleatpy_event_dict(copy_context(self), call->names, call->values, call->count, call->event);
    if (event == NULL || take_way(self, &way) < 0) {
        Py_XDECREF(event);
        return NULL;
    }
    PyObject *result =
        cleatpy_log_event(way.plan, way.processors, &self->output, way.logger, call->method, event);
    leave_way(&way);
    return result;
}

PyObject *cleatpy_log(cleatpy_bound_logger *self, PyObject *method, int level, PyObject *event, PyObject *const *values,
                      PyObject *names)
{
    if (!cleatpy_is_complete(self))
        return NULL;
    const struct cleatpy_call call = {method,
                                      level,
                                      event,
                                      values,
                                      names != NULL ? ((PyTupleObject *)names)->ob_item : NULL,
                                      names != NULL ? PyTuple_GET_SIZE(names) : 0};
    cleatpy_plan *plan = plan_of(self);
    if (plan == NULL && PyErr_Occurred() != NULL)
        return NULL;
    PyObject *result = NULL;
    int done = plan != NULL ? cleatpy_log_whole(self, plan, &call, &result) : 0;
    Py_XDECREF(plan);
    if (done == 0)
        result = log_by_dict(self, &call);
    return result != NULL || !cleatpy_is_dropped() ? result : Py_NewRef(Py_None);
}

PyObject *cleatpy_process_event(PyObject *object, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {(char *)"method_name", (char *)"event", (char *)"event_kw", NULL};
    PyObject *method;
    PyObject *event;
    PyObject *event_kw;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OOO!:_process_event", names, &method, &event, &PyDict_Type, &event_kw))
        return NULL;
    cleatpy_bound_logger *self = logger_of(object);
    if (!cleatpy_is_complete(self))
        return NULL;
    PyObject *dict = cleatpy_event_dict_of(copy_context(self), event_kw, event != Py_None ? event : NULL);
    return dict != NULL ? cleatpy_arguments_of(process(self, method, dict)) : NULL;
}

/* What _proxy_to_logger() says when a parameter is given twice or not at all. */
static PyObject *fail_to_proxy(const char *problem)
{
    PyErr_Format(PyExc_TypeError, "_proxy_to_logger() %s", problem);
    return NULL;
}

static Py_ssize_t place_of(PyObject *names, PyObject *name)
{
    Py_ssize_t count = names != NULL ? PyTuple_GET_SIZE(names) : 0;
    for (Py_ssize_t i = 0; i < count; i++)
        if (PyTuple_GET_ITEM(names, i) == name || PyUnicode_Compare(PyTuple_GET_ITEM(names, i), name) == 0)
            return i;
    return -1;
}

/* That of the log methods whose lines the engine can make from beginning to end; exception() is none. */
static int level_of(PyObject *method)
{
    static const struct {
        const char *name;
        int level;
    } levels[] = {{"info", CLEAT_INFO},       {"debug", CLEAT_DEBUG}, {"warning", CLEAT_WARNING},
                  {"error", CLEAT_ERROR},     {"warn", CLEAT_WARNING}, {"critical", CLEAT_CRITICAL}};
    for (size_t i = 0; PyUnicode_CheckExact(method) && i < sizeof(levels) / sizeof(levels[0]); i++)
        if (PyUnicode_CompareWithASCIIString(method, levels[i].name) == 0)
            return levels[i].level;
    return 0;
}

/* `_proxy_to_logger` of a sub-class that makes events in its own way. */
static PyObject *proxy_through_sub_class(PyObject *object, PyObject *method, PyObject *event, PyObject *kwargs)
{
    PyObject *pair = PyObject_CallMethodObjArgs(object, process_name, method, event != NULL ? event : Py_None, kwargs, NULL);
    return pair != NULL ? cleatpy_call_with(logger_of(object)->logger, method, pair) : NULL;
}

static PyObject *proxy_any(PyObject *object, PyObject *method, PyObject *event, PyObject *const *values, PyObject *names)
{
    if (cleatpy_has_method(Py_TYPE(object), process_name, own_process) && !logger_of(object)->is_altered)
        return cleatpy_log(logger_of(object), method, level_of(method), event, values, names);
    PyObject *kwargs = cleatpy_keywords(values, names);
    PyObject *result = kwargs != NULL ? proxy_through_sub_class(object, method, event, kwargs) : NULL;
    Py_XDECREF(kwargs);
    return result != NULL || !cleatpy_is_dropped() ? result : Py_NewRef(Py_None);
}

/* The keywords without one that is a parameter. */
static PyObject *proxy_with_event_by_name(PyObject *object, PyObject *method, Py_ssize_t place,
                                          PyObject *const *values, PyObject *names)
{
    PyObject *kwargs = cleatpy_keywords(values, names);
    PyObject *event = Py_NewRef(values[place]);
    PyObject *result = NULL;
    if (kwargs != NULL && PyDict_DelItem(kwargs, event_name) == 0) {
        PyObject *arguments = PyTuple_Pack(2, method, event);
        PyObject *callable = PyObject_GetAttr(object, proxy_name);
        result = arguments != NULL && callable != NULL ? PyObject_Call(callable, arguments, kwargs) : NULL;
        Py_XDECREF(arguments);
        Py_XDECREF(callable);
    }
    Py_DECREF(event);
    Py_XDECREF(kwargs);
    return result;
}

PyObject *cleatpy_proxy_to_logger(PyObject *object, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    if (count > 2)
        return fail_to_proxy("takes a method's name, an event and keywords");
    if (count == 0 || place_of(names, method_name_name) >= 0)
        return fail_to_proxy(count == 0 ? "missing 1 required positional argument: 'method_name'"
                                        : "got multiple values for argument 'method_name'");
    Py_ssize_t place = place_of(names, event_name);
    if (place >= 0 && count == 2)
        return fail_to_proxy("got multiple values for argument 'event'");
    if (!cleatpy_is_complete(logger_of(object)))
        return NULL;
    if (place >= 0)
        return proxy_with_event_by_name(object, args[0], place, args + count, names);
    PyObject *event = count == 2 && args[1] != Py_None ? args[1] : NULL;
    return proxy_any(object, args[0], event, args + count, names);
}

int cleatpy_add_proxy_to_logger(void)
{
    proxy_name = PyUnicode_InternFromString("_proxy_to_logger");
    process_name = PyUnicode_InternFromString("_process_event");
    copy_name = PyUnicode_InternFromString("copy");
    event_name = PyUnicode_InternFromString("event");
    method_name_name = PyUnicode_InternFromString("method_name");
    if (proxy_name == NULL || process_name == NULL || copy_name == NULL || event_name == NULL || method_name_name == NULL)
        return -1;
    own_proxy = PyObject_GetAttr((PyObject *)cleatpy_bound_logger_type, proxy_name);
    own_process = PyObject_GetAttr((PyObject *)cleatpy_bound_logger_type, process_name);
    return own_proxy != NULL && own_process != NULL ? 0 : -1;
}
