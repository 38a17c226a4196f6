#include "record_logger.h"

#include <structmember.h>

#include "../module.h"
#include "../scope.h"
#include "emit.h"

PyTypeObject *cleatpy_record_logger_type;

cleatpy_record_logger *cleatpy_as_logger(PyObject *object)
{
    if (PyObject_TypeCheck(object, cleatpy_record_logger_type) && ((cleatpy_record_logger *)object)->core != NULL)
        return (cleatpy_record_logger *)object;
    PyErr_Format(PyExc_TypeError, "%.100s is no logger, or RecordLogger.__init__() was not called",
                 Py_TYPE(object)->tp_name);
    return NULL;
}

/* -- loggers from loggers -- */

/* Takes over what it is given; NULL: Python error, also where one of these is NULL. */
static PyObject *make(PyTypeObject *type, cleatpy_core *core, PyObject *bound, PyObject *patchers, PyObject *options)
{
    cleatpy_record_logger *logger =
        bound != NULL && patchers != NULL ? (cleatpy_record_logger *)type->tp_alloc(type, 0) : NULL;
    if (logger == NULL) {
        Py_DECREF(core);
        Py_XDECREF(bound);
        Py_XDECREF(patchers);
        Py_XDECREF(options);
        return NULL;
    }
    logger->core = core;
    logger->bound = bound;
    logger->patchers = patchers;
    logger->options = options;
    return (PyObject *)logger;
}

/* Another logger like this one; what is not NULL takes the place of what this one has. */
static PyObject *another(const cleatpy_record_logger *logger, PyObject *bound, PyObject *patchers)
{
    return make(Py_TYPE(logger), (cleatpy_core *)Py_NewRef(logger->core),
                bound != NULL ? bound : Py_NewRef(logger->bound),
                patchers != NULL ? patchers : Py_NewRef(logger->patchers), Py_XNewRef(logger->options));
}

static PyObject *bind(PyObject *object, PyObject *const *args, Py_ssize_t n_args, PyObject *names)
{
    if (n_args > 0) {
        PyErr_SetString(PyExc_TypeError, "bind() takes keyword arguments only");
        return NULL;
    }
    const cleatpy_record_logger *logger = cleatpy_as_logger(object);
    if (logger == NULL)
        return NULL;
    PyObject *bound = PyDict_Copy(logger->bound);
    Py_ssize_t count = names != NULL ? PyTuple_GET_SIZE(names) : 0;
    for (Py_ssize_t i = 0; bound != NULL && i < count; i++)
        if (PyDict_SetItem(bound, PyTuple_GET_ITEM(names, i), args[i]) < 0)
            Py_CLEAR(bound);
    return bound != NULL ? another(logger, bound, NULL) : NULL;
}

/* No frame of Python stands between the with statement and the scope, which looks for a generator there. */
static PyObject *contextualize(PyObject *object, PyObject *const *args, Py_ssize_t n_args, PyObject *names)
{
    if (n_args == 0)
        return cleatpy_scope_of(names, args, object);
    PyErr_SetString(PyExc_TypeError, "contextualize() takes keyword arguments only");
    return NULL;
}

static PyObject *patch(PyObject *object, PyObject *patcher)
{
    const cleatpy_record_logger *logger = cleatpy_as_logger(object);
    if (logger == NULL)
        return NULL;
    if (!PyCallable_Check(patcher)) {
        PyErr_Format(PyExc_TypeError, "patch() takes a function of a record, not %.100s", Py_TYPE(patcher)->tp_name);
        return NULL;
    }
    PyObject *one = PyTuple_Pack(1, patcher);
    PyObject *patchers = one != NULL ? PySequence_Concat(logger->patchers, one) : NULL;
    Py_XDECREF(one);
    return patchers != NULL ? another(logger, NULL, patchers) : NULL;
}

static PyObject *with_options(PyObject *object, PyObject *options)
{
    const cleatpy_record_logger *logger = cleatpy_as_logger(object);
    if (logger == NULL)
        return NULL;
    return make(Py_TYPE(object), (cleatpy_core *)Py_NewRef(logger->core), Py_NewRef(logger->bound),
                Py_NewRef(logger->patchers), options != Py_None ? Py_NewRef(options) : NULL);
}

/* -- a record from Python -- */

/* What Python code says of a record. All borrowed. The logger; NULL: Python error. */
static cleatpy_record_logger *read_call(PyObject *object, PyObject *args, PyObject *kwargs,
                                        struct cleatpy_record_call *call)
{
    static char *names[] = {(char *)"level", (char *)"message", (char *)"extra", (char *)"exception",
                            (char *)"depth", (char *)"origin",  (char *)"raw",   NULL};
    PyObject *level;
    PyObject *extra = Py_None;
    PyObject *exception = Py_None;
    PyObject *origin = Py_None;
    int is_raw = 0;
    cleatpy_record_logger *logger = cleatpy_as_logger(object);
    *call = (struct cleatpy_record_call){.level = NULL};
    if (logger == NULL ||
        !PyArg_ParseTupleAndKeywords(args, kwargs, "O!U|OOIOp", names, cleatpy_level_type, &level, &call->message,
                                     &extra, &exception, &call->depth, &origin, &is_raw))
        return NULL;
    if (extra != Py_None && !PyDict_Check(extra)) {
        PyErr_Format(PyExc_TypeError, "extra must be a dict, not %.100s", Py_TYPE(extra)->tp_name);
        return NULL;
    }
    call->level = (cleatpy_level *)level;
    call->fields = extra != Py_None ? extra : NULL;
    call->exception = exception != Py_None ? exception : NULL;
    call->origin = origin != Py_None ? origin : NULL;
    call->is_raw = is_raw != 0;
    return logger;
}

static PyObject *emit(PyObject *object, PyObject *args, PyObject *kwargs)
{
    struct cleatpy_record_call call;
    cleatpy_record_logger *logger = read_call(object, args, kwargs, &call);
    int wanted = logger != NULL ? cleatpy_is_wanted(logger->core, &call) : -1;
    if (wanted < 0 || (wanted > 0 && cleatpy_emit(logger, &call) < 0))
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *is_wanted(PyObject *object, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {(char *)"level", (char *)"depth", NULL};
    struct cleatpy_record_call call = {.level = NULL};
    cleatpy_record_logger *logger = cleatpy_as_logger(object);
    if (logger == NULL || !PyArg_ParseTupleAndKeywords(args, kwargs, "O!|I:_is_wanted", names, cleatpy_level_type,
                                                       &call.level, &call.depth))
        return NULL;
    int wanted = cleatpy_is_wanted(logger->core, &call);
    return wanted >= 0 ? PyBool_FromLong(wanted) : NULL;
}

static PyObject *make_record(PyObject *object, PyObject *args, PyObject *kwargs)
{
    struct cleatpy_record_call call;
    cleatpy_record_logger *logger = read_call(object, args, kwargs, &call);
    return logger != NULL ? cleatpy_dict_of_call(logger, &call) : NULL;
}

/* -- the type -- */

static PyObject *new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args; /* a sub-class's __init__ may take others */
    (void)kwargs;
    return type->tp_alloc(type, 0);
}

/* False, with an error: it is in use. */
static bool is_new(const cleatpy_record_logger *logger)
{
    if (logger->core == NULL)
        return true;
    PyErr_SetString(PyExc_TypeError, "a logger is immutable: RecordLogger.__init__() was called already");
    return false;
}

static int init(PyObject *object, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {(char *)"core", (char *)"bound", (char *)"patchers", (char *)"options", NULL};
    PyObject *core;
    PyObject *bound = Py_None;
    PyObject *patchers = NULL;
    PyObject *options = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O!|OOO:RecordLogger", names, cleatpy_core_type, &core, &bound,
                                     &patchers, &options))
        return -1;
    if (bound != Py_None && !PyDict_Check(bound)) {
        PyErr_Format(PyExc_TypeError, "what is bound must be a dict, not %.100s", Py_TYPE(bound)->tp_name);
        return -1;
    }
    PyObject *fields = bound != Py_None ? PyDict_Copy(bound) : PyDict_New();
    PyObject *functions = patchers != NULL ? PySequence_Tuple(patchers) : PyTuple_New(0);
    cleatpy_record_logger *logger = (cleatpy_record_logger *)object;
    if (fields == NULL || functions == NULL || !is_new(logger)) {
        Py_XDECREF(fields);
        Py_XDECREF(functions);
        return -1;
    }
    logger->core = (cleatpy_core *)Py_NewRef(core);
    logger->bound = fields;
    logger->patchers = functions;
    logger->options = options != Py_None ? Py_NewRef(options) : NULL;
    return 0;
}

static int traverse(PyObject *object, visitproc visit, void *arg)
{
    const cleatpy_record_logger *logger = (cleatpy_record_logger *)object;
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(logger->core);
    Py_VISIT(logger->bound);
    Py_VISIT(logger->patchers);
    Py_VISIT(logger->options);
    return 0;
}

static int clear(PyObject *object)
{
    cleatpy_record_logger *logger = (cleatpy_record_logger *)object;
    Py_CLEAR(logger->core);
    Py_CLEAR(logger->bound);
    Py_CLEAR(logger->patchers);
    Py_CLEAR(logger->options);
    return 0;
}

static void dealloc(PyObject *object)
{
    cleatpy_end(object, clear);
}

static PyObject *get_bound(PyObject *object, void *unused)
{
    (void)unused;
    const cleatpy_record_logger *logger = cleatpy_as_logger(object);
    return logger != NULL ? PyDict_Copy(logger->bound) : NULL;
}

static PyGetSetDef properties[] = {
    {"bound", get_bound, NULL, "A copy of the fields that are bound, in the order of binding.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef members[] = {
    {"core", T_OBJECT, offsetof(cleatpy_record_logger, core), READONLY, "what it shares with those made from it"},
    {"patchers", T_OBJECT, offsetof(cleatpy_record_logger, patchers), READONLY, "functions that may change a record"},
    {"options", T_OBJECT, offsetof(cleatpy_record_logger, options), READONLY, "what opt() was given, or None"},
    {NULL, 0, 0, 0, NULL},
};

static PyMethodDef methods[] = {
    {"bind", CLEATPY_METHOD(bind), METH_FASTCALL | METH_KEYWORDS,
     "bind($self, /, **fields)\n--\n\nReturn a logger that has these fields besides those of this one, which stays as "
     "it is."},
    {"contextualize", CLEATPY_METHOD(contextualize), METH_FASTCALL | METH_KEYWORDS,
     "contextualize($self, /, **fields)\n--\n\n"
     "Bind fields to the current execution context, for a with statement or the calls of a decorated function.\n\n"
     "They are on every line logged in there, by whatever logger: in functions that are called, tasks and copied\n"
     "contexts that are begun; not in other tasks and threads. They are context variables, those of\n"
     "cleat.structlog.contextvars and of C. On every way out each key has its former state again. A key that a logger\n"
     "has bound, or the call gives, wins. The with statement gives this logger."},
    {"patch", patch, METH_O,
     "patch($self, patcher, /)\n--\n\n"
     "Return a logger whose records go through a function of the record, behind those of this one."},
    {"_with_options", with_options, METH_O,
     "_with_options($self, options, /)\n--\n\nReturn a logger with these options."},
    {"_emit", CLEATPY_METHOD(emit), METH_VARARGS | METH_KEYWORDS,
     "_emit($self, /, level, message, extra=None, exception=None, depth=0, origin=None, raw=False)\n--\n\n"
     "Give the handlers a record. depth: how many Python frames out of this call's own the record's caller is. "
     "origin:\n"
     "where a record of another logger comes from, as (time_ns, name, function, path, line, thread_name, thread_id,\n"
     "process_name, process_id); what is None is that of this call. raw: sinks get the message alone, as it is."},
    {"_is_wanted", CLEATPY_METHOD(is_wanted), METH_VARARGS | METH_KEYWORDS,
     "_is_wanted($self, /, level, depth=0)\n--\n\n"
     "Tell whether _emit() with the same arguments would give the handlers anything."},
    {"_make_record", CLEATPY_METHOD(make_record), METH_VARARGS | METH_KEYWORDS,
     "_make_record($self, /, level, message, extra=None, exception=None, depth=0, origin=None, raw=False)\n--\n\n"
     "Return the dict of the record that the same _emit() would make, before patchers; no handler gets it."},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, CLEATPY_SLOT("RecordLogger(core, bound=None, patchers=(), options=None)\n--\n\n"
                             "A core, fields that are bound to it, patchers and options. Immutable.")},
    {Py_tp_new, CLEATPY_SLOT(new)},
    {Py_tp_init, CLEATPY_SLOT(init)},
    {Py_tp_traverse, CLEATPY_SLOT(traverse)},
    {Py_tp_clear, CLEATPY_SLOT(clear)},
    {Py_tp_dealloc, CLEATPY_SLOT(dealloc)},
    {Py_tp_members, members},
    {Py_tp_getset, properties},
    {Py_tp_methods, methods},
    {0, NULL},
};

static PyType_Spec spec = {"cleat._engine.RecordLogger", sizeof(cleatpy_record_logger), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE, slots};

int cleatpy_add_record_logger(PyObject *module)
{
    cleatpy_record_logger_type = (PyTypeObject *)PyType_FromSpec(&spec);
    return cleatpy_record_logger_type != NULL ? PyModule_AddType(module, cleatpy_record_logger_type) : -1;
}
