/* What is being read of a watch is noted on a crash page, and what is in quarantine there is left out. */
#include <stdio.h>

#include "seen.h"

static _Alignas(8) char page_memory[CRASH_PAGE_SIZE];

static const struct {
	const char *name;
	const char *metadata; /* of what crashed three processes */
	struct crash_subject subject;
} identities[] = {
	{ "a kind with a generation", "\"name\":\"q\",\"namespace\":\"n\",\"uid\":\"u\",\"generation\":3,\"resourceVersion\":\"9\"",
	  { CRASH_READING, "ReleaseChannel", "n", "q", "u", "generation 3" } },
	{ "an object without one", "\"name\":\"q\",\"namespace\":\"n\",\"uid\":\"u\",\"resourceVersion\":\"9\"",
	  { CRASH_READING, "ReleaseChannel", "n", "q", "u", "resourceVersion 9" } },
	{ "an object that has nothing but a name", "\"name\":\"q\"",
	  { CRASH_READING, "ReleaseChannel", "", "q", "", "resourceVersion " } },
	{ "fields of wrong types count as none", "\"name\":\"q\",\"uid\":[],\"namespace\":{},\"generation\":true",
	  { CRASH_READING, "ReleaseChannel", "", "q", "", "resourceVersion " } },
};

START_TEST(what_is_in_quarantine_is_left_out)
{
	struct event_stream *stream = event_stream_create(KIND_CHANNEL);
	struct seen seen = { .events = 0 };
	struct crash_page page;
	struct crash_entry *last;
	char line[512];

	for (int i = 0; i <= CRASH_LIMIT; i++) {
		(void)crash_page_open(&page, page_memory, "1.0", 0, &last);
		if (i < CRASH_LIMIT)
			(void)crash_page_enter(&page, &identities[_i].subject);
	}
	event_stream_note(stream, &page);
	(void)snprintf(line, sizeof(line), "{\"type\":\"ADDED\",\"object\":{\"metadata\":{%s}}}\n", identities[_i].metadata);
	ck_assert(event_stream_feed(stream, line, strlen(line), seen_take, &seen));
	expect_int(identities[_i].name, seen.errs, 1);
	expect_int(identities[_i].name, seen.err.class, ERR_DENIED);
	expect_contains(identities[_i].name, seen.err.text, "q: the operator crashed when it read this object");
	expect("it was met", crash_page_next_met(&page, NULL) != NULL);
	ck_assert(event_stream_feed(stream, OBJECT_A, strlen(OBJECT_A), seen_take, &seen));
	expect_str("the next one is read", seen.names, "a,");
	(void)snprintf(line, sizeof(line), "{\"type\":\"DELETED\",\"object\":{\"metadata\":{%s}}}\n", identities[_i].metadata);
	ck_assert(event_stream_feed(stream, line, strlen(line), seen_take, &seen));
	expect("what is gone is in quarantine no more", crash_page_next_met(&page, NULL) == NULL);
	event_stream_destroy(stream);
}
END_TEST

static struct crash_page *noted_page;

/* Ends as the process would, while it has the record. */
static bool crash(void *user, const struct event *event, const struct err *err)
{
	struct crash_entry *last;

	ck_assert_msg(event != NULL, "%s", err->text);
	(void)crash_page_open(noted_page, page_memory, "1.0", 0, &last);
	expect_str("what was being read is known", last == NULL ? NULL : last->name, event->record->meta->name);
	*(bool *)user = true;
	return false;
}

START_TEST(what_is_read_is_noted_until_it_was_taken)
{
	struct event_stream *stream = event_stream_create(KIND_CHANNEL);
	struct crash_page page;
	struct crash_entry *last;
	bool was_there = false;

	(void)crash_page_open(&page, page_memory, "1.0", 0, &last);
	noted_page = &page;
	event_stream_note(stream, &page);
	ck_assert(!event_stream_feed(stream, OBJECT_A, strlen(OBJECT_A), crash, &was_there));
	expect("the callback was there", was_there);
	event_stream_destroy(stream);
	(void)crash_page_open(&page, page_memory, "1.0", 0, &last);
	expect("afterwards nothing is noted", last == NULL);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, what_is_in_quarantine_is_left_out, identities);
	tcase_add_test(tests, what_is_read_is_noted_until_it_was_taken);
}

SUITE_MAIN("wire: record_note", add)
