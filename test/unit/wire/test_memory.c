/* jansson without memory: the n-th allocation fails, for every n until it works. Each try ends in success
 * or in ERR_NOMEM, and nothing is lost (the tests run under AddressSanitizer, which counts). */
#include <jansson.h>

#include "given.h"

struct failing { /* how many allocations are still granted */
	size_t left;
	bool has_failed;
};

static struct failing granted;

static void *fail_later(size_t size)
{
	if (granted.left == 0) {
		granted.has_failed = true;
		return NULL;
	}
	granted.left--;
	return malloc(size);
}

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

static int try_event(const char *json, struct err *err)
{
	auto_buf line = BUF_INIT(GIVEN_MAX);
	struct event event;
	int r = buf_printf(&line, err, "{\"type\":\"ADDED\",\"object\":%s}", json);

	if (r == 0)
		r = event_from_json(KIND_CHANNEL, line.data, line.len, &event, err);
	record_unref(r == 0 ? event.record : NULL);
	return r;
}

static int try_list(const char *json, struct err *err)
{
	auto_buf text = BUF_INIT(GIVEN_MAX);
	struct list_page page;
	int r = buf_printf(&text, err, "{\"metadata\":{\"continue\":\"x\"},\"items\":[%s,%s]}", json, json);

	if (r == 0)
		r = list_from_json(KIND_CHANNEL, text.data, text.len, &page, err);
	if (r == 0) {
		ck_assert_uint_eq(page.count, 2);
		list_page_finish(&page);
	}
	return r;
}

static const struct {
	const char *name;
	const char *file;
	int (*try)(const char *json, struct err *err);
} rows[] = {
	{ "a channel", "channels.yaml", try_channel },
	{ "a promotion", "promotions.yaml", try_promotion },
	{ "a line of a watch", "channels.yaml", try_event },
	{ "a page of a list", "channels.yaml", try_list },
};

START_TEST(fails_softly_at_every_allocation)
{
	char *text = given_file(rows[_i].file);
	char *json = given_json(text, 0);
	size_t tries = 0;

	json_set_alloc_funcs(fail_later, free);
	do {
		struct err err = ERR_INIT;
		int r;

		granted = (struct failing){ .left = tries++ };
		r = rows[_i].try(json, &err);
		ck_assert_msg(granted.has_failed ? r == ERR_NOMEM || r == 0 : r == 0, "%s, allocation %zu: %d %s",
			      rows[_i].name, tries, r, err.text);
		ck_assert_int_eq(err.class, r);
	} while (granted.has_failed);
	json_set_alloc_funcs(malloc, free);
	expect("it took a good many allocations", tries > 100);
	free(json);
	free(text);
}
END_TEST

START_TEST(tells_the_class_of_an_answer_without_memory)
{
	static const char body[] = "{\"message\":\"modified\",\"reason\":\"Conflict\",\"code\":409}";
	size_t tries = 0;

	json_set_alloc_funcs(fail_later, free);
	do {
		struct err err = ERR_INIT;

		granted = (struct failing){ .left = tries++ };
		ck_assert_int_eq(status_to_err(409, body, sizeof(body) - 1, NULL, &err), ERR_CONFLICT);
	} while (granted.has_failed);
	json_set_alloc_funcs(malloc, free);
	expect("it took some allocations", tries > 5);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, fails_softly_at_every_allocation, rows);
	tcase_add_test(tests, tells_the_class_of_an_answer_without_memory);
}

SUITE_MAIN("wire: memory", add)
