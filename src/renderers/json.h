/* json.h - JSON for those who need it as a fallback. */
#ifndef CLEAT_RENDERERS_JSON_H
#define CLEAT_RENDERERS_JSON_H

#include "renderers/renderer.h"

/* A JSON renderer that escapes no more than RFC 8259 asks for, whatever options->ascii says. Else as
   cleat_json_renderer(). */
cleat_renderer *cleat__verbatim_json_renderer(const cleat_json_options *options);

/* Appends an event as a compact JSON object, under the limits of a renderer of any kind. */
void cleat__render_json(const struct cleat__limits *limits, cleat_event *event, struct cleat__buffer *line);

#endif
