#include "base/scratch.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

#define ALIGNMENT _Alignof(max_align_t)
#define BLOCK_SIZE ((size_t)16384)

static void use_block(cleat_scratch *scratch, char *memory, size_t size)
{
    scratch->memory = memory;
    scratch->size = size;
    scratch->used = 0;
}

void cleat__scratch_init(cleat_scratch *scratch)
{
    scratch->more = NULL;
    use_block(scratch, scratch->first, sizeof(scratch->first));
}

void cleat__scratch_free_blocks(cleat_scratch *scratch)
{
    while (scratch->more != NULL) {
        struct cleat__scratch_block *block = scratch->more;
        scratch->more = block->before;
        cleat__free(block);
    }
    use_block(scratch, scratch->first, sizeof(scratch->first));
}

static bool add_block(cleat_scratch *scratch, size_t size)
{
    size_t header = (sizeof(struct cleat__scratch_block) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (size < BLOCK_SIZE)
        size = BLOCK_SIZE;
    struct cleat__scratch_block *block = size + header > size ? cleat__alloc(header + size) : NULL;
    if (block == NULL)
        return false;
    block->before = scratch->more;
    block->size = size;
    scratch->more = block;
    use_block(scratch, (char *)block + header, size);
    return true;
}

void *cleat__scratch_alloc_more(cleat_scratch *scratch, size_t size)
{
    if (size > SIZE_MAX - 2 * ALIGNMENT || !add_block(scratch, (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT))
        return NULL;
    return cleat__scratch_alloc(scratch, size);
}

char *cleat__scratch_copy(cleat_scratch *scratch, const char *text, size_t length)
{
    char *copy = cleat__scratch_alloc(scratch, length + 1);
    if (copy != NULL) {
        if (length > 0)
            memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

void *cleat_scratch_alloc(cleat_scratch *scratch, size_t size)
{
    return cleat__scratch_alloc(scratch, size);
}

cleat_value cleat_scratch_printf(cleat_scratch *scratch, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *text = length < 0 ? NULL : cleat__scratch_alloc(scratch, (size_t)length + 1);
    if (text == NULL)
        return cleat_null();
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return cleat_string_n(text, (size_t)length);
}
