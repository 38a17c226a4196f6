#include "format_spec.h"

#include "object_text.h"

#define WIDEST 9999

/* -- taking apart -- */

static bool is_align(Py_UCS4 character)
{
    return character == '<' || character == '^' || character == '>';
}

/* The width that the rest of a specification is; -1: it is more than that. */
static Py_ssize_t read_width(PyObject *text, Py_ssize_t start)
{
    Py_ssize_t width = 0;
    for (Py_ssize_t i = start; i < PyUnicode_GET_LENGTH(text); i++) {
        Py_UCS4 character = PyUnicode_READ_CHAR(text, i);
        if (character < '0' || character > '9' || (character == '0' && i == start) || width > WIDEST)
            return -1;
        width = width * 10 + (Py_ssize_t)(character - '0');
    }
    return width;
}

int cleatpy_format_spec_begin(struct cleatpy_format_spec *spec, PyObject *text)
{
    *spec = (struct cleatpy_format_spec){.fill = ' '};
    if (!PyUnicode_Check(text)) {
        PyErr_SetString(PyExc_TypeError, "a format specification is a str");
        return -1;
    }
    if (PyUnicode_GET_LENGTH(text) == 0)
        return 0;
    spec->text = PyUnicode_FromObject(text);
    if (spec->text == NULL)
        return -1;
    Py_ssize_t start = 0;
    if (PyUnicode_GET_LENGTH(text) > 1 && is_align(PyUnicode_READ_CHAR(text, 1))) {
        spec->fill = PyUnicode_READ_CHAR(text, 0);
        start = 2;
    } else if (is_align(PyUnicode_READ_CHAR(text, 0))) {
        start = 1;
    }
    if (start > 0)
        spec->align = (char)PyUnicode_READ_CHAR(text, start - 1);
    spec->width = read_width(text, start);
    spec->only_pads = spec->width >= 0;
    return 0;
}

void cleatpy_format_spec_end(struct cleatpy_format_spec *spec)
{
    Py_CLEAR(spec->text);
}

/* -- padding -- */

static void add_fill(struct cleatpy_text *text, const struct cleatpy_format_spec *spec, Py_ssize_t count)
{
    if (count <= 0)
        return;
    if (spec->fill >= 0x80) {
        for (Py_ssize_t i = 0; i < count; i++)
            cleatpy_text_add_character(text, spec->fill);
        return;
    }
    char *to = cleatpy_text_reserve(text, (size_t)count);
    if (to == NULL)
        return;
    memset(to, (int)spec->fill, (size_t)count);
    text->length += (size_t)count;
}

/* How much of the padding stands in front. */
static Py_ssize_t in_front(const struct cleatpy_format_spec *spec, Py_ssize_t padding, char usual_align)
{
    char align = spec->align != 0 ? spec->align : usual_align;
    return align == '<' ? 0 : align == '>' ? padding : padding / 2;
}

static int add_padded(struct cleatpy_text *text, const struct cleatpy_format_spec *spec, PyObject *str,
                      enum cleatpy_safety safety)
{
    Py_ssize_t padding = spec->width - PyUnicode_GET_LENGTH(str);
    Py_ssize_t before = padding > 0 ? in_front(spec, padding, '<') : 0;
    add_fill(text, spec, before);
    if (cleatpy_text_add_shown(text, str, safety) < 0)
        return -1;
    add_fill(text, spec, padding - before);
    return 0;
}

/* -- values -- */

static int add_text_of(struct cleatpy_text *text, const struct cleatpy_format_spec *spec, PyObject *value,
                       enum cleatpy_safety safety)
{
    PyObject *str = cleatpy_object_text(value);
    if (str == NULL)
        return -1;
    int result = spec->only_pads ? add_padded(text, spec, str, safety) : cleatpy_text_add_shown(text, str, safety);
    Py_DECREF(str);
    return result;
}

static int add_as_python_does(struct cleatpy_text *text, const struct cleatpy_format_spec *spec, PyObject *value,
                              enum cleatpy_safety safety)
{
    PyObject *str = PyObject_Format(value, spec->text);
    if (str == NULL)
        return cleatpy_forget_exception() ? add_text_of(text, spec, value, safety) : -1;
    int result = cleatpy_text_add_shown(text, str, safety);
    Py_DECREF(str);
    return result;
}

int cleatpy_text_add_formatted(struct cleatpy_text *text, const struct cleatpy_format_spec *spec, PyObject *value,
                               enum cleatpy_safety safety)
{
    if (PyUnicode_CheckExact(value)) {
        if (spec->text == NULL)
            return cleatpy_text_add_shown(text, value, safety);
        if (spec->only_pads)
            return add_padded(text, spec, value, safety);
    }
    return spec->text != NULL ? add_as_python_does(text, spec, value, safety) : add_text_of(text, spec, value, safety);
}

int cleatpy_text_add_formatted_number(struct cleatpy_text *text, const struct cleatpy_format_spec *spec,
                                      long long number)
{
    if (spec->text == NULL) {
        cleatpy_text_add_number(text, number);
        return 0;
    }
    PyObject *object = PyLong_FromLongLong(number);
    int result = object != NULL ? cleatpy_text_add_formatted(text, spec, object, CLEATPY_AS_IT_IS) : -1;
    Py_XDECREF(object);
    return result;
}

int cleatpy_text_format_tail(struct cleatpy_text *text, const struct cleatpy_format_spec *spec, size_t start)
{
    if (spec->text == NULL || text->has_failed)
        return 0;
    PyObject *str = PyUnicode_DecodeUTF8(text->data + start, (Py_ssize_t)(text->length - start), "replace");
    if (str == NULL)
        return -1;
    text->length = start;
    int result = cleatpy_text_add_formatted(text, spec, str, CLEATPY_AS_IT_IS);
    Py_DECREF(str);
    return result;
}
