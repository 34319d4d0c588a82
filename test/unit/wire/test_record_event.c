/* Lines of a watch. */
#include "domain/channel.h"
#include "given.h"

static const struct {
	const char *name;
	const char *line;
	enum event_type type;
	const char *object; /* namespace/name of the record, "-" without one */
	const char *version;
	bool is_initial_end;
} rows[] = {
	{ "a new object", "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\",\"namespace\":\"s\"},\"spec\":{}}}",
	  EVENT_ADDED, "s/a", "", false },
	{ "a changed object", "{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{\"name\":\"a\",\"namespace\":\"s\"},\"spec\":{}}}",
	  EVENT_MODIFIED, "s/a", "", false },
	{ "an object that went", "{\"type\":\"DELETED\",\"object\":{\"metadata\":{\"name\":\"a\",\"namespace\":\"s\"},\"spec\":{}}}",
	  EVENT_DELETED, "s/a", "", false },
	{ "an object that went, and that no longer makes sense",
	  "{\"type\":\"DELETED\",\"object\":{\"metadata\":{\"name\":\"a\",\"namespace\":\"s\"},\"spec\":{\"artifacts\":5}}}",
	  EVENT_DELETED, "s/a", "", false },
	{ "members in the other order", "{\"object\":{\"metadata\":{\"name\":\"a\"},\"spec\":{}},\"type\":\"ADDED\"}",
	  EVENT_ADDED, "/a", "", false },
	{ "a line with its end", "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\"},\"spec\":{}}}\n",
	  EVENT_ADDED, "/a", "", false },
	{ "a bookmark", "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"ReleaseChannel\",\"metadata\":{\"resourceVersion\":\"77\"}}}",
	  EVENT_BOOKMARK, "-", "77", false },
	{ "the bookmark after the first objects",
	  "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"78\","
	  "\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}}",
	  EVENT_BOOKMARK, "-", "78", true },
	{ "a bookmark without a version", "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":5}}}",
	  EVENT_BOOKMARK, "-", "", false },
	{ "a bookmark with a version of any length",
	  "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":"
	  "\"1234567890123456789012345678901234567890123456789012345678901234\"}}}",
	  EVENT_BOOKMARK, "-", "", false },
	{ "a type of a later version", "{\"type\":\"PAUSED\",\"object\":{}}", EVENT_UNKNOWN, "-", "", false },
};

START_TEST(reads_lines)
{
	struct event event = { .type = EVENT_ERROR };
	struct err err = ERR_INIT;
	char object[64] = "-";
	int r = event_from_json(KIND_CHANNEL, rows[_i].line, strlen(rows[_i].line), &event, &err);

	ck_assert_msg(r == 0, "%s: %s", rows[_i].name, err.text);
	if (event.record != NULL)
		(void)snprintf(object, sizeof(object), "%s/%s", event.record->meta->namespace,
			       event.record->meta->name);
	expect_int(rows[_i].name, event.type, rows[_i].type);
	expect_str(rows[_i].name, object, rows[_i].object);
	expect_str(rows[_i].name, event.resource_version, rows[_i].version);
	expect_int(rows[_i].name, event.is_initial_end, rows[_i].is_initial_end);
	record_unref(event.record);
}
END_TEST

static const struct {
	const char *name;
	const char *object;
	int class;
	int64_t retry_after_ms;
	const char *text;
} errors[] = {
	{ "a version that has expired",
	  "{\"kind\":\"Status\",\"message\":\"too old resource version\",\"reason\":\"Expired\",\"code\":410}", ERR_GONE, 0,
	  "too old resource version" },
	{ "a server that is busy",
	  "{\"kind\":\"Status\",\"message\":\"slow\",\"reason\":\"TooManyRequests\",\"details\":{\"retryAfterSeconds\":2},\"code\":429}",
	  ERR_BUSY, 2000, "slow" },
	{ "an internal error", "{\"kind\":\"Status\",\"message\":\"oops\",\"reason\":\"InternalError\",\"code\":500}", ERR_NET,
	  0, "oops" },
	{ "a status of which nothing is left", "{}", ERR_NET, 0, "the server answered 0" },
};

START_TEST(reads_errors)
{
	struct event event;
	struct err err = ERR_INIT;
	char line[512];

	(void)snprintf(line, sizeof(line), "{\"type\":\"ERROR\",\"object\":%s}", errors[_i].object);
	expect_int(errors[_i].name, event_from_json(KIND_CHANNEL, line, strlen(line), &event, &err), 0);
	expect_int(errors[_i].name, event.type, EVENT_ERROR);
	expect(errors[_i].name, event.record == NULL);
	expect_int(errors[_i].name, event.status.class, errors[_i].class);
	expect_int(errors[_i].name, event.status.retry_after_ms, errors[_i].retry_after_ms);
	expect_str(errors[_i].name, event.status.text, errors[_i].text);
}
END_TEST

static const struct {
	const char *name;
	const char *line;
	const char *message;
} refused[] = {
	{ "half a line", "{\"type\":\"ADDED\",", "watch of releasechannels: not JSON" },
	{ "no type", "{\"object\":{}}", "watch of releasechannels: a line without type and object" },
	{ "a type that is a number", "{\"type\":1,\"object\":{}}", "watch of releasechannels: a line without type and object" },
	{ "no object", "{\"type\":\"ADDED\"}", "watch of releasechannels: a line without type and object" },
	{ "a list", "[]", "watch of releasechannels: a line without type and object" },
	{ "a Status without its line", "{\"kind\":\"Status\",\"code\":403}", "watch of releasechannels: a line without type and object" },
	{ "an object that cannot be read",
	  "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\",\"namespace\":\"s\"},\"spec\":{\"suspended\":1}}}",
	  "ReleaseChannel s/a: spec.suspended: expected true or false, got a whole number" },
	{ "an object that went without a name", "{\"type\":\"DELETED\",\"object\":{}}",
	  "ReleaseChannel without a name: metadata.name: is missing" },
	{ "an object that is text", "{\"type\":\"ADDED\",\"object\":\"x\"}", "watch of releasechannels: a line without type and object" },
};

START_TEST(refuses_lines)
{
	struct event event = { .type = EVENT_UNKNOWN };
	struct err err = ERR_INIT;

	expect_int(refused[_i].name, event_from_json(KIND_CHANNEL, refused[_i].line, strlen(refused[_i].line), &event, &err),
		   ERR_INPUT);
	expect_int(refused[_i].name, err.class, ERR_INPUT);
	expect_contains(refused[_i].name, err.text, refused[_i].message);
	expect("nothing is given out", event.record == NULL);
}
END_TEST

START_TEST(survives_a_cut_at_every_byte)
{
	static const char line[] = "{\"type\":\"ADDED\",\"object\":{\"apiVersion\":\"sluice.dev/v1alpha1\","
				   "\"kind\":\"ReleaseChannel\",\"metadata\":{\"name\":\"a\",\"namespace\":\"s\"},"
				   "\"spec\":{\"artifacts\":[{\"name\":\"web\",\"image\":\"a.b/c\"}]}}}";

	for (size_t len = 0; len < sizeof(line) - 1; len++) {
		struct event event;
		struct err err = ERR_INIT;

		ck_assert_int_eq(event_from_json(KIND_CHANNEL, line, len, &event, &err), ERR_INPUT);
	}
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, reads_lines, rows);
	suite_add_rows(tests, reads_errors, errors);
	suite_add_rows(tests, refuses_lines, refused);
	tcase_add_test(tests, survives_a_cut_at_every_byte);
}

SUITE_MAIN("wire: record_event", add)
