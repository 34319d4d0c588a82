/* A pattern of a stranger over tags of a stranger: it ends soon, and picks only what is there. The first line is
 * the pattern, each further one a tag. */
#include "base/str.h"
#include "fuzz.h"
#include "registry/tagfilter.h"

#define MOST_TAGS 16

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *pattern = fuzz_text(bytes, len);
	char *next = fuzz_next_line(pattern);
	const char *names[MOST_TAGS];
	size_t count = 0;
	struct arena arena = ARENA_INIT;
	struct tagfilter_match *matches = NULL;
	size_t matched = 0;
	struct err err = ERR_INIT;
	size_t i;
	int r;

	for (; *next != '\0' && count < MOST_TAGS; count++) {
		names[count] = next;
		next = fuzz_next_line(next);
	}
	r = tagfilter_apply(pattern, names, count, &arena, &matches, &matched, &err);
	CHECK((r < 0) == err_is_set(&err));
	CHECK(r < 0 || tagfilter_check(pattern, &err) == 0);
	for (i = 0; r == 0 && i < matched; i++) {
		CHECK(matched <= count && matches[i].key != NULL);
		CHECK(strstr(matches[i].name, matches[i].key) != NULL);
	}
	arena_finish(&arena);
	free(pattern);
	return 0;
}
