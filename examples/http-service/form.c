#include "form.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *find_value(const char *form, const char *name)
{
    size_t length = strlen(name);
    while (strncmp(form, name, length) != 0 || form[length] != '=') {
        form = strchr(form, '&');
        if (form == NULL)
            return NULL;
        form++;
    }
    return form + length + 1;
}

/* Reads to the end of the text or to a character that stops it. */
static int parse_until(const char *text, char stop, int64_t least, int64_t most, int64_t *value)
{
    if (!isdigit((unsigned char)*text))
        return -EINVAL;
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno != 0 || (*end != '\0' && *end != stop) || number < least || number > most)
        return -EINVAL;
    *value = number;
    return 0;
}

int parse_integer(const char *text, int64_t least, int64_t most, int64_t *value)
{
    return parse_until(text, '\0', least, most, value);
}

int form_integer(const char *form, const char *name, int64_t least, int64_t most, int64_t *value)
{
    const char *text = find_value(form, name);
    return text == NULL ? -ENOENT : parse_until(text, '&', least, most, value);
}
