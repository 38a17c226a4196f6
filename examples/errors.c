/*
 * errors.c - errors as fields: errno by itself, an error code from somewhere else, and who called whom.
 */
#include <fcntl.h>
#include <unistd.h>

#include <cleat.h>

#include "expect.h"

/* errno becomes the field `error`; and logging leaves errno as it was. */
static int open_settings(const char *path)
{
    int fd = open(path, O_RDONLY);
    if (fd < 0)
        cleat_exception(NULL, "cannot open settings", "path", path);
    return fd;
}

/* Functions that return the code, as pthread_create() does, have it named. */
static void report(int code)
{
    if (code != 0)
        cleat_warning(NULL, "lock not taken", "error", cleat_errno(code), "retry_in", cleat_duration(250000000));
}

/* Patched onto one logger: its warnings and worse say where in the source they come from. */
static int add_place(cleat_event *event, void *arg)
{
    (void)arg;
    const cleat_site *site = cleat_event_site(event);
    if (site != NULL && cleat_event_level(event) >= CLEAT_WARNING)
        cleat_event_set(event, "at", cleat_scratch_printf(cleat_event_scratch(event), "%s()", site->function));
    return CLEAT_KEEP;
}

/* A logger with a configuration of its own: a stack on errors, errors as one string. */
static cleat_logger *make_audit_logger(cleat_sink *sink)
{
    return cleat_wrap_logger(
        "audit", &(cleat_config){
                     CLEAT_PROCESSORS(cleat_merge_contextvars(), cleat_add_log_level(), cleat_add_logger_name(),
                                      cleat_format_errors(), cleat_add_backtrace(CLEAT_ERROR)),
                     CLEAT_HANDLERS({.renderer = cleat_console_renderer(NULL), .sink = sink}),
                 });
}

int main(void)
{
    watch_lines();
    int fd = open_settings("/nowhere/settings.ini");
    if (fd >= 0 || errno != ENOENT)
        return 1;
    report(EBUSY);

    cleat_logger *placed = cleat_patch(NULL, add_place, NULL);
    cleat_info(placed, "all is well");
    cleat_warning(placed, "not all is well");
    cleat_unref(placed);

    cleat_logger *audit = make_audit_logger(cleat_stderr_sink());
    if (audit == NULL)
        return 1;
    errno = EACCES;
    cleat_exception(audit, "key not readable", "key", "k-1");
    cleat_unref(audit);

    expect_lines(1, "cannot open settings", "\"error\":{\"errno\":2,\"name\":\"ENOENT\",\"message\":");
    expect_lines(1, "lock not taken", "\"name\":\"EBUSY\"");
    expect_lines(1, "lock not taken", "\"retry_in\":0.25");
    expect_lines(0, "all is well", "\"at\"");
    expect_lines(1, "not all is well", "\"at\":\"main()\"");
    return expected_all();
}
