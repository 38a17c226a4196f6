/*
 * fork.c - a child of fork() goes on in its parent's context, and each goes its own way from there.
 *
 * There is nothing to call: the context is the child's from the start, and so are loggers and configuration, even
 * when another thread was in the middle of a line at the moment of the fork.
 */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cleat.h>

#include "expect.h"

enum {
    CHILDREN = 3
};

static void crunch(void)
{
    cleat_info(NULL, "crunching", "pid", getpid());
}

static int run_child(int number)
{
    char piece[64];
    cleat_bind_contextvars("child", number);
    crunch();

    snprintf(piece, sizeof(piece), "\"batch\":\"b-12\",\"child\":%d,", number);
    expect_lines(1, "crunching", piece);
    expect_lines(1, "crunching", ""); /* The parent's lines and the other children's are not repeated here. */
    return expected_all();
}

/* 0 if the child ended well. */
static int wait_for_child(void)
{
    int status = 0;
    wait(&status);
    cleat_info(NULL, "child ended", "status", WEXITSTATUS(status));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : 1;
}

int main(void)
{
    int failed = 0;
    watch_lines();
    cleat_bind_contextvars("batch", "b-12");
    for (int i = 0; i < CHILDREN; i++) {
        pid_t pid = fork();
        if (pid == 0)
            _exit(run_child(i));
        if (pid < 0)
            cleat_exception(NULL, "cannot fork");
    }
    for (int i = 0; i < CHILDREN; i++)
        failed += wait_for_child();

    expect_lines(CHILDREN, "child ended", "\"batch\":\"b-12\"");
    expect_lines(0, "child ended", "\"child\":"); /* What the children bound stayed with them. */
    return expected_all() + failed == 0 ? 0 : 1;
}
