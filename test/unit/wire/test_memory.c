/* Memory: how often it is asked for, and what becomes of a decoder that gets none. malloc and its like are
 * wrapped by the linker. Where the n-th request fails, for every n until it works, each try ends in success or in
 * ERR_NOMEM, and nothing is lost (the tests run under AddressSanitizer, which counts). */
#include "given.h"

struct asked { /* of memory */
	size_t times;
	size_t left; /* how many requests are still granted */
	bool has_failed;
};

static struct asked asked = { .left = SIZE_MAX };

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

static bool is_granted(void)
{
	asked.times++;
	if (asked.left == 0) {
		asked.has_failed = true;
		return false;
	}
	asked.left--;
	return true;
}

void *__wrap_malloc(size_t size)
{
	return is_granted() ? __real_malloc(size) : NULL;
}

/* An arena ends the process without memory, so this is granted always. */
void *__wrap_calloc(size_t count, size_t size)
{
	asked.times++;
	return __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
	return is_granted() ? __real_realloc(memory, size) : NULL;
}

/* ---- no memory ---- */

static int try_channel(const char *json, struct err *err)
{
	struct record *record = NULL;
	int r = record_from_json(KIND_CHANNEL, json, strlen(json), &record, err);

	record_unref(r == 0 ? record : NULL);
	return r;
}

static int try_promotion(const char *json, struct err *err)
{
	struct record *record = NULL;
	int r = record_from_json(KIND_PROMOTION, json, strlen(json), &record, err);

	record_unref(r == 0 ? record : NULL);
	return r;
}

struct told {
	size_t count;
	struct err err;
};

static bool on_event(void *user, const struct event *event, const struct err *err)
{
	struct told *told = user;

	told->count += event != NULL;
	told->err = *err;
	return true;
}

static int try_event(const char *json, struct err *err)
{
	struct event_stream *stream = event_stream_create(KIND_CHANNEL);
	struct told told = { .count = 0 };
	size_t len = strlen(json);

	expect_quick("goes on", event_stream_feed(stream, "{\"type\":\"ADDED\",\"object\":", 25, on_event, &told));
	for (size_t at = 0; at < len; at += 100)
		expect_quick("goes on", event_stream_feed(stream, json + at, len - at < 100 ? len - at : 100, on_event, &told));
	expect_quick("goes on", event_stream_feed(stream, "}\n", 2, on_event, &told));
	expect_quick("told of", told.count == 1 || err_is_set(&told.err));
	*err = told.err;
	event_stream_destroy(stream);
	return err->class;
}

static void on_item(void *user, const struct record *record, const struct err *err)
{
	struct told *told = user;

	told->count += record != NULL;
	expect_quick("good", !err_is_set(err));
}

static int try_list(const char *json, struct err *err)
{
	struct list_stream *stream = list_stream_create(KIND_CHANNEL);
	struct list_head head;
	struct told told = { .count = 0 };
	int r = list_stream_feed(stream, "{\"metadata\":{\"continue\":\"x\"},\"items\":[", 38, on_item, &told, err);

	r = r < 0 ? r : list_stream_feed(stream, json, strlen(json), on_item, &told, err);
	r = r < 0 ? r : list_stream_feed(stream, ",", 1, on_item, &told, err);
	r = r < 0 ? r : list_stream_feed(stream, json, strlen(json), on_item, &told, err);
	r = r < 0 ? r : list_stream_feed(stream, "]}", 2, on_item, &told, err);
	r = r < 0 ? r : list_stream_end(stream, &head, err);
	expect_quick("both", r < 0 || told.count == 2);
	list_stream_destroy(stream);
	return r;
}

/* 100 keys are sorted, which takes memory. */
static int try_many_keys(const char *json, struct err *err)
{
	auto_buf text = BUF_INIT(GIVEN_MAX);
	struct record *record = NULL;
	int r = buf_puts(&text, "{\"metadata\":{\"name\":\"a\"},\"data\":{\"\":\"\"", err);

	(void)json;
	for (int i = 0; i < 100 && r == 0; i++)
		r = buf_printf(&text, err, ",\"key-%d\":\"\"", i);
	r = r < 0 ? r : buf_puts(&text, "}}", err);
	r = r < 0 ? r : record_from_json(KIND_PINS, text.data, text.len, &record, err);
	record_unref(r == 0 ? record : NULL);
	return r;
}

/* Of one length the JSON of a document fills its memory, and the end of its line needs more. */
static int try_yaml(const char *json, struct err *err)
{
	int r = 0;

	(void)json;
	for (int len = 0; len < 64 && r == 0; len++) {
		auto_buf out = BUF_INIT(GIVEN_MAX);
		char yaml[80];

		(void)snprintf(yaml, sizeof(yaml), "a: x%0*d\n", len, 0);
		r = yaml_to_json(yaml, strlen(yaml), &out, err);
		expect_quick("whole lines", r < 0 || out.data[out.len - 1] == '\n');
	}
	return r;
}

static int try_status(const char *json, struct err *err)
{
	static const char body[] = "{\"message\":\"modified\",\"reason\":\"Conflict\",\"code\":409}";
	struct err own = ERR_INIT;

	(void)json;
	expect_quick("a conflict", status_to_err(409, body, sizeof(body) - 1, NULL, &own) == ERR_CONFLICT);
	return err->class;
}

static const struct {
	const char *name;
	const char *file;
	int (*try)(const char *json, struct err *err);
	size_t least; /* requests that it takes */
} rows[] = {
	{ "a channel", "channels.yaml", try_channel, 4 },
	{ "a promotion", "promotions.yaml", try_promotion, 4 },
	{ "a line of a watch", "channels.yaml", try_event, 5 },
	{ "a list", "channels.yaml", try_list, 5 },
	{ "an object of many keys", "channels.yaml", try_many_keys, 5 },
	{ "a document of YAML", "channels.yaml", try_yaml, 64 },
	{ "an answer that says no: its class is known without memory", "channels.yaml", try_status, 3 },
};

START_TEST(fails_softly_at_every_request)
{
	char *text = given_file(rows[_i].file);
	char *json = given_json(text, 0);
	size_t tries = 0;
	bool has_failed;

	do {
		struct err err = ERR_INIT;
		int r;

		asked = (struct asked){ .left = tries++ };
		r = rows[_i].try(json, &err);
		has_failed = asked.has_failed;
		asked = (struct asked){ .left = SIZE_MAX };
		ck_assert_msg(has_failed ? r == ERR_NOMEM || r == 0 : r == 0, "%s, request %zu: %d %s",
			      rows[_i].name, tries, r, err.text);
		ck_assert_int_eq(err.class, r);
	} while (has_failed);
	ck_assert_msg(tries >= rows[_i].least, "%s took %zu requests only", rows[_i].name, tries);
	free(json);
	free(text);
}
END_TEST

/* ---- how much ---- */

#define WORKLOAD(fields)                                                                                       \
	"{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\",\"uid\":\"u\"," \
	"\"resourceVersion\":\"7\",\"labels\":{\"app\":\"web\"}," fields "\"generation\":3},\"spec\":{\"selector\":{\"matchLabels\":"  \
	"{\"app\":\"web\"}},\"template\":{\"spec\":{\"containers\":[{\"name\":\"web\",\"image\":\"a.b/c@sha256:1\",\"env\":[{\"name\":"  \
	"\"A\",\"value\":\"b\"}]}]}}},\"status\":{\"replicas\":3,\"conditions\":[{\"type\":\"Available\",\"status\":\"True\"}]}}"

/* The workload with this many bytes of managedFields; malloc'd. */
static char *with_managed_fields(size_t len, size_t *ret_len)
{
	static const char entry[] = "{\"manager\":\"kubectl\",\"fieldsV1\":{\"f:spec\":{\"f:\\\"x\\\"\":{},\"k:{\\\"name\\\":\\\"web\\\"}\":{\".\":{}}}}},";
	auto_buf fields = BUF_INIT((size_t)4 * 1024 * 1024);
	auto_buf text = BUF_INIT((size_t)4 * 1024 * 1024);
	const char *whole = WORKLOAD("@");
	const char *at = strchr(whole, '@');
	struct err err = ERR_INIT;

	while (fields.len < len)
		ck_assert_int_eq(buf_puts(&fields, entry, &err), 0);
	ck_assert(buf_printf(&text, &err, "%.*s\"managedFields\":[%s{}],%s", (int)(at - whole), whole, buf_text(&fields),
			     at + 1) == 0);
	*ret_len = text.len;
	return buf_take(&text);
}

/* Feeds a line with object in it, in pieces as they come from a connection, and counts. */
static size_t requests_for(struct event_stream *stream, const char *object, size_t len)
{
	struct told told = { .count = 0 };
	size_t times;

	asked.times = 0;
	(void)event_stream_feed(stream, "{\"type\":\"MODIFIED\",\"object\":", 28, on_event, &told);
	for (size_t at = 0; at < len; at += 16384)
		(void)event_stream_feed(stream, object + at, len - at < 16384 ? len - at : 16384, on_event, &told);
	(void)event_stream_feed(stream, "}\n", 2, on_event, &told);
	times = asked.times;
	ck_assert_msg(told.count == 1, "%s", told.err.text);
	return times;
}

START_TEST(an_event_takes_no_memory)
{
	struct event_stream *stream = event_stream_create(KIND_DEPLOYMENT);
	size_t len;
	char *large = with_managed_fields((size_t)1024 * 1024, &len);

	expect("the first one finds nothing there",
	       requests_for(stream, WORKLOAD(""), strlen(WORKLOAD(""))) > 1);
	expect_int("the next one takes nothing", (int)requests_for(stream, WORKLOAD(""), strlen(WORKLOAD(""))), 0);
	expect_int("with a MiB of managedFields: nothing", (int)requests_for(stream, large, len), 0);
	event_stream_reset(stream);
	expect_int("on another stream: nothing", (int)requests_for(stream, WORKLOAD(""), strlen(WORKLOAD(""))), 0);
	event_stream_destroy(stream);
	free(large);
}
END_TEST

START_TEST(managed_fields_are_not_kept)
{
	struct record *without = NULL;
	struct record *with = NULL;
	struct err err = ERR_INIT;
	size_t len;
	char *large = with_managed_fields((size_t)1024 * 1024, &len);

	ck_assert_int_eq(record_from_json(KIND_DEPLOYMENT, WORKLOAD(""), strlen(WORKLOAD("")), &without, &err), 0);
	ck_assert_int_eq(record_from_json(KIND_DEPLOYMENT, large, len, &with, &err), 0);
	ck_assert_uint_eq(arena_bytes(&with->arena), arena_bytes(&without->arena));
	expect_int("what comes behind them is read", with->meta->generation, 3);
	record_unref(without);
	record_unref(with);
	free(large);
}
END_TEST

START_TEST(a_large_object_is_not_paid_for_for_ever)
{
	struct event_stream *stream = event_stream_create(KIND_PINS);
	struct told told = { .count = 0 };
	static const char begin[] = "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\"},\"x\":\"";
	size_t len = (size_t)2 * 1024 * 1024;
	char *xs = malloc(len);

	memset(xs, 'x', len);
	(void)event_stream_feed(stream, begin, sizeof(begin) - 1, on_event, &told);
	(void)event_stream_feed(stream, xs, len, on_event, &told);
	(void)event_stream_feed(stream, "\"}}\n", 4, on_event, &told);
	expect_int("it is read", (int)told.count, 1);
	expect("its memory is given back, so the next one has to ask again",
	       requests_for(stream, "{\"metadata\":{\"name\":\"b\"}}", 25) > 1);
	event_stream_destroy(stream);
	free(xs);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, fails_softly_at_every_request, rows);
	tcase_add_test(tests, an_event_takes_no_memory);
	tcase_add_test(tests, managed_fields_are_not_kept);
	tcase_add_test(tests, a_large_object_is_not_paid_for_for_ever);
}

SUITE_MAIN("wire: memory", add)
