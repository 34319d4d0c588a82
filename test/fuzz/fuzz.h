/*
 * fuzz/fuzz: what the targets share.
 *
 * A target is one file, fuzz_NAME.c: it hands any bytes to functions that read what strangers write, and checks
 * what has to hold whatever the bytes are (the same answer twice, the same at any border, what was written is
 * read again). A CHECK() that fails is a crash, as a sanitizer's finding is. libFuzzer (clang) makes bytes and
 * calls the target (test/fuzz/run.py); replay.c calls it with the files of corpus/NAME, in `make check`. May
 * include: base.
 */
#ifndef SLUICE_FUZZ_H
#define SLUICE_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/* The one entry, as libFuzzer has it. Returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* A terminated copy of the bytes, for functions that take C strings: what is behind a NUL is lost. The
 * caller frees it. */
static inline char *fuzz_text(const uint8_t *bytes, size_t len)
{
	char *text = malloc(len + 1);

	CHECK(text != NULL);
	if (len > 0)
		memcpy(text, bytes, len);
	text[len] = '\0';
	return text;
}

/* Splits text at its first line break: returns what is behind it, "" when there is none. */
static inline char *fuzz_next_line(char *text)
{
	char *end = text + strcspn(text, "\n");

	if (*end == '\n')
		*end++ = '\0';
	return end;
}

/* The same error twice? */
static inline void fuzz_check_same_err(int r, const struct err *err, int again, const struct err *err_again)
{
	CHECK(r == again && err->class == err_again->class && strcmp(err->text, err_again->text) == 0);
	CHECK((r < 0) == err_is_set(err));
}

#endif
