#include "registry/steps.h"

#include <string.h>

static struct step *push(struct steps *steps, enum step_kind kind, const char *path, const char *what)
{
	struct step *step = arena_new(&steps->arena, struct step);

	*step = (struct step){ .kind = kind, .path = path, .what = what, .digest = "" };
	vec_push(&steps->items, step);
	return step;
}

static void push_tag(struct steps *steps, enum step_kind kind, const char *suffix)
{
	const char *name = steps->reference.name;
	const char *hex = steps->digest + strlen("sha256:");
	struct arena *arena = &steps->arena;

	push(steps, kind, arena_printf(arena, "/v2/%s/manifests/sha256-%s%s", name, hex, suffix),
	     arena_printf(arena, "%s:sha256-%s%s", name, hex, suffix));
}

void steps_begin(struct steps *steps)
{
	const char *name = steps->reference.name;
	struct arena *arena = &steps->arena;

	steps->items.len = 0;
	push_tag(steps, STEP_SIGNATURES, ".sig");
	push(steps, STEP_REFERRERS,
	     arena_printf(arena, "/v2/%s/referrers/%s?artifactType=application%%2Fvnd.dev.sigstore.bundle.v0.3%%2Bjson",
			  name, steps->digest),
	     arena_printf(arena, "the referrers of %s@%s", name, steps->digest));
}

void steps_push_index(struct steps *steps)
{
	push_tag(steps, STEP_INDEX, "");
}

void steps_push_page(struct steps *steps, const struct step *step, const char *path, size_t place)
{
	struct step *next = push(steps, step->kind, arena_strdup(&steps->arena, path), step->what);

	next->is_there_only = true;
	next->place = place;
}

void steps_push_part(struct steps *steps, enum step_kind kind, const struct signature_part *part)
{
	const char *name = steps->reference.name;
	const char *kind_path = kind == STEP_BUNDLES ? "manifests" : "blobs";
	struct arena *arena = &steps->arena;
	struct step *step = push(steps, kind, arena_printf(arena, "/v2/%s/%s/%s", name, kind_path, part->digest),
				 arena_printf(arena, "%s@%s", name, part->digest));

	step->digest = part->digest;
	step->size = part->size;
	step->signature = part->signature;
}

const struct step *steps_next(struct steps *steps)
{
	return steps->items.len == 0 ? NULL : steps->items.items[--steps->items.len];
}

bool step_is_blob(const struct step *step)
{
	return step->kind == STEP_BUNDLE || step->kind == STEP_PAYLOAD;
}

bool step_is_about_one(const struct step *step)
{
	return step->kind == STEP_BUNDLES || step_is_blob(step);
}

void steps_finish(struct steps *steps)
{
	vec_finish(&steps->items);
	arena_finish(&steps->arena);
}
