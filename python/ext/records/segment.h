/* segment.h - what templates consist of: text, and places where parts of the record go. */
#ifndef CLEATPY_SEGMENT_H
#define CLEATPY_SEGMENT_H

#include "format_spec.h"
#include "record.h"
#include "text.h"
#include "time_pattern.h"

enum cleatpy_segment_kind {
    CLEATPY_SEGMENT_TEXT,
    CLEATPY_SEGMENT_LEVEL_STYLE,
    CLEATPY_SEGMENT_TOKEN,
    CLEATPY_SEGMENT_TIME,
    CLEATPY_SEGMENT_MESSAGE,
    CLEATPY_SEGMENT_EXTRA,
    CLEATPY_SEGMENT_ALL_EXTRA,
    CLEATPY_SEGMENT_EXCEPTION
};

enum cleatpy_token {
    CLEATPY_TOKEN_LEVEL,
    CLEATPY_TOKEN_LEVEL_NO,
    CLEATPY_TOKEN_LEVEL_ICON,
    CLEATPY_TOKEN_NAME,
    CLEATPY_TOKEN_MODULE,
    CLEATPY_TOKEN_FUNCTION,
    CLEATPY_TOKEN_LINE,
    CLEATPY_TOKEN_FILE,
    CLEATPY_TOKEN_PATH,
    CLEATPY_TOKEN_ELAPSED,
    CLEATPY_TOKEN_ELAPSED_DELTA,
    CLEATPY_TOKEN_THREAD,
    CLEATPY_TOKEN_THREAD_NAME,
    CLEATPY_TOKEN_THREAD_ID,
    CLEATPY_TOKEN_PROCESS,
    CLEATPY_TOKEN_PROCESS_NAME,
    CLEATPY_TOKEN_PROCESS_ID
};

enum cleatpy_markup_mode {
    CLEATPY_MARKUP_PLAIN,
    CLEATPY_MARKUP_STRIP,
    CLEATPY_MARKUP_COLOUR
};

struct cleatpy_segment {
    enum cleatpy_segment_kind kind;
    enum cleatpy_token token;
    enum cleatpy_markup_mode markup;
    PyObject *object; /* of text and exceptions, the UTF-8 as bytes; of extra, the key; of messages, the tuple that
                         resets go back to, with None for the level's style */
    bool is_required; /* a field that is not there is a KeyError */
    bool is_as_it_is; /* the exception's text is shown without escapes */
    struct cleatpy_time_pattern *time;
    struct cleatpy_format_spec spec;
};

/* Takes a tuple apart, as Template describes them. 0, or -1: Python error. Give it back in any case. */
int cleatpy_segment_begin(struct cleatpy_segment *segment, PyObject *tuple);
void cleatpy_segment_end(struct cleatpy_segment *segment);

/* The parts of a record that it shows: of enum cleatpy_needs. */
unsigned cleatpy_segment_needs(const struct cleatpy_segment *segment);

/* Appends what a row of them shows of a record. 0, or -1: Python error. */
int cleatpy_segments_render(const struct cleatpy_segment *segments, size_t count, const struct cleatpy_record *record,
                            enum cleatpy_safety safety, struct cleatpy_text *text);

#endif
