/*
 * domain/vocabulary: every condition, reason, event, gate and phase that Sluice ever writes, with its meaning.
 *
 * One table, from which the reference page is made and against which the golden cases are held: a plan that
 * uses a word which is not here fails its test. May include: libc.
 */
#ifndef SLUICE_DOMAIN_VOCABULARY_H
#define SLUICE_DOMAIN_VOCABULARY_H

#include <stdbool.h>
#include <stddef.h>

enum word_kind { WORD_CONDITION, WORD_REASON, WORD_GATE, WORD_PHASE, WORD_EVENT };

struct word {
	enum word_kind kind;
	const char *subject; /* "ReleaseChannel", "Promotion" */
	const char *name;
	const char *meaning; /* one sentence; for whoever reads `kubectl describe` */
};

/* The index-th word, NULL behind the last. */
const struct word *vocabulary_word(size_t index);

/* Is there such a word for the subject? */
bool vocabulary_has(enum word_kind kind, const char *subject, const char *name);

/* "Conditions", "Reasons", "Gates", "Phases", "Events": headings of the reference page. */
const char *vocabulary_heading(enum word_kind kind);

#endif
