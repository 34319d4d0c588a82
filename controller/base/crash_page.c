#include "base/crash_page.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

#define MAGIC "sluice-crashes-1"
#define VERSION_SIZE 48
#define ENTRIES_MAX 50

struct crash_memory {
	char magic[16]; /* MAGIC, without its end */
	char program_version[VERSION_SIZE];
	uint32_t is_busy; /* present is being dealt with */
	uint32_t count;
	struct crash_entry present;
	struct crash_entry entries[ENTRIES_MAX];
};

_Static_assert(sizeof(struct crash_memory) <= CRASH_PAGE_SIZE, "the page is too small");
_Static_assert(sizeof(MAGIC) - 1 == sizeof(((struct crash_memory *)NULL)->magic), "the magic has to fit");

bool crash_entry_is_quarantined(const struct crash_entry *entry)
{
	return entry->crashes >= CRASH_LIMIT;
}

static void copy(char *to, size_t size, const char *text)
{
	size_t len = strnlen(text, size - 1);

	memcpy(to, text, len);
	to[len] = '\0';
}

/* Is the text that was copied there this one, as far as it was copied? */
static bool holds(const char *copied, size_t size, const char *text)
{
	return strncmp(copied, text, size - 1) == 0;
}

static bool is_of(const struct crash_entry *entry, enum crash_stage stage, const char *kind, const char *namespace,
		  const char *name)
{
	return entry->stage == (uint32_t)stage && holds(entry->kind, sizeof(entry->kind), kind) &&
	       holds(entry->namespace, sizeof(entry->namespace), namespace) &&
	       holds(entry->name, sizeof(entry->name), name);
}

static struct crash_entry *find(struct crash_memory *memory, enum crash_stage stage, const char *kind,
				const char *namespace, const char *name)
{
	for (uint32_t i = 0; i < memory->count; i++) {
		if (is_of(&memory->entries[i], stage, kind, namespace, name))
			return &memory->entries[i];
	}
	return NULL;
}

/* ---- the start ---- */

static bool is_text(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

static bool entry_makes_sense(const struct crash_entry *entry)
{
	return entry->stage <= CRASH_LOOKING && is_text(entry->kind, sizeof(entry->kind)) &&
	       is_text(entry->namespace, sizeof(entry->namespace)) && is_text(entry->name, sizeof(entry->name)) &&
	       is_text(entry->uid, sizeof(entry->uid)) && is_text(entry->version, sizeof(entry->version));
}

static bool makes_sense(const struct crash_memory *memory)
{
	if (!is_text(memory->program_version, sizeof(memory->program_version)) || memory->is_busy > 1 ||
	    memory->count > ENTRIES_MAX || !entry_makes_sense(&memory->present))
		return false;
	for (uint32_t i = 0; i < memory->count; i++) {
		if (!entry_makes_sense(&memory->entries[i]))
			return false;
	}
	return true;
}

static bool is_zero(const struct crash_memory *memory)
{
	const char *bytes = (const char *)memory;

	for (size_t i = 0; i < sizeof(memory->magic); i++) {
		if (bytes[i] != 0)
			return false;
	}
	return true;
}

static enum crash_found find_out(const struct crash_memory *memory, const char *program_version)
{
	if (is_zero(memory))
		return CRASH_FOUND_NEW;
	if (memcmp(memory->magic, MAGIC, sizeof(memory->magic)) != 0)
		return CRASH_FOUND_FOREIGN;
	if (!makes_sense(memory))
		return CRASH_FOUND_DAMAGED;
	return holds(memory->program_version, VERSION_SIZE, program_version) ? CRASH_FOUND_OURS : CRASH_FOUND_OTHER;
}

static void drop(struct crash_memory *memory, struct crash_entry *entry)
{
	*entry = memory->entries[--memory->count];
}

/* Room for one more: of a full page the one that has crashed least goes, of several the oldest. */
static struct crash_entry *add(struct crash_memory *memory)
{
	struct crash_entry *least = &memory->entries[0];

	if (memory->count < ENTRIES_MAX)
		return &memory->entries[memory->count++];
	for (uint32_t i = 1; i < memory->count; i++) {
		const struct crash_entry *entry = &memory->entries[i];

		if (entry->crashes < least->crashes ||
		    (entry->crashes == least->crashes && entry->last_ms < least->last_ms))
			least = &memory->entries[i];
	}
	return least;
}

/* The last process ended while it dealt with what is present. */
static struct crash_entry *count_crash(struct crash_memory *memory, int64_t now_ms)
{
	const struct crash_entry *present = &memory->present;
	struct crash_entry *entry = find(memory, (enum crash_stage)present->stage, present->kind, present->namespace,
					 present->name);
	uint32_t crashes = 1;

	if (entry == NULL)
		entry = add(memory);
	else if (strcmp(entry->uid, present->uid) == 0)
		crashes = entry->crashes < UINT32_MAX ? entry->crashes + 1 : UINT32_MAX;
	*entry = *present;
	entry->crashes = crashes;
	entry->last_ms = now_ms;
	/* Another process may have damaged these as well, and what is being dealt with has none of them. */
	entry->is_met = 0;
	entry->is_announced = 0;
	entry->is_said = 0;
	entry->is_unlisted = 0;
	memory->is_busy = 0;
	return entry;
}

enum crash_found crash_page_open(struct crash_page *page, void *memory, const char *program_version, int64_t now_ms,
				 struct crash_entry **ret_last)
{
	struct crash_memory *found = memory;
	enum crash_found result = find_out(found, program_version);

	*ret_last = NULL;
	*page = (struct crash_page){ .memory = found };
	if (result == CRASH_FOUND_FOREIGN)
		return result;
	if (result != CRASH_FOUND_OURS) {
		memset(found, 0, sizeof(*found));
		copy(found->program_version, VERSION_SIZE, program_version);
		memcpy(found->magic, MAGIC, sizeof(found->magic));
	}
	for (uint32_t i = 0; i < found->count; i++) {
		found->entries[i].is_met = 0;
		found->entries[i].is_said = 0;
		found->entries[i].is_unlisted = 0;
	}
	if (found->is_busy == 1)
		*ret_last = count_crash(found, now_ms);
	return result;
}

void crash_page_on_change(struct crash_page *page, crash_change_fn fn, void *user)
{
	page->fn = fn;
	page->user = user;
}

/* ---- while it runs ---- */

static void tell(const struct crash_page *page, const struct crash_entry *entry, bool is_met)
{
	if (page->fn != NULL)
		page->fn(page->user, entry, is_met);
}

/* The identity has to be whole before the page says that there is one: whoever reads it is another process. */
static void note(struct crash_memory *memory, const struct crash_subject *subject)
{
	struct crash_entry *present = &memory->present;

	present->stage = (uint32_t)subject->stage;
	copy(present->kind, sizeof(present->kind), subject->kind);
	copy(present->namespace, sizeof(present->namespace), subject->namespace);
	copy(present->name, sizeof(present->name), subject->name);
	copy(present->uid, sizeof(present->uid), subject->uid);
	copy(present->version, sizeof(present->version), subject->version);
	__atomic_store_n(&memory->is_busy, 1, __ATOMIC_RELEASE);
}

struct crash_entry *crash_page_enter(struct crash_page *page, const struct crash_subject *subject)
{
	struct crash_entry *entry;

	if (page == NULL)
		return NULL;
	entry = find(page->memory, subject->stage, subject->kind, subject->namespace, subject->name);
	if (entry != NULL && crash_entry_is_quarantined(entry) &&
	    holds(entry->uid, sizeof(entry->uid), subject->uid) &&
	    holds(entry->version, sizeof(entry->version), subject->version)) {
		bool was_met = entry->is_met != 0;

		entry->is_met = 1;
		entry->is_unlisted = 0;
		if (!was_met)
			tell(page, entry, true);
		return entry;
	}
	note(page->memory, subject);
	return NULL;
}

static void forget(struct crash_page *page, struct crash_entry *entry)
{
	struct crash_entry gone = *entry;

	drop(page->memory, entry);
	if (gone.is_met != 0)
		tell(page, &gone, false);
}

void crash_page_leave(struct crash_page *page)
{
	const struct crash_entry *present;

	if (page == NULL || page->memory->is_busy == 0)
		return;
	__atomic_store_n(&page->memory->is_busy, 0, __ATOMIC_RELEASE);
	present = &page->memory->present;
	if (page->memory->count > 0)
		crash_page_forget(page, (enum crash_stage)present->stage, present->kind, present->namespace,
				  present->name);
}

void crash_page_forget(struct crash_page *page, enum crash_stage stage, const char *kind, const char *namespace,
		       const char *name)
{
	struct crash_entry *entry = page == NULL ? NULL : find(page->memory, stage, kind, namespace, name);

	if (entry != NULL)
		forget(page, entry);
}

static bool is_listed_kind(const struct crash_entry *entry, const char *kind)
{
	return entry->stage == CRASH_READING && holds(entry->kind, sizeof(entry->kind), kind);
}

void crash_page_begin_list(struct crash_page *page, const char *kind)
{
	struct crash_entry *at = NULL;

	while ((at = crash_page_next_met(page, at)) != NULL) {
		if (is_listed_kind(at, kind))
			at->is_unlisted = 1;
	}
}

void crash_page_end_list(struct crash_page *page, const char *kind)
{
	struct crash_entry *at = NULL;

	while ((at = crash_page_next_met(page, at)) != NULL) {
		if (at->is_unlisted == 0 || !is_listed_kind(at, kind))
			continue;
		forget(page, at);
		at = NULL; /* others have moved */
	}
}

struct crash_entry *crash_page_find_met(struct crash_page *page, enum crash_stage stage, const char *kind,
					const char *namespace, const char *name)
{
	struct crash_entry *entry = page == NULL ? NULL : find(page->memory, stage, kind, namespace, name);

	return entry != NULL && entry->is_met != 0 ? entry : NULL;
}

struct crash_entry *crash_page_next_met(struct crash_page *page, struct crash_entry *at)
{
	if (page == NULL)
		return NULL;
	for (uint32_t i = at == NULL ? 0 : (uint32_t)(at - page->memory->entries) + 1; i < page->memory->count; i++) {
		if (page->memory->entries[i].is_met != 0)
			return &page->memory->entries[i];
	}
	return NULL;
}
