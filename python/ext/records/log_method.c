#include "log_method.h"

#include <limits.h>
#include <stdbool.h>
#include <structmember.h>

#include "../module.h"
#include "emit.h"

/* Has the flag by which the interpreter calls a method without making a bound one of it first. */
typedef struct {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyObject *name;
    PyObject *level_name; /* NULL: the level is the first argument */
    PyObject *doc;
    char catches; /* the exception that is being handled goes with the record */
} log_method;

static PyTypeObject *log_method_type;
static PyObject *exception_name; /* "exception" */
static PyObject *depth_name;     /* "_depth" */
static PyObject *message_name;   /* "message" */
static PyObject *level_name;     /* "level" */
static PyObject *format_name;    /* "format" */

/* A call while its arguments become a message and fields. */
struct arguments {
    cleatpy_record_logger *logger;
    PyObject *const *values; /* to be put into the message */
    Py_ssize_t count;
    PyObject *keywords; /* a dict of our own; NULL: none */
};

/* -- keywords -- */

/* A dict of the keywords of a call. NULL: Python error. */
static PyObject *dict_of(PyObject *const *values, PyObject *names)
{
    PyObject *dict = PyDict_New();
    for (Py_ssize_t i = 0; dict != NULL && i < PyTuple_GET_SIZE(names); i++)
        if (PyDict_SetItem(dict, PyTuple_GET_ITEM(names, i), values[i]) < 0)
            Py_CLEAR(dict);
    return dict;
}

/* A keyword's value, taken out of the dict: a new reference. NULL: it is not there, or a Python error. */
static PyObject *take(PyObject *keywords, PyObject *name)
{
    PyObject *value = PyDict_GetItemWithError(keywords, name);
    if (value == NULL)
        return NULL;
    Py_INCREF(value);
    if (PyDict_DelItem(keywords, name) < 0)
        Py_CLEAR(value);
    return value;
}

static int take_depth(PyObject *keywords, struct cleatpy_record_call *call)
{
    PyObject *depth = take(keywords, depth_name);
    long number = depth != NULL ? PyLong_AsLong(depth) : 0;
    Py_XDECREF(depth);
    if (PyErr_Occurred() != NULL)
        return -1;
    call->depth = number <= 0 ? 0 : number < UINT_MAX ? (unsigned)number : UINT_MAX;
    return 0;
}

/* -- the message -- */

/* message.format(*values, **keywords); a new reference. NULL: Python error. */
static PyObject *put_in(PyObject *message, const struct arguments *arguments)
{
    PyObject *format = PyObject_GetAttr(message, format_name);
    PyObject *tuple = format != NULL ? PyTuple_New(arguments->count) : NULL;
    for (Py_ssize_t i = 0; tuple != NULL && i < arguments->count; i++)
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(arguments->values[i]));
    PyObject *text = tuple != NULL ? PyObject_Call(format, tuple, arguments->keywords) : NULL;
    Py_XDECREF(format);
    Py_XDECREF(tuple);
    return text;
}

/* A message without a brace is what format() would make of it. */
static bool has_brace(PyObject *message)
{
    Py_ssize_t length = PyUnicode_GET_LENGTH(message);
    return PyUnicode_FindChar(message, '{', 0, length, 1) >= 0 || PyUnicode_FindChar(message, '}', 0, length, 1) >= 0;
}

/* Takes the keywords that the message has used up out of the dict. */
static int leave_out_consumed(PyObject *message, const struct arguments *arguments)
{
    PyObject *consumed = cleatpy_call_part(arguments->logger->core->consumed, message);
    PyObject *names = consumed != NULL ? PyObject_GetIter(consumed) : NULL;
    Py_XDECREF(consumed);
    PyObject *name = names != NULL ? PyIter_Next(names) : NULL;
    while (name != NULL) {
        Py_XDECREF(take(arguments->keywords, name));
        Py_SETREF(name, PyErr_Occurred() == NULL ? PyIter_Next(names) : NULL);
    }
    Py_XDECREF(names);
    return PyErr_Occurred() == NULL ? 0 : -1;
}

/* str(object), and that as a str of Python's own: format() of another may return anything. NULL: Python error. */
static PyObject *text_of(PyObject *object)
{
    PyObject *text = PyObject_Str(object);
    if (text != NULL && !PyUnicode_CheckExact(text))
        Py_SETREF(text, PyUnicode_FromObject(text));
    return text;
}

/* The text of a record; what keywords it has not used up are its fields. A new reference. NULL: Python error. */
static PyObject *make_message(PyObject *object, const struct arguments *arguments)
{
    PyObject *message = text_of(object);
    bool has_keywords = arguments->keywords != NULL && PyDict_GET_SIZE(arguments->keywords) > 0;
    if (message == NULL || (arguments->count == 0 && !has_keywords) || !has_brace(message))
        return message;
    PyObject *text = put_in(message, arguments);
    if (text != NULL && has_keywords && arguments->logger->core->consumed != NULL &&
        leave_out_consumed(message, arguments) < 0)
        Py_CLEAR(text);
    Py_DECREF(message);
    return text;
}

/* -- calls -- */

static int emit(struct cleatpy_record_call *call, PyObject *object, const struct arguments *arguments)
{
    int wanted = cleatpy_is_wanted(arguments->logger->core, call);
    if (wanted <= 0)
        return wanted;
    call->message = make_message(object, arguments);
    if (call->message == NULL)
        return -1;
    call->fields = arguments->keywords;
    int result = cleatpy_emit(arguments->logger, call);
    Py_DECREF(call->message);
    return result;
}

/* With the exception and depth that the call was given, where they are no fields. */
static int emit_with_keywords(struct cleatpy_record_call *call, PyObject *object, const struct arguments *arguments)
{
    if (arguments->keywords == NULL || !arguments->logger->core->takes_exception)
        return emit(call, object, arguments);
    if (take_depth(arguments->keywords, call) < 0)
        return -1;
    PyObject *exception = take(arguments->keywords, exception_name);
    if (exception != NULL && exception != Py_None)
        call->exception = exception;
    int result = PyErr_Occurred() == NULL ? emit(call, object, arguments) : -1;
    Py_XDECREF(exception);
    return result;
}

/* The options of a logger are its door's: log_with_options(logger, level, message, args, kwargs). */
static int log_with_options(const struct cleatpy_record_call *call, PyObject *object, const struct arguments *arguments)
{
    PyObject *tuple = PyTuple_New(arguments->count);
    for (Py_ssize_t i = 0; tuple != NULL && i < arguments->count; i++)
        PyTuple_SET_ITEM(tuple, i, Py_NewRef(arguments->values[i]));
    PyObject *keywords = arguments->keywords != NULL ? Py_NewRef(arguments->keywords) : PyDict_New();
    PyObject *function = Py_NewRef(arguments->logger->core->log_with_options); /* which may be set meanwhile */
    PyObject *done = NULL;
    if (call->exception != NULL && keywords != NULL && PyDict_SetDefault(keywords, exception_name, Py_True) == NULL)
        Py_CLEAR(keywords);
    if (tuple != NULL && keywords != NULL)
        done = PyObject_CallFunctionObjArgs(function, arguments->logger, call->level, object, tuple, keywords, NULL);
    Py_DECREF(function);
    Py_XDECREF(tuple);
    Py_XDECREF(keywords);
    Py_XDECREF(done);
    return done != NULL ? 0 : -1;
}

static int log_at_level(const log_method *method, cleatpy_level *level, PyObject *message, struct arguments *arguments,
                        PyObject *const *values, PyObject *names)
{
    cleatpy_core *core = arguments->logger->core;
    if (level->no < core->min_no)
        return 0;
    struct cleatpy_record_call call = {.level = level, .exception = method->catches ? Py_True : NULL};
    if (names != NULL && PyTuple_GET_SIZE(names) > 0 && (arguments->keywords = dict_of(values, names)) == NULL)
        return -1;
    int result;
    if (arguments->logger->options != NULL && core->log_with_options != NULL)
        result = log_with_options(&call, message, arguments);
    else
        result = emit_with_keywords(&call, message, arguments);
    Py_XDECREF(arguments->keywords);
    return result;
}

static PyObject *call_with(const log_method *method, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    Py_ssize_t first = method->level_name != NULL ? 1 : 2; /* the message's place */
    struct arguments arguments = {
        .logger = (cleatpy_record_logger *)args[0], .values = args + first + 1, .count = count - first - 1};
    PyObject *core = Py_NewRef(arguments.logger->core); /* a message's __str__ may run anything */
    cleatpy_level *level =
        cleatpy_find_level((cleatpy_core *)core, method->level_name != NULL ? method->level_name : args[1]);
    int result = level != NULL ? log_at_level(method, level, args[first], &arguments, args + count, names) : -1;
    Py_XDECREF(level);
    Py_DECREF(core);
    return result == 0 ? Py_NewRef(Py_None) : NULL;
}

/* -- arguments by name -- */

static Py_ssize_t place_of(PyObject *names, PyObject *name)
{
    for (Py_ssize_t i = 0; names != NULL && i < PyTuple_GET_SIZE(names); i++)
        if (PyUnicode_Compare(PyTuple_GET_ITEM(names, i), name) == 0)
            return i;
    return -1;
}

static PyObject *missing(const log_method *method, PyObject *name)
{
    return PyErr_Format(PyExc_TypeError, "%U() missing 1 required positional argument: '%U'", method->name, name);
}

/* The same call with one that was given by name in its place. */
static PyObject *call_by_name(PyObject *callable, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    const log_method *method = (log_method *)callable;
    PyObject *name = method->level_name == NULL && count == 1 ? level_name : message_name;
    Py_ssize_t place = place_of(names, name);
    if (place < 0)
        return missing(method, name);
    Py_ssize_t all = count + PyTuple_GET_SIZE(names);
    PyObject **values = PyMem_Malloc((size_t)all * sizeof(*values));
    PyObject *others = PyTuple_New(PyTuple_GET_SIZE(names) - 1);
    PyObject *result = NULL;
    if (values != NULL && others != NULL) {
        memcpy(values, args, (size_t)count * sizeof(*values));
        values[count] = args[count + place];
        Py_ssize_t n = 0;
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++) {
            if (i == place)
                continue;
            values[count + 1 + n] = args[count + i];
            PyTuple_SET_ITEM(others, n++, Py_NewRef(PyTuple_GET_ITEM(names, i)));
        }
        result = PyObject_Vectorcall(callable, values, (size_t)count + 1, others);
    } else if (others != NULL) {
        PyErr_NoMemory();
    }
    PyMem_Free(values);
    Py_XDECREF(others);
    return result;
}

static PyObject *call(PyObject *callable, PyObject *const *args, size_t flagged_count, PyObject *names)
{
    const log_method *method = (log_method *)callable;
    Py_ssize_t count = PyVectorcall_NARGS(flagged_count);
    if (count < 1)
        return PyErr_Format(PyExc_TypeError, "%U() must be called on a logger", method->name);
    if (cleatpy_as_logger(args[0]) == NULL)
        return NULL;
    if (count < (method->level_name != NULL ? 2 : 3))
        return call_by_name(callable, args, count, names);
    return call_with(method, args, count, names);
}

/* -- the type -- */

static PyObject *new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {(char *)"name", (char *)"level_name", (char *)"doc", (char *)"catches", NULL};
    PyObject *name;
    PyObject *level;
    PyObject *doc = Py_None;
    int catches = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "UO|Op:LogMethod", names, &name, &level, &doc, &catches))
        return NULL;
    if (level != Py_None && !PyUnicode_CheckExact(level))
        return PyErr_Format(PyExc_TypeError, "the level of a log method must be a name or None, not %.100s",
                            Py_TYPE(level)->tp_name);
    log_method *method = (log_method *)type->tp_alloc(type, 0);
    if (method == NULL)
        return NULL;
    method->vectorcall = call;
    method->name = Py_NewRef(name);
    method->level_name = level != Py_None ? Py_NewRef(level) : NULL;
    method->doc = Py_NewRef(doc);
    method->catches = catches != 0;
    return (PyObject *)method;
}

static void dealloc(PyObject *object)
{
    log_method *method = (log_method *)object;
    PyTypeObject *type = Py_TYPE(object);
    Py_XDECREF(method->name);
    Py_XDECREF(method->level_name);
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
    return PyUnicode_FromFormat("<log method %U>", ((log_method *)object)->name);
}

static PyMemberDef members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(log_method, vectorcall), READONLY, NULL},
    {"__name__", T_OBJECT, offsetof(log_method, name), READONLY, NULL},
    {"__qualname__", T_OBJECT, offsetof(log_method, name), READONLY, NULL},
    {"__doc__", T_OBJECT, offsetof(log_method, doc), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyObject *get_text_signature(PyObject *object, void *unused)
{
    (void)unused;
    return PyUnicode_FromString(((log_method *)object)->level_name != NULL
                                    ? "($self, message, /, *args, **kwargs)"
                                    : "($self, level, message, /, *args, **kwargs)");
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

static PyType_Spec spec = {"cleat._engine.LogMethod", sizeof(log_method), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR, slots};

int cleatpy_add_log_method(PyObject *module)
{
    exception_name = PyUnicode_InternFromString("exception");
    depth_name = PyUnicode_InternFromString("_depth");
    message_name = PyUnicode_InternFromString("message");
    level_name = PyUnicode_InternFromString("level");
    format_name = PyUnicode_InternFromString("format");
    log_method_type = (PyTypeObject *)PyType_FromSpec(&spec);
    if (exception_name == NULL || depth_name == NULL || message_name == NULL || level_name == NULL ||
        format_name == NULL || log_method_type == NULL)
        return -1;
    return PyModule_AddType(module, log_method_type);
}
