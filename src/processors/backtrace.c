#include <stdlib.h> /* says whether this is glibc */

#if defined(__GLIBC__) && defined(__has_include)
#if __has_include(<execinfo.h>)
#define HAVE_BACKTRACE 1
#include <dlfcn.h>
#include <execinfo.h>
#endif
#endif

#include <string.h>

#include "base/report.h"
#include "processors/processor.h"

struct add_backtrace {
    cleat_processor head;
    cleat_key key;
    int level;
};

#ifdef HAVE_BACKTRACE

#define MOST_FRAMES 64
#define MOST_OWN_FRAMES 16

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* In the shared library all functions are the library's own; linked into a program, only those that have a name can
   be told from the program's. */
static bool is_own(const void *address)
{
    Dl_info info;
    if (dladdr(address, &info) == 0)
        return false;
    return (info.dli_fname != NULL && strncmp(file_name(info.dli_fname), "libcleat.so", 11) == 0) ||
           (info.dli_sname != NULL && strncmp(info.dli_sname, "cleat_", 6) == 0);
}

static char *add_text(char *to, const char *text)
{
    size_t length = strlen(text);
    memcpy(to, text, length);
    return to + length;
}

static char *add_hex(char *to, uintptr_t number)
{
    char digits[2 * sizeof(number)];
    unsigned count = 0;
    do {
        digits[count++] = "0123456789abcdef"[number % 16];
        number /= 16;
    } while (number != 0);
    while (count > 0)
        *to++ = digits[--count];
    return to;
}

/* "function+0x1f (module)"; without the function's name, how far into the module: "0x1a2b (module)". */
static cleat_value frame_value(const void *address, cleat_scratch *scratch)
{
    Dl_info info;
    if (dladdr(address, &info) == 0)
        memset(&info, 0, sizeof(info));
    const char *function = info.dli_sname != NULL ? info.dli_sname : "";
    const char *module = info.dli_fname != NULL ? file_name(info.dli_fname) : "";
    const void *base = info.dli_sname != NULL ? info.dli_saddr : info.dli_fbase;
    char *text = cleat__scratch_alloc(scratch, strlen(function) + strlen(module) + 2 * sizeof(address) + 8);
    if (text == NULL)
        return cleat_null();
    char *end = add_text(text, function);
    end = add_text(end, *function != '\0' ? "+0x" : "0x");
    end = add_hex(end, (uintptr_t)address - (uintptr_t)base);
    if (*module != '\0') {
        end = add_text(end, " (");
        end = add_text(end, module);
        end = add_text(end, ")");
    }
    return cleat_string_n(text, (size_t)(end - text));
}

static cleat_value stack_value(cleat_scratch *scratch)
{
    void *frames[MOST_OWN_FRAMES + MOST_FRAMES];
    int count = backtrace(frames, MOST_OWN_FRAMES + MOST_FRAMES);
    int first = 0;
    while (first < count && first < MOST_OWN_FRAMES && is_own(frames[first]))
        first++;
    if (count > first + MOST_FRAMES)
        count = first + MOST_FRAMES;
    cleat_value *items = cleat__scratch_alloc(scratch, (size_t)(count - first) * sizeof(*items));
    if (items == NULL)
        return cleat_null();
    for (int i = first; i < count; i++)
        items[i - first] = frame_value(frames[i], scratch);
    return cleat_list_n(items, (size_t)(count - first));
}

/* The first call loads a library and calls malloc(): it must not be the one in a signal handler. */
static void warm_up(void)
{
    void *frame;
    (void)backtrace(&frame, 1);
}

static int add(cleat_event *event, cleat_processor *processor)
{
    const struct add_backtrace *self = (const struct add_backtrace *)processor;
    if (event->level < self->level)
        return CLEAT_KEEP;
    cleat_value stack = stack_value(event->scratch);
    if (stack.kind == CLEAT_NULL)
        cleat__count(CLEAT__LOST_FIELD, 1);
    else
        cleat__event_set(event, &self->key, stack);
    return CLEAT_KEEP;
}

#else

static void warm_up(void)
{
}

static int add(cleat_event *event, cleat_processor *processor)
{
    (void)event;
    (void)processor;
    return CLEAT_KEEP;
}

#endif

cleat_processor *cleat_add_backtrace(int level)
{
    warm_up();
    struct add_backtrace *self = cleat__processor_new(sizeof(*self), "add_backtrace", add);
    if (self == NULL)
        return NULL;
    cleat__key_prepare(&self->key, "stack", 5);
    self->level = level;
    return &self->head;
}
