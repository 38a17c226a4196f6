#include "log_record.h"

#include <frameobject.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "module.h"

/* -- the frame -- */

static PyObject *back_name;    /* "f_back" */
static PyObject *globals_name; /* "f_globals" */
static PyObject *dunder_name;  /* "__name__" */
static PyObject *unknown_name; /* "?" */

/* Tests put other objects in the place of frames. A new reference. */
static PyObject *globals_of(PyObject *frame)
{
#if PY_VERSION_HEX >= 0x030B0000
    if (PyFrame_Check(frame))
        return PyFrame_GetGlobals((PyFrameObject *)frame);
#endif
    return PyObject_GetAttr(frame, globals_name);
}

/* A new reference; None: there is none. */
static PyObject *caller_of(PyObject *frame)
{
    if (!PyFrame_Check(frame))
        return PyObject_GetAttr(frame, back_name);
    PyObject *caller = (PyObject *)PyFrame_GetBack((PyFrameObject *)frame);
    return caller != NULL ? caller : Py_NewRef(Py_None);
}

/* The name of the module with these variables, borrowed; NULL: Python error. */
static PyObject *module_of(PyObject *globals)
{
    PyObject *name = PyDict_Check(globals) ? PyDict_GetItemWithError(globals, dunder_name) : NULL;
    if (name == NULL && PyErr_Occurred() != NULL)
        return NULL;
    return name != NULL && PyUnicode_Check(name) && PyUnicode_GET_LENGTH(name) > 0 ? name : unknown_name;
}

/* 1 or 0; -1: Python error. */
static int begins_with_any(PyObject *name, PyObject *beginnings)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(beginnings); i++) {
        Py_ssize_t matches = PyUnicode_Tailmatch(name, PyTuple_GET_ITEM(beginnings, i), 0, PY_SSIZE_T_MAX, -1);
        if (matches != 0)
            return (int)matches;
    }
    return 0;
}

/* The pair of a frame, which is taken over, and the name of its module. */
static PyObject *pair(PyObject *frame, PyObject *name)
{
    PyObject *both = PyTuple_Pack(2, frame, name);
    Py_DECREF(frame);
    return both;
}

/* From a frame, which is taken over, to the first of its callers whose module's name begins with none of these. */
static PyObject *go_out(PyObject *frame, PyObject *beginnings)
{
    const PyObject *ignored = NULL; /* the variables of the module of the last frame: callers are often of the same */
    for (;;) {
        PyObject *globals = globals_of(frame);
        if (globals != NULL && globals != ignored) {
            PyObject *name = module_of(globals);
            int is_ignored = name != NULL ? begins_with_any(name, beginnings) : -1;
            if (is_ignored == 0) {
                PyObject *found = pair(frame, name);
                Py_DECREF(globals);
                return found;
            }
            ignored = is_ignored > 0 ? globals : NULL;
        }
        Py_XDECREF(globals);
        PyObject *caller = ignored != NULL && globals == ignored ? caller_of(frame) : NULL;
        if (caller == Py_None) {
            Py_DECREF(caller);
            return pair(frame, unknown_name);
        }
        Py_SETREF(frame, caller);
        if (frame == NULL)
            return NULL;
    }
}

static PyObject *first_frame_outside(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    (void)module;
    if (count == 2 && PyTuple_Check(args[0]))
        return go_out(Py_NewRef(args[1]), args[0]);
    PyErr_SetString(PyExc_TypeError, "first_frame_outside() takes a tuple of beginnings of names, and a frame");
    return NULL;
}

/* -- the record -- */

/* What of logging is looked at, and how it was when it was first looked at. */
static struct {
    PyObject *namespace; /* of the module */
    PyObject *level_names;
    PyObject *start;
    PyTypeObject *record;
    PyObject *init;        /* LogRecord.__init__ */
    PyObject *logger;      /* the class */
    PyObject *make_record; /* Logger.makeRecord */
    PyObject *log;         /* Logger._log */
    PyObject *threading;   /* the variables of that module, whose functions gevent replaces */
    PyObject *modules;     /* sys.modules */
    PyObject *mapping;     /* collections.abc.Mapping */
} logging;

static struct {
    PyObject *factory;
    PyObject *init;
    PyObject *make_record;
    PyObject *log;
    PyObject *find_caller;
    PyObject *source_file;
    PyObject *dict;
    PyObject *log_threads;
    PyObject *log_multiprocessing;
    PyObject *log_processes;
    PyObject *log_tasks;
    PyObject *get_level_name;
    PyObject *get_ident;
    PyObject *current_thread;
    PyObject *multiprocessing;
    PyObject *current_process;
    PyObject *main_process;
    PyObject *asyncio;
    PyObject *current_task;
    PyObject *get_name;
    PyObject *name;
    PyObject *message;
    PyObject *asctime;
} names;

/* The attributes, in the order in which LogRecord sets them. */
enum field {
    NAME,
    MSG,
    ARGS,
    LEVELNAME,
    LEVELNO,
    PATHNAME,
    FILENAME,
    MODULE,
    EXC_INFO,
    EXC_TEXT,
    STACK_INFO,
    LINENO,
    FUNC_NAME,
    CREATED,
    MSECS,
    RELATIVE_CREATED,
    THREAD,
    THREAD_NAME,
    PROCESS_NAME,
    PROCESS,
    TASK_NAME,
    N_FIELDS
};

static const char *const field_texts[N_FIELDS] = {
    [NAME] = "name",
    [MSG] = "msg",
    [ARGS] = "args",
    [LEVELNAME] = "levelname",
    [LEVELNO] = "levelno",
    [PATHNAME] = "pathname",
    [FILENAME] = "filename",
    [MODULE] = "module",
    [EXC_INFO] = "exc_info",
    [EXC_TEXT] = "exc_text",
    [STACK_INFO] = "stack_info",
    [LINENO] = "lineno",
    [FUNC_NAME] = "funcName",
    [CREATED] = "created",
    [MSECS] = "msecs",
    [RELATIVE_CREATED] = "relativeCreated",
    [THREAD] = "thread",
    [THREAD_NAME] = "threadName",
    [PROCESS_NAME] = "processName",
    [PROCESS] = "process",
    [TASK_NAME] = "taskName",
};

static PyObject *field_names[N_FIELDS];

#define HAS_TASKS (PY_VERSION_HEX >= 0x030C0000)
#define COUNTS_NANOSECONDS (PY_VERSION_HEX >= 0x030D0000)

/* All attributes set to None: to copy it is quicker than to let a dict grow. */
static PyObject *blank_fields;

/* What os.path makes of the paths of files that log, pairs in a dict; a program has so many of them. */
#define MOST_PATHS 4096
static PyObject *parts_of_paths;
static PyObject *take_apart; /* a Python function: path -> (filename, module) */

static PyObject *calling_stack; /* a context variable: the frame that awaits an asynchronous log method */
static PyObject *not_callers;   /* beginnings of the names of modules whose frames are not the caller's */

bool cleatpy_is_usual_field(size_t position, PyObject *key)
{
    return position < N_FIELDS && key == field_names[position];
}

/* Takes value over. */
static int set(PyObject *fields, enum field field, PyObject *value)
{
    int result = value != NULL ? PyDict_SetItem(fields, field_names[field], value) : -1;
    Py_XDECREF(value);
    return result;
}

static int set_given(PyObject *fields, enum field field, PyObject *value)
{
    return PyDict_SetItem(fields, field_names[field], value);
}

/* Whether one of logging's switches is on; they are variables of the module that programs set. */
static bool is_on(PyObject *name)
{
    PyObject *value = PyDict_GetItemWithError(logging.namespace, name);
    int result = value != NULL ? PyObject_IsTrue(value) : 0;
    if (result < 0 || (value == NULL && PyErr_Occurred() != NULL))
        PyErr_Clear();
    return result > 0;
}

static PyObject *level_name(PyObject *level)
{
    PyObject *name = PyDict_GetItemWithError(logging.level_names, level);
    if (name != NULL && name != Py_None)
        return Py_NewRef(name);
    if (PyErr_Occurred() != NULL)
        return NULL;
    PyObject *function = PyDict_GetItemWithError(logging.namespace, names.get_level_name);
    return function != NULL ? PyObject_CallOneArg(function, level) : NULL;
}

/* A dictionary as the only argument serves named placeholders. */
static int set_args(PyObject *fields, PyObject *args)
{
    if (PyTuple_GET_SIZE(args) == 1) {
        PyObject *only = PyTuple_GET_ITEM(args, 0);
        int is_mapping = PyDict_CheckExact(only) ? 1 : PyObject_IsInstance(only, logging.mapping);
        int is_named = is_mapping > 0 ? PyObject_IsTrue(only) : is_mapping;
        if (is_named != 0)
            return is_named > 0 ? set_given(fields, ARGS, only) : -1;
    }
    return set_given(fields, ARGS, args);
}

static int set_path(PyObject *fields, PyObject *path)
{
    PyObject *parts = PyUnicode_CheckExact(path) ? PyDict_GetItemWithError(parts_of_paths, path) : NULL;
    if (parts != NULL)
        Py_INCREF(parts);
    else if (PyErr_Occurred() != NULL || (parts = PyObject_CallOneArg(take_apart, path)) == NULL)
        return -1;
    else if (PyUnicode_CheckExact(path)) {
        if (PyDict_GET_SIZE(parts_of_paths) >= MOST_PATHS)
            PyDict_Clear(parts_of_paths);
        if (PyDict_SetItem(parts_of_paths, path, parts) < 0)
            PyErr_Clear();
    }
    int result = PyTuple_Check(parts) && PyTuple_GET_SIZE(parts) == 2 &&
                         set_given(fields, FILENAME, PyTuple_GET_ITEM(parts, 0)) == 0 &&
                         set_given(fields, MODULE, PyTuple_GET_ITEM(parts, 1)) == 0
                     ? 0
                     : -1;
    Py_DECREF(parts);
    return result;
}

#if COUNTS_NANOSECONDS
static int set_times(PyObject *fields)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    long long nanoseconds = (long long)now.tv_sec * 1000000000 + now.tv_nsec;
    long long start = PyLong_AsLongLong(logging.start);
    if (start == -1 && PyErr_Occurred() != NULL)
        return -1;
    return set(fields, CREATED, PyFloat_FromDouble((double)nanoseconds / 1e9)) < 0 ||
                   set(fields, MSECS, PyFloat_FromDouble((double)(now.tv_nsec / 1000000))) < 0
               ? -1
               : set(fields, RELATIVE_CREATED, PyFloat_FromDouble((double)(nanoseconds - start) / 1e6));
}
#else
static int set_times(PyObject *fields)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    /* As time.time() rounds it. */
    double created = (double)((int64_t)now.tv_sec * 1000000000 + now.tv_nsec) / 1e9;
    double start = PyFloat_AsDouble(logging.start);
    if (start == -1 && PyErr_Occurred() != NULL)
        return -1;
    double milliseconds = (double)(long long)((created - (double)(long long)created) * 1000);
    return set(fields, CREATED, PyFloat_FromDouble(created)) < 0 ||
                   set(fields, MSECS, PyFloat_FromDouble(milliseconds)) < 0
               ? -1
               : set(fields, RELATIVE_CREATED, PyFloat_FromDouble((created - start) * 1000));
}
#endif

static int set_thread(PyObject *fields)
{
    if (!is_on(names.log_threads))
        return 0;
    PyObject *get_ident = PyDict_GetItemWithError(logging.threading, names.get_ident);
    PyObject *current_thread = PyDict_GetItemWithError(logging.threading, names.current_thread);
    if (get_ident == NULL || current_thread == NULL || set(fields, THREAD, PyObject_CallNoArgs(get_ident)) < 0)
        return -1;
    PyObject *thread = PyObject_CallNoArgs(current_thread);
    int result = thread != NULL ? set(fields, THREAD_NAME, PyObject_GetAttr(thread, names.name)) : -1;
    Py_XDECREF(thread);
    return result;
}

/* The name of what a module's function returns; NULL without an error: it has no such module, or that failed. */
static PyObject *name_of_current(PyObject *module_name, PyObject *function, bool by_method)
{
    PyObject *module = PyDict_GetItemWithError(logging.modules, module_name);
    PyObject *current = module != NULL ? PyObject_CallMethodNoArgs(module, function) : NULL;
    PyObject *name = NULL;
    if (current != NULL)
        name = by_method ? PyObject_CallMethodNoArgs(current, names.get_name) : PyObject_GetAttr(current, names.name);
    Py_XDECREF(current);
    if (name == NULL && PyErr_Occurred() != NULL && PyErr_ExceptionMatches(PyExc_Exception))
        PyErr_Clear(); /* the module may be only half imported */
    return name;
}

static int set_process(PyObject *fields)
{
    if (is_on(names.log_multiprocessing)) {
        PyObject *name = name_of_current(names.multiprocessing, names.current_process, false);
        if (name == NULL && PyErr_Occurred() == NULL)
            name = Py_NewRef(names.main_process);
        if (set(fields, PROCESS_NAME, name) < 0)
            return -1;
    }
    return is_on(names.log_processes) ? set(fields, PROCESS, PyLong_FromLong(getpid())) : 0;
}

static int set_task(PyObject *fields)
{
    PyObject *name = is_on(names.log_tasks) ? name_of_current(names.asyncio, names.current_task, true) : NULL;
    if (name == NULL)
        return PyErr_Occurred() != NULL ? -1 : 0;
    return set(fields, TASK_NAME, name);
}

/* Formatters set these. */
static bool is_of_formatters(PyObject *key)
{
    return PyUnicode_Check(key) && PyUnicode_GET_LENGTH(key) == PyUnicode_GET_LENGTH(names.message) &&
           (PyUnicode_Compare(key, names.message) == 0 || PyUnicode_Compare(key, names.asctime) == 0);
}

static int add_extra(PyObject *fields, PyObject *extra)
{
    _Static_assert(sizeof("message") == sizeof("asctime"), "one look at the length tells of both");
    PyObject *key;
    PyObject *value;
    Py_ssize_t position = 0;
    while (PyDict_Next(extra, &position, &key, &value)) {
        Py_ssize_t before = PyDict_GET_SIZE(fields);
        if (!is_of_formatters(key) && PyDict_SetDefault(fields, key, value) == NULL)
            return -1;
        if (PyDict_GET_SIZE(fields) != before)
            continue;
        PyErr_Format(PyExc_KeyError, "Attempt to overwrite %R in LogRecord", key);
        return -1;
    }
    return 0;
}

/* The arguments of Logger.makeRecord(). */
enum argument {
    GIVEN_NAME,
    LEVEL,
    PATH,
    LINE,
    MESSAGE,
    GIVEN_ARGS,
    EXCEPTION,
    FUNCTION,
    EXTRA,
    STACK,
    N_ARGUMENTS
};

static int fill(PyObject *fields, PyObject *const *args)
{
    if (set_given(fields, NAME, args[GIVEN_NAME]) < 0 || set_given(fields, MSG, args[MESSAGE]) < 0 ||
        set_args(fields, args[GIVEN_ARGS]) < 0 || set(fields, LEVELNAME, level_name(args[LEVEL])) < 0 ||
        set_given(fields, LEVELNO, args[LEVEL]) < 0 || set_given(fields, PATHNAME, args[PATH]) < 0 ||
        set_path(fields, args[PATH]) < 0 || set_given(fields, EXC_INFO, args[EXCEPTION]) < 0 ||
        set_given(fields, STACK_INFO, args[STACK]) < 0 || set_given(fields, LINENO, args[LINE]) < 0 ||
        set_given(fields, FUNC_NAME, args[FUNCTION]) < 0 || set_times(fields) < 0 || set_thread(fields) < 0 ||
        set_process(fields) < 0)
        return -1;
    if (HAS_TASKS && set_task(fields) < 0)
        return -1;
    return args[EXTRA] != Py_None ? add_extra(fields, args[EXTRA]) : 0;
}

static PyObject *make(PyObject *const *args)
{
    PyObject *record = logging.record->tp_alloc(logging.record, 0);
    PyObject *fields = record != NULL ? PyDict_Copy(blank_fields) : NULL;
    if (fields == NULL || fill(fields, args) < 0 || PyObject_SetAttr(record, names.dict, fields) < 0)
        Py_CLEAR(record);
    Py_XDECREF(fields);
    return record;
}

static bool is_same(PyObject *owner, PyObject *name, PyObject *expected)
{
    PyObject *value = PyObject_GetAttr(owner, name);
    if (value == NULL)
        PyErr_Clear();
    Py_XDECREF(value);
    return value == expected;
}

/* Whether nobody (tracing tools do) has changed how logging makes records, and the clock is the machine's. */
static bool is_as_usual(void)
{
    return PyDict_GetItemWithError(logging.namespace, names.factory) == (PyObject *)logging.record &&
           is_same((PyObject *)logging.record, names.init, logging.init) &&
           is_same(logging.logger, names.make_record, logging.make_record) && cleatpy_clock_is_real();
}

static PyObject *make_log_record(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    (void)module;
    if (count != N_ARGUMENTS) {
        PyErr_SetString(PyExc_TypeError, "make_log_record() takes all arguments of makeRecord()");
        return NULL;
    }
    if (logging.namespace == NULL || !is_as_usual() || !PyTuple_CheckExact(args[GIVEN_ARGS]) ||
        (args[EXTRA] != Py_None && !PyDict_CheckExact(args[EXTRA]))) {
        if (PyErr_Occurred() != NULL)
            return NULL;
        Py_RETURN_NONE;
    }
    return make(args);
}

/* -- a record of who calls -- */

/* The frame that the search begins with. */
static PyObject *innermost_frame(void)
{
    PyObject *frame;
    if (PyContextVar_Get(calling_stack, NULL, &frame) < 0)
        return NULL;
    return frame != NULL ? frame : Py_XNewRef((PyObject *)PyEval_GetFrame());
}

static PyObject *make_of_frame(PyObject *frame, PyObject *name, PyObject *const *args)
{
    PyCodeObject *code = PyFrame_GetCode((PyFrameObject *)frame);
    PyObject *line = PyLong_FromLong(PyFrame_GetLineNumber((PyFrameObject *)frame));
    PyObject *record = NULL;
    if (line != NULL)
        record = make((PyObject *[N_ARGUMENTS]){[GIVEN_NAME] = name,
                                                [LEVEL] = args[1],
                                                [PATH] = code->co_filename,
                                                [LINE] = line,
                                                [MESSAGE] = args[2],
                                                [GIVEN_ARGS] = args[3],
                                                [EXCEPTION] = Py_None,
                                                [FUNCTION] = code->co_name,
                                                [EXTRA] = args[4],
                                                [STACK] = Py_None});
    Py_XDECREF(line);
    Py_DECREF(code);
    return record;
}

/* The name of a logger, or NULL where the logger has been given methods of its own for what is done here. */
static PyObject *name_of_usual(PyObject *logger)
{
    PyObject *fields = PyObject_GenericGetDict(logger, NULL);
    PyObject *name = fields != NULL ? PyDict_GetItemWithError(fields, names.name) : NULL;
    if (name != NULL && (PyDict_Contains(fields, names.make_record) || PyDict_Contains(fields, names.find_caller)))
        name = NULL;
    Py_XINCREF(name);
    Py_XDECREF(fields);
    return name;
}

static bool is_log_as_usual(PyObject *args, PyObject *extra)
{
    return logging.namespace != NULL && is_as_usual() && is_same(logging.logger, names.log, logging.log) &&
           is_on(names.source_file) && PyTuple_CheckExact(args) && (extra == Py_None || PyDict_CheckExact(extra));
}

static PyObject *make_log_record_here(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    (void)module;
    if (count != 5) {
        PyErr_SetString(PyExc_TypeError, "make_log_record_here() takes a logger, level, msg, args and extra");
        return NULL;
    }
    PyObject *name = is_log_as_usual(args[3], args[4]) ? name_of_usual(args[0]) : NULL;
    PyObject *frame = name != NULL ? innermost_frame() : NULL;
    PyObject *found = frame != NULL ? go_out(frame, not_callers) : NULL;
    PyObject *record = NULL;
    if (found != NULL && PyFrame_Check(PyTuple_GET_ITEM(found, 0)))
        record = make_of_frame(PyTuple_GET_ITEM(found, 0), name, args);
    else if (PyErr_Occurred() == NULL)
        record = Py_NewRef(Py_None);
    Py_XDECREF(found);
    Py_XDECREF(name);
    return record;
}

/* -- setting up -- */

static PyObject *attribute(const char *module_name, const char *name)
{
    PyObject *module = PyImport_ImportModule(module_name);
    PyObject *value = module != NULL ? PyObject_GetAttrString(module, name) : NULL;
    Py_XDECREF(module);
    return value;
}

/* A version of Python that is not out yet may have records with more attributes: 0 then. -1: Python error. */
static int knows_all_attributes(void)
{
    PyObject *function = attribute("logging", "makeLogRecord");
    PyObject *none = function != NULL ? PyDict_New() : NULL;
    PyObject *record = none != NULL ? PyObject_CallOneArg(function, none) : NULL;
    PyObject *fields = record != NULL ? PyObject_GenericGetDict(record, NULL) : NULL;
    int result = fields != NULL ? PyDict_GET_SIZE(fields) == N_FIELDS - !HAS_TASKS : -1;
    for (size_t i = 0; result > 0 && i < N_FIELDS - !HAS_TASKS; i++)
        result = PyDict_Contains(fields, field_names[i]);
    Py_XDECREF(fields);
    Py_XDECREF(record);
    Py_XDECREF(none);
    Py_XDECREF(function);
    return result;
}

static int find_logging(void)
{
    PyObject *record = attribute("logging", "LogRecord");
    logging.record = (PyTypeObject *)record;
    logging.logger = record != NULL ? attribute("logging", "Logger") : NULL;
    logging.init = logging.logger != NULL ? PyObject_GetAttr(record, names.init) : NULL;
    logging.make_record = logging.init != NULL ? PyObject_GetAttr(logging.logger, names.make_record) : NULL;
    logging.log = logging.make_record != NULL ? PyObject_GetAttr(logging.logger, names.log) : NULL;
    logging.level_names = logging.log != NULL ? attribute("logging", "_levelToName") : NULL;
    logging.start = logging.level_names != NULL ? attribute("logging", "_startTime") : NULL;
    logging.threading = logging.start != NULL ? attribute("threading", "__dict__") : NULL;
    logging.modules = logging.threading != NULL ? attribute("sys", "modules") : NULL;
    logging.mapping = logging.modules != NULL ? attribute("collections.abc", "Mapping") : NULL;
    PyObject *namespace = logging.mapping != NULL ? attribute("logging", "__dict__") : NULL;
    if (namespace == NULL || !PyDict_Check(logging.level_names) || !PyDict_Check(logging.modules))
        return -1;
    int knows_all = knows_all_attributes();
    if (knows_all > 0)
        logging.namespace = namespace;
    return knows_all < 0 ? -1 : 0;
}

static PyObject *know_log_records(PyObject *module, PyObject *args)
{
    PyObject *function;
    PyObject *variable;
    PyObject *beginnings;
    (void)module;
    if (!PyArg_ParseTuple(args, "OOO!", &function, &variable, &PyTuple_Type, &beginnings))
        return NULL;
    Py_XSETREF(take_apart, Py_NewRef(function));
    Py_XSETREF(calling_stack, Py_NewRef(variable));
    Py_XSETREF(not_callers, Py_NewRef(beginnings));
    if (logging.namespace == NULL && find_logging() < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"first_frame_outside", CLEATPY_METHOD(first_frame_outside), METH_FASTCALL,
     "first_frame_outside($module, ignored, frame, /)\n--\n\n"
     "Return the first frame, from this one outwards, whose module's name begins with none of these, and that name."},
    {"make_log_record", CLEATPY_METHOD(make_log_record), METH_FASTCALL,
     "make_log_record($module, name, level, fn, lno, msg, args, exc_info, func, extra, sinfo, /)\n--\n\n"
     "Do what logging.Logger.makeRecord() does, or return None where that has been changed."},
    {"make_log_record_here", CLEATPY_METHOD(make_log_record_here), METH_FASTCALL,
     "make_log_record_here($module, logger, level, msg, args, extra, /)\n--\n\n"
     "Make the record of a log call by the first frame outside, or return None where logging does more than usual."},
    {"know_log_records", know_log_records, METH_VARARGS,
     "know_log_records($module, take_apart, calling_stack, not_callers, /)\n--\n\n"
     "Let records be made. A function takes paths apart (file name, module), a context variable may have the frame "
     "where to begin, and beginnings of names of modules say whose frames are no callers."},
    {NULL, NULL, 0, NULL},
};

static int intern(PyObject **name, const char *text)
{
    *name = PyUnicode_InternFromString(text);
    return *name != NULL ? 0 : -1;
}

static int intern_names(void)
{
    const struct {
        PyObject **name;
        const char *text;
    } all[] = {
        {&back_name, "f_back"},
        {&globals_name, "f_globals"},
        {&dunder_name, "__name__"},
        {&unknown_name, "?"},
        {&names.factory, "_logRecordFactory"},
        {&names.init, "__init__"},
        {&names.make_record, "makeRecord"},
        {&names.log, "_log"},
        {&names.find_caller, "findCaller"},
        {&names.source_file, "_srcfile"},
        {&names.dict, "__dict__"},
        {&names.log_threads, "logThreads"},
        {&names.log_multiprocessing, "logMultiprocessing"},
        {&names.log_processes, "logProcesses"},
        {&names.log_tasks, "logAsyncioTasks"},
        {&names.get_level_name, "getLevelName"},
        {&names.get_ident, "get_ident"},
        {&names.current_thread, "current_thread"},
        {&names.multiprocessing, "multiprocessing"},
        {&names.current_process, "current_process"},
        {&names.main_process, "MainProcess"},
        {&names.asyncio, "asyncio"},
        {&names.current_task, "current_task"},
        {&names.get_name, "get_name"},
        {&names.name, "name"},
        {&names.message, "message"},
        {&names.asctime, "asctime"},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if (intern(all[i].name, all[i].text) < 0)
            return -1;
    for (size_t i = 0; i < N_FIELDS; i++)
        if (intern(&field_names[i], field_texts[i]) < 0)
            return -1;
    return 0;
}

static int make_blank_fields(void)
{
    blank_fields = PyDict_New();
    for (size_t i = 0; blank_fields != NULL && i < N_FIELDS - !HAS_TASKS; i++)
        if (PyDict_SetItem(blank_fields, field_names[i], Py_None) < 0)
            return -1;
    return blank_fields != NULL ? 0 : -1;
}

int cleatpy_add_log_record(PyObject *module)
{
    parts_of_paths = PyDict_New();
    return parts_of_paths != NULL && intern_names() == 0 && make_blank_fields() == 0
               ? PyModule_AddFunctions(module, methods)
               : -1;
}
