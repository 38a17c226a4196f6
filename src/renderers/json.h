/* json.h - JSON for those who need it as a fallback. */
#ifndef CLEAT_RENDERERS_JSON_H
#define CLEAT_RENDERERS_JSON_H

#include "renderers/renderer.h"

/* Appends an event as a compact JSON object, under the limits of a renderer of any kind. */
void cleat__render_json(const struct cleat__limits *limits, cleat_event *event, struct cleat__buffer *line);

#endif
