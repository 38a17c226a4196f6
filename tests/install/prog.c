/* prog.c - a program outside the tree, as C11 and as C++17. Its line goes to stderr; check_install.py reads it. */
#include <cleat.h>

#include <stdio.h>
#include <string.h>

static void helper(void)
{
    cleat_info(NULL, "called without a logger", "answer", 42);
}

int main(void)
{
    if (strcmp(cleat_version(), CLEAT_VERSION) != 0)
        return 2;
    CLEAT_BOUND_CONTEXTVARS("request_id", "r-1") {
        helper();
    }
    cleat_logger *user = cleat_bind(cleat_get_logger(), "user", "u-7");
    cleat_warning(user, "bound");
    cleat_unref(user);
    puts(cleat_version());
    return 0;
}
