#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/report.h"
#include "base/tls.h"
#include "processors/processor.h"

static const char *const names[] = {"filename", "pathname",    "lineno",  "func_name",
                                    "thread",   "thread_name", "process", "process_name"};

#define PARAMETERS (sizeof(names) / sizeof(names[0]))

struct callsite {
    cleat_processor head;
    unsigned parameters;
    cleat_key keys[PARAMETERS];
};

/* Each costs a system call; only fork() changes them, for the one thread that the child begins with. */
CLEAT__THREAD_LOCAL volatile pid_t thread_id;
static _Atomic pid_t process_id;

static void forget_ids(void)
{
    thread_id = 0;
    atomic_store(&process_id, 0);
}

static void watch_forks(void)
{
    pthread_atfork(NULL, NULL, forget_ids);
}

static cleat_value thread_value(void)
{
    if (thread_id == 0)
        thread_id = (pid_t)syscall(SYS_gettid);
    return cleat_int(thread_id);
}

static cleat_value process_value(void)
{
    pid_t id = atomic_load_explicit(&process_id, memory_order_relaxed);
    if (id == 0) {
        id = getpid();
        atomic_store_explicit(&process_id, id, memory_order_relaxed);
    }
    return cleat_int(id);
}

/* The kernel keeps it in 16 bytes, and it may change at any time. */
static cleat_value thread_name_value(cleat_scratch *scratch)
{
    char *name = cleat__scratch_alloc(scratch, 16);
    if (name == NULL) {
        cleat__count(CLEAT__LOST_FIELD, 1);
        return cleat_null();
    }
    return prctl(PR_GET_NAME, name) == 0 ? cleat_string(name) : cleat_null();
}

static cleat_value filename_value(const char *path)
{
    const char *slash = strrchr(path, '/');
    return cleat_string(slash != NULL ? slash + 1 : path);
}

/* Null for what is not known. */
static cleat_value site_value(unsigned parameter, const cleat_site *site)
{
    if (parameter == CLEAT_CALLSITE_FILENAME && site->file != NULL)
        return filename_value(site->file);
    if (parameter == CLEAT_CALLSITE_PATHNAME && site->file != NULL)
        return cleat_string(site->file);
    if (parameter == CLEAT_CALLSITE_LINENO)
        return cleat_uint(site->line);
    if (parameter == CLEAT_CALLSITE_FUNC_NAME && site->function != NULL)
        return cleat_string(site->function);
    return cleat_null();
}

static cleat_value value_of(unsigned parameter, const cleat_event *event)
{
    switch (parameter) {
    case CLEAT_CALLSITE_THREAD:
        return thread_value();
    case CLEAT_CALLSITE_THREAD_NAME:
        return thread_name_value(event->scratch);
    case CLEAT_CALLSITE_PROCESS:
        return process_value();
    case CLEAT_CALLSITE_PROCESS_NAME:
        return program_invocation_short_name != NULL ? cleat_string(program_invocation_short_name) : cleat_null();
    default:
        return event->site != NULL ? site_value(parameter, event->site) : cleat_null();
    }
}

static int add(cleat_event *event, cleat_processor *processor)
{
    const struct callsite *self = (const struct callsite *)processor;
    for (unsigned i = 0; i < PARAMETERS; i++) {
        if ((self->parameters & 1U << i) == 0)
            continue;
        cleat_value value = value_of(1U << i, event);
        if (value.kind != CLEAT_NULL)
            cleat__event_set(event, &self->keys[i], value);
    }
    return CLEAT_KEEP;
}

cleat_processor *cleat_add_callsite(unsigned parameters)
{
    if (parameters == 0 || parameters > CLEAT_CALLSITE_ALL)
        return cleat__fail_null(EINVAL, "add_callsite: %u is no sum of CLEAT_CALLSITE_... parameters", parameters);
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch_forks);
    struct callsite *self = cleat__processor_new(sizeof(*self), "add_callsite", add);
    if (self == NULL)
        return NULL;
    self->parameters = parameters;
    for (unsigned i = 0; i < PARAMETERS; i++)
        cleat__key_prepare(&self->keys[i], names[i], strlen(names[i]));
    return &self->head;
}
