#include "kube/event_queue.h"

#include <stdio.h>

#include "base/clock.h"
#include "suite.h"

#define MINUTE INT64_C(60000)
#define WALL INT64_C(1795533000000) /* of moment 0 */

static struct event_queue queue;

static struct event_report report_of(const char *name, const char *reason, const char *note)
{
	return (struct event_report){
		.regarding = { .api_version = "v1", .kind = "K", .namespace = "n", .name = name, .uid = name },
		.reason = reason,
		.action = "Act",
		.note = note,
	};
}

static void add_event(const char *name, const char *note, int64_t now_ms)
{
	struct event_report report = report_of(name, "Reason", note);

	event_queue_add(&queue, &report, now_ms, WALL + now_ms);
}

/* What is sent at now_ms, as "name:count" ("name:count+" for a patch); "" nothing. It is sent well. */
static const char *sent(int64_t now_ms)
{
	static char text[64];
	const struct event_entry *entry = event_queue_next(&queue, now_ms);

	text[0] = '\0';
	if (entry != NULL) {
		(void)snprintf(text, sizeof(text), "%.20s:%d%s", entry->report.regarding.name,
			       (int)entry->series.count, entry->sent_count > 0 ? "+" : "");
		event_queue_done(&queue, EVENT_SENT, 0, now_ms);
	}
	return text;
}

START_TEST(the_oldest_goes_first_one_at_a_time)
{
	event_queue_init(&queue, 1);
	expect_int("nothing to do", event_queue_wake_ms(&queue), CLOCK_NEVER);
	add_event("a", "x", 0);
	add_event("b", "x", 1);
	expect_int("two wait", event_queue_waiting(&queue), 2);
	expect("the first", event_queue_next(&queue, 5) != NULL);
	expect("while it is under way, no other", event_queue_next(&queue, 5) == NULL);
	expect_int("and nobody wakes for one", event_queue_wake_ms(&queue), CLOCK_NEVER);
	event_queue_done(&queue, EVENT_SENT, 0, 6);
	expect("then the next is due", event_queue_wake_ms(&queue) <= 6);
	expect_str("the second", sent(6), "b:1");
	expect_str("no third", sent(7), "");
	expect_int("nothing to do", event_queue_wake_ms(&queue), CLOCK_NEVER);
	event_queue_finish(&queue);
}
END_TEST

START_TEST(repetitions_are_a_series)
{
	event_queue_init(&queue, 1);
	add_event("a", "x", 0);
	expect_str("the first is created", sent(0), "a:1");
	add_event("a", "x", 1000);
	expect_str("the second is patched at once", sent(1000), "a:2+");
	add_event("a", "x", 2000);
	add_event("a", "x", 3000);
	expect_str("the next ones are not", sent(3000), "");
	expect_int("but after a minute", event_queue_wake_ms(&queue), 1000 + MINUTE);
	expect_str("not before", sent(999 + MINUTE), "");
	expect_str("all at once", sent(1000 + MINUTE), "a:4+");
	expect_int("then it is quiet", event_queue_wake_ms(&queue), CLOCK_NEVER);
	add_event("a", "x", 3000 + 6 * MINUTE);
	expect_str("six minutes later it is the same series", sent(3000 + 6 * MINUTE), "a:5+");
	add_event("a", "x", 3001 + 12 * MINUTE);
	expect_str("after more than that it is a new Event", sent(3001 + 12 * MINUTE), "a:1");
	event_queue_finish(&queue);
}
END_TEST

START_TEST(times_are_those_of_the_wall)
{
	const struct event_entry *entry;

	event_queue_init(&queue, 1);
	add_event("a", "x", 10);
	add_event("a", "x", 500);
	entry = event_queue_next(&queue, 600);
	expect_int("first", entry->series.first_ms, WALL + 10);
	expect_int("last", entry->series.last_ms, WALL + 500);
	expect_int("both are in the first request", entry->series.count, 2);
	event_queue_finish(&queue);
}
END_TEST

static const struct {
	const char *name;
	struct event_report a;
	struct event_report b;
} different[] = {
	{ "another object", { .regarding = { .kind = "K", .name = "a" }, .reason = "R", .action = "A", .note = "n" },
	  { .regarding = { .kind = "K", .name = "b" }, .reason = "R", .action = "A", .note = "n" } },
	{ "the same name, created anew",
	  { .regarding = { .kind = "K", .name = "a", .uid = "1" }, .reason = "R", .action = "A", .note = "n" },
	  { .regarding = { .kind = "K", .name = "a", .uid = "2" }, .reason = "R", .action = "A", .note = "n" } },
	{ "another reason", { .regarding = { .kind = "K", .name = "a" }, .reason = "R", .action = "A", .note = "n" },
	  { .regarding = { .kind = "K", .name = "a" }, .reason = "S", .action = "A", .note = "n" } },
	{ "another action", { .regarding = { .kind = "K", .name = "a" }, .reason = "R", .action = "A", .note = "n" },
	  { .regarding = { .kind = "K", .name = "a" }, .reason = "R", .action = "B", .note = "n" } },
	{ "another note", { .regarding = { .kind = "K", .name = "a" }, .reason = "R", .action = "A", .note = "n" },
	  { .regarding = { .kind = "K", .name = "a" }, .reason = "R", .action = "A", .note = "m" } },
	{ "a warning", { .regarding = { .kind = "K", .name = "a" }, .reason = "R", .action = "A", .note = "n" },
	  { .regarding = { .kind = "K", .name = "a" }, .reason = "R", .action = "A", .note = "n", .is_warning = true } },
	{ "another related object",
	  { .regarding = { .kind = "K", .name = "a" }, .reason = "R", .action = "A", .note = "n" },
	  { .regarding = { .kind = "K", .name = "a" }, .related = { .kind = "K", .name = "z" }, .reason = "R",
	    .action = "A", .note = "n" } },
};

START_TEST(what_differs_is_no_repetition)
{
	event_queue_init(&queue, 1);
	event_queue_add(&queue, &different[_i].a, 0, WALL);
	event_queue_add(&queue, &different[_i].b, 0, WALL);
	event_queue_add(&queue, &different[_i].a, 0, WALL);
	expect_int(different[_i].name, event_queue_waiting(&queue), 2);
	event_queue_finish(&queue);
}
END_TEST

START_TEST(a_failure_is_tried_again_for_two_minutes)
{
	int64_t now_ms = 0;
	int tries = 0;

	event_queue_init(&queue, 1);
	add_event("a", "x", 0);
	while (event_queue_next(&queue, now_ms) != NULL) {
		event_queue_done(&queue, EVENT_UNSENT, 10000, now_ms);
		tries++;
		if (event_queue_waiting(&queue) == 0)
			break;
		expect_int("ten seconds apart", event_queue_wake_ms(&queue), now_ms + 10000);
		expect("not before", event_queue_next(&queue, now_ms + 9999) == NULL);
		now_ms += 10000;
	}
	expect_int("twelve times", tries, EVENT_TRIES);
	expect_int("then it is dropped and counted", queue.dropped, 1);
	add_event("b", "x", now_ms);
	expect_str("the next one waits for the server too", sent(now_ms + 9999), "");
	expect_str("and has tries of its own", sent(now_ms + 10000), "b:1");
	event_queue_finish(&queue);
}
END_TEST

START_TEST(a_server_that_says_when_is_obeyed)
{
	event_queue_init(&queue, 1);
	add_event("a", "x", 0);
	(void)event_queue_next(&queue, 0);
	event_queue_done(&queue, EVENT_UNSENT, 45000, 100);
	expect_int("as it asked", event_queue_wake_ms(&queue), 45100);
	event_queue_finish(&queue);
}
END_TEST

START_TEST(a_refused_event_is_dropped_at_once)
{
	event_queue_init(&queue, 1);
	add_event("a", "x", 0);
	(void)event_queue_next(&queue, 0);
	add_event("a", "x", 1);
	event_queue_done(&queue, EVENT_REFUSED, 0, 2);
	expect_int("with its repetitions", event_queue_waiting(&queue), 0);
	expect_int("and counted", queue.dropped, 1);
	add_event("a", "x", 3);
	expect_str("the next one is tried afresh", sent(3), "a:1");
	event_queue_finish(&queue);
}
END_TEST

START_TEST(an_expired_event_is_made_again)
{
	const struct event_entry *entry;
	char name[EVENT_NAME_SIZE];

	event_queue_init(&queue, 1);
	add_event("a", "x", 0);
	entry = event_queue_next(&queue, 0);
	(void)snprintf(name, sizeof(name), "%s", entry->name);
	event_queue_done(&queue, EVENT_SENT, 0, 0);
	add_event("a", "x", 10);
	(void)event_queue_next(&queue, 10);
	event_queue_done(&queue, EVENT_VANISHED, 0, 20);
	entry = event_queue_next(&queue, 20);
	expect("at once", entry != NULL);
	expect_int("by creating it", entry->sent_count, 0);
	expect_int("with its count", entry->series.count, 2);
	expect("under a new name", strcmp(name, entry->name) != 0);
	event_queue_finish(&queue);
}
END_TEST

START_TEST(what_happens_while_it_is_sent_is_not_lost)
{
	event_queue_init(&queue, 1);
	add_event("a", "x", 0);
	(void)event_queue_next(&queue, 0);
	add_event("a", "x", 1);
	event_queue_done(&queue, EVENT_SENT, 0, 2);
	expect_str("a patch follows", sent(2), "a:2+");
	event_queue_finish(&queue);
}
END_TEST

START_TEST(the_queue_is_bounded)
{
	char name[32];

	event_queue_init(&queue, 1);
	for (int n = 0; n < EVENT_QUEUE_MAX + 250; n++) {
		(void)snprintf(name, sizeof(name), "o%d", n);
		add_event(name, "x", n);
	}
	expect_int("a thousand wait", event_queue_waiting(&queue), EVENT_QUEUE_MAX);
	expect_int("the rest is counted", queue.dropped, 250);
	add_event("o5", "x", 2000);
	expect_int("a repetition needs no room", queue.dropped, 250);
	expect_str("the oldest was kept", sent(2000), "o0:1");
	add_event("new", "x", 2001);
	expect_int("what is sent makes room", queue.dropped, 250);
	add_event("newer", "x", 2002);
	expect_int("only once", queue.dropped, 251);
	for (int n = 0; n < EVENT_QUEUE_MAX; n++)
		expect_quick("all the others", sent(3000)[0] != '\0');
	for (int n = 0; n < EVENT_QUEUE_MAX; n++) {
		(void)snprintf(name, sizeof(name), "p%d", n);
		add_event(name, "x", 4000);
		expect_quick("sent ones give way", sent(4000)[0] == 'p');
	}
	expect_int("without loss", queue.dropped, 251);
	expect("in bounded memory", queue.entries.len <= EVENT_QUEUE_MAX && map_len(&queue.by_key) <= EVENT_QUEUE_MAX);
	event_queue_finish(&queue);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, the_oldest_goes_first_one_at_a_time);
	tcase_add_test(tests, repetitions_are_a_series);
	tcase_add_test(tests, times_are_those_of_the_wall);
	suite_add_rows(tests, what_differs_is_no_repetition, different);
	tcase_add_test(tests, a_failure_is_tried_again_for_two_minutes);
	tcase_add_test(tests, a_server_that_says_when_is_obeyed);
	tcase_add_test(tests, a_refused_event_is_dropped_at_once);
	tcase_add_test(tests, an_expired_event_is_made_again);
	tcase_add_test(tests, what_happens_while_it_is_sent_is_not_lost);
	tcase_add_test(tests, the_queue_is_bounded);
}

SUITE_MAIN("event_queue", add)
