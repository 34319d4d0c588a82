/*
 * What the tests of kube/watch share: what a server sends, what a client asks, and a watch on a bench.
 * May include: Check, fake/server.h, kube.
 */
#ifndef SLUICE_TEST_KUBE_WATCHING_H
#define SLUICE_TEST_KUBE_WATCHING_H

#include "bench.h"
#include "kube/watch.h"
#include "objects.h"

/* ---- what a server sends ---- */

#define OBJECT(name, uid, version)                                                                \
	"{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"namespace\":\"a\",\"name\":\"" name \
	"\",\"uid\":\"" uid "\",\"resourceVersion\":\"" version "\"},\"data\":{}}"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}\n"
#define ADD(name, uid, version) EVENT("ADDED", OBJECT(name, uid, version))
#define MOD(name, uid, version) EVENT("MODIFIED", OBJECT(name, uid, version))
#define DEL(name, uid, version) EVENT("DELETED", OBJECT(name, uid, version))
#define MARK(version)                                                          \
	EVENT("BOOKMARK", "{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{" \
			  "\"resourceVersion\":\"" version "\",\"creationTimestamp\":null}}")
#define STATUS(code, reason, more)                                                             \
	"{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\"," \
	"\"message\":\"" reason "\",\"reason\":\"" reason "\",\"code\":" code more "}"
#define ERROR(code, reason, more) EVENT("ERROR", STATUS(code, reason, more))
#define PAGE(version, token, items)                                                              \
	"{\"kind\":\"ConfigMapList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"" version \
	"\",\"continue\":\"" token "\"},\"items\":[" items "]}"

/* ---- what a client asks ---- */

#define MAPS "/api/v1/configmaps?*"
#define STREAM MAPS "watch=1&allowWatchBookmarks=true"

/* Targets by what is asked. */
#define ASK(what) .method = "GET", .target = what, .headers = "!Accept-Encoding\n"
#define LIST ASK(MAPS "limit=10000")
#define LIST_AFTER(token) ASK(MAPS "limit=10000&continue=" token)
#define WATCH(version) ASK(STREAM "&resourceVersion=" version "&timeoutSeconds=*")

#define HELD .status = 200, .end = FAKE_HOLD
#define OPEN_END .status = 200, .is_chunked = true
#define LISTED(version, items) .status = 200, .reply = PAGE(version, "", items)

/* ---- what a watchset asks ---- */

#define PAGE_OF_ANY { .method = "GET", .target = "*limit=10000", LISTED("5", ""), .is_unordered = true }
#define STREAM_OF_ANY { .method = "GET", .target = "*watch=1*resourceVersion=5&*", HELD, .is_unordered = true }

#define START_STEPS ((size_t)2 * KIND_COUNT)

/* Puts the steps of a start, in which all kinds are empty: START_STEPS. */
static inline void put_start(struct fake_step *script)
{
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		*script++ = (struct fake_step)PAGE_OF_ANY;
		*script++ = (struct fake_step)STREAM_OF_ANY;
	}
}

/* What the handler was told. */
struct told {
	int synced;
	int bad;
};

static inline void on_synced(void *user, enum kind kind)
{
	(void)kind;
	((struct told *)user)->synced++;
}

static inline void on_bad(void *user, enum kind kind, const struct err *why)
{
	(void)kind;
	ck_assert_int_eq(why->class, ERR_INPUT);
	((struct told *)user)->bad++;
}

static const struct watch_times quick = {
	.backoff_first_ms = 1, .backoff_limit_ms = 2, .absent_ms = 20, .short_ms = 5,
};

/* A watch on a bench. */
struct scene {
	struct bench bench;
	struct store *store;
	struct watch *watch;
	struct changes changes;
	struct told told;
};

static inline void scene_open_over(bool is_http2, struct scene *scene, const struct fake_step *script, size_t count,
			    enum kind kind, const struct watch_times *times)
{
	*scene = (struct scene){
		.bench = bench_open_over(is_http2, script, count, (struct kubeconfig){ .token = "t" }),
	};
	scene->store = store_create();
	store_on_change(scene->store, changes_note, &scene->changes);
	scene->watch = watch_create(scene->bench.loop, scene->bench.client, scene->store, kind, times,
				    &(struct watch_handler){ .on_synced = on_synced, .on_bad_object = on_bad,
							     .user = &scene->told });
	watch_start(scene->watch);
}

static inline void scene_open(struct scene *scene, const struct fake_step *script, size_t count, enum kind kind,
		       const struct watch_times *times)
{
	scene_open_over(false, scene, script, count, kind, times);
}

static inline void scene_close(struct scene *scene, const char *row)
{
	watch_destroy(scene->watch);
	bench_close(&scene->bench, row);
	store_destroy(scene->store);
}

/* Runs until the whole script has been asked for and the watch follows a stream; and a little longer, to
 * see that nothing more comes. */
static inline void scene_run(struct scene *scene, size_t steps, int64_t longer_ms, const char *row)
{
	for (int i = 0; i < 20000; i++) {
		if (fake_server_served(scene->bench.server) == steps &&
		    watch_report(scene->watch)->state == WATCH_LIVE)
			break;
		fake_run_for(scene->bench.loop, 1);
	}
	fake_run_for(scene->bench.loop, longer_ms);
	expect_int(row, fake_server_served(scene->bench.server), steps);
	expect_int(row, watch_report(scene->watch)->state, WATCH_LIVE);
}

#endif
