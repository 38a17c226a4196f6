#include "logger/deferred_record.h"

#include <stddef.h>

#include "logger/recipe.h"
#include "model/interned_keys.h"
#include "renderers/renderer.h"

#define KEY_REST offsetof(cleat_key, length)
#define KEY_REST_SIZE (sizeof(cleat_key) - KEY_REST)

/* What a record carries away. */
struct former {
    void *what;
    size_t place;
};

_Static_assert(sizeof(struct former) == 2 * sizeof(void *), "cleat__begin_record() sets room for it aside");

/* -- at the call -- */

__attribute__((noinline)) char *cleat__put_unknown_key(char *to, const char *end, const cleat_key *key)
{
    if (KEY_REST_SIZE + key->length > (size_t)(end - to))
        return NULL;
    memcpy(to, (const char *)key + KEY_REST, KEY_REST_SIZE);
    cleat__copy(to + KEY_REST_SIZE, key->text, key->length);
    return to + KEY_REST_SIZE + key->length;
}

static void *one_owner_more(unsigned place, void *what)
{
    if (place == CLEAT__RECIPE_PLACE)
        return cleat__recipe_ref(what);
    if (place == CLEAT__RENDERER_PLACE)
        return cleat_renderer_ref(what);
    return cleat_fields_ref(what);
}

static void one_owner_less(size_t place, void *what)
{
    if (place == CLEAT__RECIPE_PLACE)
        cleat__recipe_unref(what);
    else if (place == CLEAT__RENDERER_PLACE)
        cleat_renderer_unref(what);
    else
        cleat_fields_unref(what);
}

char *cleat__keep(const struct cleat__deferral *deferral, unsigned place, const void *what, char *to)
{
    struct cleat__former *record = (struct cleat__former *)(void *)deferral->payload;
    struct former former = {deferral->lane->kept[place], place};
    deferral->lane->kept[place] = one_owner_more(place, (void *)what);
    cleat__lane_forget(deferral->lane); /* what was kept may be freed, and another come to lie there */
    if (former.what == NULL)
        return to;
    if (record->count++ == 0)
        record->at = (uint32_t)(to - deferral->payload);
    memcpy(to, &former, sizeof(former));
    return to + sizeof(former);
}

/* -- on the sink's thread -- */

struct cleat__line *cleat__begin_late_line(int level, const struct cleat__limits *limits)
{
    struct cleat__line *work = cleat__line_open();
    if (work == NULL)
        return NULL;
    cleat_event *event = &work->event;
    cleat__event_begin(event, &work->scratch, &work->memory);
    event->level = level;
    event->level_record = cleat__level_of(level);
    event->limits = limits;
    work->buffer.length = 0;
    return work;
}

/* Not behind the lines before it: a renderer measures a line from the beginning of the buffer. */
void cleat__end_late_line(struct cleat__line *work, const cleat_renderer *renderer, bool is_whole,
                          struct cleat__buffer *line)
{
    struct cleat__buffer *own = &work->buffer;
    cleat__mask_fill(&work->event.mask); /* whoever looks for a key has to look */
    if (is_whole)
        cleat__render_line(renderer, &work->event, own);
    if (own->length > 0 && !own->failed)
        cleat__buffer_add(line, own->data, own->length);
    else
        line->failed = true;
    cleat__line_close(work);
}

static const cleat_key *take_unknown_key(struct cleat__taking *taking, cleat_scratch *scratch)
{
    cleat_key *key = cleat__scratch_alloc(scratch, sizeof(*key));
    if (key == NULL)
        return NULL;
    memcpy((char *)key + KEY_REST, taking->text, KEY_REST_SIZE);
    key->text = taking->text + KEY_REST_SIZE;
    taking->text = key->text + key->length;
    return key;
}

static bool take_field(struct cleat__taking *taking, struct cleat__field *field, cleat_scratch *scratch)
{
    const struct cleat__own_field *own = taking->field++;
    field->key = own->key != 0 ? cleat__interned_key(own->key) : take_unknown_key(taking, scratch);
    memcpy(&field->value, own, offsetof(struct cleat__own_field, as));
    field->value.none = 0;
    field->value.as.natural = own->as;
    field->value.with.length = 0;
    if (cleat__is_text(own->kind)) {
        field->value.as.text = taking->text;
        field->value.with.length = own->as;
        taking->text += own->as;
    }
    return field->key != NULL;
}

bool cleat__take_fields(struct cleat__taking *taking, cleat_event *event, uint32_t count)
{
    struct cleat__field *field = event->own + event->own_count;
    for (uint32_t i = 0; i < count; i++)
        if (!take_field(taking, &field[i], event->scratch))
            return false;
    event->own_count += count;
    return true;
}

void cleat__add_own_span(cleat_event *event, const struct cleat__field *first, uint32_t count)
{
    if (count > 0)
        event->spans[event->n_spans++] = (struct cleat__span){first, NULL, 0, count};
}

void cleat__add_list_span(cleat_event *event, const cleat_fields *list, uint32_t from, uint32_t to)
{
    const struct cleat__flat *flat = cleat__fields_flat(list); /* it was there at the call */
    event->spans[event->n_spans++] = (struct cleat__span){flat->fields, list, from, to};
}

void cleat__release_former(const void *payload)
{
    const struct cleat__former *record = payload;
    const char *at = (const char *)payload + record->at;
    for (uint32_t i = 0; i < record->count; i++, at += sizeof(struct former)) {
        struct former former;
        memcpy(&former, at, sizeof(former));
        one_owner_less(former.place, former.what);
    }
}

void cleat__release_kept(void *kept[CLEAT__LANE_KEEPS])
{
    for (size_t i = 0; i < CLEAT__LANE_KEEPS; i++) {
        void *former = kept[i];
        kept[i] = NULL;
        if (former != NULL)
            one_owner_less(i, former);
    }
}
