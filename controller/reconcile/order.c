#include "reconcile/order.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "reconcile/world.h"
#include "wire/channel_json.h"
#include "wire/made_json.h"
#include "wire/pins_json.h"
#include "wire/promotion_json.h"
#include "wire/workload_json.h"

/* What is shared while the orders of one plan are written. */
struct writing {
	const struct world *world;
	const struct plan *plan;
	struct arena *arena;
	struct err *err; /* of the order that is written */
};

static void about(const struct writing *w, struct order *order, enum kind kind, const char *name,
		  const char *uid)
{
	order->kind = kind;
	order->name = arena_strdup(w->arena, name);
	order->uid = arena_strdup(w->arena, uid);
}

static int write_lookup(const struct writing *w, const struct action *action, struct order *order)
{
	const struct action_lookup *lookup = &action->lookup;

	order->lookup = (struct action_lookup){
		.repository = arena_strdup(w->arena, lookup->repository),
		.reference = arena_strdup(w->arena, lookup->reference),
		.pull_secret = arena_strdup(w->arena, lookup->pull_secret),
		.not_before_ms = lookup->not_before_ms,
	};
	return 0;
}

static int write_measure(const struct writing *w, const struct action *action, struct order *order)
{
	const struct metric_spec *spec = action->measure.spec;

	order->metric = (struct metric_spec){
		.name = arena_strdup(w->arena, spec->name),
		.url = arena_strdup(w->arena, spec->url),
		.query = arena_strdup(w->arena, spec->query),
		.secret = arena_strdup(w->arena, spec->secret),
	};
	return 0;
}

static struct signature_key copy_key(const struct writing *w, const struct signature_key *key)
{
	return (struct signature_key){ arena_strdup(w->arena, key->config_map), arena_strdup(w->arena, key->entry) };
}

static int write_check(const struct writing *w, const struct action *action, struct order *order)
{
	const struct signatures *wanted = &w->world->channel->signatures;

	order->signatures = *wanted;
	order->signatures.keys = arena_new_array(w->arena, wanted->count, struct signature_key);
	for (size_t i = 0; i < wanted->count; i++)
		order->signatures.keys[i] = copy_key(w, &wanted->keys[i]);
	return write_lookup(w, action, order);
}

static int write_read_key(const struct writing *w, const struct action *action, struct order *order)
{
	order->key = copy_key(w, &action->key);
	return 0;
}

static int write_find(const struct writing *w, const struct action *action, struct order *order)
{
	about(w, order, world_workload_kind(action->workload.kind), action->workload.name, NULL);
	order->workload = action->workload.kind;
	return 0;
}

static int write_create(const struct writing *w, const struct action *action, struct order *order)
{
	about(w, order, KIND_PROMOTION, action->create.name, NULL);
	return promotion_to_json(w->plan->namespace, w->plan->name, &action->create, &order->body,
				w->err);
}

static int write_pins(const struct writing *w, const struct action *action, struct order *order)
{
	about(w, order, KIND_PINS, WORLD_PINS_NAME, action->pins.uid);
	order->resource_version = arena_strdup(w->arena, action->pins.resource_version);
	order->force = true;
	return pins_to_json(w->plan->namespace, &action->pins, &order->body, w->err);
}

static int write_pin(const struct writing *w, const struct action *action, struct order *order)
{
	const struct action_workload *pin = &action->workload;
	struct container *copies = arena_new_array(w->arena, pin->count, struct container);

	about(w, order, world_workload_kind(pin->kind), pin->name, pin->uid);
	order->workload = pin->kind;
	order->force = pin->force;
	for (size_t i = 0; i < pin->count; i++) {
		copies[i].name = arena_strdup(w->arena, pin->containers[i].name);
		copies[i].image = arena_strdup(w->arena, pin->containers[i].image);
		copies[i].is_init = pin->containers[i].is_init;
	}
	order->containers = copies;
	order->container_count = pin->count;
	return workload_to_json(w->plan->namespace, w->plan->name, pin, &order->body, w->err);
}

/* What a channel makes is owned by it: without the channel there is nothing to make. */
static const struct meta *owner(const struct writing *w, struct order *order)
{
	if (w->world->channel != NULL)
		return &w->world->channel->meta;
	(void)err_set(w->err, ERR_BUG, "%s: there is no channel %s/%s",
		      action_name(order->action), w->plan->namespace, w->plan->name);
	return NULL;
}

static int write_scaler(const struct writing *w, const struct action *action, struct order *order)
{
	const struct meta *channel = owner(w, order);

	about(w, order, KIND_SCALER, action->scaler.spec->workload, NULL);
	order->force = true;
	if (channel == NULL)
		return w->err->class;
	return scaler_to_json(channel, &action->scaler, &order->body, w->err);
}

static int write_service(const struct writing *w, const struct action *action, struct order *order)
{
	const struct meta *channel = owner(w, order);

	about(w, order, KIND_SERVICE, action->service.spec->name, NULL);
	order->force = true;
	if (channel == NULL)
		return w->err->class;
	return service_to_json(channel, &action->service, &order->body, w->err);
}

static int write_delete(const struct writing *w, const struct action *action, struct order *order)
{
	static const enum kind kinds[] = {
		[DELETE_SCALER] = KIND_SCALER,
		[DELETE_SERVICE] = KIND_SERVICE,
		[DELETE_POD] = KIND_GATED_POD,
		[DELETE_PROMOTION] = KIND_PROMOTION,
	};

	about(w, order, kinds[action->delete.kind], action->delete.name, action->delete.uid);
	order->resource_version = arena_strdup(w->arena, action->delete.resource_version);
	return 0;
}

static int write_channel_status(const struct writing *w, const struct action *action,
				 struct order *order)
{
	const struct meta *channel = owner(w, order);

	about(w, order, KIND_CHANNEL, w->plan->name, channel == NULL ? NULL : channel->uid);
	order->is_status = true;
	order->force = true;
	if (channel == NULL)
		return w->err->class;
	return channel_status_to_json(channel, &action->channel_status, &order->body, w->err);
}

static int write_promotion_status(const struct writing *w, const struct action *action,
				   struct order *order)
{
	const struct action_promotion_status *written = &action->promotion_status;
	const struct meta meta = { .namespace = w->plan->namespace,
				   .name = written->name,
				   .uid = written->uid,
				   .resource_version = written->resource_version };

	about(w, order, KIND_PROMOTION, written->name, written->uid);
	order->is_status = true;
	order->force = true;
	if (promotion_phase_is_final(written->status.phase))
		order->ended = promotion_phase_name(written->status.phase);
	return promotion_status_to_json(&meta, &written->status, &order->body, w->err);
}

static enum kind subject_kind(enum event_subject subject)
{
	return subject == EVENT_ON_CHANNEL ? KIND_CHANNEL : KIND_PROMOTION;
}

static int write_notice(const struct writing *w, const struct action *action, struct order *order)
{
	const struct action_notice *notice = &action->notice;
	struct condition *copies = arena_new_array(w->arena, notice->conditions.count, struct condition);

	about(w, order, subject_kind(notice->subject), notice->name, notice->uid);
	for (size_t i = 0; i < notice->conditions.count; i++) {
		copies[i] = notice->conditions.items[i];
		copies[i].type = arena_strdup(w->arena, copies[i].type);
		copies[i].reason = arena_strdup(w->arena, copies[i].reason);
		copies[i].message = arena_strdup(w->arena, copies[i].message);
	}
	order->conditions = (struct conditions){ copies, notice->conditions.count };
	return 0;
}

static int write_event(const struct writing *w, const struct action *action, struct order *order)
{
	const struct action_event *event = &action->event;

	about(w, order, subject_kind(event->subject), event->name, event->uid);
	order->after = event->after;
	order->is_warning = event->is_warning;
	order->reason = arena_strdup(w->arena, event->reason);
	order->note = arena_strdup(w->arena, event->note);
	return 0;
}

/* Fills in the order; an error is in w->err, and its class is returned. */
typedef int (*write_fn)(const struct writing *w, const struct action *action, struct order *order);

static const write_fn writers[] = {
	[ACTION_LIST_TAGS] = write_lookup,
	[ACTION_RESOLVE] = write_lookup,
	[ACTION_MEASURE] = write_measure,
	[ACTION_CHECK_SIGNATURES] = write_check,
	[ACTION_READ_KEY] = write_read_key,
	[ACTION_FIND_WORKLOAD] = write_find,
	[ACTION_CREATE_PROMOTION] = write_create,
	[ACTION_STATE_PINS] = write_pins,
	[ACTION_PIN] = write_pin,
	[ACTION_APPLY_SCALER] = write_scaler,
	[ACTION_APPLY_SERVICE] = write_service,
	[ACTION_DELETE] = write_delete,
	[ACTION_CHANNEL_STATUS] = write_channel_status,
	[ACTION_PROMOTION_STATUS] = write_promotion_status,
	[ACTION_NOTICE] = write_notice,
	[ACTION_EVENT] = write_event,
};

/* The action's line; a text that does not fit is cut, it is for people. */
static const char *line_of(const struct writing *w, const struct action *action)
{
	auto_buf text = BUF_INIT(16 * 1024);
	struct err err = ERR_INIT;

	if (action_text(w->plan, action, &text, &err) < 0)
		return arena_printf(w->arena, "%s …", buf_text(&text));
	return arena_strdup(w->arena, buf_text(&text));
}

/* Few orders have one, and it is larger than an order. */
static const struct err *keep_err(const struct writing *w)
{
	struct err *kept = arena_new(w->arena, struct err);

	CHECK(err_is_set(w->err));
	*kept = *w->err;
	err_clear(w->err);
	return kept;
}

void orders_init(struct orders *orders, const struct world *world, const struct plan *plan)
{
	struct err err = ERR_INIT;
	struct writing w = { .world = world, .plan = plan, .arena = &orders->arena, .err = &err };
	const char *namespace;
	const char *channel;

	*orders = (struct orders){ .arena = ARENA_INIT, .count = plan->actions.len };
	namespace = arena_strdup(&orders->arena, plan->namespace);
	channel = arena_strdup(&orders->arena, plan->name);
	orders->items = arena_new_array(&orders->arena, orders->count, struct order);
	for (size_t i = 0; i < orders->count; i++) {
		const struct action *action = plan->actions.items[i];
		struct order *order = &orders->items[i];

		order->action = action->kind;
		order->namespace = namespace;
		order->channel = channel;
		order->text = line_of(&w, action);
		if (writers[action->kind](&w, action, order) < 0)
			order->err = keep_err(&w);
		if (order->body != NULL) /* it grew by doubling, and waits for its turn among a thousand */
			order->body = memory_resize(order->body, strlen(order->body) + 1, 1);
	}
}

void orders_finish(struct orders *orders)
{
	for (size_t i = 0; i < orders->count; i++)
		free(orders->items[i].body);
	arena_finish(&orders->arena);
	*orders = (struct orders){ .arena = ARENA_INIT };
}

const char *orders_summary(const struct orders *orders, char *text, size_t size)
{
	size_t len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < orders->count && len < size; i++)
		len += (size_t)snprintf(text + len, size - len, "%s%s", i == 0 ? "" : " ",
					action_name(orders->items[i].action));
	return text;
}
