#include "bound_logger.h"

#include <structmember.h>

#include "event_dict.h"
#include "lines.h"
#include "module.h"

PyTypeObject *cleatpy_bound_logger_type;

static PyObject *logger_name;     /* "_logger" */
static PyObject *processors_name; /* "_processors" */
static PyObject *context_name;    /* "_context" */
static PyObject *proxy_name;      /* "_proxy_to_logger" */
static PyObject *process_name;    /* "_process_event" */
static PyObject *copy_name;
static PyObject *clear_name;
static PyObject *pop_name;
static PyObject *dict_name;  /* "__dict__" */
static PyObject *event_name; /* "event" */
static PyObject *method_name_name;

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

static bool has_method(PyTypeObject *type, PyObject *name, PyObject *own)
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
    if (!PyType_IsSubtype(type, cleatpy_bound_logger_type) || !has_method(type, proxy_name, own_proxy) ||
        !has_method(type, process_name, own_process))
        return false;
    *place = (struct known_type){type, type->tp_version_tag};
    return true;
}

bool cleatpy_goes_by_us(PyObject *object)
{
    return type_goes_by_us(Py_TYPE(object)) && !logger_of(object)->is_altered;
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

static PyObject *dict_of(PyObject *const *values, PyObject *names)
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
    PyObject *kwargs = dict_of(values, names);
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

/* An object that was made without __init__() has none of its parts. */
static bool is_complete(const cleatpy_bound_logger *self)
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
    if (!takes_keywords_only("bind", count) || !is_complete(self))
        return NULL;
    return with_context(self, extend(self->context, args, names));
}

/* The method of a sub-class, if it has one. */
static PyObject *call_bind(PyObject *object, PyObject *const *values, PyObject *names)
{
    static PyObject *name;
    static PyObject *own;
    if (name == NULL && (name = PyUnicode_InternFromString("bind")) == NULL)
        return NULL;
    if (own == NULL && (own = PyObject_GetAttr((PyObject *)cleatpy_bound_logger_type, name)) == NULL)
        return NULL;
    if (!logger_of(object)->is_altered && has_method(Py_TYPE(object), name, own))
        return bind(object, values, 0, names);
    PyObject *method = PyObject_GetAttr(object, name);
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
    if (!is_complete(logger_of(object)))
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
    if (!takes_keywords_only("new", count) || !is_complete(self))
        return NULL;
    forget_fields(self);
    PyObject *cleared = PyObject_CallMethodNoArgs(self->context, clear_name);
    if (cleared == NULL)
        return NULL;
    Py_DECREF(cleared);
    return call_bind(object, args, names);
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
    if (!is_complete(self))
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

static PyObject *process_event(PyObject *object, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {(char *)"method_name", (char *)"event", (char *)"event_kw", NULL};
    PyObject *method;
    PyObject *event;
    PyObject *event_kw;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OOO!:_process_event", names, &method, &event, &PyDict_Type, &event_kw))
        return NULL;
    cleatpy_bound_logger *self = logger_of(object);
    if (!is_complete(self))
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

/* `_proxy_to_logger` of a sub-class that makes events in its own way. */
static PyObject *proxy_through_sub_class(PyObject *object, PyObject *method, PyObject *event, PyObject *kwargs)
{
    PyObject *pair = PyObject_CallMethodObjArgs(object, process_name, method, event != NULL ? event : Py_None, kwargs, NULL);
    return pair != NULL ? cleatpy_call_with(logger_of(object)->logger, method, pair) : NULL;
}

static PyObject *proxy_any(PyObject *object, PyObject *method, PyObject *event, PyObject *const *values, PyObject *names)
{
    if (has_method(Py_TYPE(object), process_name, own_process) && !logger_of(object)->is_altered)
        return cleatpy_log(logger_of(object), method, 0, event, values, names);
    PyObject *kwargs = dict_of(values, names);
    PyObject *result = kwargs != NULL ? proxy_through_sub_class(object, method, event, kwargs) : NULL;
    Py_XDECREF(kwargs);
    return result != NULL || !cleatpy_is_dropped() ? result : Py_NewRef(Py_None);
}

/* The keywords without one that is a parameter. */
static PyObject *proxy_with_event_by_name(PyObject *object, PyObject *method, Py_ssize_t place,
                                          PyObject *const *values, PyObject *names)
{
    PyObject *kwargs = dict_of(values, names);
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

static PyObject *proxy_to_logger(PyObject *object, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    if (count > 2)
        return fail_to_proxy("takes a method's name, an event and keywords");
    if (count == 0 || place_of(names, method_name_name) >= 0)
        return fail_to_proxy(count == 0 ? "missing 1 required positional argument: 'method_name'"
                                        : "got multiple values for argument 'method_name'");
    Py_ssize_t place = place_of(names, event_name);
    if (place >= 0 && count == 2)
        return fail_to_proxy("got multiple values for argument 'event'");
    if (!is_complete(logger_of(object)))
        return NULL;
    if (place >= 0)
        return proxy_with_event_by_name(object, args[0], place, args + count, names);
    PyObject *event = count == 2 && args[1] != Py_None ? args[1] : NULL;
    return proxy_any(object, args[0], event, args + count, names);
}

/* -- an object like any other -- */

static PyObject *represent(PyObject *object)
{
    cleatpy_bound_logger *self = logger_of(object);
    PyObject *name = is_complete(self) ? PyObject_GetAttrString((PyObject *)Py_TYPE(object), "__name__") : NULL;
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
    int equal = is_complete(logger_of(left)) ? PyObject_RichCompareBool(logger_of(left)->context, theirs, Py_EQ) : -1;
    Py_DECREF(theirs);
    return equal < 0 ? NULL : PyBool_FromLong(equal == (operation == Py_EQ));
}

static bool is_part(PyObject *name)
{
    return name == logger_name || name == processors_name || name == context_name;
}

/* Whatever else is set on an instance may hide a method. */
static int set_attribute(PyObject *object, PyObject *name, PyObject *value)
{
    if (!is_part(name))
        logger_of(object)->is_altered = true;
    return PyObject_GenericSetAttr(object, name, value);
}

/* The state of a pickle: as if all were in __dict__. */
static PyObject *get_state(PyObject *object, PyObject *unused)
{
    (void)unused;
    cleatpy_bound_logger *self = logger_of(object);
    PyObject *own = is_complete(self) ? PyObject_GetAttr(object, dict_name) : NULL;
    if (own == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_AttributeError) || self->context == NULL)
            return NULL;
        PyErr_Clear();
    }
    PyObject *state = own != NULL ? PyDict_Copy(own) : PyDict_New();
    Py_XDECREF(own);
    PyObject *context = get_context(object, NULL);
    if (state != NULL && (PyDict_SetItem(state, logger_name, self->logger) < 0 ||
                          PyDict_SetItem(state, processors_name, self->processors) < 0 ||
                          PyDict_SetItem(state, context_name, context) < 0))
        Py_CLEAR(state);
    Py_DECREF(context);
    return state;
}

static PyObject *set_state(PyObject *object, PyObject *state)
{
    PyObject *name;
    PyObject *value;
    Py_ssize_t position = 0;
    if (!PyDict_Check(state))
        return PyErr_Format(PyExc_TypeError, "the state of a bound logger is a dict, not %s", Py_TYPE(state)->tp_name);
    while (PyDict_Next(state, &position, &name, &value))
        if (PyObject_SetAttr(object, name, value) < 0)
            return NULL;
    Py_RETURN_NONE;
}

static PyObject *reduce(PyObject *object, PyObject *protocol)
{
    (void)protocol;
    PyObject *copyreg = PyImport_ImportModule("copyreg");
    PyObject *make = copyreg != NULL ? PyObject_GetAttrString(copyreg, "__newobj__") : NULL;
    PyObject *state = make != NULL ? PyObject_CallMethod(object, "__getstate__", NULL) : NULL;
    PyObject *reduced = state != NULL ? Py_BuildValue("O(O)O", make, Py_TYPE(object), state) : NULL;
    Py_XDECREF(copyreg);
    Py_XDECREF(make);
    Py_XDECREF(state);
    return reduced;
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
    PyTypeObject *type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    clear(object);
    type->tp_free(object);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    {"bind", CLEATPY_METHOD(bind), METH_FASTCALL | METH_KEYWORDS,
     "Return a logger that carries *new_values* besides what this one carries."},
    {"unbind", CLEATPY_METHOD(unbind), METH_FASTCALL, "Return a logger without *keys*. KeyError if one of them is not bound."},
    {"try_unbind", CLEATPY_METHOD(try_unbind), METH_FASTCALL,
     "Return a logger without *keys*; those that are not bound are ignored."},
    {"new", CLEATPY_METHOD(new_values), METH_FASTCALL | METH_KEYWORDS,
     "Empty the context and return a logger that carries *new_values* only."},
    {"_process_event", CLEATPY_METHOD(process_event), METH_VARARGS | METH_KEYWORDS,
     "Send one event through the chain; return the arguments for the wrapped logger's method."},
    {"_proxy_to_logger", CLEATPY_METHOD(proxy_to_logger), METH_FASTCALL | METH_KEYWORDS,
     "Send one event through the chain and call the wrapped logger's method with the outcome."},
    {"__getstate__", get_state, METH_NOARGS, NULL},
    {"__setstate__", set_state, METH_O, NULL},
    {"__reduce_ex__", reduce, METH_O, NULL},
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

static int intern_names(void)
{
    static const struct {
        PyObject **name;
        const char *text;
    } names[] = {
        {&logger_name, "_logger"},       {&processors_name, "_processors"},  {&context_name, "_context"},
        {&proxy_name, "_proxy_to_logger"}, {&process_name, "_process_event"}, {&copy_name, "copy"},
        {&clear_name, "clear"},          {&pop_name, "pop"},                 {&dict_name, "__dict__"},
        {&event_name, "event"},          {&method_name_name, "method_name"},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if ((*names[i].name = PyUnicode_InternFromString(names[i].text)) == NULL)
            return -1;
    return 0;
}

int cleatpy_add_bound_logger(PyObject *module)
{
    if (intern_names() < 0)
        return -1;
    cleatpy_bound_logger_type = (PyTypeObject *)PyType_FromSpec(&spec);
    if (cleatpy_bound_logger_type == NULL)
        return -1;
    own_proxy = PyObject_GetAttr((PyObject *)cleatpy_bound_logger_type, proxy_name);
    own_process = PyObject_GetAttr((PyObject *)cleatpy_bound_logger_type, process_name);
    if (own_proxy == NULL || own_process == NULL)
        return -1;
    return PyModule_AddType(module, cleatpy_bound_logger_type);
}
