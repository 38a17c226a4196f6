#include "steps.h"

#include <string.h>
#include <time.h>

#include "clock.h"
#include "contextvars.h"
#include "logger/host.h"
#include "record_formatter.h"

/* The functions among the processors, and what the classes' __cleat_step__() would tell. */
static PyObject *steps_of_functions;

static struct {
    PyObject *cleat_step;
    PyObject *exc_info;
    PyObject *stack_info;
    PyObject *event;
    PyObject *level;
    PyObject *exception;
    PyObject *json_dumps; /* the function itself */
} known;

/* -- what a processor tells of itself -- */

/* Only what the class itself defines counts: a sub-class may do something else. A new reference, or NULL. */
static PyObject *ask(PyObject *processor)
{
    PyTypeObject *type = Py_TYPE(processor);
    if (!PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE)) {
        PyObject *told = PyDict_GetItemWithError(steps_of_functions, processor);
        return Py_XNewRef(told);
    }
    PyObject *own = PyDict_GetItemWithError(type->tp_dict, known.cleat_step);
    return own != NULL ? PyObject_CallMethodNoArgs(processor, known.cleat_step) : NULL;
}

static bool is_key(PyObject *object)
{
    Py_ssize_t length;
    const char *text = object != NULL && PyUnicode_CheckExact(object) ? PyUnicode_AsUTF8AndSize(object, &length) : NULL;
    if (text == NULL)
        PyErr_Clear();
    return text != NULL && strlen(text) == (size_t)length;
}

static bool is_name(PyObject *told, const char *name)
{
    return PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(told, 0), name) == 0;
}

static PyObject *part(PyObject *told, Py_ssize_t index)
{
    return index < PyTuple_GET_SIZE(told) ? PyTuple_GET_ITEM(told, index) : NULL;
}

static void be_timestamper(struct cleatpy_step *step, PyObject *told)
{
    PyObject *format = part(told, 1);
    PyObject *key = part(told, 3);
    if (part(told, 2) != Py_True || !is_key(key))
        return;
    bool is_iso = PyUnicode_Check(format) && (PyUnicode_CompareWithASCIIString(format, "iso") == 0 ||
                                              PyUnicode_CompareWithASCIIString(format, "ISO") == 0);
    if (!is_iso && format != Py_None)
        return;
    step->kind = is_iso ? CLEATPY_ISO_TIME : CLEATPY_UNIX_TIME;
    step->key = Py_NewRef(key);
}

static void be_renamer(struct cleatpy_step *step, PyObject *told)
{
    if (!is_key(part(told, 1)) || part(told, 2) != Py_None)
        return;
    step->kind = CLEATPY_RENAME_EVENT;
    step->key = Py_NewRef(part(told, 1));
}

static void be_json(struct cleatpy_step *step, PyObject *told)
{
    if (part(told, 2) == NULL || !PyDict_CheckExact(part(told, 2)))
        return;
    step->kind = CLEATPY_JSON;
    step->serializer = Py_NewRef(part(told, 1));
    step->options = Py_NewRef(part(told, 2));
}

static void be_idle_without(struct cleatpy_step *step, PyObject *key)
{
    step->kind = CLEATPY_IDLE_WITHOUT;
    step->key = Py_NewRef(key);
}

/* Where only some attributes are allowed, it is called. */
static void be_extra_adder(struct cleatpy_step *step, PyObject *told)
{
    if (part(told, 1) != Py_None || part(told, 2) == NULL || !PyAnySet_Check(part(told, 2)))
        return;
    step->kind = CLEATPY_ADD_EXTRA;
    step->options = Py_NewRef(part(told, 2));
}

static void be(struct cleatpy_step *step, PyObject *told)
{
    if (is_name(told, "merge_contextvars"))
        step->kind = CLEATPY_MERGE_CONTEXTVARS;
    else if (is_name(told, "add_log_level"))
        step->kind = CLEATPY_ADD_LOG_LEVEL;
    else if (is_name(told, "set_exc_info"))
        step->kind = CLEATPY_SET_EXC_INFO;
    else if (is_name(told, "timestamper"))
        be_timestamper(step, told);
    else if (is_name(told, "event_renamer"))
        be_renamer(step, told);
    else if (is_name(told, "json"))
        be_json(step, told);
    else if (is_name(told, "extra_adder"))
        be_extra_adder(step, told);
    else if (is_name(told, "remove_processors_meta"))
        step->kind = CLEATPY_REMOVE_META;
    else if (is_name(told, "format_exc_info"))
        be_idle_without(step, known.exc_info);
    else if (is_name(told, "stack_info"))
        be_idle_without(step, known.stack_info);
}

int cleatpy_find_step(struct cleatpy_step *step)
{
    PyObject *told = ask(step->processor);
    if (told == NULL && PyErr_Occurred() != NULL) {
        if (!PyErr_ExceptionMatches(PyExc_TypeError))
            return -1;
        PyErr_Clear(); /* it has no hash: it is none of ours */
    }
    if (told != NULL && PyTuple_CheckExact(told) && PyTuple_GET_SIZE(told) > 0 &&
        PyUnicode_Check(PyTuple_GET_ITEM(told, 0)))
        be(step, told);
    Py_XDECREF(told);
    return 0;
}

/* -- JSON -- */

/* By name: the extension does not need orjson. */
static bool is_orjson(PyObject *serializer)
{
    if (!PyCFunction_Check(serializer) || strcmp(((PyCFunctionObject *)serializer)->m_ml->ml_name, "dumps") != 0)
        return false;
    PyObject *module = ((PyCFunctionObject *)serializer)->m_module;
    return module != NULL && PyUnicode_Check(module) && PyUnicode_CompareWithASCIIString(module, "orjson") == 0;
}

/* False: not a bool. */
static bool take_flag(PyObject *value, bool *flag)
{
    *flag = value == Py_True;
    return PyBool_Check(value);
}

static bool is_compact(PyObject *separators)
{
    return PyTuple_CheckExact(separators) && PyTuple_GET_SIZE(separators) == 2 &&
           PyUnicode_Check(PyTuple_GET_ITEM(separators, 0)) && PyUnicode_Check(PyTuple_GET_ITEM(separators, 1)) &&
           PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(separators, 0), ",") == 0 &&
           PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(separators, 1), ":") == 0;
}

static bool take_option(struct cleatpy_json *json, PyObject *name, PyObject *value)
{
    if (PyUnicode_CompareWithASCIIString(name, "default") == 0)
        return true; /* asked for values only that the engine does not show */
    if (json->is_bytes)
        return false;
    if (PyUnicode_CompareWithASCIIString(name, "sort_keys") == 0)
        return take_flag(value, &json->sorts);
    if (PyUnicode_CompareWithASCIIString(name, "ensure_ascii") == 0)
        return take_flag(value, &json->ascii);
    if (PyUnicode_CompareWithASCIIString(name, "separators") == 0) {
        json->spaced = false;
        return is_compact(value);
    }
    return false;
}

bool cleatpy_is_known_json(const struct cleatpy_step *step, struct cleatpy_json *json)
{
    if (step->kind != CLEATPY_JSON)
        return false;
    *json = (struct cleatpy_json){.is_bytes = is_orjson(step->serializer)};
    if (!json->is_bytes && step->serializer != known.json_dumps)
        return false;
    json->ascii = json->spaced = !json->is_bytes;
    PyObject *name;
    PyObject *value;
    Py_ssize_t position = 0;
    while (PyDict_Next(step->options, &position, &name, &value))
        if (!PyUnicode_Check(name) || !take_option(json, name, value))
            return false;
    return true;
}

/* -- steps over a dictionary -- */

static PyObject *call(const struct cleatpy_step *step, PyObject *logger, PyObject *method, PyObject *event)
{
    PyObject *arguments[] = {logger, method, event};
    PyObject *result = PyObject_Vectorcall(step->processor, arguments, 3, NULL);
    Py_DECREF(event);
    return result;
}

static PyObject *done(PyObject *event, int result)
{
    if (result == 0)
        return event;
    Py_DECREF(event);
    return NULL;
}

static int fill_in(PyObject *event, PyObject *surroundings)
{
    PyObject *key;
    PyObject *value;
    Py_ssize_t position = 0;
    while (PyDict_Next(surroundings, &position, &key, &value))
        if (PyDict_SetDefault(event, key, value) == NULL)
            return -1;
    return 0;
}

static int merge_contextvars(PyObject *event)
{
    PyObject *surroundings = cleatpy_current_dict();
    int result = surroundings != NULL ? fill_in(event, surroundings) : -1;
    Py_XDECREF(surroundings);
    return result;
}

static PyObject *level_of(PyObject *method)
{
    if (PyUnicode_CompareWithASCIIString(method, "warn") == 0)
        return PyUnicode_InternFromString("warning");
    if (PyUnicode_CompareWithASCIIString(method, "exception") == 0)
        return PyUnicode_InternFromString("error");
    return Py_NewRef(method);
}

/* Takes the reference over. */
static int set(PyObject *event, PyObject *key, PyObject *value)
{
    int result = value != NULL ? PyDict_SetItem(event, key, value) : -1;
    Py_XDECREF(value);
    return result;
}

static PyObject *iso_time(void)
{
    char text[CLEAT__ISO_TIME_SIZE];
    size_t length = cleat__write_iso_time(text);
    return PyUnicode_DecodeASCII(text, (Py_ssize_t)length, NULL);
}

static PyObject *unix_time(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return PyFloat_FromDouble((double)((int64_t)now.tv_sec * 1000000000 + now.tv_nsec) / 1e9);
}

static int rename_event(PyObject *event, PyObject *to)
{
    PyObject *text = PyDict_GetItemWithError(event, known.event);
    if (text == NULL)
        return 1;
    Py_INCREF(text);
    int result = PyDict_DelItem(event, known.event);
    if (result == 0)
        result = PyDict_SetItem(event, to, text);
    Py_DECREF(text);
    return result;
}

static PyObject *serialize(const struct cleatpy_step *step, PyObject *event)
{
    PyObject *arguments = PyTuple_Pack(1, event);
    PyObject *result = arguments != NULL ? PyObject_Call(step->serializer, arguments, step->options) : NULL;
    Py_XDECREF(arguments);
    Py_DECREF(event);
    return result;
}

static bool is_idle(const struct cleatpy_step *step, PyObject *method, PyObject *event)
{
    if (step->kind == CLEATPY_SET_EXC_INFO)
        return PyUnicode_Compare(method, known.exception) != 0;
    return PyDict_GetItemWithError(event, step->key) == NULL && PyErr_Occurred() == NULL;
}

PyObject *cleatpy_run_step(const struct cleatpy_step *step, PyObject *logger, PyObject *method, PyObject *event)
{
    if (step->kind == CLEATPY_CALL || !PyDict_CheckExact(event) || !PyUnicode_CheckExact(method))
        return call(step, logger, method, event);
    switch (step->kind) {
    case CLEATPY_MERGE_CONTEXTVARS:
        return done(event, merge_contextvars(event));
    case CLEATPY_ADD_LOG_LEVEL:
        return done(event, set(event, known.level, level_of(method)));
    case CLEATPY_ISO_TIME:
        return cleatpy_clock_is_real() ? done(event, set(event, step->key, iso_time()))
                                       : call(step, logger, method, event);
    case CLEATPY_UNIX_TIME:
        return cleatpy_clock_is_real() ? done(event, set(event, step->key, unix_time()))
                                       : call(step, logger, method, event);
    case CLEATPY_RENAME_EVENT:
        return PyDict_GetItemWithError(event, known.event) != NULL ? done(event, rename_event(event, step->key))
                                                                   : call(step, logger, method, event);
    case CLEATPY_ADD_EXTRA:
        return done(event, cleatpy_add_extra(event, step->options));
    case CLEATPY_REMOVE_META:
        return done(event, cleatpy_remove_meta(event));
    case CLEATPY_JSON:
        return serialize(step, event);
    default:
        return is_idle(step, method, event) ? event : call(step, logger, method, event);
    }
}

/* -- setting up -- */

static int find_json_dumps(void)
{
    PyObject *json = PyImport_ImportModule("json");
    known.json_dumps = json != NULL ? PyObject_GetAttrString(json, "dumps") : NULL;
    Py_XDECREF(json);
    return known.json_dumps != NULL ? 0 : -1;
}

int cleatpy_add_steps(PyObject *module)
{
    known.cleat_step = PyUnicode_InternFromString("__cleat_step__");
    known.exc_info = PyUnicode_InternFromString("exc_info");
    known.stack_info = PyUnicode_InternFromString("stack_info");
    known.event = PyUnicode_InternFromString("event");
    known.level = PyUnicode_InternFromString("level");
    known.exception = PyUnicode_InternFromString("exception");
    if (known.cleat_step == NULL || known.exc_info == NULL || known.stack_info == NULL || known.event == NULL ||
        known.level == NULL || known.exception == NULL || find_json_dumps() < 0)
        return -1;
    steps_of_functions = PyDict_New();
    return steps_of_functions != NULL ? PyModule_AddObjectRef(module, "steps_of_functions", steps_of_functions) : -1;
}
