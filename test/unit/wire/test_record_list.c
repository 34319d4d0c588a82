/* Pages of a list. */
#include "domain/workload.h"
#include "given.h"

#define ITEM(name) "{\"metadata\":{\"name\":\"" name "\",\"namespace\":\"s\"}}"

static const struct {
	const char *name;
	const char *json;
	const char *names; /* of the records, with commas */
	const char *version;
	const char *token; /* NULL: the last page */
	size_t skipped;
	const char *why; /* of the first that was skipped */
} rows[] = {
	{ "an empty list", "{\"kind\":\"ConfigMapList\",\"metadata\":{\"resourceVersion\":\"9\"},\"items\":[]}", "", "9", NULL, 0, "" },
	{ "an empty list, as Go may write it", "{\"metadata\":{\"resourceVersion\":\"9\"},\"items\":null}", "", "9", NULL, 0, "" },
	{ "two items", "{\"metadata\":{\"resourceVersion\":\"9\"},\"items\":[" ITEM("a") "," ITEM("b") "]}", "a,b,", "9", NULL, 0, "" },
	{ "the first page", "{\"metadata\":{\"resourceVersion\":\"9\",\"continue\":\"abc==\",\"remainingItemCount\":5},\"items\":[" ITEM("a") "]}",
	  "a,", "9", "abc==", 0, "" },
	{ "an empty token is the last page", "{\"metadata\":{\"continue\":\"\"},\"items\":[]}", "", "", NULL, 0, "" },
	{ "one bad item does not hide the others",
	  "{\"metadata\":{},\"items\":[" ITEM("a") ",{\"metadata\":{\"name\":\"x\",\"namespace\":\"s\"},\"data\":5},7," ITEM("b") "]}",
	  "a,b,", "", NULL, 2, "ConfigMap s/x: data: expected an object, got a whole number" },
};

START_TEST(reads_pages)
{
	struct list_page page;
	struct err err = ERR_INIT;
	char names[64] = "";
	int r = list_from_json(KIND_PINS, rows[_i].json, strlen(rows[_i].json), &page, &err);

	ck_assert_msg(r == 0, "%s: %s", rows[_i].name, err.text);
	for (size_t i = 0; i < page.count; i++)
		(void)snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s,",
			       page.records[i]->meta->name);
	expect_str(rows[_i].name, names, rows[_i].names);
	expect_str(rows[_i].name, page.resource_version, rows[_i].version);
	expect_str(rows[_i].name, page.continue_token, rows[_i].token);
	expect_int(rows[_i].name, page.skipped, rows[_i].skipped);
	expect_str(rows[_i].name, page.skipped_err.text, rows[_i].why);
	list_page_finish(&page);
	expect_int("a finished page is empty", page.count, 0);
	list_page_finish(&page);
}
END_TEST

START_TEST(gives_references_away)
{
	static const char json[] = "{\"metadata\":{},\"items\":[" ITEM("a") "]}";
	struct list_page page;
	struct err err = ERR_INIT;
	struct record *kept;

	ck_assert_int_eq(list_from_json(KIND_PINS, json, sizeof(json) - 1, &page, &err), 0);
	kept = record_ref(page.records[0]);
	list_page_finish(&page);
	expect_str("kept beyond the page", kept->meta->name, "a");
	record_unref(kept);
}
END_TEST

static const struct {
	const char *name;
	const char *json;
	const char *message;
} refused[] = {
	{ "half a list", "{\"items\":[", "list of configmaps: not JSON" },
	{ "a single object", "{\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\"}}", "list of configmaps: not a list" },
	{ "no metadata", "{\"items\":[]}", "list of configmaps: not a list" },
	{ "items that are an object", "{\"metadata\":{},\"items\":{}}", "list of configmaps: not a list" },
	{ "an array", "[]", "list of configmaps: not a list" },
};

START_TEST(refuses_what_is_no_list)
{
	struct list_page page = { .count = 0 };
	struct err err = ERR_INIT;

	expect_int(refused[_i].name, list_from_json(KIND_PINS, refused[_i].json, strlen(refused[_i].json), &page, &err),
		   ERR_INPUT);
	expect_contains(refused[_i].name, err.text, refused[_i].message);
	expect("nothing is given out", page.records == NULL && page.continue_token == NULL);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, reads_pages, rows);
	tcase_add_test(tests, gives_references_away);
	suite_add_rows(tests, refuses_what_is_no_list, refused);
}

SUITE_MAIN("wire: record_list", add)
