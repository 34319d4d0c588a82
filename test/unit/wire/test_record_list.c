/* Pages of a list. */
#include "domain/workload.h"
#include "given.h"

#define DEEP_8 "[[[[[[[["
#define DEEP_64 DEEP_8 DEEP_8 DEEP_8 DEEP_8 DEEP_8 DEEP_8 DEEP_8 DEEP_8 UP_8 UP_8 UP_8 UP_8 UP_8 UP_8 UP_8 UP_8
#define UP_8 "]]]]]]]]"

struct page { /* what a list brought */
	char names[64]; /* of the records, with commas */
	size_t count;
	size_t skipped;
	struct err skipped_err; /* of the first */
	char version[64];
	char token[64]; /* "": the last page */
};

static void take(void *user, const struct record *record, const struct err *err)
{
	struct page *page = user;

	ck_assert((record == NULL) == err_is_set(err));
	if (record == NULL) {
		if (page->skipped++ == 0)
			page->skipped_err = *err;
		return;
	}
	page->count++;
	(void)snprintf(page->names + strlen(page->names), sizeof(page->names) - strlen(page->names), "%s,",
		       record->meta->name);
}

/* Reads a list in pieces. */
static int read_list_in(const char *json, size_t len, size_t piece, struct page *ret_page, struct err *err)
{
	struct list_stream *stream = list_stream_create(KIND_PINS);
	struct page page = { .count = 0 };
	struct list_head head = { .resource_version = NULL };
	int r = 0;

	for (size_t at = 0; at < len && r == 0; at += piece)
		r = list_stream_feed(stream, json + at, len - at < piece ? len - at : piece, take, &page, err);
	r = r < 0 ? r : list_stream_end(stream, &head, err);
	if (r == 0) {
		(void)snprintf(page.version, sizeof(page.version), "%s", head.resource_version);
		(void)snprintf(page.token, sizeof(page.token), "%s",
			       head.continue_token == NULL ? "" : head.continue_token);
	}
	list_stream_destroy(stream);
	*ret_page = page;
	return r;
}

#define ITEM(name) "{\"metadata\":{\"name\":\"" name "\",\"namespace\":\"s\"}}"

static const struct {
	const char *name;
	const char *json;
	const char *names; /* of the records, with commas */
	const char *version;
	const char *token; /* "": the last page */
	size_t skipped;
	const char *why; /* of the first that was skipped */
} rows[] = {
	{ "an empty list", "{\"kind\":\"ConfigMapList\",\"metadata\":{\"resourceVersion\":\"9\"},\"items\":[]}", "", "9", "", 0, "" },
	{ "an empty list, as Go may write it", "{\"metadata\":{\"resourceVersion\":\"9\"},\"items\":null}", "", "9", "", 0, "" },
	{ "two items", "{\"metadata\":{\"resourceVersion\":\"9\"},\"items\":[" ITEM("a") "," ITEM("b") "]}", "a,b,", "9", "", 0, "" },
	{ "the first page", "{\"metadata\":{\"resourceVersion\":\"9\",\"continue\":\"abc==\",\"remainingItemCount\":5},\"items\":[" ITEM("a") "]}",
	  "a,", "9", "abc==", 0, "" },
	{ "an empty token is the last page", "{\"metadata\":{\"continue\":\"\"},\"items\":[]}", "", "", "", 0, "" },
	{ "one bad item does not hide the others",
	  "{\"metadata\":{},\"items\":[" ITEM("a") ",{\"metadata\":{\"name\":\"x\",\"namespace\":\"s\"},\"data\":5},7," ITEM("b") "]}",
	  "a,b,", "", "", 2, "ConfigMap s/x: data: expected an object, got a whole number" },
	{ "what a list says of itself may come behind its items",
	  "{\"items\":[" ITEM("a") "," ITEM("b") "],\"kind\":\"ConfigMapList\",\"metadata\":{\"resourceVersion\":\"9\",\"continue\":\"t\"}}",
	  "a,b,", "9", "t", 0, "" },
	{ "white space anywhere", " {\n \"metadata\" : { } ,\t\"items\":\r\n[ " ITEM("a") " ,\n" ITEM("b") " ] }\n", "a,b,", "", "", 0, "" },
	{ "lists called items within items", "{\"metadata\":{\"items\":[7]},\"items\":[{\"items\":[1],\"metadata\":{\"name\":\"a\"}}]}",
	  "a,", "", "", 0, "" },
	{ "a key twice in an item", "{\"metadata\":{},\"items\":[{\"metadata\":{\"name\":\"x\"},\"data\":{},\"data\":{\"}\":\"]\"}}," ITEM("b") "]}",
	  "b,", "", "", 1, "ConfigMap x: not JSON: duplicate object key \"data\"" },
	{ "an item nested too deep",
	  "{\"metadata\":{},\"items\":[{\"metadata\":{\"name\":\"x\"},\"a\":" DEEP_64 "}," ITEM("b") "]}", "b,", "", "", 1,
	  "ConfigMap x: JSON nested deeper than 64" },
	{ "a NUL in a text of an item", "{\"metadata\":{},\"items\":[{\"metadata\":{\"name\":\"x\"},\"a\":\"\\u0000]}\\\"\"}," ITEM("b") "]}",
	  "b,", "", "", 1, "ConfigMap x: not JSON: \\u0000 is not allowed (byte 60)" },
	{ "an item that is not UTF-8, before its name", "{\"metadata\":{},\"items\":[{\"\xC3\x28\":{\"a\":[]}}," ITEM("b") "]}", "b,", "", "", 1,
	  "list of configmaps: not JSON: a string that is not UTF-8 (byte 28)" },
	{ "a number in an item that no 64 bits hold", "{\"metadata\":{},\"items\":[{\"a\":[9223372036854775808]}," ITEM("b") "]}", "b,", "", "", 1,
	  "list of configmaps: not JSON: too big integer (byte 49)" },
	{ "an item that is such a number", "{\"metadata\":{},\"items\":[9223372036854775808," ITEM("b") "]}", "b,", "", "", 1,
	  "list of configmaps: not JSON: too big integer (byte 43)" },
	{ "an item that is a bad text", "{\"metadata\":{},\"items\":[\"\\ud800,\"," ITEM("b") "]}", "b,", "", "", 1,
	  "list of configmaps: not JSON: half a surrogate (byte 31)" },
};

/* However the bytes are cut. */
START_TEST(reads_pages)
{
	size_t len = strlen(rows[_i].json);

	for (size_t piece = 1; piece <= len; piece++) {
		struct page page;
		struct err err = ERR_INIT;
		int r = read_list_in(rows[_i].json, len, piece, &page, &err);

		ck_assert_msg(r == 0, "%s, in pieces of %zu: %s", rows[_i].name, piece, err.text);
		expect_str(rows[_i].name, page.names, rows[_i].names);
		expect_str(rows[_i].name, page.version, rows[_i].version);
		expect_str(rows[_i].name, page.token, rows[_i].token);
		expect_int(rows[_i].name, page.skipped, rows[_i].skipped);
		expect_str(rows[_i].name, page.skipped_err.text, rows[_i].why);
	}
}
END_TEST

static const struct {
	const char *name;
	const char *json;
	const char *message;
} refused[] = {
	{ "half a list", "{\"items\":[", "list of configmaps: not JSON: it ends too soon (byte 10)" },
	{ "an item that nobody closes", "{\"metadata\":{},\"items\":[{\"a\":1]}", "list of configmaps: not JSON: \",\" or \"}\" was expected (byte 30)" },
	{ "HTML", "<html>", "list of configmaps: not JSON: a value was expected (byte 0)" },
	{ "items twice", "{\"items\":[],\"items\":[]}", "list of configmaps: not JSON: duplicate object key \"items\"" },
	{ "something behind the list", "{\"metadata\":{},\"items\":[]} {}", "list of configmaps: not JSON: something follows the document (byte 27)" },
	{ "a single object", "{\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\"}}", "list of configmaps: not a list" },
	{ "no metadata", "{\"items\":[]}", "list of configmaps: not a list" },
	{ "items that are an object", "{\"metadata\":{},\"items\":{}}", "list of configmaps: not a list" },
	{ "an array", "[]", "list of configmaps: not a list" },
};

START_TEST(refuses_what_is_no_list)
{
	size_t len = strlen(refused[_i].json);

	for (size_t piece = 1; piece <= len; piece++) {
		struct page page;
		struct err err = ERR_INIT;

		expect_int(refused[_i].name, read_list_in(refused[_i].json, len, piece, &page, &err), ERR_INPUT);
		expect_str(refused[_i].name, err.text, refused[_i].message);
	}
}
END_TEST

START_TEST(gives_records_before_the_list_is_complete)
{
	static const char json[] = "{\"metadata\":{},\"items\":[" ITEM("a") "," ITEM("b");
	struct list_stream *stream = list_stream_create(KIND_PINS);
	struct page page = { .count = 0 };
	struct err err = ERR_INIT;

	ck_assert_int_eq(list_stream_feed(stream, json, sizeof(json) - 2, take, &page, &err), 0);
	expect_str("the second one lacks its last bracket", page.names, "a,");
	ck_assert_int_eq(list_stream_feed(stream, "}", 1, take, &page, &err), 0);
	expect_str("now it is complete", page.names, "a,b,");
	list_stream_destroy(stream);
}
END_TEST

static bool is_b_of_version_2(void *user, const char *namespace, const char *name, const char *uid, const char *version)
{
	int *asked = user;

	(*asked)++;
	ck_assert_str_eq(namespace, "s");
	return strcmp(name, "b") == 0 && strcmp(uid, "u") == 0 && strcmp(version, "2") == 0;
}

START_TEST(does_not_tell_of_what_is_known)
{
	static const char json[] = "{\"metadata\":{},\"items\":[" ITEM("a")
		",{\"metadata\":{\"name\":\"b\",\"namespace\":\"s\",\"uid\":\"u\",\"resourceVersion\":\"2\"},\"data\":5}," ITEM("c") "]}";
	struct list_stream *stream = list_stream_create(KIND_PINS);
	struct page page = { .count = 0 };
	struct err err = ERR_INIT;
	int asked = 0;

	list_stream_skip(stream, is_b_of_version_2, &asked);
	ck_assert_int_eq(list_stream_feed(stream, json, sizeof(json) - 1, take, &page, &err), 0);
	expect_str("nor is it looked at", page.names, "a,c,");
	ck_assert_int_eq(asked, 3);
	list_stream_destroy(stream);
}
END_TEST

#define MIB ((size_t)1024 * 1024)
#define OBJECT_MAX (3 * MIB)

/* One item of that length between two others. */
static const struct {
	const char *name;
	size_t len;
	size_t piece;
	const char *names;
	const char *why;
} lengths[] = {
	{ "an item of 3 MiB", OBJECT_MAX, 16384, "a,x,b,", "" },
	{ "one byte more", OBJECT_MAX + 1, 16384, "a,b,", "ConfigMap s/x: more than 3145728 bytes of JSON" },
	{ "one byte more, in one piece", OBJECT_MAX + 1, 8 * MIB, "a,b,", "ConfigMap s/x: more than 3145728 bytes of JSON" },
	{ "an item of 7 MiB", 7 * MIB, 16384, "a,b,", "ConfigMap s/x: more than 3145728 bytes of JSON" },
};

START_TEST(limits_each_item)
{
	static const char before[] = "{\"metadata\":{},\"items\":[" ITEM("a") ",";
	static const char begin[] = "{\"metadata\":{\"name\":\"x\",\"namespace\":\"s\"},\"unknown\":[\"";
	static const char end[] = "\"]}";
	static const char after[] = "," ITEM("b") "]}";
	size_t filler = lengths[_i].len - sizeof(begin) + 1 - sizeof(end) + 1;
	auto_buf text = BUF_INIT(8 * MIB);
	char *xs = malloc(filler);
	struct page page;
	struct err err = ERR_INIT;

	memset(xs, '}', filler);
	ck_assert(buf_puts(&text, before, &err) == 0 && buf_puts(&text, begin, &err) == 0 &&
		  buf_append(&text, xs, filler, &err) == 0 && buf_puts(&text, end, &err) == 0 &&
		  buf_puts(&text, after, &err) == 0);
	free(xs);
	ck_assert_int_eq(read_list_in(text.data, text.len, lengths[_i].piece, &page, &err), 0);
	expect_str(lengths[_i].name, page.names, lengths[_i].names);
	expect_str(lengths[_i].name, page.skipped_err.text, lengths[_i].why);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, reads_pages, rows);
	tcase_add_test(tests, gives_records_before_the_list_is_complete);
	tcase_add_test(tests, does_not_tell_of_what_is_known);
	suite_add_rows(tests, limits_each_item, lengths);
	suite_add_rows(tests, refuses_what_is_no_list, refused);
}

SUITE_MAIN("wire: record_list", add)
