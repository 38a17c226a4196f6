#include "handler.h"

#include <structmember.h>

#include "../module.h"
#include "console_sink.h"
#include "file_sink.h"
#include "record.h"
#include "record_json.h"
#include "template.h"

PyTypeObject *cleatpy_handler_type;

/* -- what its parts are -- */

/* False, with an error: no function. */
static bool is_function(PyObject *object, const char *what)
{
    if (object == NULL || PyCallable_Check(object))
        return true;
    PyErr_Format(PyExc_TypeError, "the %s of a handler must be a function, not %.100s", what, Py_TYPE(object)->tp_name);
    return false;
}

static bool know_formatter(cleatpy_handler *handler)
{
    PyObject *formatter = handler->formatter;
    if (formatter == NULL) {
        handler->formatter_kind = CLEATPY_NO_FORMAT;
        handler->needs = CLEATPY_NEEDS_ALL;
    } else if (Py_IS_TYPE(formatter, cleatpy_template_type)) {
        handler->formatter_kind = CLEATPY_TEMPLATE_FORMAT;
        handler->needs |= cleatpy_template_needs(formatter);
    } else if (Py_IS_TYPE(formatter, cleatpy_record_json_type)) {
        handler->formatter_kind = CLEATPY_JSON_FORMAT;
        handler->needs |= CLEATPY_NEEDS_CALLER | CLEATPY_NEEDS_TIME | CLEATPY_NEEDS_EXTRA;
    } else {
        handler->formatter_kind = CLEATPY_CALLED_FORMAT;
        handler->needs = CLEATPY_NEEDS_ALL;
        return is_function(formatter, "formatter");
    }
    return true;
}

static bool know_sink(cleatpy_handler *handler)
{
    if (Py_IS_TYPE(handler->sink, cleatpy_file_sink_type))
        handler->sink_kind = CLEATPY_FILE;
    else if (Py_IS_TYPE(handler->sink, cleatpy_console_sink_type))
        handler->sink_kind = CLEATPY_CONSOLE;
    else
        handler->sink_kind = CLEATPY_CALLED_SINK;
    return handler->sink_kind != CLEATPY_CALLED_SINK || is_function(handler->sink, "sink");
}

static bool know_parts(cleatpy_handler *handler)
{
    if (!know_formatter(handler) || !know_sink(handler) || !is_function(handler->filter, "filter") ||
        !is_function(handler->dict_formatter, "dict_formatter") ||
        !is_function(handler->format_exception, "format_exception"))
        return false;
    if (handler->filter != NULL || handler->takes_record)
        handler->needs = CLEATPY_NEEDS_ALL;
    if (handler->formatter_kind != CLEATPY_NO_FORMAT || handler->sink_kind == CLEATPY_CALLED_SINK)
        return true;
    PyErr_SetString(PyExc_TypeError, "a handler without a formatter must have a function as its sink");
    return false;
}

/* -- the type -- */

static PyObject *unless_none(PyObject *object)
{
    return object == Py_None ? NULL : Py_XNewRef(object);
}

static PyObject *new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {(char *)"level_no",       (char *)"sink",
                            (char *)"formatter",      (char *)"filter",
                            (char *)"dict_formatter", (char *)"format_exception",
                            (char *)"takes_record",   (char *)"newline",
                            (char *)"needs",          NULL};
    long level_no = 0;
    PyObject *sink = NULL;
    PyObject *formatter = NULL;
    PyObject *filter = NULL;
    PyObject *dict_formatter = NULL;
    PyObject *format_exception = NULL;
    int takes_record = 0;
    int newline = 1;
    unsigned needs = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|$lOOOOOppI:Handler", names, &level_no, &sink, &formatter, &filter,
                                     &dict_formatter, &format_exception, &takes_record, &newline, &needs))
        return NULL;
    if (sink == NULL || formatter == NULL) {
        PyErr_SetString(PyExc_TypeError, "a handler needs a sink and a formatter");
        return NULL;
    }
    cleatpy_handler *handler = (cleatpy_handler *)type->tp_alloc(type, 0);
    if (handler == NULL)
        return NULL;
    handler->level_no = level_no;
    handler->needs = needs & CLEATPY_NEEDS_ALL;
    handler->sink = Py_NewRef(sink);
    handler->formatter = unless_none(formatter);
    handler->filter = unless_none(filter);
    handler->dict_formatter = unless_none(dict_formatter);
    handler->format_exception = unless_none(format_exception);
    handler->takes_record = takes_record != 0;
    handler->newline = newline != 0;
    if (!know_parts(handler))
        Py_CLEAR(handler);
    return (PyObject *)handler;
}

static int traverse(PyObject *object, visitproc visit, void *arg)
{
    const cleatpy_handler *handler = (cleatpy_handler *)object;
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(handler->sink);
    Py_VISIT(handler->formatter);
    Py_VISIT(handler->filter);
    Py_VISIT(handler->dict_formatter);
    Py_VISIT(handler->format_exception);
    return 0;
}

static int clear(PyObject *object)
{
    cleatpy_handler *handler = (cleatpy_handler *)object;
    Py_CLEAR(handler->sink);
    Py_CLEAR(handler->formatter);
    Py_CLEAR(handler->filter);
    Py_CLEAR(handler->dict_formatter);
    Py_CLEAR(handler->format_exception);
    return 0;
}

static void dealloc(PyObject *object)
{
    cleatpy_end(object, clear);
}

static PyMemberDef members[] = {
    {"level_no", T_LONG, offsetof(cleatpy_handler, level_no), READONLY, "the lowest level that it takes"},
    {"needs", T_UINT, offsetof(cleatpy_handler, needs), READONLY, "the parts of a record that it asks for"},
    {"sink", T_OBJECT, offsetof(cleatpy_handler, sink), READONLY, NULL},
    {"formatter", T_OBJECT, offsetof(cleatpy_handler, formatter), READONLY, NULL},
    {"filter", T_OBJECT, offsetof(cleatpy_handler, filter), READONLY, NULL},
    {"dict_formatter", T_OBJECT, offsetof(cleatpy_handler, dict_formatter), READONLY, NULL},
    {"format_exception", T_OBJECT, offsetof(cleatpy_handler, format_exception), READONLY, NULL},
    {"takes_record", T_BOOL, offsetof(cleatpy_handler, takes_record), READONLY, NULL},
    {"newline", T_BOOL, offsetof(cleatpy_handler, newline), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc,
     CLEATPY_SLOT("Handler(*, level_no, sink, formatter, filter=None, dict_formatter=None, format_exception=None,\n"
                  "        takes_record=False, newline=True, needs=0)\n--\n\n"
                  "Level gate, filter, format and sink of the records of a logger. Immutable.")},
    {Py_tp_new, CLEATPY_SLOT(new)},
    {Py_tp_traverse, CLEATPY_SLOT(traverse)},
    {Py_tp_clear, CLEATPY_SLOT(clear)},
    {Py_tp_dealloc, CLEATPY_SLOT(dealloc)},
    {Py_tp_members, members},
    {0, NULL},
};

static PyType_Spec spec = {"cleat._engine.Handler", sizeof(cleatpy_handler), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE, slots};

int cleatpy_add_handler(PyObject *module)
{
    cleatpy_handler_type = (PyTypeObject *)PyType_FromSpec(&spec);
    return cleatpy_handler_type != NULL ? PyModule_AddType(module, cleatpy_handler_type) : -1;
}
