#include "emit.h"

#include "../contextvars.h"
#include "../module.h"
#include "caller.h"
#include "console_sink.h"
#include "file_sink.h"
#include "object_text.h"
#include "record.h"
#include "record_json.h"
#include "template.h"

static PyObject *message_name;   /* "message" */
static PyObject *exception_name; /* "exception" */
static PyObject *extra_name;     /* "extra" */

/* A record on its way, with what is made of it when a handler asks. */
struct passage {
    cleatpy_core *core;
    const cleatpy_record_logger *logger;
    const struct cleatpy_record_call *call;
    struct cleatpy_record record;
    PyObject *dict; /* NULL: nobody has asked yet */
    long depth;     /* see enter() */
    bool is_patched;
};

/* -- fields -- */

/* Where the fields of a record come from: dicts that are not empty, or NULL. */
struct sources {
    PyObject *base; /* the core's, beneath all others */
    PyObject *bound;
    PyObject *fields;       /* the call's */
    PyObject *surroundings; /* context variables: they fill in (K5) */
};

/* 1: the logger or the call has it; 0; -1: Python error. */
static int has_own(const struct sources *from, PyObject *key)
{
    int result = from->bound != NULL ? PyDict_Contains(from->bound, key) : 0;
    return result == 0 && from->fields != NULL ? PyDict_Contains(from->fields, key) : result;
}

static int fill_in(PyObject *extra, const struct sources *from)
{
    PyObject *key;
    PyObject *value;
    Py_ssize_t position = 0;
    while (PyDict_Next(from->surroundings, &position, &key, &value)) {
        int is_own = has_own(from, key);
        if (is_own < 0 || (is_own == 0 && PyDict_SetItem(extra, key, value) < 0))
            return -1;
    }
    return 0;
}

/* All of them, in their order. NULL: Python error. */
static PyObject *merge(const struct sources *from)
{
    PyObject *parts[] = {from->base, from->bound, from->fields};
    PyObject *extra = NULL;
    for (size_t i = 0; i < 3; i++) {
        if (parts[i] == NULL)
            continue;
        if (extra != NULL ? PyDict_Update(extra, parts[i]) < 0 : (extra = PyDict_Copy(parts[i])) == NULL) {
            Py_XDECREF(extra);
            return NULL;
        }
    }
    if (extra != NULL && from->surroundings != NULL && fill_in(extra, from) < 0)
        Py_CLEAR(extra);
    return extra;
}

static PyObject *unless_empty(PyObject *dict)
{
    return dict != NULL && PyDict_GET_SIZE(dict) > 0 ? dict : NULL;
}

/* All fields of a call. Mostly one dict has all of them, and is not copied. *extra: NULL: there are none. 0, or -1:
   Python error. */
static int find_extra(const cleatpy_record_logger *logger, const struct cleatpy_record_call *call, PyObject **extra)
{
    PyObject *surroundings;
    if (cleatpy_find_current_dict(&surroundings) < 0)
        return -1;
    PyObject *base = Py_XNewRef(logger->core->extra); /* which may be set while keys are compared */
    const struct sources from = {unless_empty(base), unless_empty(logger->bound), unless_empty(call->fields),
                                 unless_empty(surroundings)};
    PyObject *only = NULL;
    int count = 0;
    PyObject *const all[] = {from.base, from.bound, from.fields, from.surroundings};
    for (size_t i = 0; i < 4; i++)
        if (all[i] != NULL) {
            only = all[i];
            count++;
        }
    *extra = count > 1 ? merge(&from) : Py_XNewRef(only);
    Py_XDECREF(base);
    Py_XDECREF(surroundings);
    return count == 0 || *extra != NULL ? 0 : -1;
}

/* Finds out what of these parts is not known yet. 0, or -1: Python error. */
static int know(struct passage *passage, unsigned needs)
{
    struct cleatpy_record *record = &passage->record;
    if (cleatpy_record_know(record, needs, passage->call->depth) < 0)
        return -1;
    if ((needs & ~record->known & CLEATPY_NEEDS_EXTRA) == 0)
        return 0;
    record->known |= CLEATPY_NEEDS_EXTRA;
    return find_extra(passage->logger, passage->call, &record->extra);
}

/* -- the record as a dict -- */

/* Borrowed. NULL: Python error. */
static PyObject *dict_of(struct passage *passage)
{
    if (passage->dict == NULL && passage->core->make_record == NULL)
        PyErr_SetString(PyExc_TypeError, "the core of this logger has no make_record");
    else if (passage->dict == NULL && know(passage, CLEATPY_NEEDS_ALL) == 0)
        passage->dict = cleatpy_record_dict(&passage->record, passage->core->make_record);
    return passage->dict;
}

/* Takes what patchers may have changed back into the record. 0, or -1: Python error. */
static int read_back(struct passage *passage, PyObject *message, PyObject *exception, PyObject *extra)
{
    struct cleatpy_record *record = &passage->record;
    PyObject *text = message == Py_None ? Py_NewRef(record->message) : PyObject_Str(message);
    if (text == NULL)
        return -1;
    Py_SETREF(record->message, text);
    Py_XSETREF(record->exception, exception != Py_None ? Py_NewRef(exception) : NULL);
    if (!PyDict_Check(extra)) {
        PyErr_SetString(PyExc_TypeError, "a patcher must leave record[\"extra\"] a dict");
        return -1;
    }
    Py_XSETREF(record->extra, Py_NewRef(extra));
    return 0;
}

/* What it holds by these names; a new reference to each. */
static PyObject *parts_of(PyObject *dict)
{
    PyObject *names[] = {message_name, exception_name, extra_name};
    PyObject *parts = PyTuple_New(3);
    for (Py_ssize_t i = 0; parts != NULL && i < 3; i++) {
        PyObject *part = PyDict_GetItemWithError(dict, names[i]);
        if (PyErr_Occurred() != NULL)
            Py_CLEAR(parts);
        else
            PyTuple_SET_ITEM(parts, i, Py_NewRef(part != NULL ? part : Py_None));
    }
    return parts;
}

static int read_patched(struct passage *passage)
{
    PyObject *read = passage->core->read_record;
    PyObject *parts = read != NULL ? cleatpy_call_part(read, passage->dict) : parts_of(passage->dict);
    PyObject *message;
    PyObject *exception;
    PyObject *extra;
    int result = -1;
    if (parts != NULL && PyArg_ParseTuple(parts, "OOO:read_record", &message, &exception, &extra))
        result = read_back(passage, message, exception, extra);
    Py_XDECREF(parts);
    return result;
}

static int run_patcher(PyObject *patcher, PyObject *dict)
{
    PyObject *done = cleatpy_call_part(patcher, dict);
    Py_XDECREF(done);
    return done != NULL ? 0 : -1;
}

static int run_patchers(struct passage *passage, PyObject *patchers)
{
    PyObject *dict = dict_of(passage);
    PyObject *first = passage->core->patcher;
    if (dict == NULL || (first != NULL && run_patcher(first, dict) < 0))
        return -1;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(patchers); i++)
        if (run_patcher(PyTuple_GET_ITEM(patchers, i), dict) < 0)
            return -1;
    passage->is_patched = true;
    return read_patched(passage);
}

/* -- one handler -- */

/* 1: it may pass; 0; -1: Python error. */
static int passes(struct passage *passage, const cleatpy_handler *handler)
{
    if (handler->filter == NULL)
        return 1;
    PyObject *dict = dict_of(passage);
    PyObject *answer = dict != NULL ? PyObject_CallOneArg(handler->filter, dict) : NULL;
    int result = answer != NULL ? PyObject_IsTrue(answer) : -1;
    Py_XDECREF(answer);
    return result;
}

/* What a Python function makes of the record. */
static int format_by_call(struct passage *passage, PyObject *formatter, struct cleatpy_text *text)
{
    PyObject *dict = dict_of(passage);
    PyObject *result = dict != NULL ? PyObject_CallOneArg(formatter, dict) : NULL;
    if (result == NULL)
        return -1;
    int added = -1;
    if (PyUnicode_Check(result))
        added = cleatpy_text_add_str(text, result);
    else
        PyErr_Format(PyExc_TypeError, "a format function must return a str, not %.100s", Py_TYPE(result)->tp_name);
    Py_DECREF(result);
    return added;
}

/* What the formatters in C make of it. */
static int format_here(const struct cleatpy_record *record, const cleatpy_handler *handler, struct cleatpy_text *text)
{
    return handler->formatter_kind == CLEATPY_TEMPLATE_FORMAT
               ? cleatpy_template_render(handler->formatter, record, text)
               : cleatpy_record_json_render(handler->formatter, record, text);
}

/* The same with the handler's own text of the exception in the record, for as long as it takes. */
static int format_with_exception(struct cleatpy_record *record, const cleatpy_handler *handler,
                                 struct cleatpy_text *text)
{
    PyObject *exception = record->exception;
    PyObject *shown = PyObject_CallOneArg(handler->format_exception, exception);
    if (shown == NULL)
        return -1;
    record->exception = shown;
    int result = format_here(record, handler, text);
    record->exception = exception;
    Py_DECREF(shown);
    return result;
}

static int format_record(struct passage *passage, const cleatpy_handler *handler, struct cleatpy_text *text)
{
    struct cleatpy_record *record = &passage->record;
    if (passage->call->is_raw)
        return cleatpy_text_add_str(text, record->message);
    if (handler->dict_formatter != NULL && (passage->is_patched || record->is_frozen))
        return format_by_call(passage, handler->dict_formatter, text);
    if (handler->formatter_kind == CLEATPY_CALLED_FORMAT)
        return format_by_call(passage, handler->formatter, text);
    return record->exception != NULL && handler->format_exception != NULL ? format_with_exception(record, handler, text)
                                                                          : format_here(record, handler, text);
}

static PyObject *call_with_record(struct passage *passage, PyObject *sink, PyObject *line)
{
    PyObject *dict = dict_of(passage);
    return dict != NULL ? PyObject_CallFunctionObjArgs(sink, line, dict, NULL) : NULL;
}

static int call_sink(struct passage *passage, const cleatpy_handler *handler, const struct cleatpy_text *text)
{
    PyObject *line = PyUnicode_DecodeUTF8(text->data, (Py_ssize_t)text->length, NULL);
    if (line == NULL)
        return -1;
    PyObject *done = handler->takes_record ? call_with_record(passage, handler->sink, line)
                                           : PyObject_CallOneArg(handler->sink, line);
    Py_DECREF(line);
    Py_XDECREF(done);
    return done != NULL ? 0 : -1;
}

static int write_text(struct passage *passage, const cleatpy_handler *handler, struct cleatpy_text *text)
{
    if (handler->sink_kind != CLEATPY_CALLED_SINK && handler->newline && !passage->call->is_raw)
        cleatpy_text_add_char(text, '\n');
    if (text->has_failed) {
        PyErr_NoMemory();
        return -1;
    }
    if (handler->sink_kind == CLEATPY_FILE)
        return cleatpy_file_sink_write(handler->sink, text->data, text->length, (int)passage->record.level->no);
    if (handler->sink_kind == CLEATPY_CONSOLE)
        return cleatpy_console_sink_write(handler->sink, text->data, text->length);
    return call_sink(passage, handler, text);
}

static int give_record(struct passage *passage, const cleatpy_handler *handler)
{
    PyObject *dict = dict_of(passage);
    PyObject *done = dict != NULL ? PyObject_CallOneArg(handler->sink, dict) : NULL;
    Py_XDECREF(done);
    return done != NULL ? 0 : -1;
}

static int deliver(struct passage *passage, const cleatpy_handler *handler)
{
    if (handler->formatter_kind == CLEATPY_NO_FORMAT)
        return give_record(passage, handler);
    struct cleatpy_text text;
    cleatpy_text_begin(&text);
    int result = format_record(passage, handler, &text);
    if (result == 0)
        result = write_text(passage, handler, &text);
    cleatpy_text_end(&text);
    return result;
}

/* -- failures -- */

/* With the record, or without it where that cannot be made. 0, or -1: Python error. */
static int call_report(struct passage *passage, PyObject *handler)
{
    PyObject *function = Py_NewRef(passage->core->report); /* which may be set meanwhile */
    PyObject *dict = dict_of(passage);
    PyObject *done = NULL;
    if (dict != NULL || cleatpy_forget_exception())
        done = PyObject_CallFunctionObjArgs(function, handler, dict != NULL ? dict : Py_None, NULL);
    Py_DECREF(function);
    Py_XDECREF(done);
    return done != NULL ? 0 : -1;
}

/* Calls the door's report() while the exception is the one being handled. What that raises is the caller's: -1. */
static int report(struct passage *passage, PyObject *handler)
{
    if (!PyErr_ExceptionMatches(PyExc_Exception) || passage->core->report == NULL)
        return -1; /* KeyboardInterrupt, SystemExit: meant for the program */
    PyObject *type;
    PyObject *value;
    PyObject *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback != NULL)
        PyException_SetTraceback(value, traceback);
    PyObject *former_type;
    PyObject *former_value;
    PyObject *former_traceback;
    PyErr_GetExcInfo(&former_type, &former_value, &former_traceback);
    PyErr_SetExcInfo(type, value, traceback);
    int result = call_report(passage, handler);
    PyErr_SetExcInfo(former_type, former_value, former_traceback);
    return result;
}

/* What a filter fails on passes it: a broken filter loses no line. */
static int handle(struct passage *passage, PyObject *object)
{
    const cleatpy_handler *handler = (cleatpy_handler *)object;
    int may_pass = passes(passage, handler);
    if (may_pass < 0 && report(passage, object) < 0)
        return -1;
    if (may_pass == 0)
        return 0;
    return deliver(passage, handler) == 0 ? 0 : report(passage, object);
}

/* -- records inside of records -- */

/* Records that handlers log while they get one, inside each other: deeper than this is a circle. */
#define MOST_NESTED 4

/* A patcher or a report may be a log method: then no Python frame is between records, and the stack would end first. */
#define DEEPEST 100

static _Thread_local unsigned passing; /* records on their way on this thread */
static PyObject *nesting;              /* a context variable, see enter() */

/*
 * How deep a record is inside of others: 1 if it is not. All that are on their way on a thread are counted, and from
 * the second on a context counts, too: a greenlet that waits in a sink leaves its record on the thread, but it is not
 * around those of other greenlets, which have contexts of their own. -1: Python error, also if it
 * is too deep. Ends with leave() in any case.
 */
static long enter(PyObject **token)
{
    *token = NULL;
    if (passing++ == 0)
        return 1;
    PyObject *around;
    if (PyContextVar_Get(nesting, NULL, &around) < 0)
        return -1;
    long depth = PyLong_AsLong(around) + 1;
    Py_DECREF(around);
    if (depth > DEEPEST) {
        PyErr_SetString(PyExc_RecursionError, "what a record passes logs a record, again and again");
        return -1;
    }
    PyObject *number = PyLong_FromLong(depth);
    *token = number != NULL ? PyContextVar_Set(nesting, number) : NULL;
    Py_XDECREF(number);
    return *token != NULL ? depth : -1;
}

static void leave(PyObject *token)
{
    passing--;
    if (token == NULL)
        return;
    PyObject *type;
    PyObject *value;
    PyObject *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyContextVar_Reset(nesting, token);
    PyErr_Restore(type, value, traceback);
    Py_DECREF(token);
}

/* -- all of them -- */

static unsigned needs_at(PyObject *handlers, long level_no)
{
    unsigned needs = 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(handlers); i++) {
        const cleatpy_handler *handler = (cleatpy_handler *)PyTuple_GET_ITEM(handlers, i);
        if (level_no >= handler->level_no)
            needs |= handler->needs;
    }
    return needs;
}

/* A circle: said once for each time that it comes up. */
static int refuse_depth(struct passage *passage, PyObject *handler)
{
    PyErr_SetString(PyExc_RuntimeError, "a handler logs for each record that it gets; the innermost is let go");
    return report(passage, handler);
}

static int pass_on(struct passage *passage, PyObject *handlers)
{
    long level_no = passage->record.level->no;
    int result = 0;
    for (Py_ssize_t i = 0; result == 0 && i < PyTuple_GET_SIZE(handlers); i++) {
        PyObject *handler = PyTuple_GET_ITEM(handlers, i);
        if (level_no < ((cleatpy_handler *)handler)->level_no)
            continue;
        result = passage->depth > MOST_NESTED ? refuse_depth(passage, handler) : handle(passage, handler);
    }
    return result;
}

static int make_record(struct passage *passage, unsigned needs)
{
    const struct cleatpy_record_call *call = passage->call;
    struct cleatpy_record *record = &passage->record;
    record->level = call->level;
    record->message = Py_NewRef(call->message);
    if ((call->origin != NULL && cleatpy_record_come_from(record, call->origin) < 0) || know(passage, needs) < 0)
        return -1;
    if (call->exception == NULL)
        return 0;
    record->exception = PyUnicode_CheckExact(call->exception) || passage->core->resolve_exception == NULL
                            ? Py_NewRef(call->exception)
                            : cleatpy_call_part(passage->core->resolve_exception, call->exception);
    if (record->exception == Py_None)
        Py_CLEAR(record->exception);
    return PyErr_Occurred() == NULL ? 0 : -1;
}

/* A new reference; NULL: Python error. */
static PyObject *name_of_origin(PyObject *origin)
{
    PyObject *name = PyTuple_Check(origin) && PyTuple_GET_SIZE(origin) > 1 ? PyTuple_GET_ITEM(origin, 1) : Py_None;
    return Py_NewRef(name);
}

int cleatpy_is_wanted(cleatpy_core *core, const struct cleatpy_record_call *call)
{
    if (call->level->no < core->min_no)
        return 0;
    if (core->is_enabled == NULL)
        return 1;
    PyObject *name = call->origin != NULL ? name_of_origin(call->origin) : cleatpy_name_of_caller(call->depth);
    int result = name != NULL ? cleatpy_is_enabled(core, name) : -1;
    Py_XDECREF(name);
    return result;
}

int cleatpy_emit(cleatpy_record_logger *logger, const struct cleatpy_record_call *call)
{
    struct passage passage = {.core = (cleatpy_core *)Py_NewRef(logger->core), .logger = logger, .call = call};
    PyObject *handlers = Py_NewRef(logger->core->handlers);
    bool has_patchers = PyTuple_GET_SIZE(logger->patchers) > 0 || passage.core->patcher != NULL;
    unsigned needs = has_patchers ? CLEATPY_NEEDS_ALL : needs_at(handlers, call->level->no);
    PyObject *token;
    passage.depth = enter(&token);
    int result = passage.depth > 0 ? make_record(&passage, needs) : -1;
    if (result == 0 && has_patchers)
        result = run_patchers(&passage, logger->patchers);
    if (result == 0)
        result = pass_on(&passage, handlers);
    cleatpy_record_clear(&passage.record);
    Py_XDECREF(passage.dict);
    Py_DECREF(handlers);
    Py_DECREF(passage.core);
    leave(token);
    return result;
}

PyObject *cleatpy_dict_of_call(cleatpy_record_logger *logger, const struct cleatpy_record_call *call)
{
    struct passage passage = {.core = (cleatpy_core *)Py_NewRef(logger->core), .logger = logger, .call = call};
    PyObject *dict = NULL;
    if (make_record(&passage, CLEATPY_NEEDS_ALL) == 0)
        dict = Py_XNewRef(dict_of(&passage));
    cleatpy_record_clear(&passage.record);
    Py_XDECREF(passage.dict);
    Py_DECREF(passage.core);
    return dict;
}

int cleatpy_add_emit(PyObject *module)
{
    (void)module;
    message_name = PyUnicode_InternFromString("message");
    exception_name = PyUnicode_InternFromString("exception");
    extra_name = PyUnicode_InternFromString("extra");
    PyObject *first = PyLong_FromLong(1);
    nesting = first != NULL ? PyContextVar_New("cleat.nesting", first) : NULL;
    Py_XDECREF(first);
    return message_name != NULL && exception_name != NULL && extra_name != NULL && nesting != NULL ? 0 : -1;
}
