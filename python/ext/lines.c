#include "lines.h"

#include <math.h>
#include <string.h>

#include "clock.h"
#include "contextvars.h"
#include "keys.h"
#include "logger/host.h"
#include "shapes.h"
#include "values.h"

/* A call's fields with the event's text in front, or those of a dictionary. */
struct row {
    cleat_field fields[CLEATPY_MOST_FIELDS + 1];
    PyObject *names[CLEATPY_MOST_FIELDS];
    Py_ssize_t count; /* besides the first */
};

/* -- values -- */

/* Python's json writes all doubles but NaN and the infinities as the engine does; orjson has forms of its own for the
   very small and large ones. */
static bool fits(double number, const struct cleatpy_json *json)
{
    double size = fabs(number);
    return json->is_bytes ? number == 0 || (size >= 1e-4 && size < 1e16) : isfinite(number);
}

/* 1: taken; 0: the engine would show it in another way, or not at all; -1: Python error. */
static inline int take_value(PyObject *object, cleat_value *value, const struct cleatpy_json *json)
{
    int result = cleatpy_value(object, value);
    if (result != 0)
        return result < 0 ? -1 : 0;
    return value->kind != CLEAT_DOUBLE || fits(value->as.real, json);
}

static int add_field(struct row *row, PyObject *name, PyObject *object, const struct cleatpy_json *json)
{
    if (row->count == CLEATPY_MOST_FIELDS)
        return 0;
    row->names[row->count++] = name;
    return take_value(object, &row->fields[row->count].value, json);
}

static int add_dict(struct row *row, PyObject *dict, const struct cleatpy_json *json)
{
    PyObject *name;
    PyObject *object;
    Py_ssize_t position = 0;
    int result = 1;
    while (result == 1 && PyDict_Next(dict, &position, &name, &object))
        result = add_field(row, name, object, json);
    return result;
}

/* -- lists -- */

/* What of a list is such that a line has to go another way. */
enum {
    HAS_UNSHOWN = 1, /* a double that Python's json shows in another way */
    HAS_UNSHOWN_BY_ORJSON = 2,
    HAS_EXCEPTION = 4 /* a key that processors act on */
};

static const cleat_key *exception_keys[2];

static unsigned look_through(const cleat_fields *list)
{
    static const struct cleatpy_json json = {.is_bytes = false};
    static const struct cleatpy_json orjson = {.is_bytes = true};
    const struct cleat__flat *flat = cleat__list_flat(list);
    if (flat == NULL || flat->dynamic)
        return HAS_UNSHOWN | HAS_UNSHOWN_BY_ORJSON;
    unsigned found = 0;
    for (uint32_t i = 0; i < flat->count; i++) {
        const cleat_value *value = &flat->fields[i].value;
        if (value->kind == CLEAT_DOUBLE) {
            found |= fits(value->as.real, &json) ? 0 : HAS_UNSHOWN;
            found |= fits(value->as.real, &orjson) ? 0 : HAS_UNSHOWN_BY_ORJSON;
        }
    }
    for (unsigned i = 0; i < 2; i++)
        if (cleat__list_has(list, exception_keys[i]))
            found |= HAS_EXCEPTION;
    return found;
}

/* Lists are looked through once: they meet line after line. */
#define SEEN_LISTS 64

static unsigned what_is_in(const cleat_fields *list)
{
    static struct {
        uint64_t id;
        unsigned found;
    } seen[SEEN_LISTS];
    uint64_t id = cleat__list_id(list);
    unsigned place = id % SEEN_LISTS;
    if (seen[place].id != id) {
        seen[place].found = look_through(list);
        seen[place].id = id;
    }
    return seen[place].found;
}

static bool is_fit(const cleat_fields *list, const cleatpy_plan *plan)
{
    unsigned unfit = plan->json.is_bytes ? HAS_UNSHOWN_BY_ORJSON : HAS_UNSHOWN;
    if (plan->minds_exceptions)
        unfit |= HAS_EXCEPTION;
    return list == NULL || (what_is_in(list) & unfit) == 0;
}

/* The list of a context, 1; 0: something in it has no place in one; -1: Python error. */
static int make_list(PyObject *context, cleat_fields **fields)
{
    struct row row = {.count = 0};
    static const struct cleatpy_json any = {.is_bytes = false};
    int result = add_dict(&row, context, &any);
    *fields = NULL;
    if (result != 1 || row.count == 0)
        return result;
    const struct cleatpy_shape *shape = cleatpy_shape(row.names, row.count);
    if (shape == NULL)
        return -1;
    if (!shape->usable)
        return 0;
    for (Py_ssize_t i = 1; i <= row.count; i++)
        row.fields[i].key = shape->keys[i].text;
    *fields = cleat_fields_new(row.fields + 1, (size_t)row.count);
    return *fields != NULL;
}

/* Makes the list of a logger's context if it has none yet. 0, or -1: Python error. */
static int list_context(cleatpy_bound_logger *logger)
{
    if (logger->state == CLEATPY_SHARED && Py_REFCNT(logger->context) == 1)
        logger->state = CLEATPY_NOT_LOOKED_AT; /* whoever had it has let go of it */
    if (logger->state != CLEATPY_NOT_LOOKED_AT)
        return 0;
    int listed = PyDict_CheckExact(logger->context) ? make_list(logger->context, &logger->fields) : 0;
    if (listed < 0)
        return -1;
    logger->state = listed ? CLEATPY_LISTED : CLEATPY_UNCOMMON;
    return 0;
}

/* -- the row of a call -- */

/* The fields of a context that others may have changed go in front of the call's. */
static int add_context(struct row *row, const cleatpy_bound_logger *logger, const struct cleatpy_json *json)
{
    if (logger->state != CLEATPY_SHARED)
        return logger->state == CLEATPY_LISTED;
    return PyDict_CheckExact(logger->context) ? add_dict(row, logger->context, json) : 0;
}

static int add_call(struct row *row, const struct cleatpy_call *call, const struct cleatpy_json *json)
{
    if (call->event == NULL)
        return 0;
    int result = take_value(call->event, &row->fields[0].value, json);
    for (Py_ssize_t i = 0; result == 1 && i < call->count; i++)
        result = add_field(row, call->names[i], call->values[i], json);
    return result;
}

static int shape_of(const struct row *row, const cleatpy_plan *plan, struct cleatpy_shape **shape)
{
    *shape = cleatpy_shape(row->names, row->count);
    if (*shape == NULL)
        return -1;
    return (*shape)->usable && !((*shape)->is_special && plan->minds_exceptions);
}

static int surroundings_of(const cleatpy_plan *plan, const cleat_fields **surroundings)
{
    *surroundings = NULL;
    if (!plan->merges_contextvars)
        return 1;
    int result = cleatpy_current_fields(surroundings);
    return result == 0 ? 1 : result < 0 ? -1 : 0;
}

/* All that a line is made of. */
struct line_parts {
    struct row row;
    struct cleatpy_shape *shape;
    const cleat_fields *bound;
};

/* 1: the engine can make the line; 0: it cannot; -1: Python error. From here on until it is made no Python code runs. */
static int gather(struct line_parts *parts, cleatpy_bound_logger *logger, const cleatpy_plan *plan,
                  const struct cleatpy_call *call)
{
    const cleat_fields *surroundings;
    if (plan->tells_time && !cleatpy_clock_is_real())
        return 0;
    if (list_context(logger) < 0)
        return -1;
    parts->row.count = 0;
    parts->bound = logger->state == CLEATPY_LISTED ? logger->fields : NULL;
    int result = add_context(&parts->row, logger, &plan->json);
    if (result == 1)
        result = add_call(&parts->row, call, &plan->json);
    if (result == 1)
        result = shape_of(&parts->row, plan, &parts->shape);
    if (result == 1)
        result = surroundings_of(plan, &surroundings);
    if (result != 1)
        return result;
    cleatpy_fill_in(surroundings);
    return is_fit(parts->bound, plan) && is_fit(surroundings, plan);
}

/* -- lines -- */

static struct cleat__line *make_line(const cleat_logger *chain, struct line_parts *parts,
                                     const struct cleatpy_call *call, struct cleat__text *text)
{
    return cleat__make_line(chain, parts->bound, call->level, &parts->shape->site, parts->row.fields,
                            (uint32_t)parts->row.count + 1, text);
}

/* What a renderer in Python would have returned: no newline. */
static PyObject *object_of(const struct cleat__text *text, const struct cleatpy_json *json)
{
    Py_ssize_t length = (Py_ssize_t)text->length - 1;
    if (json->is_bytes)
        return PyBytes_FromStringAndSize(text->bytes, length);
    if (!json->ascii)
        return PyUnicode_DecodeUTF8(text->bytes, length, NULL);
    PyObject *object = PyUnicode_New(length, 127);
    if (object != NULL)
        memcpy(PyUnicode_1BYTE_DATA(object), text->bytes, (size_t)length);
    return object;
}

static int write_line(cleatpy_bound_logger *logger, const cleatpy_plan *plan, struct line_parts *parts,
                      const struct cleatpy_call *call, PyObject **result)
{
    struct cleat__text text;
    struct cleat__line *line = make_line(plan->whole, parts, call, &text);
    if (line == NULL)
        return 0;
    int written = cleatpy_output_write(&logger->output, text.bytes, text.length);
    cleat__end_line(line);
    *result = written == 0 ? Py_NewRef(Py_None) : NULL;
    return written == 0 ? 1 : -1;
}

/* The wrapped logger is called. Its code may change everything, this logger included. */
static int call_logger(cleatpy_bound_logger *logger, const cleatpy_plan *plan, struct line_parts *parts,
                       const struct cleatpy_call *call, PyObject **result)
{
    struct cleat__text text;
    struct cleat__line *line = make_line(plan->whole, parts, call, &text);
    if (line == NULL)
        return 0;
    PyObject *message = object_of(&text, &plan->json);
    cleat__end_line(line);
    PyObject *wrapped = Py_NewRef(logger->logger);
    *result = message != NULL ? PyObject_CallMethodOneArg(wrapped, call->method, message) : NULL;
    Py_XDECREF(message);
    if (*result != NULL && logger->output.logger == wrapped)
        cleatpy_output_note_call(&logger->output);
    Py_DECREF(wrapped);
    return *result != NULL ? 1 : -1;
}

/* What would have to wait goes by the logger's method, which waits without the GIL. */
static int hand_over(const cleatpy_bound_logger *logger, cleatpy_plan *plan, struct line_parts *parts,
                     const struct cleatpy_call *call, PyObject **result)
{
    const cleat_logger *chain = cleatpy_plan_with_sink(plan, logger->output.sink);
    if (chain == NULL || !cleat__hand_over_line(chain, parts->bound, call->level, &parts->shape->site,
                                                parts->row.fields, (uint32_t)parts->row.count + 1))
        return 0;
    *result = Py_NewRef(Py_None);
    return 1;
}

int cleatpy_log_whole(cleatpy_bound_logger *logger, cleatpy_plan *plan, const struct cleatpy_call *call,
                      PyObject **result)
{
    if (plan->whole == NULL || (plan->tells_level && call->level == 0))
        return 0;
    if (cleatpy_output_be_about(&logger->output, logger->logger) < 0)
        return -1;
    /* First of all, for what a file holds back goes out here, and that may wait. */
    int straight = cleatpy_output_is_straight(&logger->output, plan->json.is_bytes);
    if (straight < 0)
        return -1;
    struct line_parts parts;
    int gathered = gather(&parts, logger, plan, call);
    if (gathered != 1)
        return gathered;
    if (logger->output.sink != NULL && hand_over(logger, plan, &parts, call, result) == 1)
        return 1;
    return straight ? write_line(logger, plan, &parts, call, result) : call_logger(logger, plan, &parts, call, result);
}

/* -- lines of a dictionary -- */

/* 1: *line has been made; 0: the engine cannot; -1: Python error. */
static int make_line_of(cleatpy_plan *plan, PyObject *event, struct cleat__line **line, struct cleat__text *text)
{
    struct row row = {.count = 0};
    if (plan->renderer == NULL || !PyDict_CheckExact(event))
        return 0;
    int result = add_dict(&row, event, &plan->json);
    if (result != 1 || row.count == 0)
        return result < 0 ? -1 : 0;
    struct cleatpy_shape *shape = cleatpy_shape(row.names, row.count);
    if (shape == NULL)
        return -1;
    if (!shape->usable)
        return 0;
    *line = cleat__make_line_of(plan->renderer, &shape->site, row.fields + 1, (uint32_t)row.count, text);
    return *line != NULL;
}

int cleatpy_render_dict(cleatpy_plan *plan, PyObject *event, PyObject **text)
{
    struct cleat__line *line;
    struct cleat__text made;
    int result = make_line_of(plan, event, &line, &made);
    if (result != 1)
        return result;
    *text = object_of(&made, &plan->json);
    cleat__end_line(line);
    return *text != NULL ? 1 : -1;
}

int cleatpy_write_dict(cleatpy_plan *plan, PyObject *event, cleatpy_output *output)
{
    struct cleat__line *line;
    struct cleat__text text;
    int result = cleatpy_output_is_straight(output, plan->json.is_bytes);
    if (result == 1)
        result = make_line_of(plan, event, &line, &text);
    if (result != 1)
        return result;
    result = cleatpy_output_write(output, text.bytes, text.length);
    cleat__end_line(line);
    return result == 0 ? 1 : -1;
}

int cleatpy_add_lines(PyObject *module)
{
    static const char *const names[] = {"exc_info", "stack_info"};
    (void)module;
    for (unsigned i = 0; i < 2; i++) {
        static cleat_key rooms[2];
        PyObject *name = PyUnicode_InternFromString(names[i]); /* kept: the key may refer to it */
        exception_keys[i] = name != NULL ? cleatpy_key(name, &rooms[i]) : NULL;
        if (exception_keys[i] == NULL)
            return -1;
    }
    return 0;
}
