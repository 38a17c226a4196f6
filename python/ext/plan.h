/*
 * plan.h - a chain of processors as the extension goes through it. Those of Cleat's own that the engine can stand in for
 * are steps of a known kind; all others are called.
 *
 * The chain is a list that users edit in place: a plan knows the processors that it was made of, and is good for a list
 * as long as that holds the same ones.
 */
#ifndef CLEATPY_PLAN_H
#define CLEATPY_PLAN_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>

#include <cleat/logger.h>

enum cleatpy_step_kind {
    CLEATPY_CALL, /* a processor that is called */
    CLEATPY_MERGE_CONTEXTVARS,
    CLEATPY_ADD_LOG_LEVEL,
    CLEATPY_ISO_TIME,  /* in UTC */
    CLEATPY_UNIX_TIME, /* seconds as a float */
    CLEATPY_RENAME_EVENT,
    CLEATPY_IDLE_WITHOUT, /* nothing to do for an event that has no such key */
    CLEATPY_SET_EXC_INFO, /* nothing to do but for exception() */
    CLEATPY_ADD_EXTRA,    /* of a record of logging */
    CLEATPY_REMOVE_META,  /* what ProcessorFormatter puts in besides */
    CLEATPY_JSON
};

struct cleatpy_step {
    enum cleatpy_step_kind kind;
    PyObject *processor;
    PyObject *key;        /* that the time is set to, that is missing, or that the event's text moves to */
    PyObject *serializer; /* of JSON */
    PyObject *options;    /* and its keyword arguments; of a step that adds what is extra, a set of what is not */
};

/* What the JSON of a chain is like. */
struct cleatpy_json {
    bool is_bytes;    /* as orjson makes them, else a str as json.dumps makes it */
    bool sorts;
    bool ascii;
    bool spaced;
};

typedef struct {
    PyObject_HEAD
    Py_ssize_t n_steps;
    struct cleatpy_step *steps;
    struct cleatpy_json json;
    cleat_logger *whole;    /* the engine's chain in place of all steps; NULL: there is none */
    cleat_logger *renderer; /* in place of the last step, which is JSON; NULL: it is not, or none that the engine knows */
    bool merges_contextvars;
    bool tells_level;
    bool tells_time;
    bool minds_exceptions; /* a step acts on exc_info or stack_info */
    cleat_sink *sink;        /* that lines went to last which have one; with_sink keeps it */
    cleat_logger *with_sink; /* the whole chain in front of it */
} cleatpy_plan;

/*
 * The plan of a list or tuple of processors. last: that of the caller's last line, which is good more often than not;
 * NULL: none. A new reference. NULL without an error: processors are neither; NULL with one: Python error.
 */
cleatpy_plan *cleatpy_plan_for(PyObject *processors, cleatpy_plan *last);

/* Whether it is good for what is in the list now. */
static inline bool cleatpy_plan_is_good(const cleatpy_plan *plan, PyObject *processors)
{
    if (!PyList_CheckExact(processors) && !PyTuple_CheckExact(processors))
        return false;
    if (PySequence_Fast_GET_SIZE(processors) != plan->n_steps)
        return false;
    PyObject *const *items = PySequence_Fast_ITEMS(processors);
    for (Py_ssize_t i = 0; i < plan->n_steps; i++)
        if (items[i] != plan->steps[i].processor)
            return false;
    return true;
}

/* The whole chain in front of a sink, or NULL: no memory. */
const cleat_logger *cleatpy_plan_with_sink(cleatpy_plan *plan, cleat_sink *sink);

/* What merge_contextvars fills in while a line is made; with the GIL. */
void cleatpy_fill_in(const cleat_fields *list);

int cleatpy_add_plans(PyObject *module);

#endif
