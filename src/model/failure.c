#include "model/failure.h"

#include "base/errname.h"
#include "base/report.h"

void cleat__tell_failure(cleat_event *event, const char *part, const char *name, int error)
{
    char message[64];
    const char *reason = cleat__errno_message(-error, message, sizeof(message));
    cleat__report(CLEAT__PROCESSOR_ERROR, "%s %s failed: %s", part, name, reason);
    const cleat_value *before = cleat_event_get(event, "cleat_error");
    const char *first =
        before != NULL && before->kind == CLEAT_STRING && before->as.text != NULL ? before->as.text : "";
    cleat_event_set(event, "cleat_error",
                    cleat_scratch_printf(event->scratch, "%s%s%s %s failed: %s", first, *first != '\0' ? "; " : "",
                                         part, name, reason));
}
