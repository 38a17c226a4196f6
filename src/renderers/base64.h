/* base64.h - bytes as text (RFC 4648, section 4). */
#ifndef CLEAT_RENDERERS_BASE64_H
#define CLEAT_RENDERERS_BASE64_H

#include "base/buffer.h"

/* Appends the base64 form of length bytes, padded. */
void cleat__add_base64(struct cleat__buffer *buffer, const char *bytes, size_t length);

#endif
