/* rewrite.h - new values for some of an event's, however deep they are nested. */
#ifndef CLEAT_PROCESSORS_REWRITE_H
#define CLEAT_PROCESSORS_REWRITE_H

#include "model/event.h"

enum cleat__rewritten {
    CLEAT__SAME,
    CLEAT__NEW,
    CLEAT__NO_ROOM /* it ought to be new, but there is no memory, or it has too many parts */
};

/* What is to become of values. It lives as long as the events it is used on. */
struct cleat__rewriter {
    /* Changes *value, or says that it stays, and its parts are to be looked at. key: NULL for items of lists. */
    enum cleat__rewritten (*rule)(const struct cleat__rewriter *rewriter, const cleat_key *key, cleat_value *value,
                                  cleat_scratch *scratch);
    bool required; /* a field that cannot be rewritten is left off; else it stays as it was */
};

/* Rewrites the fields of an event. Lazy values are rewritten once they are made. */
void cleat__rewrite_event(cleat_event *event, const struct cleat__rewriter *rewriter);

#endif
