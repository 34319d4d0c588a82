#include "reconcile/departed.h"

#include <stdio.h>
#include <string.h>

#include "suite.h"

static struct promotion with_uid(const char *uid)
{
	return (struct promotion){ .meta = { .uid = uid } };
}

START_TEST(the_last_ones_are_known)
{
	struct departed departed = { .next = 0 };
	char uid[16];

	for (int i = 0; i <= DEPARTED_COUNT; i++) {
		struct promotion gone = with_uid(uid);

		(void)snprintf(uid, sizeof(uid), "uid-%d", i);
		ck_assert(!departed_has(&departed, uid));
		departed_see(&departed, &gone, NULL);
		ck_assert(departed_has(&departed, uid));
	}
	ck_assert(!departed_has(&departed, "uid-0"));
	ck_assert(departed_has(&departed, "uid-1"));
}
END_TEST

START_TEST(what_changes_has_not_gone_and_what_is_made_again_has)
{
	struct departed departed = { .next = 0 };
	struct promotion first = with_uid("uid-1");
	struct promotion again = with_uid("uid-2");

	departed_see(&departed, NULL, &first);
	departed_see(&departed, &first, &first);
	ck_assert(!departed_has(&departed, "uid-1"));
	departed_see(&departed, &first, &again);
	ck_assert(departed_has(&departed, "uid-1"));
	ck_assert(!departed_has(&departed, "uid-2"));
}
END_TEST

START_TEST(what_has_no_uid_has_not_gone)
{
	struct departed departed = { .next = 0 };
	char longer[DEPARTED_UID_SIZE + 1];
	struct promotion odd[] = { with_uid(NULL), with_uid(""), with_uid(longer) };

	memset(longer, 'u', DEPARTED_UID_SIZE);
	longer[DEPARTED_UID_SIZE] = '\0';
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		departed_see(&departed, &odd[i], NULL);
		ck_assert(!departed_has(&departed, odd[i].meta.uid));
	}
	ck_assert_uint_eq(departed.next, 0);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, the_last_ones_are_known);
	tcase_add_test(tests, what_changes_has_not_gone_and_what_is_made_again_has);
	tcase_add_test(tests, what_has_no_uid_has_not_gone);
}

SUITE_MAIN("departed", add)
