#include "record_formatter.h"

#include <stdbool.h>

#include "event_dict.h"
#include "log_record.h"
#include "module.h"
#include "plan.h"

static struct {
    /* of records */
    PyObject *logger_of_record;
    PyObject *name_of_record;
    PyObject *args;
    PyObject *exc_info;
    PyObject *exc_text;
    PyObject *levelname;
    PyObject *msg;
    PyObject *stack_info;
    /* of formatters */
    PyObject *foreign_pre_chain;
    PyObject *format_message;
    PyObject *format_of_style;
    PyObject *keep_exc_info;
    PyObject *keep_stack_info;
    PyObject *line;
    PyObject *logger;
    PyObject *pass_foreign_args;
    PyObject *processors;
    PyObject *style;
    PyObject *use_get_message;
    /* of events */
    PyObject *event;
    PyObject *from_structlog;
    PyObject *positional_args;
    PyObject *record;
    /* methods and texts */
    PyObject *copy;
    PyObject *dict;
    PyObject *get_message;
    PyObject *lower;
    PyObject *message_alone;
} names;

/* The parts of logging that are looked at; they are found when the first record comes. */
static struct {
    PyObject *get_message;    /* LogRecord.getMessage */
    PyObject *format_message; /* Formatter.formatMessage */
    PyObject *percent_style;
} logging;

/* One record on its way. */
struct passage {
    PyObject *formatter;
    PyObject *usual_type; /* ProcessorFormatter; a sub-class may mean something else by it all */
    PyObject *record;     /* the copy that processors see */
    PyObject *fields;     /* its __dict__ */
    PyObject *logger;
    PyObject *method;
};

/* -- the attributes of formatters -- */

/* 1 or 0; -1: Python error. */
static int is_set(PyObject *formatter, PyObject *name)
{
    PyObject *value = PyObject_GetAttr(formatter, name);
    int result = value != NULL ? PyObject_IsTrue(value) : -1;
    Py_XDECREF(value);
    return result;
}

/* -- the copy of a record -- */

/* logging.makeLogRecord() would ask for time, thread and process first, only to overwrite the answers. */
static PyObject *copy_of(PyObject *record)
{
    PyObject *fields = PyObject_GenericGetDict(record, NULL);
    PyObject *copied = fields != NULL ? PyDict_Copy(fields) : NULL;
    PyObject *none = copied != NULL ? PyTuple_New(0) : NULL;
    PyObject *copy = none != NULL ? PyBaseObject_Type.tp_new(Py_TYPE(record), none, NULL) : NULL;
    if (copy != NULL && PyObject_SetAttr(copy, names.dict, copied) < 0)
        Py_CLEAR(copy);
    Py_XDECREF(none);
    Py_XDECREF(copied);
    Py_XDECREF(fields);
    return copy;
}

/* -- the event -- */

/* 1: value is what it should be; 0: it is not there, or something else; -1: Python error. */
static int has_own(PyObject *type, PyObject *name, PyObject *expected)
{
    PyObject *value = PyObject_GetAttr(type, name);
    Py_XDECREF(value);
    return value != NULL ? value == expected : -1;
}

static PyObject *message_of(const struct passage *passage)
{
    PyObject *message = PyDict_GetItemWithError(passage->fields, names.msg);
    PyObject *args = PyDict_GetItemWithError(passage->fields, names.args);
    bool is_plain = message != NULL && PyUnicode_CheckExact(message) && args != NULL && PyTuple_CheckExact(args) &&
                    PyTuple_GET_SIZE(args) == 0;
    if (PyErr_Occurred() != NULL)
        return NULL;
    int is_usual = is_plain ? has_own((PyObject *)Py_TYPE(passage->record), names.get_message, logging.get_message) : 0;
    if (is_usual != 0)
        return is_usual > 0 ? Py_NewRef(message) : NULL;
    return PyObject_CallMethodNoArgs(passage->record, names.get_message);
}

static PyObject *text_of(const struct passage *passage)
{
    int formats = is_set(passage->formatter, names.use_get_message);
    if (formats != 0)
        return formats > 0 ? message_of(passage) : NULL;
    PyObject *message = PyObject_GetAttr(passage->record, names.msg);
    PyObject *text = message != NULL ? PyObject_Str(message) : NULL;
    Py_XDECREF(message);
    return text;
}

/* Takes value over. */
static int set(PyObject *dict, PyObject *key, PyObject *value)
{
    int result = value != NULL ? PyDict_SetItem(dict, key, value) : -1;
    Py_XDECREF(value);
    return result;
}

static int set_marks(PyObject *event, PyObject *record, PyObject *from_structlog)
{
    if (PyDict_CheckExact(event))
        return PyDict_SetItem(event, names.record, record) < 0
                   ? -1
                   : PyDict_SetItem(event, names.from_structlog, from_structlog);
    return PyObject_SetItem(event, names.record, record) < 0
               ? -1
               : PyObject_SetItem(event, names.from_structlog, from_structlog);
}

/* A field of the record, where it is true. */
static int pass_on(const struct passage *passage, PyObject *event, PyObject *name)
{
    PyObject *value = PyObject_GetAttr(passage->record, name);
    int is_true = value != NULL ? PyObject_IsTrue(value) : -1;
    int result = is_true > 0 ? PyDict_SetItem(event, name, value) : is_true;
    Py_XDECREF(value);
    return result;
}

/* The message is formatted; logging must not do it again. */
static int take_args(const struct passage *passage, PyObject *event)
{
    int passes = is_set(passage->formatter, names.pass_foreign_args);
    if (passes < 0 ||
        (passes > 0 && set(event, names.positional_args, PyObject_GetAttr(passage->record, names.args)) < 0))
        return -1;
    return set(passage->fields, names.args, PyTuple_New(0));
}

/* The event of a record that did not come from a bound logger. */
static PyObject *foreign_event(const struct passage *passage)
{
    PyObject *event = PyDict_New();
    if (event != NULL && set(event, names.event, text_of(passage)) == 0 &&
        set_marks(event, passage->record, Py_False) == 0 && take_args(passage, event) == 0 &&
        pass_on(passage, event, names.exc_info) == 0 && pass_on(passage, event, names.stack_info) == 0)
        return event;
    Py_XDECREF(event);
    return NULL;
}

/* The event that wrap_for_formatter made the message of a record. Other handlers get the same one. */
static PyObject *own_event(const struct passage *passage)
{
    PyObject *message = PyObject_GetAttr(passage->record, names.msg);
    if (message == NULL)
        return NULL;
    PyObject *event =
        PyDict_CheckExact(message) ? PyDict_Copy(message) : PyObject_CallMethodNoArgs(message, names.copy);
    Py_DECREF(message);
    if (event != NULL && set_marks(event, passage->record, Py_True) < 0)
        Py_CLEAR(event);
    return event;
}

/* -- through the chains -- */

/* Takes event over. None is an empty chain. */
static PyObject *run_chain(const struct passage *passage, PyObject *chain_name, PyObject *event)
{
    PyObject *chain = event != NULL ? PyObject_GetAttr(passage->formatter, chain_name) : NULL;
    if (chain == NULL) {
        Py_XDECREF(event);
        return NULL;
    }
    if (chain != Py_None) {
        cleatpy_plan *plan = cleatpy_plan_for(chain, NULL);
        if (plan == NULL && PyErr_Occurred() != NULL)
            Py_CLEAR(event);
        else
            event = cleatpy_process(plan, chain, passage->logger, passage->method, event);
        Py_XDECREF(plan);
    }
    Py_DECREF(chain);
    return event;
}

static PyObject *start(struct passage *passage, bool is_foreign)
{
    if (!is_foreign)
        return own_event(passage);
    PyObject *event = foreign_event(passage);
    return event != NULL ? run_chain(passage, names.foreign_pre_chain, event) : NULL;
}

/* Or else logging would show them once more, below the line. */
static int forget_what_is_shown(const struct passage *passage)
{
    int keeps_exception = is_set(passage->formatter, names.keep_exc_info);
    int keeps_stack = keeps_exception >= 0 ? is_set(passage->formatter, names.keep_stack_info) : -1;
    if (keeps_stack < 0)
        return -1;
    if (!keeps_exception && (PyDict_SetItem(passage->fields, names.exc_text, Py_None) < 0 ||
                             PyDict_SetItem(passage->fields, names.exc_info, Py_None) < 0))
        return -1;
    return keeps_stack ? 0 : PyDict_SetItem(passage->fields, names.stack_info, Py_None);
}

/* -- the line -- */

/* Whether logging would return the message as it is: 1 or 0; -1: Python error. */
static int is_message_alone(const struct passage *passage)
{
    PyObject *formatter = passage->formatter;
    if ((PyObject *)Py_TYPE(formatter) != passage->usual_type)
        return 0;
    PyObject *style = PyObject_GetAttr(formatter, names.style);
    if (style == NULL)
        return -1;
    int result = (PyObject *)Py_TYPE(style) == logging.percent_style;
    if (result) {
        PyObject *format = PyObject_GetAttr(style, names.format_of_style);
        result = format == NULL ? -1 : PyUnicode_Check(format) && PyUnicode_Compare(format, names.message_alone) == 0;
        Py_XDECREF(format);
    }
    Py_DECREF(style);
    return result > 0 ? has_own((PyObject *)Py_TYPE(formatter), names.format_message, logging.format_message) : result;
}

static bool shows_more(const struct passage *passage)
{
    PyObject *const shown[] = {names.exc_info, names.exc_text, names.stack_info};
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
        if (PyDict_GetItemWithError(passage->fields, shown[i]) != Py_None)
            return true;
    return false;
}

/* Takes outcome over. */
static PyObject *line_of(const struct passage *passage, PyObject *outcome)
{
    int is_line = PyUnicode_CheckExact(outcome) && !shows_more(passage) ? is_message_alone(passage) : 0;
    if (is_line > 0)
        return outcome;
    PyObject *arguments[] = {passage->formatter, passage->record, outcome};
    PyObject *line = is_line == 0 ? PyObject_VectorcallMethod(names.line, arguments, 3, NULL) : NULL;
    Py_DECREF(outcome);
    return line;
}

/* -- a record -- */

/* The logger and the method that processors are told of. */
static int find_out_who_logged(struct passage *passage, bool *is_foreign)
{
    PyObject *logger = PyDict_GetItemWithError(passage->fields, names.logger_of_record);
    PyObject *method = PyDict_GetItemWithError(passage->fields, names.name_of_record);
    *is_foreign = logger == NULL || method == NULL;
    passage->logger = PyErr_Occurred() == NULL ? PyObject_GetAttr(passage->formatter, names.logger) : NULL;
    if (passage->logger == NULL)
        return -1;
    if (*is_foreign) {
        PyObject *level = PyObject_GetAttr(passage->record, names.levelname);
        passage->method = level != NULL ? PyObject_CallMethodNoArgs(level, names.lower) : NULL;
        Py_XDECREF(level);
        return passage->method != NULL ? 0 : -1;
    }
    passage->method = Py_NewRef(method);
    if (passage->logger == Py_None)
        Py_SETREF(passage->logger, Py_NewRef(logger));
    return 0;
}

static PyObject *format_copy(struct passage *passage)
{
    bool is_foreign;
    if (find_out_who_logged(passage, &is_foreign) < 0)
        return NULL;
    PyObject *event = start(passage, is_foreign);
    if (event != NULL && forget_what_is_shown(passage) < 0)
        Py_CLEAR(event);
    PyObject *outcome = event != NULL ? run_chain(passage, names.processors, event) : NULL;
    return outcome != NULL ? line_of(passage, outcome) : NULL;
}

static int find_logging(void)
{
    if (logging.percent_style != NULL)
        return 0;
    PyObject *module = PyImport_ImportModule("logging");
    PyObject *record = module != NULL ? PyObject_GetAttrString(module, "LogRecord") : NULL;
    PyObject *formatter = record != NULL ? PyObject_GetAttrString(module, "Formatter") : NULL;
    if (formatter != NULL) {
        logging.get_message = PyObject_GetAttr(record, names.get_message);
        logging.format_message = PyObject_GetAttr(formatter, names.format_message);
        logging.percent_style = PyObject_GetAttrString(module, "PercentStyle");
    }
    Py_XDECREF(formatter);
    Py_XDECREF(record);
    Py_XDECREF(module);
    return logging.get_message != NULL && logging.format_message != NULL && logging.percent_style != NULL ? 0 : -1;
}

static PyObject *format_record(PyObject *module, PyObject *const *args, Py_ssize_t count)
{
    (void)module;
    if (count != 3) {
        PyErr_SetString(PyExc_TypeError, "format_record() takes a formatter, a record and ProcessorFormatter");
        return NULL;
    }
    struct passage passage = {.formatter = args[0], .usual_type = args[2]};
    passage.record = find_logging() == 0 ? copy_of(args[1]) : NULL;
    passage.fields = passage.record != NULL ? PyObject_GenericGetDict(passage.record, NULL) : NULL;
    PyObject *line = passage.fields != NULL ? format_copy(&passage) : NULL;
    Py_XDECREF(passage.method);
    Py_XDECREF(passage.logger);
    Py_XDECREF(passage.fields);
    Py_XDECREF(passage.record);
    return line;
}

/* -- steps of chains -- */

int cleatpy_add_extra(PyObject *event, PyObject *ordinary)
{
    PyObject *record = PyDict_GetItemWithError(event, names.record);
    if (record == NULL || record == Py_None)
        return PyErr_Occurred() == NULL ? 0 : -1;
    PyObject *fields = PyObject_GenericGetDict(record, NULL);
    PyObject *key;
    PyObject *value;
    Py_ssize_t position = 0;
    int result = fields != NULL ? 0 : -1;
    for (size_t i = 0; result == 0 && PyDict_Next(fields, &position, &key, &value); i++) {
        if (cleatpy_is_usual_field(i, key))
            continue;
        int is_ordinary = PySet_Contains(ordinary, key);
        result = is_ordinary == 0 ? PyDict_SetItem(event, key, value) : is_ordinary < 0 ? -1 : 0;
    }
    Py_XDECREF(fields);
    return result;
}

int cleatpy_remove_meta(PyObject *event)
{
    return PyDict_DelItem(event, names.record) < 0 ? -1 : PyDict_DelItem(event, names.from_structlog);
}

/* -- setting up -- */

static PyMethodDef methods[] = {
    {"format_record", CLEATPY_METHOD(format_record), METH_FASTCALL,
     "format_record($module, formatter, record, usual_type, /)\n--\n\nDo what ProcessorFormatter.format() does."},
    {NULL, NULL, 0, NULL},
};

static int intern_names(void)
{
    const struct {
        PyObject **name;
        const char *text;
    } all[] = {
        {&names.logger_of_record, "_logger"},
        {&names.name_of_record, "_name"},
        {&names.args, "args"},
        {&names.exc_info, "exc_info"},
        {&names.exc_text, "exc_text"},
        {&names.levelname, "levelname"},
        {&names.msg, "msg"},
        {&names.stack_info, "stack_info"},
        {&names.foreign_pre_chain, "foreign_pre_chain"},
        {&names.format_message, "formatMessage"},
        {&names.format_of_style, "_fmt"},
        {&names.keep_exc_info, "keep_exc_info"},
        {&names.keep_stack_info, "keep_stack_info"},
        {&names.line, "_line"},
        {&names.logger, "logger"},
        {&names.pass_foreign_args, "pass_foreign_args"},
        {&names.processors, "processors"},
        {&names.style, "_style"},
        {&names.use_get_message, "use_get_message"},
        {&names.event, "event"},
        {&names.from_structlog, "_from_structlog"},
        {&names.positional_args, "positional_args"},
        {&names.record, "_record"},
        {&names.copy, "copy"},
        {&names.dict, "__dict__"},
        {&names.get_message, "getMessage"},
        {&names.lower, "lower"},
        {&names.message_alone, "%(message)s"},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        if ((*all[i].name = PyUnicode_InternFromString(all[i].text)) == NULL)
            return -1;
    return 0;
}

int cleatpy_add_record_formatter(PyObject *module)
{
    return intern_names() == 0 ? PyModule_AddFunctions(module, methods) : -1;
}
