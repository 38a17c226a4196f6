#include "template.h"

#include <structmember.h>

#include "../module.h"
#include "segment.h"

typedef struct {
    PyObject_HEAD
    enum cleatpy_safety safety;
    unsigned needs;
    Py_ssize_t count;
    struct cleatpy_segment *segments;
} template;

PyTypeObject *cleatpy_template_type;

unsigned cleatpy_template_needs(PyObject *object)
{
    return ((const template *)object)->needs;
}

int cleatpy_template_render(PyObject *object, const struct cleatpy_record *record, struct cleatpy_text *text)
{
    const template *self = (const template *)object;
    if (cleatpy_segments_render(self->segments, (size_t)self->count, record, self->safety, text) < 0)
        return -1;
    if (!text->has_failed)
        return 0;
    PyErr_NoMemory();
    return -1;
}

/* -- the type -- */

static int fill(template *self, PyObject *segments)
{
    Py_ssize_t count = PySequence_Fast_GET_SIZE(segments);
    self->segments = PyMem_Calloc((size_t)count + 1, sizeof(*self->segments));
    if (self->segments == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    while (self->count < count) {
        struct cleatpy_segment *segment = &self->segments[self->count];
        if (cleatpy_segment_begin(segment, PySequence_Fast_GET_ITEM(segments, self->count++)) < 0)
            return -1;
        self->needs |= cleatpy_segment_needs(segment);
    }
    return 0;
}

static PyObject *new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {(char *)"segments", (char *)"safe", (char *)"lines", NULL};
    PyObject *given;
    int safe = 1;
    int lines = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|$pp:Template", names, &given, &safe, &lines))
        return NULL;
    PyObject *segments = PySequence_Tuple(given);
    template *self = segments != NULL ? (template *)type->tp_alloc(type, 0) : NULL;
    if (self != NULL) {
        self->safety = !safe ? CLEATPY_AS_IT_IS : lines ? CLEATPY_SAFE_LINES : CLEATPY_SAFE;
        if (fill(self, segments) < 0)
            Py_CLEAR(self);
    }
    Py_XDECREF(segments);
    return (PyObject *)self;
}

static void dealloc(PyObject *object)
{
    template *self = (template *)object;
    PyTypeObject *type = Py_TYPE(object);
    for (Py_ssize_t i = 0; i < self->count; i++)
        cleatpy_segment_end(&self->segments[i]);
    PyMem_Free(self->segments);
    type->tp_free(object);
    Py_DECREF(type);
}

static PyMemberDef members[] = {
    {"needs", T_UINT, offsetof(template, needs), READONLY,
     "the parts of records that it shows: 1 caller, 2 thread, 4 process, 8 time, 16 extra"},
    {NULL, 0, 0, 0, NULL},
};

PyDoc_STRVAR(doc,
             "Template(segments, *, safe=True, lines=False)\n--\n\n"
             "A format that was taken apart: a row of segments, which make the text of a record's line.\n\n"
             "A segment is a tuple of its kind and what that needs:\n\n"
             "  (\"text\", str)                  the text itself\n"
             "  (\"level_style\",)               the escape sequence of the level's colour\n"
             "  (\"token\", name, spec)          a part of the record: level, level_no, level_icon, name, module,\n"
             "                                 function, line, file, path, elapsed, elapsed_delta, thread,\n"
             "                                 thread_name, thread_id, process, process_name, process_id\n"
             "  (\"elapsed_delta\", spec)        the time since the start, as str() of a timedelta\n"
             "  (\"time\", parts, spec)          the time; parts are \"=text\" or directives of loguru's formats,\n"
             "                                 behind \"!UTC\" where it is not local time\n"
             "  (\"message\", mode, base)        the message; the tags of colours in it are left as they are\n"
             "                                 (\"plain\"), taken out (\"strip\") or followed (\"colour\"): then\n"
             "                                 base, a tuple of escape sequences, begins anew after each of\n"
             "                                 them; None stands for the level's style. A fourth part is a spec\n"
             "  (\"extra\", key, spec)           a bound field; nothing where there is none; with True behind it a\n"
             "                                 KeyError\n"
             "  (\"all_extra\", spec)            all bound fields, as str() of a dict\n"
             "  (\"exception\", prefix)          prefix and exception; nothing where there is none; with True behind\n"
             "                                 it the exception's text stays as it is\n\n"
             "spec is a format specification of Python's. An empty one is str(); what refuses one is str(), padded.\n"
             "What raises an Exception when it is to be shown is shown as <unprintable Type>.\n\n"
             "safe: line breaks, control characters and escape sequences in data are shown as repr() shows them;\n"
             "line feeds and tabs pass in exceptions, and everywhere with lines. Raises ValueError for segments\n"
             "that are not as above, and TypeError. Immutable; may be shared by threads.");

static PyType_Slot slots[] = {
    {Py_tp_doc, CLEATPY_SLOT(doc)},
    {Py_tp_new, CLEATPY_SLOT(new)},
    {Py_tp_dealloc, CLEATPY_SLOT(dealloc)},
    {Py_tp_members, members},
    {0, NULL},
};

static PyType_Spec spec = {"cleat._engine.Template", sizeof(template), 0, Py_TPFLAGS_DEFAULT, slots};

int cleatpy_add_template(PyObject *module)
{
    cleatpy_template_type = (PyTypeObject *)PyType_FromSpec(&spec);
    return cleatpy_template_type != NULL ? PyModule_AddType(module, cleatpy_template_type) : -1;
}
