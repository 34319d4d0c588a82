/*
 * base/crash_page: which object was being dealt with when the process ended, and how often that was so.
 *
 * A process that crashes can tell nobody why. So before it deals with an object it writes the object's identity
 * into memory that outlives it (a file mapped shared: crash_file), and takes it away afterwards: plain writes, no
 * system call. A page that holds an identity when a process starts says what the last one died of, whatever the
 * way: a signal, an assertion, the kernel's out-of-memory killer, a watchdog. The page counts that for each
 * object. One that was dealt with when CRASH_LIMIT processes ended, and never once with success, is in quarantine:
 * it is not dealt with any more, as long as it is what it was. A change of it buys one more try, another version
 * of the program forgets everything.
 *
 * What is the memory's is fixed in size, and whatever it holds is checked before it is believed. May include: libc.
 * Deliberately absent: files, the clock, what a kind is.
 */
#ifndef SLUICE_BASE_CRASH_PAGE_H
#define SLUICE_BASE_CRASH_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define CRASH_PAGE_SIZE ((size_t)32 * 1024)
#define CRASH_LIMIT 3

enum crash_stage {
	CRASH_READING, /* its text is being made a record */
	CRASH_LOOKING, /* it is being decided what to do about it */
};

struct crash_subject { /* texts are never NULL; what is too long is cut */
	enum crash_stage stage;
	const char *kind;
	const char *namespace;
	const char *name;
	const char *uid;
	const char *version; /* what another version of it differs in: "generation 4" */
};

struct crash_entry { /* lies in the page */
	uint32_t stage;
	uint32_t crashes;
	int64_t last_ms;      /* wall clock: when the last process that it ended was followed by another */
	uint32_t is_met;      /* this process has met it in quarantine */
	uint32_t is_announced; /* the caller's: people were told of it once */
	uint32_t is_said;      /* the caller's: this process has made sure that the object says so */
	uint32_t is_unlisted; /* a list of its kind is under way, and has not named it yet */
	char kind[64];
	char namespace[64];
	char name[256];
	char uid[64];
	char version[96];
};

struct crash_memory; /* CRASH_PAGE_SIZE bytes */

/* An object is met in quarantine for the first time (is_met), or is not in quarantine any more. */
typedef void (*crash_change_fn)(void *user, const struct crash_entry *entry, bool is_met);

struct crash_page {
	struct crash_memory *memory;
	crash_change_fn fn;
	void *user;
};

/* What a page was found to be. */
enum crash_found {
	CRASH_FOUND_NEW,     /* all zeros */
	CRASH_FOUND_OURS,
	CRASH_FOUND_OTHER,   /* of another version of the program: its counts are forgotten */
	CRASH_FOUND_DAMAGED, /* ours, but it makes no sense: its counts are forgotten */
	CRASH_FOUND_FOREIGN, /* no page: it is left as it is, and must not be used */
};

/* Takes up a page: CRASH_PAGE_SIZE bytes at memory, aligned for an int64_t, which are its own from now on. What was
 * being dealt with is counted; *ret_last is its entry, NULL when nothing was. */
enum crash_found crash_page_open(struct crash_page *page, void *memory, const char *program_version, int64_t now_ms,
				 struct crash_entry **ret_last);

/* Sets who is told. */
void crash_page_on_change(struct crash_page *page, crash_change_fn fn, void *user);

/* ---- page NULL: nothing is noted, and nothing is in quarantine ---- */

/* The subject is about to be dealt with. NULL: go on, and crash_page_leave() afterwards. Else it is in quarantine: it
 * has to be left alone, and nothing was begun. One subject at a time. */
struct crash_entry *crash_page_enter(struct crash_page *page, const struct crash_subject *subject);

/* What was begun has ended, well or not, and without a crash: its count is over. Nothing when nothing was begun. */
void crash_page_leave(struct crash_page *page);

/* The entry of that object which this process has met in quarantine, or NULL. */
struct crash_entry *crash_page_find_met(struct crash_page *page, enum crash_stage stage, const char *kind,
					const char *namespace, const char *name);

/* The object is gone, and its count with it. */
void crash_page_forget(struct crash_page *page, enum crash_stage stage, const char *kind, const char *namespace,
		       const char *name);

/* A list of all objects of a kind begins, or is complete: what it has not named is gone. */
void crash_page_begin_list(struct crash_page *page, const char *kind);
void crash_page_end_list(struct crash_page *page, const char *kind);

/* Each that this process has met in quarantine, one after the other: at is NULL, then what was returned last. NULL at
 * the end. */
struct crash_entry *crash_page_next_met(struct crash_page *page, struct crash_entry *at);

/* Is it in quarantine (as long as it is what it was)? */
bool crash_entry_is_quarantined(const struct crash_entry *entry);

#endif
