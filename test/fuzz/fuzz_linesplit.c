/* Lines come out the same however the stream is cut. The first eight bytes are the sizes of the pieces, in
 * turn; a small limit is passed often. */
#include "fuzz.h"
#include "kube/linesplit.h"

#define LIMIT 48

/* Writes all that is told into a buffer, one behind the other. */
static bool on_line(void *user, const char *line, size_t len, const struct err *err)
{
	struct buf *told = user;
	struct err ignored = ERR_INIT;

	CHECK((line == NULL) == err_is_set(err));
	if (line == NULL)
		return buf_append(told, "\n!\n", 3, &ignored) == 0;
	CHECK(len > 0 && len <= LIMIT && memchr(line, '\n', len) == NULL);
	return buf_append(told, line, len, &ignored) == 0 && buf_append(told, "\n", 1, &ignored) == 0;
}

/* Splits text in pieces of the sizes given; 0 means all that is left. */
static void split(const uint8_t *text, size_t len, const uint8_t *sizes, size_t count, struct buf *told)
{
	struct linesplit lines = LINESPLIT_INIT(LIMIT);
	size_t piece;
	size_t i;

	for (i = 0; len > 0; i++) {
		piece = count == 0 || sizes[i % count] == 0 ? len : sizes[i % count];
		piece = piece < len ? piece : len;
		CHECK(linesplit_feed(&lines, (const char *)text, piece, on_line, told));
		text += piece;
		len -= piece;
	}
	linesplit_finish(&lines);
}

static void check_same(const struct buf *a, const struct buf *b)
{
	CHECK(a->len == b->len && memcmp(buf_text(a), buf_text(b), a->len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const uint8_t one = 1;
	size_t head = len < 8 ? len : 8;
	auto_buf whole = BUF_INIT((size_t)1 << 22);
	auto_buf bytewise = BUF_INIT((size_t)1 << 22);
	auto_buf cut = BUF_INIT((size_t)1 << 22);

	split(bytes + head, len - head, NULL, 0, &whole);
	split(bytes + head, len - head, &one, 1, &bytewise);
	split(bytes + head, len - head, bytes, head, &cut);
	check_same(&whole, &bytewise);
	check_same(&whole, &cut);
	return 0;
}
