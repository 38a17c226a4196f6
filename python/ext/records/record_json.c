#include "record_json.h"

#include "../module.h"
#include "json_values.h"
#include "object_text.h"
#include "time_pattern.h"

typedef struct {
    PyObject_HEAD
    PyObject *simplify;
} record_json;

PyTypeObject *cleatpy_record_json_type;

/* ISO 8601, local, with offset. */
static struct cleatpy_time_pattern *time_pattern;

/* -- lines -- */

#define ADD_LITERAL(text, literal) cleatpy_text_add((text), "" literal, sizeof(literal) - 1)

static bool is_known(PyObject *part)
{
    return part != NULL && PyUnicode_Check(part) && PyUnicode_GET_LENGTH(part) > 0;
}

static int add_caller(const struct cleatpy_record *record, struct cleatpy_text *text)
{
    if (is_known(record->name)) {
        ADD_LITERAL(text, ",\"name\":");
        if (cleatpy_json_add_str(text, record->name) < 0)
            return -1;
    }
    if (is_known(record->function)) {
        ADD_LITERAL(text, ",\"function\":");
        if (cleatpy_json_add_str(text, record->function) < 0)
            return -1;
    }
    if (record->line != 0) {
        ADD_LITERAL(text, ",\"line\":");
        cleatpy_text_add_number(text, record->line);
    }
    return 0;
}

static int add_extra(const record_json *self, const struct cleatpy_record *record, struct cleatpy_text *text)
{
    if (record->extra == NULL || PyDict_GET_SIZE(record->extra) == 0)
        return 0;
    struct cleatpy_json_writer writer;
    writer.text = text;
    writer.simplify = self->simplify;
    writer.n_containers = 0;
    writer.has_refused = false;
    ADD_LITERAL(text, ",\"extra\":");
    return cleatpy_json_add_dict(&writer, record->extra);
}

static int add_exception(const struct cleatpy_record *record, struct cleatpy_text *text)
{
    if (record->exception == NULL || record->exception == Py_None)
        return 0;
    PyObject *str = cleatpy_object_text(record->exception);
    if (str == NULL)
        return -1;
    ADD_LITERAL(text, ",\"exception\":");
    int result = cleatpy_json_add_str(text, str);
    Py_DECREF(str);
    return result;
}

static int add_beginning(const struct cleatpy_record *record, struct cleatpy_text *text)
{
    ADD_LITERAL(text, "{\"time\":\"");
    if (cleatpy_time_pattern_add(time_pattern, record->time, record->is_frozen, text) < 0)
        return -1;
    ADD_LITERAL(text, "\",\"level\":");
    if (cleatpy_json_add_str(text, record->level->name) < 0)
        return -1;
    ADD_LITERAL(text, ",\"message\":");
    return cleatpy_json_add_str(text, record->message);
}

int cleatpy_record_json_render(PyObject *object, const struct cleatpy_record *record, struct cleatpy_text *text)
{
    if (add_beginning(record, text) < 0 || add_caller(record, text) < 0 ||
        add_extra((const record_json *)object, record, text) < 0 || add_exception(record, text) < 0)
        return -1;
    cleatpy_text_add_char(text, '}');
    if (!text->has_failed)
        return 0;
    PyErr_NoMemory();
    return -1;
}

/* -- the type -- */

static PyObject *new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {(char *)"simplify", NULL};
    PyObject *simplify;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:RecordJson", names, &simplify))
        return NULL;
    if (!PyCallable_Check(simplify)) {
        PyErr_Format(PyExc_TypeError, "simplify is to be callable, not %s", Py_TYPE(simplify)->tp_name);
        return NULL;
    }
    record_json *self = (record_json *)type->tp_alloc(type, 0);
    if (self != NULL)
        self->simplify = Py_NewRef(simplify);
    return (PyObject *)self;
}

static int traverse(PyObject *object, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(object));
    Py_VISIT(((record_json *)object)->simplify);
    return 0;
}

static int clear(PyObject *object)
{
    Py_CLEAR(((record_json *)object)->simplify);
    return 0;
}

static void dealloc(PyObject *object)
{
    cleatpy_end(object, clear);
}

PyDoc_STRVAR(doc,
             "RecordJson(simplify)\n--\n\n"
             "A format: records as JSON (RFC 8259), one line each, in UTF-8.\n\n"
             "An object of time (ISO 8601, local with offset, microseconds), level, message, name, function and\n"
             "line where they are known, extra, an object of the bound fields, where there are any, and exception\n"
             "where there is one. No key is there twice: keys that are no str are str(key), and of two that are the\n"
             "same then the latter's value stays.\n\n"
             "None, bool, int, float, str, list, tuple and dict are written as what JSON has for them; ints beyond\n"
             "64 bits as text. Anything else, NaN and what is derived from these types included, is simplify(value),\n"
             "which returns one of these or something simpler. Where it raises an Exception the field as a whole\n"
             "is its str(), its repr(), or else <unprintable Type>. What is nested deeper than 32, or in itself, is\n"
             "<recursion limit reached>. Line separators and what turns text around are escaped.\n\n"
             "Raises TypeError for what cannot be called. Immutable; may be shared by threads.");

static PyType_Slot slots[] = {
    {Py_tp_doc, CLEATPY_SLOT(doc)},         {Py_tp_new, CLEATPY_SLOT(new)},
    {Py_tp_dealloc, CLEATPY_SLOT(dealloc)}, {Py_tp_traverse, CLEATPY_SLOT(traverse)},
    {Py_tp_clear, CLEATPY_SLOT(clear)},     {0, NULL},
};

static PyType_Spec spec = {"cleat._engine.RecordJson", sizeof(record_json), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
                           slots};

int cleatpy_add_record_json(PyObject *module)
{
    static const char *const parts[] = {"YYYY", "=-", "MM", "=-", "DD", "=T",     "HH",
                                        "=:",   "mm", "=:", "ss", "=.", "SSSSSS", "Z"};
    time_pattern = cleatpy_time_pattern_of(parts, sizeof(parts) / sizeof(parts[0]));
    cleatpy_record_json_type = time_pattern != NULL ? (PyTypeObject *)PyType_FromSpec(&spec) : NULL;
    return cleatpy_record_json_type != NULL ? PyModule_AddType(module, cleatpy_record_json_type) : -1;
}
