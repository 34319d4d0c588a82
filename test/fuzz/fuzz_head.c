/* The head of an HTTP answer, a line at a time: with limits, and the same when it is read again. */
#include "base/str.h"
#include "fuzz.h"
#include "net/http_internal.h"

/* Reads lines until the head is complete or the bytes end. */
static enum head_line read(struct head_reader *reader, const char *bytes, size_t len)
{
	enum head_line state = HEAD_MORE;

	head_reader_reset(reader);
	while (len > 0 && state == HEAD_MORE) {
		const char *end = memchr(bytes, '\n', len);
		size_t line_len = end == NULL ? len : (size_t)(end - bytes) + 1;

		state = head_reader_line(reader, bytes, line_len);
		bytes += line_len;
		len -= line_len;
	}
	return state;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct head_reader first = { .bytes = 0 };
	struct head_reader second = { .bytes = 0 };
	enum head_line state = read(&first, (const char *)bytes, len);
	const struct http_head *a = &first.head;
	const struct http_head *b = &second.head;

	CHECK(read(&second, (const char *)bytes, len) == state);
	CHECK(a->status == b->status && a->content_length == b->content_length && a->content_length >= -1);
	CHECK(a->retry_after_ms >= 0 && a->retry_after_ms <= 3600 * 1000);
	CHECK(str_equal(a->content_type, b->content_type) && str_equal(a->link, b->link));
	CHECK(str_equal(a->www_authenticate, b->www_authenticate) && str_equal(a->etag, b->etag));
	CHECK(strchr(a->location, '\n') == NULL && strchr(a->etag, '\n') == NULL);
	head_reader_finish(&first);
	head_reader_finish(&second);
	return 0;
}
