#include "plan.h"

#include <string.h>

#include "logger/host.h"
#include "steps.h"
#include "module.h"

/* Loggers that are made for one line each ask for the plan of the same list again and again. */
#define KEPT_PLANS 8

static PyTypeObject *plan_type;
static cleatpy_plan *kept[KEPT_PLANS];
static unsigned next_kept;

/* -- the engine's chain -- */

static const cleat_fields *filled_in;

void cleatpy_fill_in(const cleat_fields *list)
{
    filled_in = list;
}

static const cleat_fields *get_filled_in(void)
{
    return filled_in;
}

/* What a step leaves to the engine; NULL in *processor: nothing. False: the engine has no such step, or no memory. */
static bool make_processor(const struct cleatpy_step *step, cleat_processor **processor)
{
    *processor = NULL;
    switch (step->kind) {
    case CLEATPY_IDLE_WITHOUT:
    case CLEATPY_SET_EXC_INFO:
        return true;
    case CLEATPY_MERGE_CONTEXTVARS:
        *processor = cleat__fill_in_step(get_filled_in);
        break;
    case CLEATPY_ADD_LOG_LEVEL:
        *processor = cleat_add_log_level();
        break;
    case CLEATPY_ISO_TIME:
        *processor = cleat__iso_time_step(PyUnicode_AsUTF8(step->key));
        break;
    case CLEATPY_UNIX_TIME:
        *processor = cleat_timestamper(&(cleat_timestamper_options){.format = "unix", .key = PyUnicode_AsUTF8(step->key)});
        break;
    case CLEATPY_RENAME_EVENT:
        *processor = cleat_event_renamer(PyUnicode_AsUTF8(step->key), NULL);
        break;
    default:
        break;
    }
    return *processor != NULL;
}

static cleat_renderer *make_renderer(const struct cleatpy_json *json)
{
    const cleat_json_options options = {.sort_keys = json->sorts, .ascii = json->ascii, .spaced = json->spaced};
    return json->ascii ? cleat_json_renderer(&options) : cleat__host_json_renderer(&options);
}

/* Nothing is cut: structlog cuts nothing. Takes over processors and sink. */
static cleat_logger *make_chain(const struct cleatpy_json *json, cleat_processor *const *processors, size_t count,
                                cleat_sink *sink)
{
    const cleat_handler handler = {.renderer = make_renderer(json), .sink = sink};
    static cleat_processor *const none[1];
    return cleat_wrap_logger(NULL, &(cleat_config){.processors = count > 0 ? processors : none,
                                                   .n_processors = count,
                                                   .handlers = &handler,
                                                   .n_handlers = 1,
                                                   .max_value_bytes = (size_t)1 << 60,
                                                   .max_line_bytes = (size_t)1 << 60});
}

/* All steps but the last, which is the renderer. */
static cleat_logger *make_whole(const cleatpy_plan *plan, cleat_sink *sink)
{
    size_t count = 0;
    cleat_processor **processors = PyMem_Calloc((size_t)plan->n_steps, sizeof(cleat_processor *));
    bool complete = processors != NULL && sink != NULL;
    for (Py_ssize_t i = 0; complete && i < plan->n_steps - 1; i++) {
        complete = make_processor(&plan->steps[i], &processors[count]);
        count += processors[count] != NULL;
    }
    cleat_logger *whole = NULL;
    if (complete) {
        whole = make_chain(&plan->json, processors, count, sink);
    } else {
        for (size_t i = 0; i < count; i++)
            cleat_processor_unref(processors[i]);
        cleat_sink_unref(sink);
    }
    PyMem_Free(processors);
    return whole;
}

const cleat_logger *cleatpy_plan_with_sink(cleatpy_plan *plan, cleat_sink *sink)
{
    if (plan->sink == sink)
        return plan->with_sink;
    cleat_logger *with_sink = make_whole(plan, cleat_sink_ref(sink));
    if (with_sink == NULL)
        return NULL;
    cleat_unref(plan->with_sink);
    plan->with_sink = with_sink;
    plan->sink = sink;
    return with_sink;
}

/* -- making one -- */

static bool is_known_throughout(const cleatpy_plan *plan)
{
    for (Py_ssize_t i = 0; i < plan->n_steps - 1; i++)
        if (plan->steps[i].kind == CLEATPY_CALL || plan->steps[i].kind == CLEATPY_JSON ||
            plan->steps[i].kind == CLEATPY_ADD_EXTRA || plan->steps[i].kind == CLEATPY_REMOVE_META)
            return false;
    return plan->n_steps > 0;
}

static void compile(cleatpy_plan *plan)
{
    if (plan->n_steps == 0 || !cleatpy_is_known_json(&plan->steps[plan->n_steps - 1], &plan->json))
        return;
    plan->renderer = make_chain(&plan->json, NULL, 0, cleat_null_sink());
    if (is_known_throughout(plan))
        plan->whole = make_whole(plan, cleat_null_sink());
    for (Py_ssize_t i = 0; i < plan->n_steps; i++) {
        enum cleatpy_step_kind kind = plan->steps[i].kind;
        plan->merges_contextvars |= kind == CLEATPY_MERGE_CONTEXTVARS;
        plan->tells_level |= kind == CLEATPY_ADD_LOG_LEVEL;
        plan->tells_time |= kind == CLEATPY_ISO_TIME || kind == CLEATPY_UNIX_TIME;
        plan->minds_exceptions |= kind == CLEATPY_IDLE_WITHOUT || kind == CLEATPY_SET_EXC_INFO;
    }
}

static cleatpy_plan *make(PyObject *processors)
{
    cleatpy_plan *plan = PyObject_GC_New(cleatpy_plan, plan_type);
    if (plan == NULL)
        return NULL;
    memset((char *)plan + sizeof(PyObject), 0, sizeof(*plan) - sizeof(PyObject));
    Py_ssize_t count = PySequence_Fast_GET_SIZE(processors);
    plan->steps = PyMem_Calloc((size_t)count + 1, sizeof(*plan->steps));
    if (plan->steps == NULL) {
        Py_DECREF(plan);
        PyErr_NoMemory();
        return NULL;
    }
    /* What is asked for its step may edit the list. */
    for (; plan->n_steps < count && plan->n_steps < PySequence_Fast_GET_SIZE(processors); plan->n_steps++) {
        PyObject *processor = Py_NewRef(PySequence_Fast_GET_ITEM(processors, plan->n_steps));
        plan->steps[plan->n_steps].processor = processor;
        if (cleatpy_find_step(&plan->steps[plan->n_steps]) < 0) {
            plan->n_steps++;
            Py_DECREF(plan);
            return NULL;
        }
    }
    compile(plan);
    PyObject_GC_Track(plan);
    return plan;
}

static cleatpy_plan *find_kept(PyObject *processors)
{
    for (unsigned i = 0; i < KEPT_PLANS; i++)
        if (kept[i] != NULL && cleatpy_plan_is_good(kept[i], processors))
            return kept[i];
    return NULL;
}

/* Up to Python 3.11 Py_XSETREF() looks twice at what is set. */
static void keep(cleatpy_plan *plan)
{
    unsigned place = next_kept++ % KEPT_PLANS;
    Py_XSETREF(kept[place], (cleatpy_plan *)Py_NewRef(plan));
}

cleatpy_plan *cleatpy_plan_for(PyObject *processors, cleatpy_plan *last)
{
    if (last != NULL && cleatpy_plan_is_good(last, processors))
        return (cleatpy_plan *)Py_NewRef(last);
    if (!PyList_CheckExact(processors) && !PyTuple_CheckExact(processors))
        return NULL;
    cleatpy_plan *plan = find_kept(processors);
    if (plan != NULL)
        return (cleatpy_plan *)Py_NewRef(plan);
    Py_INCREF(processors); /* what is asked for its step may give the bound logger another list */
    plan = make(processors);
    Py_DECREF(processors);
    if (plan != NULL)
        keep(plan);
    return plan;
}

/* -- the type -- */

static int traverse(PyObject *object, visitproc visit, void *arg)
{
    cleatpy_plan *plan = (cleatpy_plan *)object;
    Py_VISIT(Py_TYPE(object));
    for (Py_ssize_t i = 0; i < plan->n_steps; i++) {
        Py_VISIT(plan->steps[i].processor);
        Py_VISIT(plan->steps[i].key);
        Py_VISIT(plan->steps[i].serializer);
        Py_VISIT(plan->steps[i].options);
    }
    return 0;
}

static int clear(PyObject *object)
{
    cleatpy_plan *plan = (cleatpy_plan *)object;
    Py_ssize_t count = plan->n_steps;
    plan->n_steps = 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_CLEAR(plan->steps[i].processor);
        Py_CLEAR(plan->steps[i].key);
        Py_CLEAR(plan->steps[i].serializer);
        Py_CLEAR(plan->steps[i].options);
    }
    return 0;
}

static void dealloc(PyObject *object)
{
    cleatpy_plan *plan = (cleatpy_plan *)object;
    PyTypeObject *type = Py_TYPE(object);
    if (PyObject_GC_IsTracked(object))
        PyObject_GC_UnTrack(object);
    clear(object);
    PyMem_Free(plan->steps);
    cleat_unref(plan->whole);
    cleat_unref(plan->renderer);
    cleat_unref(plan->with_sink);
    PyObject_GC_Del(object);
    Py_DECREF(type);
}

static PyType_Slot slots[] = {
    {Py_tp_doc, CLEATPY_SLOT("A chain of processors, compiled.")},
    {Py_tp_traverse, CLEATPY_SLOT(traverse)},
    {Py_tp_clear, CLEATPY_SLOT(clear)},
    {Py_tp_dealloc, CLEATPY_SLOT(dealloc)},
    {0, NULL},
};

static PyType_Spec spec = {"cleat._engine.Plan", sizeof(cleatpy_plan), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};

int cleatpy_add_plans(PyObject *module)
{
    (void)module;
    plan_type = (PyTypeObject *)PyType_FromSpec(&spec);
    return plan_type != NULL ? 0 : -1;
}
