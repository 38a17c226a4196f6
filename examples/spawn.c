/*
 * spawn.c - the context crosses into another program, through its environment: TRACEPARENT and BAGGAGE, as W3C has it.
 *
 * The program starts itself a second time as the child. A child in another language reads the same two variables.
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cleat.h>

#include "expect.h"

static const char *const shared_keys[] = {"tenant"}; /* Baggage travels far: name what may leave the house. */

static int run_child(const char *trace_id)
{
    char piece[80];
    cleat_adopt_environment();
    cleat_begin_span(NULL);
    cleat_info(NULL, "child works");

    snprintf(piece, sizeof(piece), "\"trace_id\":\"%s\"", trace_id);
    expect_lines(1, "child works", piece);
    expect_lines(1, "child works", "\"tenant\":\"acme, inc.\"");
    expect_lines(1, "child works", "\"parent_span_id\"");
    expect_lines(0, "child works", "\"card\"");
    return expected_all();
}

/* Returns the exit status of the child. */
static int start_child(const char *program, const char *trace_id)
{
    char *arguments[] = {(char *)program, (char *)"--child", (char *)trace_id, NULL};
    char **environment = cleat_make_environment(NULL, shared_keys, 1);
    pid_t pid;
    int status = 0;
    int error = environment == NULL ? ENOMEM : posix_spawn(&pid, program, NULL, NULL, arguments, environment);
    cleat_free_environment(environment);
    if (error != 0) {
        cleat_error(NULL, "cannot start", "program", program, "error", cleat_errno(error));
        return 1;
    }
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* The trace id out of a traceparent header: "00-<32 digits>-<16 digits>-01". */
static void read_trace_id(char trace_id[33])
{
    char header[CLEAT_TRACEPARENT_SIZE];
    if (cleat_inject_traceparent(header) == 0)
        snprintf(trace_id, 33, "%.32s", header + 3);
}

int main(int argc, char **argv)
{
    watch_lines();
    if (argc == 3 && strcmp(argv[1], "--child") == 0)
        return run_child(argv[2]);

    char trace_id[33] = "";
    int failed = 1;
    cleat_begin_span(NULL); /* A trace begins here; a service would take it from a request's traceparent header. */
    read_trace_id(trace_id);
    CLEAT_BOUND_CONTEXTVARS("tenant", "acme, inc.", "card", "4111-1111") {
        cleat_info(NULL, "starting a child");
        failed = start_child(argv[0], trace_id);
        cleat_info(NULL, "child ended", "status", failed);
    }
    expect_lines(1, "child ended", trace_id);
    return expected_all() + failed == 0 ? 0 : 1;
}
