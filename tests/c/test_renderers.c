/*
 * test_renderers.c - src/renderers: what no file of vectors can say. Lines of any data at all, colours and their
 * environment, wrong options, no memory. What lines look like is in tests/vectors.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cleat.h>

#include "base/colour.h"
#include "base/utf8.h"
#include "renderers/colour.h"
#include "renderers/printable.h"
#include "renderers/renderer.h"
#include "support.h"

/*
 * Helpers.
 */

/* A logger without processors that writes into a memory sink. */
struct output {
    cleat_logger *log;
    cleat_sink *sink;
};

static struct output output_of(cleat_renderer *renderer)
{
    struct output output;
    assert_non_null(renderer);
    output.sink = cleat_memory_sink(0);
    const cleat_handler handler = {.renderer = renderer, .sink = cleat_sink_ref(output.sink)};
    static cleat_processor *const none[1];
    output.log = cleat_wrap_logger("app", &(cleat_config){.processors = none, .handlers = &handler, .n_handlers = 1});
    assert_non_null(output.log);
    return output;
}

static void close_output(struct output *output)
{
    cleat_unref(output->log);
    cleat_sink_unref(output->sink);
}

/* The line that was written last; the caller frees it. */
static char *last_line(struct output *output)
{
    size_t count = cleat_memory_count(output->sink);
    assert_true(count > 0);
    char *line = cleat_memory_line(output->sink, count - 1);
    assert_non_null(line);
    return line;
}

static void assert_last_line(struct output *output, const char *expected)
{
    char *line = last_line(output);
    assert_string_equal(line, expected);
    free(line);
}

/*
 * Any data at all.
 */

#define MOST_BYTES 12

/* Bytes of which many matter to a renderer. */
static size_t random_bytes(char *bytes)
{
    static const char odd[] = "\n\r\t\x1b\x7f \"'\\=[]{},:\x80\x9b\xc2\xe2\xa8\xae\xf0\xff";
    size_t length = random_number() % (MOST_BYTES + 1);
    for (size_t i = 0; i < length; i++) {
        bytes[i] = odd[random_number() % (sizeof(odd) - 1)];
        if (random_number() % 3 == 0)
            bytes[i] = (char)random_number();
    }
    return length;
}

static void random_key(char key[MOST_BYTES + 1])
{
    size_t length = random_bytes(key);
    key[length] = '\0';
}

/* No byte that is a control character, no sequence that is not UTF-8, no character that turns or ends lines. */
static void assert_harmless(const char *line, size_t length)
{
    for (size_t i = 0; i < length;) {
        uint32_t code;
        unsigned size = cleat__utf8_read(line + i, length - i, &code);
        assert_true(code >= 0x20 && (code < 0x7F || code > 0x9F));
        assert_true(size > 1 || code < 0x80);
        assert_true(code != 0x2028 && code != 0x2029 && (code < 0x202A || code > 0x202E) &&
                    (code < 0x2066 || code > 0x2069));
        i += size;
    }
}

/* Each part of a console line after the first is indented. */
static void assert_harmless_console(const char *text)
{
    for (const char *line = text; line != NULL;) {
        const char *newline = strchr(line, '\n');
        assert_harmless(line, newline != NULL ? (size_t)(newline - line) : strlen(line));
        if (newline != NULL)
            assert_memory_equal(newline + 1, "    ", 4);
        line = newline != NULL ? newline + 1 : NULL;
    }
}

static void log_random_data(cleat_logger *log)
{
    char texts[5][MOST_BYTES + 1];
    char key[MOST_BYTES + 1];
    char inner_key[MOST_BYTES + 1];
    cleat_value values[5];
    for (size_t i = 0; i < 5; i++)
        values[i] = cleat_string_n(texts[i], random_bytes(texts[i]));
    random_key(key);
    random_key(inner_key);
    const cleat_field inner = {inner_key, values[0]};
    const cleat_field fields[] = {
        {key, values[1]},     {"list", cleat_list_n(values, 3)},      {"object", cleat_object_n(&inner, 1)},
        {"error", values[2]}, {"stack", cleat_list_n(values + 2, 2)}, {"level", values[3]},
    };
    cleat_log_fields(log, CLEAT_INFO, NULL, values[4], fields, sizeof(fields) / sizeof(fields[0]));
}

static void K15_lines_of_random_bytes_are_harmless(void **state)
{
    (void)state;
    struct output outputs[] = {
        output_of(cleat_json_renderer(NULL)),
        output_of(cleat_logfmt_renderer(NULL)),
        output_of(cleat_keyvalue_renderer(NULL)),
        output_of(cleat_console_renderer(&(cleat_console_options){.colours = CLEAT_COLOURS_NEVER})),
    };
    for (size_t o = 0; o < 4; o++) {
        for (int i = 0; i < (is_heavy() ? 200000 : 5000); i++) {
            log_random_data(outputs[o].log);
            char *line = last_line(&outputs[o]);
            if (o < 3)
                assert_harmless(line, strlen(line));
            else
                assert_harmless_console(line);
            free(line);
            cleat_memory_clear(outputs[o].sink);
        }
        close_output(&outputs[o]);
    }
}

/* The keys of a text line: what stands before "=", outside quotes; a bare key is one too. */
static size_t count_pairs_with_key(const char *line, const char *key)
{
    size_t length = strlen(key);
    size_t found = 0;
    for (const char *at = line; (at = strstr(at, key)) != NULL; at += length)
        found += (at == line || at[-1] == ' ') && at[length] == '=';
    return found;
}

/* Two keys that differ never look alike: what is written for one is not written for the other. */
static void K1_different_keys_are_different_on_the_line(void **state)
{
    (void)state;
    cleat_renderer *(*const make[])(const cleat_text_options *) = {cleat_logfmt_renderer, cleat_keyvalue_renderer};
    for (size_t m = 0; m < 2; m++) {
        struct output output = output_of(make[m](NULL));
        for (int i = 0; i < (is_heavy() ? 200000 : 5000); i++) {
            char keys[2][MOST_BYTES + 1];
            random_key(keys[0]);
            random_key(keys[1]);
            const cleat_field fields[] = {{keys[0], cleat_int(1)}, {keys[1], cleat_int(2)}};
            cleat_log_fields(output.log, CLEAT_INFO, NULL, cleat_string("e"), fields, 2);
            char *line = last_line(&output);
            char *end = strchr(line, '=');
            assert_non_null(end);
            *end = '\0';
            char *first = strdup(line);
            *end = '=';
            assert_int_equal(count_pairs_with_key(line, first), 1);
            free(first);
            free(line);
            cleat_memory_clear(output.sink);
        }
        close_output(&output);
    }
}

/*
 * Characters.
 */

static bool has_python(void)
{
    return system("python3 -c 'import sys; sys.exit(sys.version_info < (3, 7))' 2>/dev/null") == 0;
}

static const char *source_root(void)
{
    const char *root = getenv("CLEAT_SOURCE_ROOT");
    return root != NULL ? root : ".";
}

static void table_of_nonprintable_characters_is_what_its_script_makes(void **state)
{
    (void)state;
    if (!has_python())
        skip();
    char command[4096];
    snprintf(command, sizeof(command),
             "python3 '%s/tools/make_nonprintable.py' --check '%s/src/renderers/nonprintable.h'", source_root(),
             source_root());
    assert_int_equal(system(command), 0);
}

/* Of the characters that were assigned in Unicode 3.2: every Python knows them, and says the same of them. */
static void printable_is_what_Python_says(void **state)
{
    (void)state;
    if (!has_python())
        skip();
    FILE *python = popen("python3 -c \"import unicodedata as u; print(''.join('-' if u.ucd_3_2_0.category(chr(c)) == "
                         "'Cn' else '01'[chr(c).isprintable()] for c in range(0x110000)), end='')\"",
                         "r");
    assert_non_null(python);
    uint32_t compared = 0;
    for (uint32_t code = 0; code < 0x110000; code++) {
        int answer = fgetc(python);
        assert_true(answer == '-' || answer == '0' || answer == '1');
        if (answer == '-')
            continue;
        compared++;
        if (cleat__is_printable(code) != (answer == '1'))
            fail_msg("U+%04X", (unsigned)code);
    }
    pclose(python);
    assert_true(compared > 200000);
}

static void harmless_leaves_letters_and_joiners_and_takes_controls(void **state)
{
    (void)state;
    static const uint32_t harmless[] = {' ', '~', 0xA0, 0xAD, 0x200B, 0x200C, 0x200D, 0x2010, 0x3000, 0xE000, 0x1F600};
    static const uint32_t harmful[] = {0,      '\n',   0x1B,   0x7F,   0x80,   0x85,   0x9B,   0x61C,
                                       0x200E, 0x200F, 0x2028, 0x2029, 0x202A, 0x202E, 0x2066, 0x2069};
    for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
        assert_true(cleat__is_harmless(harmless[i]));
    for (size_t i = 0; i < sizeof(harmful) / sizeof(harmful[0]); i++)
        assert_false(cleat__is_harmless(harmful[i]));
}

/*
 * Colours.
 */

static void assert_colour(const char *markup, const char *expected)
{
    char sequence[CLEAT__COLOUR_SIZE + 1];
    *cleat__write_colour(sequence, markup) = '\0';
    assert_string_equal(sequence, expected);
}

static void markup_becomes_an_escape_sequence(void **state)
{
    (void)state;
    assert_colour("red", "\033[31m");
    assert_colour("bold red", "\033[1;31m");
    assert_colour("  bold   on_blue white ", "\033[1;44;37m");
    assert_colour("bright_green on_bright_black", "\033[92;100m");
    assert_colour("dim italic underline blink reverse", "\033[2;3;4;5;7m");
    assert_colour("bold purple red", "\033[1;31m");
    assert_colour("", "");
    assert_colour(NULL, "");
    assert_colour("on_bright_white on_bright_white on_bright_white on_bright_white on_bright_white on_bright_white "
                  "on_bright_white on_bright_white on_bright_white on_bright_white",
                  "\033[107;107;107;107;107;107;107m");
}

static void markup_is_checked_word_by_word(void **state)
{
    (void)state;
    assert_true(cleat__is_colour("bold red"));
    assert_true(cleat__is_colour("on_bright_cyan"));
    assert_true(cleat__is_colour(""));
    assert_false(cleat__is_colour("purple"));
    assert_false(cleat__is_colour("bold purple"));
    assert_false(cleat__is_colour("on_bold"));
    assert_false(cleat__is_colour("bright_"));
    assert_false(cleat__is_colour("on_"));
    assert_false(cleat__is_colour("Red"));
    assert_false(cleat__is_colour("\033[31m"));
}

static void set_environment(const char *no_color, const char *force_color, const char *term)
{
    const char *const names[] = {"NO_COLOR", "FORCE_COLOR", "TERM"};
    const char *const values[] = {no_color, force_color, term};
    for (size_t i = 0; i < 3; i++) {
        if (values[i] != NULL)
            setenv(names[i], values[i], 1);
        else
            unsetenv(names[i]);
    }
}

static void environment_decides_on_colours_where_the_program_does_not(void **state)
{
    (void)state;
    static const struct {
        const char *no_color;
        const char *force_color;
        const char *term;
        cleat_colours automatic;
    } cases[] = {
        {NULL, NULL, "xterm", CLEAT_COLOURS_AUTO}, {NULL, NULL, NULL, CLEAT_COLOURS_AUTO},
        {NULL, NULL, "dumb", CLEAT_COLOURS_NEVER}, {"1", NULL, "xterm", CLEAT_COLOURS_NEVER},
        {"0", NULL, "xterm", CLEAT_COLOURS_NEVER}, {"", NULL, "xterm", CLEAT_COLOURS_AUTO},
        {NULL, "1", "dumb", CLEAT_COLOURS_ALWAYS}, {NULL, "", "xterm", CLEAT_COLOURS_AUTO},
        {"1", "1", "xterm", CLEAT_COLOURS_NEVER},  {"", "1", NULL, CLEAT_COLOURS_ALWAYS},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        set_environment(cases[i].no_color, cases[i].force_color, cases[i].term);
        assert_int_equal(cleat__choose_colours(CLEAT_COLOURS_AUTO), cases[i].automatic);
        assert_int_equal(cleat__choose_colours(CLEAT_COLOURS_ALWAYS), CLEAT_COLOURS_ALWAYS);
        assert_int_equal(cleat__choose_colours(CLEAT_COLOURS_NEVER), CLEAT_COLOURS_NEVER);
    }
}

/* Whether a renderer that was made in the environment as it is writes in colour. */
static bool writes_in_colour(cleat_colours wish)
{
    struct output output = output_of(cleat_console_renderer(&(cleat_console_options){.colours = wish}));
    cleat_info(output.log, "hello", "a", 1);
    char *line = last_line(&output);
    bool coloured = strchr(line, '\033') != NULL;
    free(line);
    close_output(&output);
    return coloured;
}

/* The sink is memory, which is no terminal. */
static void console_follows_environment_and_options(void **state)
{
    (void)state;
    set_environment(NULL, NULL, "xterm");
    assert_false(writes_in_colour(CLEAT_COLOURS_AUTO));
    assert_true(writes_in_colour(CLEAT_COLOURS_ALWAYS));
    set_environment(NULL, "1", "xterm");
    assert_true(writes_in_colour(CLEAT_COLOURS_AUTO));
    assert_false(writes_in_colour(CLEAT_COLOURS_NEVER));
    set_environment("1", NULL, "xterm");
    assert_true(writes_in_colour(CLEAT_COLOURS_ALWAYS));
    set_environment(NULL, NULL, "xterm");
}

static void console_is_coloured_on_a_terminal_alone(void **state)
{
    (void)state;
    set_environment(NULL, NULL, "xterm");
    const struct cleat__limits limits = {1000, 1000, 3};
    cleat_renderer *renderer = cleat_console_renderer(NULL);
    cleat_renderer *elsewhere = cleat__renderer_for_handler(renderer, &limits, false);
    cleat_renderer *terminal = cleat__renderer_for_handler(renderer, &limits, true);
    assert_non_null(elsewhere);
    assert_non_null(terminal);
    assert_true(elsewhere->format != terminal->format);
    cleat_renderer_unref(renderer);
    cleat_renderer_unref(elsewhere);
    cleat_renderer_unref(terminal);
}

/*
 * Options.
 */

static void options_are_copied(void **state)
{
    (void)state;
    char first[] = "b";
    char second[] = "a";
    const char *order[] = {first, second};
    struct output output =
        output_of(cleat_keyvalue_renderer(&(cleat_text_options){.key_order = order, .n_key_order = 2}));
    memset(first, 'x', 1);
    order[1] = NULL;
    cleat_info(output.log, "e", "a", 1, "b", 2);
    assert_last_line(&output, "b=2 a=1 event='e'");
    close_output(&output);
}

static void key_order_with_a_NULL_is_refused(void **state)
{
    (void)state;
    const char *const order[] = {"a", NULL};
    assert_null(cleat_logfmt_renderer(&(cleat_text_options){.key_order = order, .n_key_order = 2}));
    assert_non_null(strstr(cleat_error_message(), "key_order"));
    assert_null(cleat_keyvalue_renderer(&(cleat_text_options){.n_key_order = 2}));
    assert_non_null(strstr(cleat_error_message(), "key_order"));
}

/* Fields that are bound are written once and kept: under options of their own. */
static void renderers_with_different_options_do_not_share_kept_bytes(void **state)
{
    (void)state;
    cleat_sink *sinks[3];
    cleat_renderer *renderers[3] = {
        cleat_logfmt_renderer(NULL),
        cleat_logfmt_renderer(&(cleat_text_options){.bool_as_value = true}),
        cleat_keyvalue_renderer(NULL),
    };
    static const char *const expected[] = {"t event=e", "t=true event=e", "t=True event='e'"};
    cleat_handler handlers[3] = {0};
    for (size_t i = 0; i < 3; i++) {
        sinks[i] = cleat_memory_sink(0);
        handlers[i] = (cleat_handler){.renderer = renderers[i], .sink = cleat_sink_ref(sinks[i])};
    }
    static cleat_processor *const none[1];
    cleat_logger *log =
        cleat_wrap_logger("app", &(cleat_config){.processors = none, .handlers = handlers, .n_handlers = 3});
    cleat_logger *bound = cleat_bind(log, "t", cleat_bool(true));
    cleat_info(bound, "e");
    cleat_info(bound, "e");
    for (size_t i = 0; i < 3; i++) {
        for (size_t n = 0; n < 2; n++) {
            char *line = cleat_memory_line(sinks[i], n);
            assert_string_equal(line, expected[i]);
            free(line);
        }
        cleat_sink_unref(sinks[i]);
    }
    cleat_unref(bound);
    cleat_unref(log);
}

static void console_makes_room_for_levels_of_the_users_own(void **state)
{
    (void)state;
    assert_int_equal(cleat_add_level(&(cleat_level){"catastrophe", 60, "\U0001f525", "bold on_red white"}), 0);
    cleat_sink *sink = cleat_memory_sink(0);
    const cleat_handler handler = {
        .renderer = cleat_console_renderer(
            &(cleat_console_options){.colours = CLEAT_COLOURS_NEVER, .event_width = -1, .icons = true}),
        .sink = cleat_sink_ref(sink),
    };
    cleat_processor *const chain[] = {cleat_add_log_level()};
    cleat_logger *log = cleat_wrap_logger(
        "app", &(cleat_config){.processors = chain, .n_processors = 1, .handlers = &handler, .n_handlers = 1});
    cleat_log(log, 60, "fire", "a", 1);
    cleat_info(log, "smoke", "a", 1);
    char *line = cleat_memory_line(sink, 0);
    assert_string_equal(line, "[\U0001f525 catastrophe] fire a=1");
    free(line);
    line = cleat_memory_line(sink, 1);
    assert_string_equal(line, "[\u2139  info       ] smoke a=1");
    free(line);
    cleat_unref(log);
    cleat_sink_unref(sink);
}

static void console_pads_events_within_reason(void **state)
{
    (void)state;
    struct output output = output_of(
        cleat_console_renderer(&(cleat_console_options){.colours = CLEAT_COLOURS_NEVER, .event_width = 2000000000}));
    cleat_info(output.log, "e", "a", 1);
    char *line = last_line(&output);
    assert_true(strlen(line) < 1000);
    free(line);
    close_output(&output);
}

/*
 * Values beyond the usual.
 */

static void a_value_that_contains_itself_is_cut(void **state)
{
    (void)state;
    cleat_value list[2] = {cleat_null(), cleat_null()};
    list[0] = cleat_list_n(list, 1);
    struct output outputs[] = {output_of(cleat_logfmt_renderer(NULL)), output_of(cleat_keyvalue_renderer(NULL)),
                               output_of(cleat_console_renderer(NULL))};
    for (size_t i = 0; i < 3; i++) {
        cleat_info(outputs[i].log, "e", "v", list[0]);
        char *line = last_line(&outputs[i]);
        assert_non_null(strstr(line, "[cut: nested too deep]"));
        free(line);
        close_output(&outputs[i]);
    }
}

/* A renderer as a handler has it, an event, and a line for them: what lies between is left out. */
struct bench {
    cleat_renderer *original;
    cleat_renderer *renderer;
    struct cleat__limits limits;
    cleat_event event;
    struct cleat__event_memory memory;
    cleat_scratch scratch;
    struct cleat__buffer line;
};

static struct bench *new_bench(cleat_renderer *renderer)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    assert_non_null(bench);
    bench->limits = (struct cleat__limits){100000, 100000, 32};
    bench->original = renderer;
    bench->renderer = cleat__renderer_for_handler(renderer, &bench->limits, false);
    assert_non_null(bench->renderer);
    cleat__scratch_init(&bench->scratch);
    cleat__event_begin(&bench->event, &bench->scratch, &bench->memory);
    bench->event.level_record = cleat__level_of(CLEAT_INFO);
    bench->event.limits = &bench->limits;
    return bench;
}

static void free_bench(struct bench *bench)
{
    cleat__buffer_free(&bench->line);
    cleat__scratch_reset(&bench->scratch);
    cleat_renderer_unref(bench->renderer);
    cleat_renderer_unref(bench->original);
    free(bench);
}

static void set(struct bench *bench, cleat_key *key, const char *text, cleat_value value)
{
    cleat__key_prepare(key, text, strlen(text));
    assert_int_equal(cleat__event_set(&bench->event, key, value), 0);
}

/* Were the limit of the line not looked at on the way, there would be 2^32 parts to write. */
static void a_value_that_contains_itself_twice_ends(void **state)
{
    (void)state;
    cleat_value list[2] = {cleat_null(), cleat_null()};
    list[0] = cleat_list_n(list, 2);
    list[1] = list[0];
    static const struct {
        cleat_renderer *(*make)(const cleat_text_options *);
        const char *expected;
    } cases[] = {
        {cleat_logfmt_renderer, "w=1 cleat_cut=1\n"},
        {cleat_keyvalue_renderer, "w=1 cleat_cut=1\n"},
        {NULL, "w=1\n    cleat_cut: 1\n"},
    };
    for (size_t i = 0; i < 3; i++) {
        struct bench *bench = new_bench(cases[i].make != NULL ? cases[i].make(NULL) : cleat_console_renderer(NULL));
        cleat_key keys[2];
        set(bench, &keys[0], "v", list[0]);
        set(bench, &keys[1], "w", cleat_int(1));
        cleat__render_line(bench->renderer, &bench->event, &bench->line);
        cleat__buffer_add_char(&bench->line, '\0');
        assert_string_equal(bench->line.data, cases[i].expected);
        free_bench(bench);
    }
}

static void a_string_beyond_the_default_limit_is_cut(void **state)
{
    (void)state;
    size_t length = 262144 + 1000;
    char *text = malloc(length);
    memset(text, 'x', length);
    struct output output = output_of(cleat_logfmt_renderer(NULL));
    cleat_info(output.log, "e", "v", cleat_string_n(text, length));
    char *line = last_line(&output);
    assert_int_equal(strlen(line), strlen("v=\"...[cut 1000 bytes]\" event=e") + 262144);
    assert_string_equal(line + 3 + 262144, "...[cut 1000 bytes]\" event=e");
    free(line);
    free(text);
    close_output(&output);
}

/* Wherever in the line's buffer it comes to stand. */
static void a_string_without_text_is_null(void **state)
{
    (void)state;
    char text[1100];
    memset(text, 'x', sizeof(text));
    for (size_t length = 900; length < sizeof(text); length++) {
        struct bench *bench = new_bench(cleat_json_renderer(NULL));
        const cleat_value list[3] = {cleat_string_n(text, length), cleat_string(NULL), cleat_string(NULL)};
        cleat_key key;
        set(bench, &key, "v", cleat_list_n(list, 3));
        cleat__render_line(bench->renderer, &bench->event, &bench->line);
        assert_in_range(bench->line.length, length, bench->line.capacity);
        assert_memory_equal(bench->line.data + bench->line.length - 14, "\",null,null]}\n", 14);
        free_bench(bench);
    }
}

/* Not the whole of it has to fit into memory once more. */
static void a_line_takes_no_room_for_what_is_cut(void **state)
{
    (void)state;
    const size_t length = 4000000;
    char *text = malloc(length);
    memset(text, 'x', length);
    cleat_renderer *(*const make[])(const cleat_text_options *) = {cleat_logfmt_renderer, cleat_keyvalue_renderer,
                                                                   NULL};
    for (size_t i = 0; i < 3; i++) {
        struct bench *bench = new_bench(make[i] != NULL ? make[i](NULL) : cleat_json_renderer(NULL));
        cleat_key keys[2];
        const cleat_value string = cleat_string_n(text, length);
        bench->limits.max_value_bytes = 1000;
        bench->renderer->limits = bench->limits;
        set(bench, &keys[0], "v", string);
        set(bench, &keys[1], "w", cleat_list_n(&string, 1));
        cleat__render_line(bench->renderer, &bench->event, &bench->line);
        assert_in_range(bench->line.length, 2000, 3000);
        assert_in_range(bench->line.capacity, bench->line.length, 100000);
        free_bench(bench);
    }
    free(text);
}

/*
 * No memory.
 */

static void making_a_renderer_survives_each_failed_allocation(void **state)
{
    (void)state;
    const char *const order[] = {"a", "b", "c"};
    const cleat_text_options options = {.key_order = order, .n_key_order = 3};
    int failures = 0;
    for (int permitted = 0;; permitted++) {
        fail_allocations_after(permitted);
        cleat_renderer *renderer = cleat_logfmt_renderer(&options);
        if (renderer != NULL) {
            cleat_renderer_unref(renderer);
            break;
        }
        failures++;
        assert_non_null(strstr(cleat_error_message(), "memory"));
    }
    fail_allocations_after(0);
    assert_null(cleat_console_renderer(NULL));
    allow_allocations();
    assert_int_equal(failures, 5); /* the renderer, the array and three keys */
}

/* The buffer of the line cannot grow: what is there is whole fields, and says how many are missing. */
static void a_line_without_memory_has_whole_fields(void **state)
{
    (void)state;
    char text[600];
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    cleat_renderer *(*const make[])(const cleat_text_options *) = {cleat_logfmt_renderer, cleat_keyvalue_renderer};
    static const char *const names[] = {"a", "b", "c", "d", "e", "f"};
    for (size_t m = 0; m < 2; m++) {
        struct bench *bench = new_bench(make[m](NULL));
        cleat_key keys[6];
        for (size_t i = 0; i < 6; i++)
            set(bench, &keys[i], names[i], cleat_string(i < 5 ? text : "end"));
        assert_non_null(cleat__buffer_reserve(&bench->line, 2048));
        fail_allocations_after(0);
        cleat__render_line(bench->renderer, &bench->event, &bench->line);
        allow_allocations();
        char expected[4096];
        const char *q = m == 0 ? "" : "'";
        int length = snprintf(expected, sizeof(expected), "a=%s%s%s b=%s%s%s c=%s%s%s f=%send%s cleat_cut=2\n", q, text,
                              q, q, text, q, q, text, q, q, q);
        assert_int_equal(bench->line.length, length);
        assert_memory_equal(bench->line.data, expected, bench->line.length);
        free_bench(bench);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(K15_lines_of_random_bytes_are_harmless),
        cmocka_unit_test(K1_different_keys_are_different_on_the_line),
        cmocka_unit_test(table_of_nonprintable_characters_is_what_its_script_makes),
        cmocka_unit_test(printable_is_what_Python_says),
        cmocka_unit_test(harmless_leaves_letters_and_joiners_and_takes_controls),
        cmocka_unit_test(markup_becomes_an_escape_sequence),
        cmocka_unit_test(markup_is_checked_word_by_word),
        cmocka_unit_test(environment_decides_on_colours_where_the_program_does_not),
        cmocka_unit_test(console_follows_environment_and_options),
        cmocka_unit_test(console_is_coloured_on_a_terminal_alone),
        cmocka_unit_test(options_are_copied),
        cmocka_unit_test(key_order_with_a_NULL_is_refused),
        cmocka_unit_test(renderers_with_different_options_do_not_share_kept_bytes),
        cmocka_unit_test(console_makes_room_for_levels_of_the_users_own),
        cmocka_unit_test(console_pads_events_within_reason),
        cmocka_unit_test(a_value_that_contains_itself_is_cut),
        cmocka_unit_test(a_value_that_contains_itself_twice_ends),
        cmocka_unit_test(a_string_beyond_the_default_limit_is_cut),
        cmocka_unit_test(a_string_without_text_is_null),
        cmocka_unit_test(a_line_takes_no_room_for_what_is_cut),
        cmocka_unit_test(making_a_renderer_survives_each_failed_allocation),
        cmocka_unit_test(a_line_without_memory_has_whole_fields),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
