/* errname.h - an errno value as people write it. */
#ifndef CLEAT_BASE_ERRNAME_H
#define CLEAT_BASE_ERRNAME_H

#include <stddef.h>

/* "ENOENT", or NULL for a number without a name. Static. */
const char *cleat__errno_name(int number);

/* The message of strerror(3), written to buffer, which is also returned. */
const char *cleat__errno_message(int number, char *buffer, size_t size);

#endif
