/* What we have written, and a watch that tells it late. */
#include "kube/watch.h"
#include "stage.h"

#define CONDITION(type, status, reason, message)                                                   \
	"{\"type\":\"" type "\",\"status\":\"" status "\",\"reason\":\"" reason                       \
	"\",\"message\":\"" message                                                                \
	"\",\"observedGeneration\":1,\"lastTransitionTime\":\"1970-01-01T00:16:40Z\"}"
#define NO_RELEASE(type) CONDITION(type, "False", "NoRelease", "no release was promoted yet")
/* With this status there is nothing to be done for the channel. */
#define SETTLED                                                                                    \
	",\"status\":{\"observedGeneration\":1,\"guard\":\"FieldOwnership\",\"conditions\":["         \
	NO_RELEASE("Ready") "," NO_RELEASE("Pinned") "," NO_RELEASE("Verified") ","                \
	CONDITION("AdmissionPolicyMissing", "True", "WhoMayMissing",                               \
		  "the ValidatingAdmissionPolicy sluice-who-may is not installed: everybody who "  \
		  "may create Promotions may promote") "]}"
#define SHOP(version, status)                                                                      \
	"{\"apiVersion\":\"sluice.dev/"                                                            \
	"v1alpha1\",\"kind\":\"ReleaseChannel\",\"metadata\":{\"name\":\"shop\","                   \
	"\"namespace\":\"n\",\"uid\":\"u\",\"generation\":1,\"resourceVersion\":\"" version         \
	"\"},\"spec\":{\"artifacts\":[{\"name\":\"web\",\"image\":\"r.example/web\"}]}" status "}"
#define WEB(uid, version)                                                                          \
	"{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"web\","               \
	"\"namespace\":\"n\",\"uid\":\"" uid "\",\"resourceVersion\":\"" version                    \
	"\",\"labels\":{\"sluice.dev/channel\":\"shop\"},\"ownerReferences\":[{\"kind\":"           \
	"\"ReleaseChannel\",\"name\":\"shop\",\"uid\":\"u\",\"controller\":true}]},\"spec\":{}}"
#define UNGUARDED(version)                                                                         \
	"{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"n\","                \
	"\"resourceVersion\":\"" version "\",\"labels\":{\"sluice.dev/guard\":\"off\"}}}"
#define EVENT(type, object) "{\"type\":\"" type "\",\"object\":" object "}\n"
#define LIST_OF(plural, object)                                                                    \
	{ .method = "GET", .target = "*" plural "?*limit=10000", .status = 200,                         \
	  .reply = "{\"metadata\":{\"resourceVersion\":\"5\"},\"items\":[" object "]}" }
#define STREAM_OF(plural)                                                                          \
	{ .method = "GET", .target = "*" plural "?*watch=1*", .status = 200, .end = FAKE_HOLD, .is_unordered = true }

static void on_watch_synced(void *user, enum kind kind)
{
	(void)kind;
	stage_begin_work(user);
}

/* A watch of the kind, whose stream is the script's second step; the work begins when it has synced. */
static struct watch *start_watch(struct stage *s, enum kind kind)
{
	struct watch *watch = watch_create(
		s->bench.loop, s->bench.tools.client, s->bench.tools.store, kind,
		&(struct watch_times){ .idle_ms = 0 },
		&(struct watch_handler){ .on_synced = on_watch_synced, .user = s });

	watch_start(watch);
	return watch;
}

/* Has every channel of the namespace looked at, from what the store holds. */
static void have_it_looked_at(struct stage *s, const char *unguarded)
{
	stage_put(s, KIND_FREE_NAMESPACE, unguarded);
}

static void tell_late(struct stage *s, const char *event)
{
	fake_server_push(s->bench.server, 1, event);
	fake_run_for(s->bench.loop, 20);
}

START_TEST(after_a_write_nothing_is_decided_from_older_data)
{
	const struct fake_step script[] = {
		LIST_OF("releasechannels", SHOP("3", "")),
		STREAM_OF("releasechannels"),
		{ STATUS_OF("shop"), .status = 200, .reply_headers = JSON_TYPE,
		  .reply = SHOP("12", SETTLED), .is_unordered = true },
		{ STATUS_OF("shop"), REFUSED },
	};
	struct watch *watch;
	struct stage s;

	stage_init(&s, script, 4);
	watch = start_watch(&s, KIND_CHANNEL);
	stage_expect_requests(&s, 3);
	have_it_looked_at(&s, UNGUARDED("13"));
	stage_expect_requests(&s, 3);
	tell_late(&s, EVENT("MODIFIED", SHOP("10", "")));
	have_it_looked_at(&s, UNGUARDED("14"));
	stage_expect_requests(&s, 3);
	tell_late(&s, EVENT("MODIFIED", SHOP("12", SETTLED)));
	have_it_looked_at(&s, UNGUARDED("15"));
	stage_expect_requests(&s, 3);
	/* Something newer is looked at: somebody has wiped the status. */
	tell_late(&s, EVENT("MODIFIED", SHOP("16", "")));
	stage_expect_requests(&s, 4);
	watch_destroy(watch);
	stage_finish(&s);
}
END_TEST

START_TEST(after_a_deletion_nothing_is_decided_from_older_data)
{
	const struct fake_step script[] = {
		LIST_OF("services", WEB("w", "3")),
		STREAM_OF("services"),
		{ .method = "DELETE", .target = "/api/v1/namespaces/n/services/web", .status = 200,
		  .reply = "{\"kind\":\"Status\",\"status\":\"Success\"}",
		  .body = "*\"uid\":\"w\",\"resourceVersion\":\"3\"*", .is_unordered = true },
		{ .method = "DELETE", .target = "/api/v1/namespaces/n/services/web", .status = 200,
		  .reply = "{\"kind\":\"Status\",\"status\":\"Success\"}", .body = "*\"uid\":\"x\"*" },
	};
	struct watch *watch;
	struct stage s;

	stage_init(&s, script, 4);
	stage_put(&s, KIND_CHANNEL, SHOP("1", SETTLED));
	watch = start_watch(&s, KIND_SERVICE);
	stage_expect_requests(&s, 3);
	have_it_looked_at(&s, UNGUARDED("13"));
	stage_expect_requests(&s, 3);
	tell_late(&s, EVENT("MODIFIED", WEB("w", "3")));
	have_it_looked_at(&s, UNGUARDED("14"));
	stage_expect_requests(&s, 3);
	tell_late(&s, EVENT("DELETED", WEB("w", "8")));
	have_it_looked_at(&s, UNGUARDED("15"));
	stage_expect_requests(&s, 3);
	/* Another one of that name is another one. */
	tell_late(&s, EVENT("ADDED", WEB("x", "9")));
	stage_expect_requests(&s, 4);
	watch_destroy(watch);
	stage_finish(&s);
}
END_TEST

#define STAY(release, digest, promotion)                                                           \
	"{\"release\":\"" release "\",\"artifacts\":[{\"name\":\"web\",\"image\":\"r.example/web\","   \
	"\"digest\":\"sha256:" digest "\"}],\"promotion\":\"" promotion                               \
	"\",\"since\":\"2026-11-24T10:00:00Z\"}"
#define MOVING                                                                                     \
	"{\"apiVersion\":\"sluice.dev/v1alpha1\",\"kind\":\"ReleaseChannel\",\"metadata\":{"           \
	"\"name\":\"shop\",\"namespace\":\"n\",\"uid\":\"u\",\"generation\":1,"                      \
	"\"resourceVersion\":\"7\"},\"spec\":{\"artifacts\":[{\"name\":\"web\",\"image\":"           \
	"\"r.example/web\"}]},\"status\":{\"current\":" STAY("r-0000000001", "a", "old")            \
	",\"desired\":" STAY("r-0000000002", "b", "new") "}}"

START_TEST(a_promotion_not_heard_of_yet_is_not_taken_for_deleted)
{
	const struct fake_step script[] = { { STATUS_OF("shop"), REFUSED } };
	struct stage s;

	stage_init(&s, script, 1);
	store_advance(s.bench.tools.store, KIND_PROMOTION, "6");
	stage_put(&s, KIND_CHANNEL, MOVING);
	stage_begin_work(&s);
	stage_expect_requests(&s, 0);
	store_advance(s.bench.tools.store, KIND_PROMOTION, "7");
	have_it_looked_at(&s, UNGUARDED("5"));
	stage_expect_requests(&s, 1);
	stage_finish(&s);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, a_promotion_not_heard_of_yet_is_not_taken_for_deleted);
	tcase_add_test(tests, after_a_write_nothing_is_decided_from_older_data);
	tcase_add_test(tests, after_a_deletion_nothing_is_decided_from_older_data);
}

SUITE_MAIN("late_watch", add)
