/*
 * domain/semver: versions (semver.org 2.0.0) and ranges of them, as npm and Cargo read them.
 *
 * A version may carry a leading "v". A range is alternatives joined by "||"; an alternative is comparators
 * joined by blanks or commas, all of which have to hold: =, >, >=, <, <=, ^, ~, a bare or partial version
 * ("1", "1.4", "1.x", "*"), or "1.2 - 1.4". A pre-release satisfies an alternative only when one of its
 * comparators names a pre-release of the same major.minor.patch: ">=1.4.0-0" takes 1.4.0-rc.1 and 1.5.0, but
 * not 1.5.0-rc.1. May include: base.
 */
#ifndef SLUICE_DOMAIN_SEMVER_H
#define SLUICE_DOMAIN_SEMVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define SEMVER_PRERELEASE_SIZE 129

struct semver {
	uint64_t major;
	uint64_t minor;
	uint64_t patch;
	char prerelease[SEMVER_PRERELEASE_SIZE]; /* "" for a release */
};

/* Reads a whole version; build metadata is read and forgotten. false when text is none. */
bool semver_parse(const char *text, struct semver *ret);

/* Precedence (semver.org, 11): <0, 0, >0. */
int semver_compare(const struct semver *a, const struct semver *b);

#define SEMVER_RANGE_MAX 32

enum semver_op { SEMVER_EQ, SEMVER_GT, SEMVER_GE, SEMVER_LT, SEMVER_LE };

struct semver_comparator {
	enum semver_op op;
	struct semver version;
	bool opens_alternative; /* the first comparator behind a "||" */
};

struct semver_range {
	struct semver_comparator items[SEMVER_RANGE_MAX];
	int count;
};

/* Reads a range. ERR_INPUT says what is wrong and where. */
int semver_range_parse(const char *text, struct semver_range *ret, struct err *err)
	__attribute__((warn_unused_result));

/* Does version satisfy the range? */
bool semver_range_contains(const struct semver_range *range, const struct semver *version);

#endif
