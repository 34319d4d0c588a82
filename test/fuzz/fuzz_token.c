/* A file that is renewed: a token without blanks comes out of it, as it stood there, or the old one stays in force. */
#include <ctype.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/str.h"
#include "fuzz.h"
#include "kube/token.h"

#define OLD "old-token"

static void put(int fd, const void *bytes, size_t len)
{
	CHECK(ftruncate(fd, 0) == 0);
	CHECK(pwrite(fd, bytes, len, 0) == (ssize_t)len);
}

static void check_text(const char *text, const uint8_t *bytes, size_t len)
{
	CHECK(text[0] != '\0' && memmem(bytes, len, text, strlen(text)) != NULL);
	for (; *text != '\0'; text++)
		CHECK(isgraph((unsigned char)*text));
}

/* The one that starts with the file, and the one that had another before. */
static void check(const struct token *fresh, int r, const struct token *renewed, enum token_news news)
{
	if (r == 0) {
		CHECK(news == (str_equal(fresh->text, OLD) ? TOKEN_SAME : TOKEN_NEW));
		CHECK(str_equal(fresh->text, renewed->text) && !err_is_set(&renewed->trouble));
	} else {
		CHECK(r == ERR_INPUT && fresh->text == NULL && news == TOKEN_TROUBLE);
		CHECK(str_equal(renewed->text, OLD) && renewed->trouble.class == r);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	int fd = memfd_create("token", MFD_CLOEXEC);
	struct token fresh;
	struct token renewed;
	struct err err = ERR_INIT;
	char path[32];
	int r;

	CHECK(fd >= 0);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	put(fd, OLD "\n", strlen(OLD) + 1);
	CHECK(token_init(&renewed, NULL, path, 0, &err) == 0);
	put(fd, bytes, len);
	r = token_init(&fresh, NULL, path, 0, &err);
	CHECK((r < 0) == err_is_set(&err) && (r == 0 || strstr(err.text, path) != NULL));
	if (r == 0)
		check_text(fresh.text, bytes, len);
	check(&fresh, r, &renewed, token_look(&renewed, 0, true));
	CHECK(token_look(&renewed, 0, true) == TOKEN_SAME);
	token_finish(&fresh);
	token_finish(&renewed);
	(void)close(fd);
	return 0;
}
