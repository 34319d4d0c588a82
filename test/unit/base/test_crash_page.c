#include "base/crash_page.h"

#include <stdio.h>

#include "suite.h"

static _Alignas(8) char memory[CRASH_PAGE_SIZE];

static const struct crash_subject shop = { CRASH_LOOKING, "ReleaseChannel", "shop-beta", "shop", "u1", "generation 4" };

static struct crash_entry *open_page(struct crash_page *page, const char *version, int64_t now_ms,
				     enum crash_found *ret_found)
{
	struct crash_entry *last;

	*ret_found = crash_page_open(page, memory, version, now_ms, &last);
	return last;
}

/* A process begins, and ends while it deals with the subject. Was it let? */
static bool crash_on(const struct crash_subject *subject, int64_t now_ms)
{
	struct crash_page page;
	enum crash_found found;

	(void)open_page(&page, "1.0", now_ms, &found);
	return crash_page_enter(&page, subject) == NULL;
}

START_TEST(three_crashes_and_no_fourth)
{
	struct crash_page page;
	enum crash_found found;
	struct crash_entry *last;

	for (int i = 0; i < CRASH_LIMIT; i++)
		expect("it is dealt with", crash_on(&shop, i));
	last = open_page(&page, "1.0", 7000, &found);
	expect_int("the page is taken up again", found, CRASH_FOUND_OURS);
	expect("the last crash is known", last != NULL);
	expect_int("they were counted", last->crashes, CRASH_LIMIT);
	expect_int("with the time", last->last_ms, 7000);
	expect_str("of the object", last->name, "shop");
	expect("nothing was met yet", crash_page_next_met(&page, NULL) == NULL);
	last = crash_page_enter(&page, &shop);
	expect("it is in quarantine", last != NULL && crash_entry_is_quarantined(last));
	expect("and was met", crash_page_next_met(&page, NULL) == last);
	crash_page_leave(&page);
	expect("nothing was begun, so nothing was well", crash_page_enter(&page, &shop) != NULL);
	expect("a page that was left holds nobody to account", open_page(&page, "1.0", 0, &found) == NULL);
	expect("in quarantine it stays", crash_page_enter(&page, &shop) != NULL);
}
END_TEST

START_TEST(one_success_ends_the_count)
{
	struct crash_page page;
	enum crash_found found;

	expect("the first", crash_on(&shop, 0));
	expect("the second", crash_on(&shop, 0));
	(void)open_page(&page, "1.0", 0, &found);
	expect("it is dealt with", crash_page_enter(&page, &shop) == NULL);
	crash_page_leave(&page);
	expect("the third", crash_on(&shop, 0));
	expect("is the first again", crash_on(&shop, 0));
	expect("and the second is not the fourth", crash_on(&shop, 0));
}
END_TEST

static const struct {
	const char *name;
	struct crash_subject subject;
	bool is_let;
} others[] = {
	{ "the same", { CRASH_LOOKING, "ReleaseChannel", "shop-beta", "shop", "u1", "generation 4" }, false },
	{ "another stage", { CRASH_READING, "ReleaseChannel", "shop-beta", "shop", "u1", "generation 4" }, true },
	{ "another kind", { CRASH_LOOKING, "Promotion", "shop-beta", "shop", "u1", "generation 4" }, true },
	{ "another namespace", { CRASH_LOOKING, "ReleaseChannel", "shop", "shop", "u1", "generation 4" }, true },
	{ "another name", { CRASH_LOOKING, "ReleaseChannel", "shop-beta", "shop2", "u1", "generation 4" }, true },
	{ "made anew", { CRASH_LOOKING, "ReleaseChannel", "shop-beta", "shop", "u2", "generation 4" }, true },
	{ "edited", { CRASH_LOOKING, "ReleaseChannel", "shop-beta", "shop", "u1", "generation 5" }, true },
};

START_TEST(only_that_object_is_in_quarantine)
{
	struct crash_page page;
	enum crash_found found;

	for (int i = 0; i < CRASH_LIMIT; i++)
		(void)crash_on(&shop, i);
	(void)open_page(&page, "1.0", 0, &found);
	expect(others[_i].name, (crash_page_enter(&page, &others[_i].subject) == NULL) == others[_i].is_let);
}
END_TEST

START_TEST(an_edit_buys_one_more_try)
{
	struct crash_subject edited = shop;

	for (int i = 0; i < CRASH_LIMIT; i++)
		(void)crash_on(&shop, i);
	edited.version = "generation 5";
	expect("once", crash_on(&edited, 0));
	expect("and not twice", !crash_on(&edited, 0));
	edited.uid = "u2";
	expect("made anew, it begins", crash_on(&edited, 0));
	expect("at the beginning", crash_on(&edited, 0));
	expect("of three", crash_on(&edited, 0));
	expect("again", !crash_on(&edited, 0));
}
END_TEST

struct told {
	int met;
	int ended;
	char name[256];
};

static void on_change(void *user, const struct crash_entry *entry, bool is_met)
{
	struct told *told = user;

	told->met += is_met ? 1 : 0;
	told->ended += is_met ? 0 : 1;
	(void)snprintf(told->name, sizeof(told->name), "%s", entry->name);
}

START_TEST(changes_are_told_once)
{
	struct crash_subject edited = shop;
	struct told told = { 0 };
	struct crash_page page;
	enum crash_found found;

	for (int i = 0; i < CRASH_LIMIT; i++)
		(void)crash_on(&shop, i);
	(void)open_page(&page, "1.0", 0, &found);
	crash_page_on_change(&page, on_change, &told);
	(void)crash_page_enter(&page, &shop);
	(void)crash_page_enter(&page, &shop);
	expect_int("it is met once", told.met, 1);
	expect_str("it is the one", told.name, "shop");
	expect("it is found", crash_page_find_met(&page, CRASH_LOOKING, "ReleaseChannel", "shop-beta", "shop") != NULL);
	edited.version = "generation 5";
	expect("an edit is tried", crash_page_enter(&page, &edited) == NULL);
	expect_int("that is no end yet", told.ended, 0);
	crash_page_leave(&page);
	expect_int("a success is", told.ended, 1);
	expect("it is not found any more", crash_page_next_met(&page, NULL) == NULL);
	crash_page_forget(&page, CRASH_LOOKING, "ReleaseChannel", "shop-beta", "shop");
	expect_int("what is not there does not end", told.ended, 1);
}
END_TEST

START_TEST(what_a_list_does_not_name_is_gone)
{
	const struct crash_subject read = { CRASH_READING, "Promotion", "shop-beta", "p", "u1", "generation 1" };
	struct told told = { 0 };
	struct crash_page page;
	enum crash_found found;

	for (int i = 0; i < CRASH_LIMIT; i++) {
		(void)crash_on(&shop, i);
		(void)crash_on(&read, i);
	}
	(void)open_page(&page, "1.0", 0, &found);
	crash_page_on_change(&page, on_change, &told);
	(void)crash_page_enter(&page, &shop);
	(void)crash_page_enter(&page, &read);
	crash_page_begin_list(&page, "Promotion");
	(void)crash_page_enter(&page, &read);
	crash_page_end_list(&page, "Promotion");
	expect_int("the list has named it", told.ended, 0);
	crash_page_begin_list(&page, "Deployment");
	crash_page_end_list(&page, "Deployment");
	expect_int("a list of another kind says nothing of it", told.ended, 0);
	crash_page_begin_list(&page, "ReleaseChannel");
	crash_page_end_list(&page, "ReleaseChannel");
	expect_int("what crashed a look was read well", told.ended, 0);
	crash_page_begin_list(&page, "Promotion");
	crash_page_end_list(&page, "Promotion");
	expect_int("now it is gone", told.ended, 1);
	expect_str("and no other", told.name, "p");
	crash_page_begin_list(NULL, "Promotion");
	crash_page_end_list(NULL, "Promotion");
}
END_TEST

START_TEST(another_version_of_the_program_forgets)
{
	struct crash_page page;
	enum crash_found found;

	for (int i = 0; i < CRASH_LIMIT; i++)
		(void)crash_on(&shop, i);
	expect("nobody is blamed", open_page(&page, "1.1", 0, &found) == NULL);
	expect_int("it was another's", found, CRASH_FOUND_OTHER);
	expect("it is dealt with", crash_page_enter(&page, &shop) == NULL);
}
END_TEST

START_TEST(a_full_page_keeps_those_in_quarantine)
{
	struct crash_subject one = shop;
	char name[16];

	for (int i = 0; i < CRASH_LIMIT; i++)
		(void)crash_on(&shop, i);
	one.name = name;
	for (int i = 0; i < 200; i++) {
		(void)snprintf(name, sizeof(name), "n%d", i);
		expect("one of many is dealt with", crash_on(&one, i + 100));
	}
	expect("the one in quarantine is still there", !crash_on(&shop, 0));
}
END_TEST

START_TEST(long_names_are_cut_and_known_again)
{
	char name[600];
	struct crash_subject one = shop;

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	one.name = one.uid = one.version = one.kind = one.namespace = name;
	for (int i = 0; i < CRASH_LIMIT; i++)
		expect("it is dealt with", crash_on(&one, i));
	expect("and known again", !crash_on(&one, 0));
}
END_TEST

START_TEST(without_a_page_nothing_is_noted)
{
	expect("all are let", crash_page_enter(NULL, &shop) == NULL);
	crash_page_leave(NULL);
	crash_page_forget(NULL, CRASH_LOOKING, "ReleaseChannel", "shop-beta", "shop");
	expect("none is met", crash_page_next_met(NULL, NULL) == NULL);
	expect("none is found", crash_page_find_met(NULL, CRASH_LOOKING, "ReleaseChannel", "a", "b") == NULL);
}
END_TEST

/* Whatever bytes a page has, it is taken up, left alone or begun anew; never believed beyond its bounds. */
START_TEST(no_page_is_beyond_bearing)
{
	uint32_t state = (uint32_t)_i + 1;
	struct crash_page page;
	enum crash_found found;
	struct crash_entry *last;

	for (int i = 0; i < CRASH_LIMIT; i++)
		(void)crash_on(&shop, i);
	for (int i = 0; i < 40; i++) {
		state = state * 1664525 + 1013904223;
		memory[state % (i % 2 == 0 ? 1200 : sizeof(memory))] = (char)(state >> 24);
	}
	last = open_page(&page, "1.0", 0, &found);
	expect("its last is text", last == NULL || strlen(last->name) < sizeof(last->name));
	if (found == CRASH_FOUND_FOREIGN)
		return;
	(void)crash_page_enter(&page, &shop);
	crash_page_leave(&page);
	for (struct crash_entry *at = NULL; (at = crash_page_next_met(&page, at)) != NULL;)
		expect("all are texts", strlen(at->version) < sizeof(at->version));
}
END_TEST

/* What was being dealt with was not met in quarantine, whatever the page says of it. */
START_TEST(what_a_page_says_of_this_process_is_not_believed)
{
	struct crash_page page;
	struct crash_memory_head {
		char magic[16];
		char program_version[48];
		uint32_t is_busy;
		uint32_t count;
		struct crash_entry present;
	} *head = (struct crash_memory_head *)memory;
	enum crash_found found;
	const struct crash_entry *last;

	(void)crash_on(&shop, 0);
	head->present.is_met = 1;
	head->present.is_announced = 1;
	head->present.is_said = 1;
	head->present.is_unlisted = 1;
	last = open_page(&page, "1.0", 0, &found);
	expect("it is counted", last != NULL && last->crashes == 1);
	expect("it was not met", last->is_met == 0 && crash_page_next_met(&page, NULL) == NULL);
	expect("nobody was told, and nothing says so", last->is_announced == 0 && last->is_said == 0 && last->is_unlisted == 0);
}
END_TEST

START_TEST(something_else_is_left_as_it_is)
{
	struct crash_page page;
	enum crash_found found;

	memset(memory, 'x', sizeof(memory));
	expect("nobody is blamed", open_page(&page, "1.0", 0, &found) == NULL);
	expect_int("it is foreign", found, CRASH_FOUND_FOREIGN);
	for (size_t i = 0; i < sizeof(memory); i++)
		expect_quick("no byte was touched", memory[i] == 'x');
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, three_crashes_and_no_fourth);
	tcase_add_test(tests, one_success_ends_the_count);
	suite_add_rows(tests, only_that_object_is_in_quarantine, others);
	tcase_add_test(tests, an_edit_buys_one_more_try);
	tcase_add_test(tests, changes_are_told_once);
	tcase_add_test(tests, what_a_list_does_not_name_is_gone);
	tcase_add_test(tests, another_version_of_the_program_forgets);
	tcase_add_test(tests, a_full_page_keeps_those_in_quarantine);
	tcase_add_test(tests, long_names_are_cut_and_known_again);
	tcase_add_test(tests, without_a_page_nothing_is_noted);
	tcase_add_loop_test(tests, no_page_is_beyond_bearing, 0, 300);
	tcase_add_test(tests, what_a_page_says_of_this_process_is_not_believed);
	tcase_add_test(tests, something_else_is_left_as_it_is);
}

SUITE_MAIN("crash page", add)
