/* segment_parse.c - segments from the tuples that describe them. */
#include "segment.h"

/* -- kinds -- */

static int fail(const char *problem, PyObject *found)
{
    PyErr_Format(PyExc_ValueError, "%s: %R", problem, found);
    return -1;
}

/* The UTF-8 of a str, as bytes. */
static PyObject *bytes_of(PyObject *str)
{
    struct cleatpy_text text;
    cleatpy_text_begin(&text);
    PyObject *bytes = NULL;
    if (!PyUnicode_Check(str))
        PyErr_Format(PyExc_TypeError, "a segment's text is a str, not %s", Py_TYPE(str)->tp_name);
    else if (cleatpy_text_add_str(&text, str) == 0)
        bytes = text.has_failed ? PyErr_NoMemory() : PyBytes_FromStringAndSize(text.data, (Py_ssize_t)text.length);
    cleatpy_text_end(&text);
    return bytes;
}

static int parse_bytes(struct cleatpy_segment *segment, PyObject *tuple)
{
    segment->object = bytes_of(PyTuple_GET_ITEM(tuple, 1));
    return segment->object != NULL ? 0 : -1;
}

/* The last of its parts, which may be missing: false. */
static int parse_flag(bool *flag, PyObject *tuple, Py_ssize_t place)
{
    int answer = PyTuple_GET_SIZE(tuple) > place ? PyObject_IsTrue(PyTuple_GET_ITEM(tuple, place)) : 0;
    *flag = answer > 0;
    return answer < 0 ? -1 : 0;
}

static int parse_exception(struct cleatpy_segment *segment, PyObject *tuple)
{
    return parse_bytes(segment, tuple) == 0 ? parse_flag(&segment->is_as_it_is, tuple, 2) : -1;
}

static int parse_nothing(struct cleatpy_segment *segment, PyObject *tuple)
{
    (void)segment;
    (void)tuple;
    return 0;
}

static int parse_token(struct cleatpy_segment *segment, PyObject *tuple)
{
    static const char *const tokens[] = {
        [CLEATPY_TOKEN_LEVEL] = "level",
        [CLEATPY_TOKEN_LEVEL_NO] = "level_no",
        [CLEATPY_TOKEN_LEVEL_ICON] = "level_icon",
        [CLEATPY_TOKEN_NAME] = "name",
        [CLEATPY_TOKEN_MODULE] = "module",
        [CLEATPY_TOKEN_FUNCTION] = "function",
        [CLEATPY_TOKEN_LINE] = "line",
        [CLEATPY_TOKEN_FILE] = "file",
        [CLEATPY_TOKEN_PATH] = "path",
        [CLEATPY_TOKEN_ELAPSED] = "elapsed",
        [CLEATPY_TOKEN_ELAPSED_DELTA] = "elapsed_delta",
        [CLEATPY_TOKEN_THREAD] = "thread",
        [CLEATPY_TOKEN_THREAD_NAME] = "thread_name",
        [CLEATPY_TOKEN_THREAD_ID] = "thread_id",
        [CLEATPY_TOKEN_PROCESS] = "process",
        [CLEATPY_TOKEN_PROCESS_NAME] = "process_name",
        [CLEATPY_TOKEN_PROCESS_ID] = "process_id",
    };
    PyObject *name = PyTuple_GET_ITEM(tuple, 1);
    for (unsigned i = 0; PyUnicode_Check(name) && i < sizeof(tokens) / sizeof(tokens[0]); i++)
        if (PyUnicode_CompareWithASCIIString(name, tokens[i]) == 0) {
            segment->token = (enum cleatpy_token)i;
            return cleatpy_format_spec_begin(&segment->spec, PyTuple_GET_ITEM(tuple, 2));
        }
    return fail("records have no such part", name);
}

static int parse_elapsed_delta(struct cleatpy_segment *segment, PyObject *tuple)
{
    segment->token = CLEATPY_TOKEN_ELAPSED_DELTA;
    return cleatpy_format_spec_begin(&segment->spec, PyTuple_GET_ITEM(tuple, 1));
}

static int parse_time(struct cleatpy_segment *segment, PyObject *tuple)
{
    segment->time = cleatpy_time_pattern_new(PyTuple_GET_ITEM(tuple, 1));
    return segment->time != NULL ? cleatpy_format_spec_begin(&segment->spec, PyTuple_GET_ITEM(tuple, 2)) : -1;
}

static int parse_base(struct cleatpy_segment *segment, PyObject *base)
{
    if (base != Py_None && !PyTuple_Check(base))
        return fail("what colours in messages go back to is a tuple or None", base);
    segment->object = base == Py_None ? PyTuple_Pack(1, Py_None) : Py_NewRef(base);
    for (Py_ssize_t i = 0; segment->object != NULL && i < PyTuple_GET_SIZE(segment->object); i++) {
        PyObject *style = PyTuple_GET_ITEM(segment->object, i);
        if (style != Py_None && !PyUnicode_Check(style))
            return fail("a style that colours in messages go back to is a str or None", style);
    }
    return segment->object != NULL ? 0 : -1;
}

static int parse_message(struct cleatpy_segment *segment, PyObject *tuple)
{
    static const char *const modes[] = {
        [CLEATPY_MARKUP_PLAIN] = "plain",
        [CLEATPY_MARKUP_STRIP] = "strip",
        [CLEATPY_MARKUP_COLOUR] = "colour",
    };
    PyObject *mode = PyTuple_GET_ITEM(tuple, 1);
    for (unsigned i = 0; PyUnicode_Check(mode) && i < sizeof(modes) / sizeof(modes[0]); i++)
        if (PyUnicode_CompareWithASCIIString(mode, modes[i]) == 0) {
            segment->markup = (enum cleatpy_markup_mode)i;
            if (parse_base(segment, PyTuple_GET_ITEM(tuple, 2)) < 0)
                return -1;
            return PyTuple_GET_SIZE(tuple) > 3 ? cleatpy_format_spec_begin(&segment->spec, PyTuple_GET_ITEM(tuple, 3))
                                               : 0;
        }
    return fail("messages are shown \"plain\", \"strip\" or \"colour\"", mode);
}

static int parse_extra(struct cleatpy_segment *segment, PyObject *tuple)
{
    PyObject *key = PyTuple_GET_ITEM(tuple, 1);
    if (!PyUnicode_Check(key))
        return fail("the key of a field is a str", key);
    segment->object = PyUnicode_FromObject(key);
    if (segment->object == NULL)
        return -1;
    PyUnicode_InternInPlace(&segment->object);
    if (cleatpy_format_spec_begin(&segment->spec, PyTuple_GET_ITEM(tuple, 2)) < 0)
        return -1;
    return parse_flag(&segment->is_required, tuple, 3);
}

static int parse_all_extra(struct cleatpy_segment *segment, PyObject *tuple)
{
    return cleatpy_format_spec_begin(&segment->spec, PyTuple_GET_ITEM(tuple, 1));
}

/* -- segments -- */

static const struct {
    const char *name;
    enum cleatpy_segment_kind kind;
    Py_ssize_t least; /* as many parts it has */
    Py_ssize_t most;
    int (*parse)(struct cleatpy_segment *segment, PyObject *tuple);
} kinds[] = {
    {"text", CLEATPY_SEGMENT_TEXT, 2, 2, parse_bytes},
    {"level_style", CLEATPY_SEGMENT_LEVEL_STYLE, 1, 1, parse_nothing},
    {"token", CLEATPY_SEGMENT_TOKEN, 3, 3, parse_token},
    {"elapsed_delta", CLEATPY_SEGMENT_TOKEN, 2, 2, parse_elapsed_delta},
    {"time", CLEATPY_SEGMENT_TIME, 3, 3, parse_time},
    {"message", CLEATPY_SEGMENT_MESSAGE, 3, 4, parse_message},
    {"extra", CLEATPY_SEGMENT_EXTRA, 3, 4, parse_extra},
    {"all_extra", CLEATPY_SEGMENT_ALL_EXTRA, 2, 2, parse_all_extra},
    {"exception", CLEATPY_SEGMENT_EXCEPTION, 2, 3, parse_exception},
};

int cleatpy_segment_begin(struct cleatpy_segment *segment, PyObject *tuple)
{
    *segment = (struct cleatpy_segment){0};
    Py_ssize_t size = PyTuple_Check(tuple) ? PyTuple_GET_SIZE(tuple) : 0;
    if (size == 0 || !PyUnicode_Check(PyTuple_GET_ITEM(tuple, 0)))
        return fail("a segment is a tuple that begins with its kind", tuple);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(tuple, 0), kinds[i].name) == 0) {
            if (size < kinds[i].least || size > kinds[i].most)
                return fail("a segment has too many parts, or too few", tuple);
            segment->kind = kinds[i].kind;
            return kinds[i].parse(segment, tuple);
        }
    return fail("there are no segments of this kind", tuple);
}

void cleatpy_segment_end(struct cleatpy_segment *segment)
{
    Py_CLEAR(segment->object);
    cleatpy_time_pattern_free(segment->time);
    segment->time = NULL;
    cleatpy_format_spec_end(&segment->spec);
}
