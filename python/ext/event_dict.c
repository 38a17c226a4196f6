#include "event_dict.h"

#include "lines.h"
#include "steps.h"

static PyObject *event_name;  /* "event" */
static PyObject *update_name; /* "update" */

/* -- making one -- */

static PyObject *fail(PyObject *object)
{
    Py_DECREF(object);
    return NULL;
}

/* A context of another kind than dict updates itself. */
static int update_any(PyObject *event, PyObject *items)
{
    PyObject *update = PyObject_GetAttr(event, update_name);
    PyObject *none = PyTuple_New(0);
    PyObject *done = update != NULL && none != NULL ? PyObject_Call(update, none, items) : NULL;
    Py_XDECREF(update);
    Py_XDECREF(none);
    Py_XDECREF(done);
    return done != NULL ? 0 : -1;
}

static PyObject *set_event(PyObject *dict, PyObject *event)
{
    if (event != NULL && PyObject_SetItem(dict, event_name, event) < 0)
        return fail(dict);
    return dict;
}

PyObject *cleatpy_event_dict_of(PyObject *context, PyObject *items, PyObject *event)
{
    if (context == NULL)
        return NULL;
    int result = PyDict_CheckExact(context) ? PyDict_Update(context, items) : update_any(context, items);
    return result == 0 ? set_event(context, event) : fail(context);
}

static int set_items(PyObject *dict, PyObject *const *names, PyObject *const *values, Py_ssize_t count)
{
    for (Py_ssize_t i = 0; i < count; i++)
        if (PyDict_SetItem(dict, names[i], values[i]) < 0)
            return -1;
    return 0;
}

PyObject *cleatpy_event_dict(PyObject *context, PyObject *const *names, PyObject *const *values, Py_ssize_t count,
                             PyObject *event)
{
    if (context == NULL)
        return NULL;
    if (PyDict_CheckExact(context))
        return set_items(context, names, values, count) == 0 ? set_event(context, event) : fail(context);
    PyObject *items = PyDict_New();
    if (items == NULL)
        return fail(context);
    PyObject *dict = set_items(items, names, values, count) == 0 ? cleatpy_event_dict_of(context, items, event)
                                                                 : fail(context);
    Py_DECREF(items);
    return dict;
}

/* -- through the chain -- */

static PyObject *process_any(PyObject *processors, PyObject *logger, PyObject *method, PyObject *event)
{
    PyObject *iterator = PyObject_GetIter(processors);
    PyObject *processor;
    if (iterator == NULL)
        return fail(event);
    while (event != NULL && (processor = PyIter_Next(iterator)) != NULL) {
        PyObject *arguments[] = {logger, method, event};
        PyObject *next = PyObject_Vectorcall(processor, arguments, 3, NULL);
        Py_DECREF(processor);
        Py_SETREF(event, next);
    }
    Py_DECREF(iterator);
    return event != NULL && PyErr_Occurred() != NULL ? fail(event) : event;
}

/* All steps but a last one that the engine stands in for. */
static PyObject *run_steps(const cleatpy_plan *plan, PyObject *logger, PyObject *method, PyObject *event)
{
    Py_ssize_t last = plan->n_steps - (plan->renderer != NULL);
    for (Py_ssize_t i = 0; event != NULL && i < last; i++)
        event = cleatpy_run_step(&plan->steps[i], logger, method, event);
    return event;
}

static PyObject *render(cleatpy_plan *plan, PyObject *logger, PyObject *method, PyObject *event)
{
    PyObject *text;
    int rendered = cleatpy_render_dict(plan, event, &text);
    if (rendered == 0)
        return cleatpy_run_step(&plan->steps[plan->n_steps - 1], logger, method, event);
    Py_DECREF(event);
    return rendered > 0 ? text : NULL;
}

PyObject *cleatpy_process(cleatpy_plan *plan, PyObject *processors, PyObject *logger, PyObject *method, PyObject *event)
{
    if (plan == NULL)
        return process_any(processors, logger, method, event);
    event = run_steps(plan, logger, method, event);
    return event != NULL && plan->renderer != NULL ? render(plan, logger, method, event) : event;
}

/* -- to the wrapped logger -- */

PyObject *cleatpy_arguments_of(PyObject *outcome)
{
    PyObject *arguments = NULL;
    if (outcome == NULL)
        return NULL;
    if (PyUnicode_Check(outcome) || PyBytes_Check(outcome) || PyByteArray_Check(outcome))
        arguments = Py_BuildValue("((O){})", outcome);
    else if (PyTuple_Check(outcome))
        arguments = Py_NewRef(outcome);
    else if (PyDict_Check(outcome))
        arguments = Py_BuildValue("(()O)", outcome);
    else
        PyErr_Format(PyExc_ValueError,
                     "Last processor didn't return something that a logger can be called with: "
                     "a str, bytes, a dict or a tuple of arguments and keywords was expected, not %s.",
                     Py_TYPE(outcome)->tp_name);
    Py_DECREF(outcome);
    return arguments;
}

/* As `args, kw = arguments` would take it apart. */
static PyObject *call_with_pair(PyObject *callable, PyObject *pair)
{
    if (PySequence_Fast_GET_SIZE(pair) != 2) {
        PyErr_Format(PyExc_ValueError, "%s values to unpack (expected 2)",
                     PySequence_Fast_GET_SIZE(pair) > 2 ? "too many" : "not enough");
        return NULL;
    }
    PyObject *args = PySequence_Tuple(PySequence_Fast_GET_ITEM(pair, 0));
    PyObject *kwargs = args != NULL ? PyDict_New() : NULL;
    PyObject *result = NULL;
    if (kwargs != NULL && PyDict_Update(kwargs, PySequence_Fast_GET_ITEM(pair, 1)) == 0)
        result = PyObject_Call(callable, args, kwargs);
    Py_XDECREF(args);
    Py_XDECREF(kwargs);
    return result;
}

PyObject *cleatpy_call_with(PyObject *logger, PyObject *method, PyObject *arguments)
{
    PyObject *pair = PySequence_Fast(arguments, "the arguments of a wrapped logger's method are a tuple and a dict");
    PyObject *callable = pair != NULL ? PyObject_GetAttr(logger, method) : NULL;
    PyObject *result = callable != NULL ? call_with_pair(callable, pair) : NULL;
    Py_XDECREF(callable);
    Py_XDECREF(pair);
    Py_DECREF(arguments);
    return result;
}

static PyObject *pass_on(PyObject *logger, PyObject *method, PyObject *outcome)
{
    if (PyUnicode_CheckExact(outcome) || PyBytes_CheckExact(outcome)) {
        PyObject *result = PyObject_CallMethodOneArg(logger, method, outcome);
        Py_DECREF(outcome);
        return result;
    }
    PyObject *arguments = cleatpy_arguments_of(outcome);
    return arguments != NULL ? cleatpy_call_with(logger, method, arguments) : NULL;
}

static PyObject *render_and_pass_on(cleatpy_plan *plan, cleatpy_output *output, PyObject *logger, PyObject *method,
                                    PyObject *event)
{
    int written = cleatpy_output_be_about(output, logger) == 0 ? cleatpy_write_dict(plan, event, output) : -1;
    if (written != 0) {
        Py_DECREF(event);
        return written > 0 ? Py_NewRef(Py_None) : NULL;
    }
    PyObject *outcome = render(plan, logger, method, event);
    PyObject *result = outcome != NULL ? pass_on(logger, method, outcome) : NULL;
    if (result != NULL && output->logger == logger)
        cleatpy_output_note_call(output);
    return result;
}

PyObject *cleatpy_log_event(cleatpy_plan *plan, PyObject *processors, cleatpy_output *output, PyObject *logger,
                            PyObject *method, PyObject *event)
{
    PyObject *outcome =
        plan != NULL ? run_steps(plan, logger, method, event) : process_any(processors, logger, method, event);
    if (outcome == NULL)
        return NULL;
    if (plan != NULL && plan->renderer != NULL)
        return render_and_pass_on(plan, output, logger, method, outcome);
    return pass_on(logger, method, outcome);
}

/* -- events that are dropped -- */

static PyObject *drop_event; /* the exception's class */

static PyObject *know_drop_event(PyObject *module, PyObject *type)
{
    (void)module;
    Py_XSETREF(drop_event, Py_NewRef(type));
    Py_RETURN_NONE;
}

bool cleatpy_is_dropped(void)
{
    if (drop_event == NULL || PyErr_Occurred() == NULL || !PyErr_ExceptionMatches(drop_event))
        return false;
    PyErr_Clear();
    return true;
}

static PyMethodDef methods[] = {
    {"know_drop_event", know_drop_event, METH_O,
     "know_drop_event($module, type, /)\n--\n\nHave a log call end in silence when a processor raises this exception."},
    {NULL, NULL, 0, NULL},
};

int cleatpy_add_event_dicts(PyObject *module)
{
    event_name = PyUnicode_InternFromString("event");
    update_name = PyUnicode_InternFromString("update");
    return event_name != NULL && update_name != NULL ? PyModule_AddFunctions(module, methods) : -1;
}
