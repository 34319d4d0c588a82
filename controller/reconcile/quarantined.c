#include "reconcile/quarantined.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "reconcile/report.h"
#include "reconcile/sources.h"
#include "telemetry/log.h"

#define CHANNEL "ReleaseChannel"
#define PROMOTION "Promotion"
#define KEY_SIZE 384

/* A key, taken apart. */
struct target {
	char namespace[64];
	const char *name;
	bool is_promotion;
};

static struct target target_of(const char *key)
{
	size_t len = strcspn(key, "/");
	struct target target = { .name = key + len + 1 };

	CHECK(key[len] == '/');
	(void)snprintf(target.namespace, sizeof(target.namespace), "%.*s", (int)len, key);
	if (str_has_prefix(target.name, PROMOTION "/")) {
		target.is_promotion = true;
		target.name += strlen(PROMOTION "/");
	}
	return target;
}

static struct crash_entry *find_unread(struct crash_page *page, const struct target *target)
{
	return crash_page_find_met(page, CRASH_READING, target->is_promotion ? PROMOTION : CHANNEL, target->namespace,
				   target->name);
}

static struct crash_entry *enter_look(struct crash_page *page, const struct store *store, const struct target *target,
				      struct arena *arena)
{
	const struct record *channel = store_get(store, KIND_CHANNEL, target->namespace, target->name, arena);
	struct crash_subject subject = { CRASH_LOOKING, CHANNEL, target->namespace, target->name, "", "" };
	char version[48];

	if (channel != NULL) {
		(void)snprintf(version, sizeof(version), "generation %lld", (long long)channel->meta->generation);
		subject.uid = channel->meta->uid;
		subject.version = version;
	}
	return crash_page_enter(page, &subject);
}

bool quarantined_begin(struct crash_page *page, const struct store *store, const char *key, struct arena *arena,
		       struct crash_entry **ret_entry)
{
	struct target target;

	*ret_entry = NULL;
	if (page == NULL)
		return true;
	target = target_of(key);
	*ret_entry = find_unread(page, &target);
	if (*ret_entry == NULL && !target.is_promotion)
		*ret_entry = enter_look(page, store, &target, arena);
	return *ret_entry == NULL && !target.is_promotion;
}

/* A look at what is not there has no object in which it could be said. */
static bool can_be_said(const struct crash_entry *entry)
{
	return entry != NULL && entry->is_said == 0 && entry->uid[0] != '\0';
}

void quarantined_tell(const struct crash_entry *entry, int64_t now_ms, const char *key, struct metrics *metrics,
		      struct orders *ret_orders)
{
	struct arena arena = ARENA_INIT;
	struct target target = target_of(key);
	struct world world = { .now_ms = now_ms, .namespace = target.namespace };
	struct plan plan;

	*ret_orders = (struct orders){ .arena = ARENA_INIT };
	if (!can_be_said(entry))
		return;
	world.name = target.is_promotion ? "" : target.name;
	quarantine_plan(&world, sources_quarantine(entry, &arena), &arena, &plan);
	orders_init(ret_orders, &world, &plan);
	report_plan(key, &plan, ret_orders, metrics);
	plan_finish(&plan);
	arena_finish(&arena);
}

void quarantined_said(struct crash_page *page, const char *key)
{
	struct target target = target_of(key);
	struct crash_entry *entry = find_unread(page, &target);

	if (entry == NULL)
		entry = crash_page_find_met(page, CRASH_LOOKING, CHANNEL, target.namespace, target.name);
	if (entry == NULL)
		return;
	entry->is_said = 1;
	entry->is_announced = 1;
}

static void key_of(const char *namespace, const char *kind, const char *name, links_fn fn, void *user)
{
	char key[KEY_SIZE];

	(void)snprintf(key, sizeof(key), "%s/%s%s", namespace, kind, name);
	fn(user, key);
}

/* A look that crashes concerns nobody else, and has just begun or ended. */
void quarantined_each_key(const struct crash_entry *entry, const struct store *store, const struct links *links,
			  links_fn fn, void *user)
{
	struct store_cursor cursor = STORE_CURSOR_INIT;
	const char *namespace = entry->namespace[0] == '\0' ? NULL : entry->namespace;

	if (entry->stage == CRASH_LOOKING)
		return;
	while (store_next(store, KIND_CHANNEL, namespace, &cursor))
		key_of(cursor.namespace, "", cursor.name, fn, user);
	if (str_equal(entry->kind, PROMOTION))
		key_of(entry->namespace, PROMOTION "/", entry->name, fn, user);
	if (!str_equal(entry->kind, CHANNEL))
		return;
	key_of(entry->namespace, "", entry->name, fn, user);
	links_each_downstream(links, entry->namespace, entry->name, fn, user);
}

void quarantined_each_met_key(struct crash_page *page, const struct store *store, const struct links *links, links_fn fn,
			      void *user)
{
	struct crash_entry *entry = NULL;

	while ((entry = crash_page_next_met(page, entry)) != NULL)
		quarantined_each_key(entry, store, links, fn, user);
}

void quarantined_log(const struct crash_entry *entry, bool is_met)
{
	const char *text = is_met ? "an object that crashed the operator is in quarantine: it is left alone"
				  : "an object is out of quarantine";

	log_write(is_met ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO, text,
		  LOG_FIELDS(log_text("kind", entry->kind), log_text("namespace", entry->namespace),
			     log_text("name", entry->name), log_text("version", entry->version),
			     log_text("crashed", entry->stage == CRASH_READING ? "reading" : "looking"),
			     log_number("crashes", entry->crashes)));
}

void quarantined_collect(struct crash_page *page, struct metrics *metrics)
{
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		const char *name = kind_info((enum kind)kind)->name;
		struct crash_entry *entry = NULL;
		size_t count = 0;

		while ((entry = crash_page_next_met(page, entry)) != NULL)
			count += str_equal(entry->kind, name) ? 1 : 0;
		if (page != NULL)
			metrics_set_quarantined(metrics, name, count);
	}
}
