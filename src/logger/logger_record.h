/* logger_record.h - a logger: a family, and what was bound and patched since. */
#ifndef CLEAT_LOGGER_LOGGER_RECORD_H
#define CLEAT_LOGGER_LOGGER_RECORD_H

#include <stdatomic.h>

#include <cleat/logger.h>

#include "logger/family.h"

/* The patchers of a logger, in the order in which they run. Immutable, shared. */
struct cleat__patchers {
    _Atomic unsigned owners;
    uint32_t count;
    struct cleat__patcher {
        cleat_processor_fn patch;
        void *arg;
    } patchers[];
};

struct cleat_logger {
    struct cleat__gate gate; /* first: cleat_is_enabled() reads it */
    struct cleat__family *family;
    cleat_fields *bound;              /* NULL: none */
    struct cleat__patchers *patchers; /* NULL: none */
    _Atomic unsigned owners;
    bool lives_for_ever;
    bool is_in_list; /* its memory is that of bound */
    bool detached;   /* carries its own fields, even if the pipeline has a thread-local context class */
};

extern struct cleat_logger cleat__default_logger_record;

#endif
