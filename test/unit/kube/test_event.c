#include "kube/event.h"

#include <stdio.h>

#include "bench.h"

#define COLLECTION "/apis/events.k8s.io/v1/namespaces/shop-beta/events"
#define QUERY "?fieldManager=sluice"
#define STATUS(code, reason) \
	"{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"code\":" code ",\"reason\":\"" reason "\"}"

#define POST_EVENT(note, code, text) \
	{ .method = "POST", .target = COLLECTION QUERY, .status = code, .reply = text, \
	  .headers = "Content-Type: application/json\n", \
	  .body = "{*\"kind\":\"Event\"*\"name\":\"shop.*\"*\"reportingController\":\"sluice.dev/operator\"," \
		  "\"reportingInstance\":\"pod-a\",\"type\":\"Normal\",\"reason\":\"Promoted\"," \
		  "\"action\":\"Promote\",\"note\":\"" note "\",\"regarding\":{*\"kind\":\"ReleaseChannel\"*}}" }

static const struct event_report usual = {
	.regarding = { .api_version = "sluice.dev/v1alpha1", .kind = "ReleaseChannel", .namespace = "shop-beta",
		       .name = "shop", .uid = "u1" },
	.reason = "Promoted",
	.action = "Promote",
	.note = "first",
};

static void tell(struct event_sender *sender, const char *note)
{
	struct event_report report = usual;
	char text[64];

	(void)snprintf(text, sizeof(text), "%s", note);
	report.note = text;
	event_send(sender, &report);
	memset(text, 'x', sizeof(text)); /* it was copied */
}

/* Runs until the script is served, and a little longer. */
static void run_through(const struct bench *bench, size_t steps, const char *row)
{
	const bool never = false;

	for (int i = 0; i < 100 && fake_server_served(bench->server) < steps; i++)
		(void)fake_run_until(bench->loop, &never, 50);
	fake_run_for(bench->loop, 100);
	expect_int(row, fake_server_served(bench->server), steps);
}

START_TEST(the_first_is_created_the_second_patched)
{
	static const struct fake_step script[] = {
		POST_EVENT("first", 201, "{}"),
		{ .method = "PATCH", .target = COLLECTION "/shop.*" QUERY, .status = 200, .reply = "{}",
		  .headers = "Content-Type: application/merge-patch+json\n",
		  .body = "{\"series\":{\"count\":2,\"lastObservedTime\":\"*Z\"}}" },
		POST_EVENT("second", 201, "{}"),
	};
	struct bench bench = bench_open(script, 3, (struct kubeconfig){ 0 });
	struct event_sender *sender = event_sender_create(bench.loop, bench.client, "pod-a");

	tell(sender, "first");
	run_through(&bench, 1, "created");
	tell(sender, "first");
	run_through(&bench, 2, "patched");
	tell(sender, "first");
	tell(sender, "second");
	run_through(&bench, 3, "the third waits, another one does not");
	expect_int("it waits", event_waiting(sender), 1);
	expect_int("nothing is lost", event_dropped(sender), 0);
	event_sender_destroy(sender);
	bench_close(&bench, "series");
}
END_TEST

static const struct {
	const char *name;
	struct fake_step step;
	int want_dropped;
	int want_waiting;
} answers[] = {
	{ "a name that is there already is our own", POST_EVENT("first", 409, STATUS("409", "AlreadyExists")), 0, 0 },
	{ "what is refused is dropped", POST_EVENT("first", 422, STATUS("422", "Invalid")), 1, 0 },
	{ "a namespace that is being deleted takes none", POST_EVENT("first", 403, STATUS("403", "Forbidden")), 1, 0 },
	{ "a namespace that is gone takes none", POST_EVENT("first", 404, STATUS("404", "NotFound")), 1, 0 },
	{ "a server that is busy is asked again later", POST_EVENT("first", 429, STATUS("429", "TooManyRequests")), 0, 1 },
	{ "a server that is broken is asked again later", POST_EVENT("first", 503, STATUS("503", "ServiceUnavailable")), 0, 1 },
	{ "a server that hangs up is asked again later",
	  { .method = "POST", .target = COLLECTION QUERY, .end = FAKE_CLOSE }, 0, 1 },
};

START_TEST(answers_are_understood)
{
	struct bench bench = bench_open(&answers[_i].step, 1, (struct kubeconfig){ 0 });
	struct event_sender *sender = event_sender_create(bench.loop, bench.client, "pod-a");

	tell(sender, "first");
	run_through(&bench, 1, answers[_i].name);
	expect_int(answers[_i].name, event_dropped(sender), answers[_i].want_dropped);
	expect_int(answers[_i].name, event_waiting(sender), answers[_i].want_waiting);
	event_sender_destroy(sender);
	bench_close(&bench, answers[_i].name);
}
END_TEST

START_TEST(an_expired_event_is_created_again)
{
	static const struct fake_step script[] = {
		POST_EVENT("first", 201, "{}"),
		{ .method = "PATCH", .target = COLLECTION "/shop.*" QUERY, .status = 404,
		  .reply = STATUS("404", "NotFound") },
		{ .method = "POST", .target = COLLECTION QUERY, .status = 201, .reply = "{}",
		  .body = "{*\"note\":\"first\"*\"series\":{\"count\":2,*}}" },
	};
	struct bench bench = bench_open(script, 3, (struct kubeconfig){ 0 });
	struct event_sender *sender = event_sender_create(bench.loop, bench.client, "pod-a");

	tell(sender, "first");
	run_through(&bench, 1, "created");
	tell(sender, "first");
	run_through(&bench, 3, "created again");
	event_sender_destroy(sender);
	bench_close(&bench, "expired");
}
END_TEST

/* A name that no path can hold is the Event's own fault: it is dropped, and the next one is sent. */
START_TEST(one_that_cannot_be_sent_does_not_block_the_others)
{
	static const struct fake_step script[] = { POST_EVENT("second", 201, "{}") };
	struct bench bench = bench_open(script, 1, (struct kubeconfig){ 0 });
	struct event_sender *sender = event_sender_create(bench.loop, bench.client, "pod-a");
	struct event_report report = usual;

	report.regarding.namespace = "..";
	event_send(sender, &report);
	tell(sender, "second");
	run_through(&bench, 1, "the second");
	expect_int("the first is counted", event_dropped(sender), 1);
	event_sender_destroy(sender);
	bench_close(&bench, "cannot be sent");
}
END_TEST

START_TEST(the_end_may_come_at_any_time)
{
	static const struct fake_step script[] = {
		{ .method = "POST", .target = COLLECTION QUERY, .status = 201, .reply = "{}", .delay_ms = 60000 },
	};
	struct bench bench = bench_open(script, 1, (struct kubeconfig){ 0 });
	struct event_sender *sender = event_sender_create(bench.loop, bench.client, "pod-a");

	for (int n = 0; n < 1100; n++) {
		char note[32];

		(void)snprintf(note, sizeof(note), "note %d", n);
		tell(sender, note);
	}
	run_through(&bench, 1, "one is under way");
	expect_int("a thousand wait", event_waiting(sender), 1000);
	expect_int("the rest is counted", event_dropped(sender), 100);
	event_sender_destroy(sender);
	event_sender_destroy(NULL);
	fake_run_for(bench.loop, 50);
	bench_close(&bench, "end");
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, the_first_is_created_the_second_patched);
	suite_add_rows(tests, answers_are_understood, answers);
	tcase_add_test(tests, an_expired_event_is_created_again);
	tcase_add_test(tests, one_that_cannot_be_sent_does_not_block_the_others);
	tcase_add_test(tests, the_end_may_come_at_any_time);
}

SUITE_MAIN("event", add)
