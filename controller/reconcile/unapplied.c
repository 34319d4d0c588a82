#include "reconcile/unapplied.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/map.h"
#include "base/memory.h"
#include "base/str.h"
#include "reconcile/looks.h"

/* A Kubernetes name has at most 253 bytes, a namespace 63. */
#define KEY_SIZE 384

struct failure {
	struct failure *next; /* of the same channel */
	enum kind kind;
	char *name;
	bool is_deletion;
	char *body; /* that was refused, and is not sent again before again_ms; NULL */
	struct err err;
	int64_t again_ms;
	int64_t until_ms;   /* it is told until then */
	int64_t trouble_ms; /* since when writes are not answered; 0: they are */
};

struct failures { /* of one channel; never without any */
	struct failure *first;
};

struct unapplied {
	struct map channels; /* "namespace/channel" → struct failures * */
};

struct unapplied *unapplied_create(void)
{
	struct unapplied *unapplied = memory_alloc(sizeof(*unapplied));

	return unapplied;
}

static void failure_free(struct failure *failure)
{
	free(failure->name);
	free(failure->body);
	free(failure);
}

static void failures_free(struct failures *failures)
{
	if (failures == NULL)
		return;
	while (failures->first != NULL) {
		struct failure *next = failures->first->next;

		failure_free(failures->first);
		failures->first = next;
	}
	free(failures);
}

void unapplied_destroy(struct unapplied *unapplied)
{
	size_t cursor = 0;
	const char *key;
	void *value;

	if (unapplied == NULL)
		return;
	while (map_next(&unapplied->channels, &cursor, &key, &value))
		failures_free(value);
	map_finish(&unapplied->channels);
	free(unapplied);
}

static const char *channel_key(char key[static KEY_SIZE], const char *namespace, const char *channel)
{
	(void)snprintf(key, KEY_SIZE, "%s/%s", namespace, channel);
	return key;
}

static struct failures *failures_of(const struct unapplied *unapplied, const char *namespace, const char *channel)
{
	char key[KEY_SIZE];

	return map_get(&unapplied->channels, channel_key(key, namespace, channel));
}

static bool is_of(const struct failure *failure, const void *user)
{
	const struct unapplied_ref *ref = user;

	return failure->kind == ref->kind && failure->is_deletion == ref->is_deletion && str_equal(failure->name, ref->name);
}

/* failures may be NULL. */
static struct failure *find(const struct failures *failures, const struct unapplied_ref *ref)
{
	struct failure *failure = failures == NULL ? NULL : failures->first;

	while (failure != NULL && !is_of(failure, ref))
		failure = failure->next;
	return failure;
}

static struct failure *make(struct unapplied *unapplied, const struct unapplied_ref *ref)
{
	struct failures *failures = failures_of(unapplied, ref->namespace, ref->channel);
	struct failure *failure = find(failures, ref);
	char key[KEY_SIZE];

	if (failure != NULL)
		return failure;
	if (failures == NULL) {
		failures = memory_alloc(sizeof(*failures));
		map_put(&unapplied->channels, channel_key(key, ref->namespace, ref->channel), failures);
	}
	failure = memory_alloc(sizeof(*failure));
	failure->next = failures->first;
	failure->kind = ref->kind;
	failure->name = memory_strdup(ref->name);
	failure->is_deletion = ref->is_deletion;
	failures->first = failure;
	return failure;
}

static bool learn(struct failure *failure, const char *body, const struct err *err, int64_t now_ms, int64_t again_ms)
{
	bool is_news = failure->until_ms <= now_ms || !err_is_same(&failure->err, err);

	free(failure->body);
	failure->body = body == NULL ? NULL : memory_strdup(body);
	failure->err = *err;
	failure->again_ms = now_ms + again_ms;
	failure->until_ms = now_ms + LOOKS_TOLD_MS;
	return is_news;
}

bool unapplied_refused(struct unapplied *unapplied, const struct unapplied_ref *ref, const char *body, const struct err *err,
		       int64_t now_ms)
{
	struct failure *failure = make(unapplied, ref);

	failure->trouble_ms = 0;
	return learn(failure, body, err, now_ms, looks_refusal_ms(err));
}

bool unapplied_trouble(struct unapplied *unapplied, const struct unapplied_ref *ref, const struct err *err, int64_t now_ms)
{
	struct failure *failure = make(unapplied, ref);

	if (failure->trouble_ms == 0)
		failure->trouble_ms = now_ms;
	if (now_ms - failure->trouble_ms < LOOKS_TROUBLE_MS)
		return false;
	return learn(failure, NULL, err, now_ms, 0);
}

bool unapplied_is_refused(const struct unapplied *unapplied, const struct unapplied_ref *ref, const char *body, int64_t now_ms)
{
	const struct failure *failure = find(failures_of(unapplied, ref->namespace, ref->channel), ref);

	return failure != NULL && failure->again_ms > now_ms && str_equal(failure->body, body);
}

typedef bool (*is_done_fn)(const struct failure *failure, const void *user);

/* Takes out what is done with. Is none left? */
static bool drop(struct failures *failures, is_done_fn is_done, const void *user)
{
	struct failure **place = &failures->first;

	while (*place != NULL) {
		struct failure *failure = *place;

		if (is_done(failure, user)) {
			*place = failure->next;
			failure_free(failure);
		} else {
			place = &failure->next;
		}
	}
	return failures->first == NULL;
}

void unapplied_taken(struct unapplied *unapplied, const struct unapplied_ref *ref)
{
	struct failures *failures = failures_of(unapplied, ref->namespace, ref->channel);

	if (failures != NULL && drop(failures, is_of, ref))
		unapplied_forget(unapplied, ref->namespace, ref->channel);
}

void unapplied_forget(struct unapplied *unapplied, const char *namespace, const char *channel)
{
	char key[KEY_SIZE];

	failures_free(map_remove(&unapplied->channels, channel_key(key, namespace, channel)));
}

static struct write_failure *place_of(struct unapplied_look *look, const struct failure *failure)
{
	if (failure->kind == KIND_PROMOTION)
		return failure->is_deletion ? &look->collection : &look->promotion;
	if (failure->is_deletion)
		return &look->deletion;
	return failure->kind == KIND_PINS ? &look->pins : &look->made;
}

static void tell(const struct failure *failure, struct arena *arena, struct unapplied_look *look)
{
	struct write_failure *place = place_of(look, failure);

	if (place->what != NULL && (err_class_is_refusal(place->class) || !err_class_is_refusal(failure->err.class)))
		return;
	*place = (struct write_failure){ .what = arena_printf(arena, "%s %s", kind_info(failure->kind)->name, failure->name),
					 .class = failure->err.class,
					 .message = arena_strdup(arena, failure->err.text) };
}

void unapplied_fill(const struct unapplied *unapplied, const char *namespace, const char *channel, int64_t now_ms,
		    struct arena *arena, struct unapplied_look *look, int64_t *ret_until_ms)
{
	const struct failures *failures = failures_of(unapplied, namespace, channel);

	for (const struct failure *f = failures == NULL ? NULL : failures->first; f != NULL; f = f->next) {
		int64_t next_ms = f->again_ms > now_ms ? f->again_ms : f->until_ms;

		if (f->until_ms <= now_ms)
			continue;
		if (next_ms < *ret_until_ms)
			*ret_until_ms = next_ms;
		tell(f, arena, look);
	}
}

static bool is_old(const struct failure *failure, const void *now_ms)
{
	int64_t now = *(const int64_t *)now_ms;

	return failure->until_ms <= now && failure->trouble_ms + LOOKS_TOLD_MS <= now;
}

void unapplied_sweep(struct unapplied *unapplied, int64_t now_ms)
{
	size_t cursor = 0;
	const char *key;
	void *value;

	while (map_next(&unapplied->channels, &cursor, &key, &value)) {
		if (drop(value, is_old, &now_ms))
			failures_free(map_remove(&unapplied->channels, key));
	}
}
