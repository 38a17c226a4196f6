#include "level.h"

#include <structmember.h>

#include "../module.h"

PyTypeObject *cleatpy_level_type;

static PyObject *new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {(char *)"name", (char *)"no", (char *)"style", (char *)"icon", NULL};
    PyObject *name;
    PyObject *style;
    PyObject *icon;
    long no;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "UlUU:Level", names, &name, &no, &style, &icon))
        return NULL;
    cleatpy_level *level = (cleatpy_level *)type->tp_alloc(type, 0);
    if (level == NULL)
        return NULL;
    level->name = Py_NewRef(name);
    level->style = Py_NewRef(style);
    level->icon = Py_NewRef(icon);
    level->no = no;
    return (PyObject *)level;
}

static void dealloc(PyObject *object)
{
    cleatpy_level *level = (cleatpy_level *)object;
    PyTypeObject *type = Py_TYPE(object);
    Py_XDECREF(level->name);
    Py_XDECREF(level->style);
    Py_XDECREF(level->icon);
    type->tp_free(object);
    Py_DECREF(type);
}

static PyObject *represent(PyObject *object)
{
    const cleatpy_level *level = (cleatpy_level *)object;
    return PyUnicode_FromFormat("<Level %U %ld>", level->name, level->no);
}

static PyMemberDef members[] = {
    {"name", T_OBJECT, offsetof(cleatpy_level, name), READONLY, "its name, as lines show it"},
    {"no", T_LONG, offsetof(cleatpy_level, no), READONLY, "its number: higher is more severe"},
    {"style", T_OBJECT, offsetof(cleatpy_level, style), READONLY, "the escape sequence that begins its colour"},
    {"icon", T_OBJECT, offsetof(cleatpy_level, icon), READONLY, "its icon, or an empty text"},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, CLEATPY_SLOT("Level(name, no, style, icon)\n--\n\nA level as records have it. Immutable.")},
    {Py_tp_new, CLEATPY_SLOT(new)},
    {Py_tp_dealloc, CLEATPY_SLOT(dealloc)},
    {Py_tp_repr, CLEATPY_SLOT(represent)},
    {Py_tp_members, members},
    {0, NULL},
};

static PyType_Spec spec = {"cleat._engine.Level", sizeof(cleatpy_level), 0, Py_TPFLAGS_DEFAULT, slots};

int cleatpy_add_level(PyObject *module)
{
    cleatpy_level_type = (PyTypeObject *)PyType_FromSpec(&spec);
    return cleatpy_level_type != NULL ? PyModule_AddType(module, cleatpy_level_type) : -1;
}
