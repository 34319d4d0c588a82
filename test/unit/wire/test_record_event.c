/* Lines of a watch. */
#include "base/str.h"
#include "given.h"
#include "seen.h"

/* Reads a stream in pieces. */
static struct seen read_stream(const char *bytes, size_t len, size_t piece)
{
	struct event_stream *stream = event_stream_create(KIND_CHANNEL);
	struct seen seen = { .events = 0 };

	for (size_t at = 0; at < len; at += piece)
		ck_assert(event_stream_feed(stream, bytes + at, len - at < piece ? len - at : piece, seen_take, &seen));
	event_stream_destroy(stream);
	return seen;
}

/* Reads one line. */
static int event_from_json(const char *line, size_t len, struct seen *ret_seen, struct err *err)
{
	auto_buf text = BUF_INIT(GIVEN_MAX);

	ck_assert_int_eq(buf_append(&text, line, len, err), 0);
	ck_assert_int_eq(buf_puts(&text, "\n", err), 0);
	*ret_seen = read_stream(text.data, text.len, text.len);
	ck_assert_uint_eq(ret_seen->events + ret_seen->errs, 1);
	*err = ret_seen->err;
	return err->class;
}

static const struct {
	const char *name;
	const char *line;
	enum event_type type;
	const char *object; /* namespace/name of the record, "-" without one */
	const char *version;
} rows[] = {
	{ "a new object", "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\",\"namespace\":\"s\"},\"spec\":{}}}",
	  EVENT_ADDED, "s/a", "" },
	{ "a changed object", "{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{\"name\":\"a\",\"namespace\":\"s\"},\"spec\":{}}}",
	  EVENT_MODIFIED, "s/a", "" },
	{ "an object that went", "{\"type\":\"DELETED\",\"object\":{\"metadata\":{\"name\":\"a\",\"namespace\":\"s\"},\"spec\":{}}}",
	  EVENT_DELETED, "s/a", "" },
	{ "an object that went, and that no longer makes sense",
	  "{\"type\":\"DELETED\",\"object\":{\"metadata\":{\"name\":\"a\",\"namespace\":\"s\"},\"spec\":{\"artifacts\":5}}}",
	  EVENT_DELETED, "s/a", "" },
	{ "members in the other order", "{\"object\":{\"metadata\":{\"name\":\"a\"},\"spec\":{}},\"type\":\"ADDED\"}",
	  EVENT_ADDED, "/a", "" },
	{ "a line with its end", "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\"},\"spec\":{}}}\n",
	  EVENT_ADDED, "/a", "" },
	{ "a bookmark", "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"ReleaseChannel\",\"metadata\":{\"resourceVersion\":\"77\"}}}",
	  EVENT_BOOKMARK, "-", "77" },
	{ "a bookmark without a version", "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":5}}}",
	  EVENT_BOOKMARK, "-", "" },
	{ "a bookmark with a version of any length",
	  "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":"
	  "\"1234567890123456789012345678901234567890123456789012345678901234\"}}}",
	  EVENT_BOOKMARK, "-", "" },
	{ "a type of a later version", "{\"type\":\"PAUSED\",\"object\":{}}", EVENT_UNKNOWN, "-", "" },
};

START_TEST(reads_lines)
{
	struct seen seen;
	struct err err = ERR_INIT;
	int r = event_from_json(rows[_i].line, strlen(rows[_i].line), &seen, &err);

	ck_assert_msg(r == 0, "%s: %s", rows[_i].name, err.text);
	expect_int(rows[_i].name, seen.event.type, rows[_i].type);
	expect_str(rows[_i].name, seen.object, rows[_i].object);
	expect_str(rows[_i].name, seen.event.resource_version, rows[_i].version);
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
	struct seen seen;
	struct err err = ERR_INIT;
	char line[512];

	(void)snprintf(line, sizeof(line), "{\"type\":\"ERROR\",\"object\":%s}", errors[_i].object);
	expect_int(errors[_i].name, event_from_json(line, strlen(line), &seen, &err), 0);
	expect_int(errors[_i].name, seen.event.type, EVENT_ERROR);
	expect_str(errors[_i].name, seen.object, "-");
	expect_int(errors[_i].name, seen.event.status.class, errors[_i].class);
	expect_int(errors[_i].name, seen.event.status.retry_after_ms, errors[_i].retry_after_ms);
	expect_str(errors[_i].name, seen.event.status.text, errors[_i].text);
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
	struct seen seen;
	struct err err = ERR_INIT;

	expect_int(refused[_i].name, event_from_json(refused[_i].line, strlen(refused[_i].line), &seen, &err),
		   ERR_INPUT);
	expect_int(refused[_i].name, err.class, ERR_INPUT);
	expect_contains(refused[_i].name, err.text, refused[_i].message);
	expect_int("nothing is given out", seen.events, 0);
}
END_TEST

START_TEST(survives_a_cut_at_every_byte)
{
	static const char line[] = "{\"type\":\"ADDED\",\"object\":{\"apiVersion\":\"sluice.dev/v1alpha1\","
				   "\"kind\":\"ReleaseChannel\",\"metadata\":{\"name\":\"a\",\"namespace\":\"s\"},"
				   "\"spec\":{\"artifacts\":[{\"name\":\"web\",\"image\":\"a.b/c\"}]}}}";

	for (size_t len = 1; len < sizeof(line) - 1; len++) {
		struct seen seen;
		struct err err = ERR_INIT;

		ck_assert_int_eq(event_from_json(line, len, &seen, &err), ERR_INPUT);
	}
}
END_TEST

/* Lines of all sorts: whatever is wrong with one, the next is read. */
static const struct {
	const char *name;
	const char *lines;
	const char *names; /* of the records */
	size_t events;
	size_t errs;
	const char *err; /* the last one */
} streams[] = {
	{ "two lines", OBJECT_A OBJECT_B, "a,b,", 2, 0, "" },
	{ "lines as Windows ends them, and empty ones", "\r\n" OBJECT_A "\r\n\n \n" OBJECT_B, "a,b,", 2, 0, "" },
	{ "half a line in between", OBJECT_A "{\"type\":\"ADDED\",\n" OBJECT_B, "a,b,", 2, 1,
	  "watch of releasechannels: not JSON: the line ends too soon (byte 16)" },
	{ "a line that ends within a text", "{\"type\":\"ADD\n" OBJECT_B, "b,", 1, 1,
	  "watch of releasechannels: not JSON: a control character in a string (byte 12)" },
	{ "a line that ends within what is skipped", "{\"object\":{\"metadata\":{\"name\":\"x\",\"managedFields\":[{\n" OBJECT_B, "b,", 1, 1,
	  "ReleaseChannel x: not JSON: a control character where none may be (byte 52)" },
	{ "HTML", "<html>\n<body>\n" OBJECT_B, "b,", 1, 2, "watch of releasechannels: not JSON: a value was expected (byte 0)" },
	{ "two on one line", "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\"},\"spec\":{}}}{}\n" OBJECT_B, "a,b,", 2, 1,
	  "watch of releasechannels: not JSON: something follows the document (byte 61)" },
	{ "a key twice", "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"x\"},\"spec\":{\"a\":1,\"a\":2}}}\n" OBJECT_B, "b,", 1, 1,
	  "ReleaseChannel x: not JSON: duplicate object key \"a\"" },
	{ "managedFields are not looked at",
	  "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"x\",\"managedFields\":[{\"a\":1,\"a\":\"]\\\"\\u0000\"},[[{}]]]},\"spec\":{}}}\n" OBJECT_B,
	  "x,b,", 2, 0, "" },
	{ "managedFields that are no list", "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"x\",\"managedFields\":7},\"spec\":{}}}\n", "x,", 1,
	  0, "" },
	{ "other fields of that name are", "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"x\"},\"spec\":{\"managedFields\":[\"\\u0000\"]}}}\n", "",
	  0, 1, "ReleaseChannel x: not JSON: \\u0000 is not allowed (byte 82)" },
	{ "characters as UTF-8, as escapes and as pairs of them",
	  "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"\xC3\xA9\\u00e9\\ud83d\\ude00\xF0\x9F\x98\x80\\/\\t\"},\"spec\":{}}}\n",
	  "\xC3\xA9\xC3\xA9\xF0\x9F\x98\x80\xF0\x9F\x98\x80/\t,", 1, 0, "" },
	{ "half a line at the end of the stream is dropped", OBJECT_A "{\"type\":\"ADDED\",\"obj", "a,", 1, 0, "" },
	{ "the end of the last line is not waited for",
	  "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"a\"},\"spec\":{}}}", "a,", 1, 0, "" },
};

START_TEST(reads_streams_however_they_are_cut)
{
	size_t len = strlen(streams[_i].lines);

	for (size_t piece = 1; piece <= len; piece++) {
		struct seen seen = read_stream(streams[_i].lines, len, piece);

		expect_str(streams[_i].name, seen.names, streams[_i].names);
		expect_int(streams[_i].name, seen.events, streams[_i].events);
		expect_int(streams[_i].name, seen.errs, streams[_i].errs);
		expect_str(streams[_i].name, seen.err.text, streams[_i].err);
	}
}
END_TEST

START_TEST(forgets_half_a_line)
{
	struct event_stream *stream = event_stream_create(KIND_CHANNEL);
	struct seen seen = { .events = 0 };

	ck_assert(event_stream_feed(stream, "{\"type\":\"ADDED\",\"ob", 19, seen_take, &seen));
	event_stream_reset(stream);
	ck_assert(event_stream_feed(stream, OBJECT_B, strlen(OBJECT_B), seen_take, &seen));
	ck_assert(event_stream_feed(stream, "<html>", 6, seen_take, &seen));
	event_stream_reset(stream);
	ck_assert(event_stream_feed(stream, OBJECT_A, strlen(OBJECT_A), seen_take, &seen));
	expect_str("what came after each of the two", seen.names, "b,a,");
	expect_int("one error", seen.errs, 1);
	event_stream_destroy(stream);
}
END_TEST

static bool see_one(void *user, const struct event *event, const struct err *err)
{
	(void)seen_take(user, event, err);
	return false;
}

START_TEST(stops_when_told_to)
{
	struct event_stream *stream = event_stream_create(KIND_CHANNEL);
	struct seen seen = { .events = 0 };

	ck_assert(!event_stream_feed(stream, OBJECT_A OBJECT_B, strlen(OBJECT_A OBJECT_B), see_one, &seen));
	expect_str("the second is not read", seen.names, "a,");
	event_stream_destroy(stream);
}
END_TEST

#define MIB ((size_t)1024 * 1024)
#define OBJECT_MAX (3 * MIB)

/* An object of that length, and one behind it. */
static const struct {
	const char *name;
	size_t len;
	size_t piece;
	const char *names;
	const char *err;
} lengths[] = {
	{ "an object of 3 MiB", OBJECT_MAX, 16384, "x,b,", "" },
	{ "one byte more", OBJECT_MAX + 1, 16384, "b,", "ReleaseChannel s/x: more than 3145728 bytes of JSON" },
	{ "one byte more, in one piece", OBJECT_MAX + 1, 8 * MIB, "b,", "ReleaseChannel s/x: more than 3145728 bytes of JSON" },
	{ "an object of 7 MiB", 7 * MIB, 16384, "b,", "ReleaseChannel s/x: more than 3145728 bytes of JSON" },
};

START_TEST(limits_each_object)
{
	static const char line[] = "{\"type\":\"ADDED\",\"object\":";
	static const char begin[] = "{\"metadata\":{\"name\":\"x\",\"namespace\":\"s\"},\"spec\":{\"unknown\":\"";
	static const char end[] = "\"}}";
	size_t filler = lengths[_i].len - sizeof(begin) + 1 - sizeof(end) + 1;
	auto_buf text = BUF_INIT(8 * MIB);
	char *xs = malloc(filler);
	struct seen seen;
	struct err err = ERR_INIT;

	memset(xs, '{', filler);
	ck_assert(buf_puts(&text, line, &err) == 0 && buf_puts(&text, begin, &err) == 0 &&
		  buf_append(&text, xs, filler, &err) == 0 && buf_puts(&text, end, &err) == 0 &&
		  buf_puts(&text, "}\n" OBJECT_B, &err) == 0);
	free(xs);
	seen = read_stream(text.data, text.len, lengths[_i].piece);
	expect_str(lengths[_i].name, seen.names, lengths[_i].names);
	expect_str(lengths[_i].name, seen.err.text, lengths[_i].err);
}
END_TEST

#define EVENT(type, uid, version)                                                                                       \
	"{\"type\":\"" type "\",\"object\":{\"metadata\":{\"name\":\"a\",\"namespace\":\"s\",\"uid\":\"" uid               \
	"\",\"resourceVersion\":\"" version "\"},\"spec\":{}}}\n"

static const struct {
	const char *name;
	const char *line;
	bool is_skipped;
} skips[] = {
	{ "what is known already is told without a record", EVENT("MODIFIED", "u", "7"), true },
	{ "in a second list, too", EVENT("ADDED", "u", "7"), true },
	{ "another version is read", EVENT("MODIFIED", "u", "8"), false },
	{ "another incarnation is read", EVENT("MODIFIED", "v", "7"), false },
	{ "one that goes is read", EVENT("DELETED", "u", "7"), false },
};

static bool is_a_at_7(void *user, const char *namespace, const char *name, const char *uid, const char *version)
{
	(void)user;
	return str_equal(namespace, "s") && str_equal(name, "a") && str_equal(uid, "u") && str_equal(version, "7");
}

START_TEST(skips_what_is_known)
{
	struct event_stream *stream = event_stream_create(KIND_CHANNEL);
	const char *line = skips[_i].line;
	struct seen seen = { .events = 0 };

	event_stream_skip(stream, is_a_at_7, NULL);
	ck_assert(event_stream_feed(stream, line, strlen(line), seen_take, &seen));
	expect_str(skips[_i].name, seen.names, skips[_i].is_skipped ? "" : "a,");
	expect_str(skips[_i].name, seen.event.resource_version, skips[_i].is_skipped ? "7" : "");
	event_stream_destroy(stream);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, reads_lines, rows);
	suite_add_rows(tests, reads_errors, errors);
	suite_add_rows(tests, refuses_lines, refused);
	tcase_add_test(tests, survives_a_cut_at_every_byte);
	suite_add_rows(tests, reads_streams_however_they_are_cut, streams);
	tcase_add_test(tests, forgets_half_a_line);
	tcase_add_test(tests, stops_when_told_to);
	suite_add_rows(tests, skips_what_is_known, skips);
	suite_add_rows(tests, limits_each_object, lengths);
}

SUITE_MAIN("wire: record_event", add)
