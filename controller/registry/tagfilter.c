#define PCRE2_CODE_UNIT_WIDTH 8

#include "registry/tagfilter.h"

#include <pcre2.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/clock.h"

/* A tag has at most 128 bytes: an honest pattern needs a few hundred steps for it. */
#define MOST_STEPS 20000
#define MOST_DEPTH 1000
#define MOST_HEAP_KIB 256
#define MOST_NESTING 32
#define LONGEST_TOTAL_MS 200

struct tagfilter {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *limits;
	bool has_group;
};

static void tagfilter_finish(struct tagfilter *filter)
{
	pcre2_match_context_free(filter->limits);
	pcre2_match_data_free(filter->data);
	pcre2_code_free(filter->code);
}

static int compile(const char *pattern, size_t len, pcre2_compile_context *context, pcre2_code **ret_code,
		   struct err *err)
{
	PCRE2_UCHAR reason[160] = "";
	PCRE2_SIZE at = 0;
	int number = 0;

	*ret_code = pcre2_compile((PCRE2_SPTR)pattern, len,
				  PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | PCRE2_NEVER_BACKSLASH_C |
					  PCRE2_DOLLAR_ENDONLY,
				  &number, &at, context);
	if (*ret_code != NULL)
		return 0;
	pcre2_get_error_message(number, reason, sizeof(reason));
	return err_set(err, ERR_INPUT, "the regular expression is wrong at position %zu: %s", at + 1,
		       (const char *)reason);
}

static int tagfilter_init(struct tagfilter *filter, const char *pattern, struct err *err)
{
	size_t len = strnlen(pattern, TAGFILTER_LONGEST + 1);
	pcre2_compile_context *context;
	uint32_t groups = 0;
	int r;

	*filter = (struct tagfilter){ .code = NULL };
	if (len == 0 || len > TAGFILTER_LONGEST)
		return err_set(err, ERR_INPUT, "a regular expression has 1 to %d bytes", TAGFILTER_LONGEST);
	context = pcre2_compile_context_create(NULL);
	if (context == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a regular expression");
	pcre2_set_parens_nest_limit(context, MOST_NESTING);
	r = compile(pattern, len, context, &filter->code, err);
	pcre2_compile_context_free(context);
	if (r < 0)
		return r;
	filter->data = pcre2_match_data_create_from_pattern(filter->code, NULL);
	filter->limits = pcre2_match_context_create(NULL);
	if (filter->data == NULL || filter->limits == NULL) {
		tagfilter_finish(filter);
		return err_set(err, ERR_NOMEM, "no memory for a regular expression");
	}
	pcre2_set_match_limit(filter->limits, MOST_STEPS);
	pcre2_set_depth_limit(filter->limits, MOST_DEPTH);
	pcre2_set_heap_limit(filter->limits, MOST_HEAP_KIB);
	pcre2_pattern_info(filter->code, PCRE2_INFO_CAPTURECOUNT, &groups);
	filter->has_group = groups > 0;
	return 0;
}

int tagfilter_check(const char *pattern, struct err *err)
{
	struct tagfilter filter;
	int r = tagfilter_init(&filter, pattern, err);

	if (r == 0)
		tagfilter_finish(&filter);
	return r;
}

/* The first capture group of the match just made. */
static char *group_of(const struct tagfilter *filter, const char *name, struct arena *arena)
{
	const PCRE2_SIZE *borders = pcre2_get_ovector_pointer(filter->data);

	if (borders[2] == PCRE2_UNSET || borders[3] < borders[2])
		return arena_strdup(arena, "");
	return arena_strndup(arena, name + borders[2], borders[3] - borders[2]);
}

/* Does name match? Then *ret_match is filled. */
static int match(const struct tagfilter *filter, const char *name, struct arena *arena,
		 bool *ret_matches, struct tagfilter_match *ret_match, struct err *err)
{
	PCRE2_UCHAR reason[160] = "";
	int r = pcre2_match(filter->code, (PCRE2_SPTR)name, strlen(name), 0, 0, filter->data,
			    filter->limits);

	*ret_matches = r >= 0;
	if (r == PCRE2_ERROR_NOMATCH)
		return 0;
	if (r == PCRE2_ERROR_MATCHLIMIT || r == PCRE2_ERROR_DEPTHLIMIT || r == PCRE2_ERROR_HEAPLIMIT)
		return err_set(err, ERR_INPUT,
			       "the regular expression takes too long (at the tag \"%.128s\"): make it simpler",
			       name);
	if (r < 0) {
		pcre2_get_error_message(r, reason, sizeof(reason));
		return err_set(err, ERR_INPUT, "the regular expression fails: %s", (const char *)reason);
	}
	ret_match->name = arena_strdup(arena, name);
	ret_match->key = filter->has_group ? group_of(filter, name, arena) : ret_match->name;
	return 0;
}

int tagfilter_apply(const char *pattern, const char *const *names, size_t count, struct arena *arena,
		    struct tagfilter_match **ret_matches, size_t *ret_count, struct err *err)
{
	int64_t end_ms = clock_monotonic_ms() + LONGEST_TOTAL_MS;
	struct tagfilter_match *matches;
	struct tagfilter filter;
	size_t found = 0;
	size_t i;
	int r = tagfilter_init(&filter, pattern, err);

	if (r < 0)
		return r;
	matches = arena_new_array(arena, count, struct tagfilter_match);
	for (i = 0; i < count && r == 0; i++) {
		bool is_match;

		r = match(&filter, names[i], arena, &is_match, &matches[found], err);
		found += r == 0 && is_match ? 1 : 0;
		if (r == 0 && clock_monotonic_ms() > end_ms)
			r = err_set(err, ERR_INPUT,
				    "the regular expression takes too long over %zu tags: make it simpler",
				    count);
	}
	tagfilter_finish(&filter);
	if (r < 0)
		return r;
	*ret_matches = matches;
	*ret_count = found;
	return 0;
}
