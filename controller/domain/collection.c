/*
 * Old promotions go: those that Sluice made when there are enough newer ones, those of others when they ask for it.
 *
 * What a channel's status names stays, because a person who reads it there wants to look; and because a promotion of
 * somebody else's that came back later, out of a repository, would be a new request.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/str.h"
#include "domain/decision.h"

#define COLLECT_MAX 20 /* in one look: a channel with thousands of them keeps nobody waiting */

static bool is_named(const struct decision *d, const char *name)
{
	return promoting_ran_before(d, name) || str_equal(d->status.desired.promotion, name);
}

/* Could it go at all? One of the name that automation would give now tells it that this was tried. */
static bool is_collectable(const struct decision *d, const struct promotion *p)
{
	return promotion_is_finished(p) && !p->meta.is_deleting && !is_named(d, p->meta.name) &&
	       !str_equal(p->meta.name, d->automatic_name);
}

/* The last one that finished comes first. */
static int compare_end(const void *a, const void *b)
{
	const struct promotion *x = *(const struct promotion *const *)a;
	const struct promotion *y = *(const struct promotion *const *)b;

	if (x->status.finished_ms != y->status.finished_ms)
		return x->status.finished_ms > y->status.finished_ms ? -1 : 1;
	return str_compare_natural(y->meta.name, x->meta.name);
}

/* When it goes, after newer ones that Sluice made and that are finished; CLOCK_NEVER: not for now. */
static int64_t due_ms(const struct decision *d, const struct promotion *p, size_t newer)
{
	int64_t due = CLOCK_NEVER;

	if (p->is_automatic && newer >= d->channel->keep_count)
		due = p->status.finished_ms + d->channel->keep_age_ms;
	if (p->ttl_ms > 0 && p->status.finished_ms + p->ttl_ms < due)
		due = p->status.finished_ms + p->ttl_ms;
	return due;
}

static void plan_delete(struct decision *d, const struct promotion *p)
{
	struct action *action = plan_add(d->plan, d->arena, ACTION_DELETE);

	action->delete = (struct action_delete){ DELETE_PROMOTION, p->meta.name, p->meta.uid,
						 p->meta.resource_version };
}

void collection_plan(struct decision *d)
{
	size_t count = d->world->promotion_count;
	const struct promotion **list = arena_new_array(d->arena, count, const struct promotion *);
	size_t newer = 0;
	size_t going = 0;

	for (size_t i = 0; i < count; i++)
		list[i] = d->world->promotions[i];
	qsort(list, count, sizeof(*list), compare_end);
	for (size_t i = 0; i < count && going < COLLECT_MAX; i++) {
		const struct promotion *p = list[i];
		int64_t due = is_collectable(d, p) ? due_ms(d, p, newer) : CLOCK_NEVER;

		newer += p->is_automatic && promotion_is_finished(p);
		if (due <= d->world->now_ms) {
			plan_delete(d, p);
			going++;
			if (d->world->unapplied.collection.what != NULL)
				d->uncollected = &d->world->unapplied.collection;
		} else {
			plan_wake(d->plan, due, "collection");
		}
	}
}
