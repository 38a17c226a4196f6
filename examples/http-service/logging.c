#include "logging.h"

#include <string.h>
#include <unistd.h>

#include <cleat.h>

static cleat_sink *make_sink(const struct logging_options *options)
{
    cleat_sink *sink;
    if (options->path == NULL)
        sink = cleat_stderr_sink();
    else if (strcmp(options->path, "-") == 0)
        sink = cleat_stdout_sink();
    else
        sink = cleat_file_sink(options->path, NULL);
    return options->async ? cleat_async_sink(sink, NULL) : sink;
}

static cleat_renderer *make_renderer(const struct logging_options *options)
{
    bool console =
        options->path == NULL ? isatty(STDERR_FILENO) : strcmp(options->path, "-") == 0 && isatty(STDOUT_FILENO);
    if (options->format != NULL)
        console = strcmp(options->format, "console") == 0;
    return console ? cleat_console_renderer(NULL) : cleat_json_renderer(NULL);
}

int logging_start(const struct logging_options *options)
{
    return cleat_configure(&(cleat_config){
        .level = options->off ? CLEAT_OFF : CLEAT_NOTSET,
        CLEAT_PROCESSORS(cleat_merge_contextvars(), cleat_add_log_level(), cleat_timestamper(NULL)),
        CLEAT_HANDLERS({.name = "main", .renderer = make_renderer(options), .sink = make_sink(options)}),
    });
}

void logging_end(void)
{
    cleat_flush(5000);
    cleat_reset_defaults();
}
