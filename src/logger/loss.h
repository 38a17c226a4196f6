/* loss.h - how an asynchronous sink's handler tells of lines that were dropped. */
#ifndef CLEAT_LOGGER_LOSS_H
#define CLEAT_LOGGER_LOSS_H

#include "renderers/renderer.h"
#include "sinks/sink.h"

/* Losses of a sink are told through a handler's renderer, from now until the handler stops. */
void cleat__tell_losses(cleat_sink *sink, cleat_renderer *renderer);

/* The handler lets go of the sink; if it is the last one, the sink may still tell while it closes. */
void cleat__stop_telling_losses(cleat_sink *sink, cleat_renderer *renderer);

#endif
