#include "logger/recipe.h"

#include "base/alloc.h"

static void add_steps(struct cleat__recipe *recipe, const struct cleat__pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->n_processors; i++) {
        cleat_processor *processor = pipeline->processors[i];
        if (processor->effect.make != NULL)
            recipe->steps[recipe->n_steps++] = cleat_processor_ref(processor);
        else
            recipe->n_before_list = recipe->n_steps;
    }
}

struct cleat__recipe *cleat__recipe_new(const struct cleat__pipeline *pipeline)
{
    struct cleat__recipe *recipe =
        cleat__alloc_zero(sizeof(*recipe) + pipeline->n_processors * sizeof(recipe->steps[0]));
    if (recipe == NULL)
        return NULL;
    recipe->owners = 1;
    recipe->filled_in = pipeline->filled_in;
    recipe->renderer = cleat_renderer_ref(pipeline->handlers[0].renderer);
    recipe->sink = pipeline->handlers[0].sink;
    add_steps(recipe, pipeline);
    return recipe;
}

struct cleat__recipe *cleat__recipe_ref(struct cleat__recipe *recipe)
{
    atomic_fetch_add_explicit(&recipe->owners, 1, memory_order_relaxed);
    return recipe;
}

void cleat__recipe_unref(struct cleat__recipe *recipe)
{
    if (recipe == NULL || atomic_fetch_sub_explicit(&recipe->owners, 1, memory_order_acq_rel) != 1)
        return;
    for (uint32_t i = 0; i < recipe->n_steps; i++)
        cleat_processor_unref(recipe->steps[i]);
    cleat_renderer_unref(recipe->renderer);
    cleat__free(recipe);
}
