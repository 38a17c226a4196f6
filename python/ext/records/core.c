#include "core.h"

#include <limits.h>
#include <structmember.h>

#include "../module.h"

PyTypeObject *cleatpy_core_type;

/* -- the door's functions -- */

PyObject *cleatpy_call_part(PyObject *part, PyObject *argument)
{
    Py_INCREF(part);
    PyObject *result = PyObject_CallOneArg(part, argument);
    Py_DECREF(part);
    return result;
}

/* -- levels, modules -- */

static cleatpy_level *checked_level(PyObject *level)
{
    if (level == NULL || Py_IS_TYPE(level, cleatpy_level_type))
        return (cleatpy_level *)level;
    PyErr_Format(PyExc_TypeError, "a level must be a Level, not %.100s", Py_TYPE(level)->tp_name);
    Py_DECREF(level);
    return NULL;
}

cleatpy_level *cleatpy_find_level(cleatpy_core *core, PyObject *wanted)
{
    if (PyUnicode_CheckExact(wanted)) {
        PyObject *level = PyDict_GetItemWithError(core->levels, wanted);
        if (level != NULL || PyErr_Occurred() != NULL)
            return checked_level(Py_XNewRef(level));
    }
    if (core->resolve_level != NULL)
        return checked_level(cleatpy_call_part(core->resolve_level, wanted));
    PyErr_Format(PyExc_ValueError, "there is no level %R", wanted);
    return NULL;
}

/* Remembers the answer. A new reference; NULL: Python error. */
static PyObject *ask_whether_enabled(PyObject *is_enabled, PyObject *enabled, PyObject *name)
{
    PyObject *answer = cleatpy_call_part(is_enabled, name);
    if (answer != NULL && PyDict_SetItem(enabled, name, answer) < 0)
        Py_CLEAR(answer);
    return answer;
}

int cleatpy_is_enabled(cleatpy_core *core, PyObject *name)
{
    PyObject *enabled =
        Py_NewRef(core->enabled); /* nobody else looks into it any more if is_enabled is set meanwhile */
    PyObject *answer = PyDict_GetItemWithError(enabled, name);
    Py_XINCREF(answer);
    if (answer == NULL && PyErr_Occurred() == NULL)
        answer = core->is_enabled != NULL ? ask_whether_enabled(core->is_enabled, enabled, name) : Py_NewRef(Py_True);
    Py_DECREF(enabled);
    int result = answer != NULL ? PyObject_IsTrue(answer) : -1;
    Py_XDECREF(answer);
    return result;
}

/* -- attributes -- */

static PyObject *get_handlers(PyObject *object, void *unused)
{
    (void)unused;
    return Py_NewRef(((cleatpy_core *)object)->handlers);
}

static long lowest_level(PyObject *handlers)
{
    long lowest = LONG_MAX;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(handlers); i++) {
        const cleatpy_handler *handler = (cleatpy_handler *)PyTuple_GET_ITEM(handlers, i);
        if (handler->level_no < lowest)
            lowest = handler->level_no;
    }
    return lowest;
}

static int set_handlers(PyObject *object, PyObject *value, void *unused)
{
    (void)unused;
    cleatpy_core *core = (cleatpy_core *)object;
    PyObject *handlers = value != NULL ? PySequence_Tuple(value) : NULL;
    if (handlers == NULL) {
        if (value == NULL)
            PyErr_SetString(PyExc_AttributeError, "a core's handlers cannot be deleted; set them to ()");
        return -1;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(handlers); i++)
        if (!PyObject_TypeCheck(PyTuple_GET_ITEM(handlers, i), cleatpy_handler_type)) {
            PyErr_Format(PyExc_TypeError, "handlers must be Handlers, not %.100s",
                         Py_TYPE(PyTuple_GET_ITEM(handlers, i))->tp_name);
            Py_DECREF(handlers);
            return -1;
        }
    core->min_no = lowest_level(handlers);
    Py_SETREF(core->handlers, handlers);
    return 0;
}

static PyObject *get_needs(PyObject *object, void *unused)
{
    (void)unused;
    const cleatpy_core *core = (cleatpy_core *)object;
    unsigned needs = 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(core->handlers); i++)
        needs |= ((cleatpy_handler *)PyTuple_GET_ITEM(core->handlers, i))->needs;
    return PyLong_FromUnsignedLong(needs);
}

static PyObject **part_at(PyObject *object, const void *offset)
{
    return (PyObject **)((char *)object + (uintptr_t)offset);
}

static PyObject *get_part(PyObject *object, void *offset)
{
    PyObject *part = *part_at(object, offset);
    return Py_NewRef(part != NULL ? part : Py_None);
}

/* None, like nothing, takes a part away. */
static int set_part(PyObject *object, PyObject *value, void *offset)
{
    Py_XSETREF(*part_at(object, offset), value == Py_None ? NULL : Py_XNewRef(value));
    return 0;
}

static int set_extra(PyObject *object, PyObject *value, void *offset)
{
    if (value == NULL || value == Py_None || PyDict_Check(value))
        return set_part(object, value, offset);
    PyErr_Format(PyExc_TypeError, "extra must be a dict or None, not %.100s", Py_TYPE(value)->tp_name);
    return -1;
}

static int set_is_enabled(PyObject *object, PyObject *value, void *offset)
{
    PyObject *enabled = PyDict_New();
    if (enabled == NULL || set_part(object, value, offset) < 0) {
        Py_XDECREF(enabled);
        return -1;
    }
    Py_SETREF(((cleatpy_core *)object)->enabled, enabled);
    return 0;
}

#define PART(name, set, doc)                                                                                           \
    {                                                                                                                  \
#name, get_part, set, doc, (void *)offsetof(cleatpy_core, name)                                                \
    }

static PyGetSetDef properties[] = {
    {"handlers", get_handlers, set_handlers, "A tuple. Lines on their way go on with the one they began with.", NULL},
    {"needs", get_needs, NULL, "The parts of a record that its handlers ask for.", NULL},
    PART(extra, set_extra, "A dict of fields beneath those that are bound, or None."),
    PART(patcher, set_part, "Runs in front of the patchers of loggers, or None."),
    PART(make_record, set_part, "Makes a record's dict."),
    PART(read_record, set_part, "Takes message, exception and extra from a record's dict."),
    PART(consumed, set_part, "Tells which keywords a message's text uses up."),
    PART(resolve_level, set_part, "Finds a Level that is not among `levels` as it was given."),
    PART(resolve_exception, set_part, "Makes of what a call gave as its exception what a record has."),
    PART(is_enabled, set_is_enabled, "Tells whether the records of a module are wanted. Asked once for each name."),
    PART(report, set_part, "Tells of a failure of a handler; called while its exception is handled."),
    PART(log_with_options, set_part, "Takes the calls of loggers that have options."),
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef members[] = {
    {"min_no", T_LONG, offsetof(cleatpy_core, min_no), READONLY, "the lowest level that any handler takes"},
    {"levels", T_OBJECT, offsetof(cleatpy_core, levels), READONLY, "a dict: name to Level"},
    {"takes_exception", T_BOOL, offsetof(cleatpy_core, takes_exception), 0,
     "whether the keywords exception and _depth are no fields"},
    {NULL, 0, 0, 0, NULL},
};

/* -- the type -- */

static PyObject *new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args; /* a sub-class's __init__ may take some */
    (void)kwargs;
    cleatpy_core *core = (cleatpy_core *)type->tp_alloc(type, 0);
    if (core == NULL)
        return NULL;
    core->min_no = LONG_MAX;
    core->handlers = PyTuple_New(0);
    core->levels = PyDict_New();
    core->enabled = PyDict_New();
    if (core->handlers == NULL || core->levels == NULL || core->enabled == NULL)
        Py_CLEAR(core);
    return (PyObject *)core;
}

static int traverse(PyObject *object, visitproc visit, void *arg)
{
    const cleatpy_core *core = (cleatpy_core *)object;
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(core->handlers);
    Py_VISIT(core->levels);
    Py_VISIT(core->enabled);
    for (const PyGetSetDef *part = properties; part->name != NULL; part++)
        if (part->get == get_part)
            Py_VISIT(*part_at(object, part->closure));
    return 0;
}

static int clear(PyObject *object)
{
    cleatpy_core *core = (cleatpy_core *)object;
    for (const PyGetSetDef *part = properties; part->name != NULL; part++)
        if (part->get == get_part)
            Py_CLEAR(*part_at(object, part->closure));
    Py_CLEAR(core->handlers);
    Py_CLEAR(core->levels);
    Py_CLEAR(core->enabled);
    return 0;
}

static void dealloc(PyObject *object)
{
    cleatpy_end(object, clear);
}

static PyType_Slot slots[] = {
    {Py_tp_doc, CLEATPY_SLOT("What a record logger shares with all that are made from it.")},
    {Py_tp_new, CLEATPY_SLOT(new)},
    {Py_tp_traverse, CLEATPY_SLOT(traverse)},
    {Py_tp_clear, CLEATPY_SLOT(clear)},
    {Py_tp_dealloc, CLEATPY_SLOT(dealloc)},
    {Py_tp_members, members},
    {Py_tp_getset, properties},
    {0, NULL},
};

static PyType_Spec spec = {"cleat._engine.Core", sizeof(cleatpy_core), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE, slots};

int cleatpy_add_core(PyObject *module)
{
    cleatpy_core_type = (PyTypeObject *)PyType_FromSpec(&spec);
    return cleatpy_core_type != NULL ? PyModule_AddType(module, cleatpy_core_type) : -1;
}
