/* A page that a process before left behind, or that anybody wrote: the first line is what this process does with it, a byte
 * each, the rest is the page. Whatever it held, a process that ends amid an object is counted by the next one. */
#include "base/crash_page.h"
#include "base/str.h"
#include "fuzz.h"

#define VERSION "v1"
#define ACTS_MOST 64

static const struct crash_subject subjects[] = {
	{ CRASH_READING, "Deployment", "shop", "web", "u-1", "generation 1" },
	{ CRASH_READING, "Deployment", "shop", "web", "u-1", "generation 2" },
	{ CRASH_LOOKING, "ReleaseChannel", "shop", "web", "u-2", "generation 1" },
	{ CRASH_READING, "ReleaseChannel", "", "", "", "" },
};

#define SUBJECTS (sizeof(subjects) / sizeof(subjects[0]))

/* How many are met, as it was told. */
static void on_change(void *user, const struct crash_entry *entry, bool is_met)
{
	int *met = user;

	CHECK(memchr(entry->kind, '\0', sizeof(entry->kind)) != NULL);
	CHECK(memchr(entry->name, '\0', sizeof(entry->name)) != NULL);
	*met += is_met ? 1 : -1;
	CHECK(*met >= 0);
}

static int count_met(struct crash_page *page)
{
	struct crash_entry *at = NULL;
	int met = 0;

	while ((at = crash_page_next_met(page, at)) != NULL) {
		CHECK(crash_entry_is_quarantined(at));
		met++;
	}
	return met;
}

/* The process ends here, and the next one opens the page: it counts subject, or nothing when that is NULL. */
static void check_next_process(const void *memory, const struct crash_subject *subject)
{
	void *next = malloc(CRASH_PAGE_SIZE);
	struct crash_page page;
	struct crash_entry *last;

	CHECK(next != NULL);
	memcpy(next, memory, CRASH_PAGE_SIZE);
	CHECK(crash_page_open(&page, next, VERSION, 2000, &last) == CRASH_FOUND_OURS);
	CHECK((last != NULL) == (subject != NULL));
	if (last != NULL) {
		CHECK(last->crashes >= 1 && last->last_ms == 2000 && last->stage == subject->stage);
		CHECK(str_equal(last->kind, subject->kind) && str_equal(last->namespace, subject->namespace));
		CHECK(str_equal(last->name, subject->name) && str_equal(last->uid, subject->uid));
		CHECK(str_equal(last->version, subject->version));
	}
	CHECK(count_met(&page) == 0);
	free(next);
}

/* It is dealt with, or it is left alone. */
static void deal_with(struct crash_page *page, const struct crash_subject *subject)
{
	const struct crash_entry *entry = crash_page_enter(page, subject);

	if (entry == NULL) {
		check_next_process(page->memory, subject);
		crash_page_leave(page);
	} else {
		CHECK(crash_entry_is_quarantined(entry));
		CHECK(crash_page_find_met(page, subject->stage, subject->kind, subject->namespace, subject->name) == entry);
	}
	check_next_process(page->memory, NULL);
}

static void act(struct crash_page *page, uint8_t byte)
{
	const struct crash_subject *subject = &subjects[byte / 4 % SUBJECTS];

	switch (byte % 4) {
	case 0:
		deal_with(page, subject);
		break;
	case 1:
		crash_page_forget(page, subject->stage, subject->kind, subject->namespace, subject->name);
		break;
	case 2:
		crash_page_begin_list(page, subject->kind);
		break;
	default:
		crash_page_end_list(page, subject->kind);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const uint8_t *end = memchr(bytes, '\n', len);
	size_t acts = end == NULL ? 0 : (size_t)(end - bytes);
	size_t head = end == NULL ? 0 : acts + 1;
	size_t held = len - head < CRASH_PAGE_SIZE ? len - head : CRASH_PAGE_SIZE;
	char *memory = calloc(1, CRASH_PAGE_SIZE);
	struct crash_page page;
	struct crash_entry *last;
	enum crash_found found;
	int met = 0;

	CHECK(memory != NULL);
	if (held > 0)
		memcpy(memory, bytes + head, held);
	found = crash_page_open(&page, memory, VERSION, 1000, &last);
	CHECK(last == NULL || (found == CRASH_FOUND_OURS && last->crashes >= 1 && last->last_ms == 1000));
	if (found == CRASH_FOUND_FOREIGN) {
		CHECK(memcmp(memory, bytes + head, held) == 0);
		acts = 0;
	} else {
		check_next_process(memory, NULL);
	}
	crash_page_on_change(&page, on_change, &met);
	for (size_t i = 0; i < acts && i < ACTS_MOST; i++) {
		act(&page, bytes[i]);
		CHECK(count_met(&page) == met);
	}
	free(memory);
	return 0;
}
