/* floor.c - compiled with CLEAT_MIN_LEVEL=CLEAT_INFO by check_compile.py, which then looks at the object file. */
#include <cleat.h>

int argument_below_the_floor(void);
int argument_above_the_floor(void);
void log_both(void);

void log_both(void)
{
    cleat_debug(NULL, "event below the floor", "key below the floor", argument_below_the_floor());
    cleat_info(NULL, "event above the floor", "key above the floor", argument_above_the_floor());
}
