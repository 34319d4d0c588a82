#include "domain/quarantine.h"

#include "base/clock.h"
#include "base/str.h"
#include "domain/plan.h"

#define REASON "Quarantined"

const char *quarantine_message(const struct quarantine *q, struct arena *arena)
{
	char last[CLOCK_TEXT_SIZE];
	const char *changed = str_has_prefix(q->version, "generation") ? "its spec changes" : "it changes";

	return arena_printf(arena,
			    "Sluice %s crashed %lld times when it %s this object (%s), last before %s; it is left alone "
			    "until %s, Sluice is updated, or this pod of Sluice is replaced",
			    q->program_version, (long long)q->crashes, q->is_left_out ? "read" : "looked at", q->version,
			    clock_format(q->last_ms, last), changed);
}

bool quarantine_concerns(const struct quarantine *q, const struct world *world)
{
	const struct channel *channel = world->channel;

	if (q->namespace[0] == '\0' || str_equal(q->namespace, world->namespace))
		return true;
	for (size_t i = 0; channel != NULL && i < channel->upstream.count; i++) {
		if (str_equal(q->kind, "ReleaseChannel") &&
		    str_equal(q->namespace, channel->upstream.channels[i].namespace) &&
		    str_equal(q->name, channel->upstream.channels[i].name))
			return true;
	}
	return false;
}

void quarantine_plan(const struct world *world, const struct quarantine *q, struct arena *arena, struct plan *ret_plan)
{
	enum event_subject subject = str_equal(q->kind, "Promotion") ? EVENT_ON_PROMOTION : EVENT_ON_CHANNEL;
	const char *message = quarantine_message(q, arena);
	struct condition *conditions = arena_new_array(arena, 2, struct condition);

	conditions[0] = (struct condition){ "Ready", CONDITION_FALSE, REASON, message, 0, world->now_ms };
	conditions[1] = (struct condition){ "Stalled", CONDITION_TRUE, REASON, message, 0, world->now_ms };
	*ret_plan = (struct plan){ .namespace = world->namespace, .name = world->name, .wake_ms = CLOCK_NEVER };
	plan_add(ret_plan, arena, ACTION_NOTICE)->notice =
		(struct action_notice){ subject, q->name, q->uid, { conditions, 2 } };
	if (!q->is_announced)
		plan_add(ret_plan, arena, ACTION_EVENT)->event =
			(struct action_event){ subject, q->name, q->uid, true, REASON, message, ACTION_NOTICE };
}
