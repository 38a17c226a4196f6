#include "module.h"

#include <cleat/common.h>

#include "bound_logger.h"
#include "clock.h"
#include "contextvars.h"
#include "engine_sink.h"
#include "event_dict.h"
#include "host.h"
#include "lazy_proxy.h"
#include "level_method.h"
#include "lines.h"
#include "log_record.h"
#include "output.h"
#include "outlet.h"
#include "plan.h"
#include "record_formatter.h"
#include "records/caller.h"
#include "records/console_sink.h"
#include "records/core.h"
#include "records/emit.h"
#include "records/file_sink.h"
#include "records/handler.h"
#include "records/level.h"
#include "records/log_method.h"
#include "records/record.h"
#include "records/record_json.h"
#include "records/record_logger.h"
#include "records/template.h"
#include "shapes.h"
#include "sink_logger.h"
#include "steps.h"
#include "write_lock.h"

struct cleatpy_strings cleatpy_strings;

static int make_strings(void)
{
    struct {
        PyObject **place;
        const char *text;
    } strings[] = {
        {&cleatpy_strings.ag_running, "ag_running"}, {&cleatpy_strings.co_code, "co_code"},
        {&cleatpy_strings.context, "_context"},      {&cleatpy_strings.f_lasti, "f_lasti"},
        {&cleatpy_strings.setdefault, "setdefault"}, {&cleatpy_strings.structlog, "__structlog__"},
    };
    for (size_t i = 0; i < sizeof(strings) / sizeof(*strings); i++)
        if ((*strings[i].place = PyUnicode_InternFromString(strings[i].text)) == NULL)
            return -1;
    return 0;
}

/* With an error if it is one. */
static bool is_sub_interpreter(void)
{
    if (PyInterpreterState_Get() == PyInterpreterState_Main())
        return false;
    PyErr_SetString(PyExc_ImportError,
                    "cleat works in the main interpreter of a process only, and this is a sub-interpreter");
    return true;
}

/* Up to Python 3.11 a sub-interpreter gets a copy of the module that the main one has, and nothing here is asked. */
static PyObject *refuse_sub_interpreter(PyObject *module, PyObject *Py_UNUSED(unused))
{
    (void)module;
    return is_sub_interpreter() ? NULL : Py_NewRef(Py_None);
}

static PyMethodDef functions[] = {
    {"refuse_sub_interpreter", refuse_sub_interpreter, METH_NOARGS, "ImportError in any but the main interpreter."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,           .m_name = "cleat._engine",
    .m_doc = "The engine of Cleat.", .m_size = -1, /* one interpreter, one state */
    .m_methods = functions,
};

/* In the order in which they need each other. */
static int add_lines(PyObject *module)
{
    static int (*const parts[])(PyObject * module) = {
        cleatpy_add_clock,
        cleatpy_add_shapes,
        cleatpy_add_write_lock,
        cleatpy_add_outlets,
        cleatpy_add_outputs,
        cleatpy_add_steps,
        cleatpy_add_plans,
        cleatpy_add_lines,
        cleatpy_add_event_dicts,
        cleatpy_add_bound_logger,
        cleatpy_add_level_method,
        cleatpy_add_engine_sinks,
        cleatpy_add_sink_loggers,
        cleatpy_add_record_formatter,
        cleatpy_add_log_record,
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (parts[i](module) < 0)
            return -1;
    return 0;
}

/* What record loggers are made of, those of logust's and loguru's doors. */
static int add_records(PyObject *module)
{
    static int (*const parts[])(PyObject * module) = {
        cleatpy_add_level,
        cleatpy_add_template,
        cleatpy_add_record_json,
        cleatpy_add_file_sink,
        cleatpy_add_console_sink,
        cleatpy_add_handler,
        cleatpy_add_core,
        cleatpy_add_callers,
        cleatpy_add_record,
        cleatpy_add_emit,
        cleatpy_add_record_logger,
        cleatpy_add_log_method,
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (parts[i](module) < 0)
            return -1;
    return 0;
}

static PyObject *fill(PyObject *module)
{
    if (make_strings() == 0 && PyModule_AddStringConstant(module, "version", cleat_version()) == 0 &&
        cleatpy_add_contextvars(module) == 0 && add_lines(module) == 0 && add_records(module) == 0 && cleatpy_add_lazy_proxy(module) == 0 &&
        cleatpy_become_host(module) == 0)
        return module;
    Py_DECREF(module);
    return NULL;
}

PyMODINIT_FUNC PyInit__engine(void);

PyMODINIT_FUNC PyInit__engine(void)
{
    if (is_sub_interpreter())
        return NULL;
    PyObject *module = PyModule_Create(&definition);
    return module != NULL ? fill(module) : NULL;
}
