#include "reconcile/quarantined.h"

#include <unistd.h>

#include "bench.h"
#include "reconcile/reconcile.h"
#include "telemetry/log.h"

#define OBJECT(kind, name, generation, version)                                                              \
	"{\"apiVersion\":\"sluice.dev/v1alpha1\",\"kind\":\"" kind "\",\"metadata\":{\"name\":\"" name          \
	"\",\"namespace\":\"n\",\"uid\":\"u\",\"generation\":" generation ",\"resourceVersion\":\"" version "\"}"
#define SHOP(generation, version)                                                                             \
	OBJECT("ReleaseChannel", "shop", generation, version)                                                  \
	",\"spec\":{\"artifacts\":[{\"name\":\"web\",\"image\":\"r.example/web\"}]}}"
#define PROMOTION(generation, version)                                                                        \
	OBJECT("Promotion", "p", generation, version) ",\"spec\":{\"channel\":\"shop\",\"release\":\"r-0123456789\"}}"
#define OF(name) "/apis/sluice.dev/v1alpha1/namespaces/n/" name
#define REFUSED .status = 422, .reply_headers = JSON_TYPE, .reply = STATUS(422, "Invalid", "no")
#define CREATED .status = 201, .reply_headers = JSON_TYPE, .reply = "{}"
#define GET(name, json) { .method = "GET", .target = OF(name), .status = 200, .reply_headers = JSON_TYPE, .reply = json }
#define PATCH(name, text, ...) { .method = "PATCH", .target = OF(name) "/status?*", .body = text, __VA_ARGS__ }
#define EVENT(text) { .method = "POST", .target = "/apis/events.k8s.io/v1/namespaces/n/events*", .body = text, CREATED }

static _Alignas(8) char memory[CRASH_PAGE_SIZE];

/* A reconciler whose process is not the first. */
struct stage {
	struct bench bench;
	struct crash_page page;
	struct reconciler *reconciler;
	bool is_stopped;
};

static void open_page(struct crash_page *page)
{
	struct crash_entry *last;

	(void)crash_page_open(page, memory, "1.0", 0, &last);
}

static void crash_three_times(const struct crash_subject *subject)
{
	struct crash_page page;

	for (int i = 0; i < CRASH_LIMIT; i++) {
		open_page(&page);
		(void)crash_page_enter(&page, subject);
	}
}

static void stage_init(struct stage *s, const struct fake_step *script, size_t count)
{
	struct reconciler_options options = { .concurrency = 2, .seed = 1 };

	log_open(LOG_LEVEL_ERROR, STDERR_FILENO, NULL);
	*s = (struct stage){ .is_stopped = false };
	open_page(&s->page);
	bench_init(&s->bench, script, count);
	client_note_reads(s->bench.tools.client, &s->page);
	options.loop = s->bench.loop;
	options.tools = s->bench.tools;
	options.crash_page = &s->page;
	s->reconciler = reconciler_create(&options);
	store_on_change(s->bench.tools.store, reconciler_on_change, s->reconciler);
	crash_page_on_change(&s->page, reconciler_on_quarantine, s->reconciler);
	reconciler_set_synced(s->reconciler);
	reconciler_set_leading(s->reconciler, true);
}

static void on_stopped(void *user)
{
	struct stage *s = user;

	s->is_stopped = true;
}

static void stage_finish(struct stage *s)
{
	reconciler_stop(s->reconciler, on_stopped, s);
	ck_assert(s->is_stopped || fake_run_until(s->bench.loop, &s->is_stopped, 5000));
	store_on_change(s->bench.tools.store, NULL, NULL);
	reconciler_destroy(s->reconciler);
	bench_finish(&s->bench);
}

static bool see(void *user, const struct event *event, const struct err *err)
{
	struct stage *s = user;

	(void)err;
	if (event != NULL && event->type == EVENT_DELETED)
		(void)store_remove(s->bench.tools.store, event->record);
	else if (event != NULL)
		(void)store_put(s->bench.tools.store, event->record);
	return true;
}

/* As a watch does. */
static void tell(struct stage *s, enum kind kind, const char *line)
{
	struct event_stream *stream = event_stream_create(kind);

	event_stream_note(stream, &s->page);
	ck_assert(event_stream_feed(stream, line, strlen(line), see, s));
	event_stream_destroy(stream);
}

static void expect_requests(struct stage *s, size_t count)
{
	for (int i = 0; i < 1000 && fake_server_served(s->bench.server) < count; i++)
		fake_run_for(s->bench.loop, 5);
	fake_run_for(s->bench.loop, 50);
	ck_assert_uint_eq(fake_server_served(s->bench.server), count);
}

START_TEST(a_channel_that_crashes_the_look_says_so_and_is_left_alone)
{
	const struct crash_subject looked_at = { CRASH_LOOKING, "ReleaseChannel", "n", "shop", "u", "generation 1" };
	const struct fake_step script[] = {
		GET("releasechannels/shop", SHOP("1", "5")),
		PATCH("releasechannels/shop", "*\"resourceVersion\":\"5\"*crashed 3 times when it looked at*", .status = 200,
		      .reply_headers = JSON_TYPE, .reply = SHOP("1", "6")),
		EVENT("*\"reason\":\"Quarantined\"*"),
		PATCH("releasechannels/shop", "*\"NoRelease\"*", REFUSED),
	};
	struct stage s;

	crash_three_times(&looked_at);
	stage_init(&s, script, 4);
	tell(&s, KIND_CHANNEL, "{\"type\":\"ADDED\",\"object\":" SHOP("1", "5") "}");
	expect_requests(&s, 3);
	expect("it is counted", crash_page_next_met(&s.page, NULL) != NULL);
	/* What it was told is told by the watch, and calls for nothing. */
	tell(&s, KIND_CHANNEL, "{\"type\":\"MODIFIED\",\"object\":" SHOP("1", "6") "}");
	expect_requests(&s, 3);
	/* Somebody edits it. */
	tell(&s, KIND_CHANNEL, "{\"type\":\"MODIFIED\",\"object\":" SHOP("2", "7") "}");
	expect_requests(&s, 4);
	expect("it is out of quarantine", crash_page_next_met(&s.page, NULL) == NULL);
	stage_finish(&s);
}
END_TEST

START_TEST(a_promotion_that_cannot_be_read_is_left_out)
{
	const struct crash_subject unread = { CRASH_READING, "Promotion", "n", "p", "u", "generation 1" };
	const struct fake_step script[] = {
		PATCH("releasechannels/shop", "*\"LeftOut\"*Promotion n/p is left out*", REFUSED),
		GET("promotions/p", PROMOTION("1", "5")),
		PATCH("promotions/p", "*\"resourceVersion\":\"5\"*crashed 3 times when it read*", .status = 200,
		      .reply_headers = JSON_TYPE, .reply = "half of an answer is nobody's concern"),
		EVENT("*\"reason\":\"Quarantined\"*"),
		PATCH("releasechannels/shop", "*\"NoRelease\"*", REFUSED),
	};
	struct stage s;

	crash_three_times(&unread);
	stage_init(&s, script, 5);
	tell(&s, KIND_CHANNEL, "{\"type\":\"ADDED\",\"object\":" SHOP("1", "3") "}");
	tell(&s, KIND_PROMOTION, "{\"type\":\"ADDED\",\"object\":" PROMOTION("1", "5") "}");
	expect_requests(&s, 4);
	expect("it is not in the store", store_count(s.bench.tools.store, KIND_PROMOTION) == 0);
	tell(&s, KIND_PROMOTION, "{\"type\":\"MODIFIED\",\"object\":" PROMOTION("1", "6") "}");
	expect_requests(&s, 4);
	tell(&s, KIND_PROMOTION, "{\"type\":\"DELETED\",\"object\":" PROMOTION("1", "7") "}");
	expect_requests(&s, 5);
	expect("nothing is in quarantine", crash_page_next_met(&s.page, NULL) == NULL);
	stage_finish(&s);
}
END_TEST

START_TEST(a_channel_that_cannot_be_read_is_told_of_and_not_taken_for_deleted)
{
	const struct crash_subject unread = { CRASH_READING, "ReleaseChannel", "n", "shop", "u", "generation 1" };
	const struct fake_step script[] = {
		GET("releasechannels/shop", SHOP("1", "5")),
		PATCH("releasechannels/shop", "*crashed 3 times when it read*", REFUSED),
	};
	struct stage s;

	crash_three_times(&unread);
	stage_init(&s, script, 2);
	tell(&s, KIND_CHANNEL, "{\"type\":\"ADDED\",\"object\":" SHOP("1", "5") "}");
	tell(&s, KIND_PINS,
	     "{\"type\":\"ADDED\",\"object\":{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"sluice-pins\","
	     "\"namespace\":\"n\",\"uid\":\"c\",\"resourceVersion\":\"2\",\"labels\":{\"sluice.dev/pins\":\"true\"}},\"data\":{"
	     "\"Deployment.web.web\":\"r.example/web@sha256:0000000000000000000000000000000000000000000000000000000000000000\"}}}");
	expect_requests(&s, 2);
	stage_finish(&s);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, a_channel_that_crashes_the_look_says_so_and_is_left_alone);
	tcase_add_test(tests, a_promotion_that_cannot_be_read_is_left_out);
	tcase_add_test(tests, a_channel_that_cannot_be_read_is_told_of_and_not_taken_for_deleted);
}

SUITE_MAIN("quarantined", add)
