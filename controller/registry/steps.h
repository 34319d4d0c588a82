/*
 * registry/steps: what is left to ask for while signatures are looked for.
 *
 * A stack: what one document names is asked for before anything else. May include: base, wire, registry. Deliberately
 * absent: asking (verify).
 */
#ifndef SLUICE_REGISTRY_STEPS_H
#define SLUICE_REGISTRY_STEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/vec.h"
#include "domain/digest.h"
#include "registry/reference.h"
#include "wire/signature_json.h"

enum step_kind {
	STEP_REFERRERS,  /* the list of what refers to the digest */
	STEP_INDEX,      /* the same by its tag */
	STEP_BUNDLES,    /* a manifest that refers to it: its layer is a bundle */
	STEP_BUNDLE,
	STEP_SIGNATURES, /* the manifest whose layers are payloads */
	STEP_PAYLOAD,
};

/* Something to ask for. Its texts live as long as the steps. */
struct step {
	enum step_kind kind;
	const char *path;
	const char *what;      /* for sentences */
	const char *digest;    /* "": asked for by tag */
	int64_t size;          /* of a blob: what its descriptor says */
	const char *signature;
	bool is_there_only;    /* a further page of a list: at place only */
	size_t place;
};

struct steps {
	struct arena arena;
	struct reference reference; /* of the repository */
	char digest[DIGEST_SIZE];   /* whose signatures are looked for */
	struct vec items;           /* struct step *, the next one last */
};

/* The steps that everything begins with; what was left is dropped. */
void steps_begin(struct steps *steps);

/* The list of referrers by its tag, for a registry that does not know them. */
void steps_push_index(struct steps *steps);

/* The page of referrers at path, which the answer of step at place has named. path is copied. */
void steps_push_page(struct steps *steps, const struct step *step, const char *path, size_t place);

/* A manifest (STEP_BUNDLES) or a blob that a document names; part's texts have to live in steps->arena. */
void steps_push_part(struct steps *steps, enum step_kind kind, const struct signature_part *part);

/* Takes the next one; NULL when nothing is left. */
const struct step *steps_next(struct steps *steps);

/* Is it a blob, not a manifest? */
bool step_is_blob(const struct step *step);

/* Is it about one signature of several? */
bool step_is_about_one(const struct step *step);

/* Frees everything. A zeroed one is fine. */
void steps_finish(struct steps *steps);

#endif
