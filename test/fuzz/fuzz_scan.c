/* JSON is read the same however it is cut, and as jansson reads it. The first byte is the shape of the text; a
 * small limit is passed often. */
#include <jansson.h>

#include "base/buf.h"
#include "base/str.h"
#include "fuzz.h"
#include "wire/json_scan.h"

#define LIMIT 48
#define OUT_MOST ((size_t)1 << 26)

static void tell(const struct scan *scan, enum scan_found found, struct buf *told)
{
	struct writer writer = WRITER_INIT(told);
	const struct tree_node *json = found == SCAN_ITEM ? scan_object(scan) : tree_root(&scan->tree);

	CHECK(err_is_set(&scan->err) == (found == SCAN_REFUSED || found == SCAN_BROKEN));
	CHECK(buf_printf(told, NULL, "%d %s ", found, scan->err.text) == 0);
	if (json != NULL)
		tree_write(&scan->tree, json, NULL, &writer);
	CHECK(!err_is_set(&writer.err));
}

static struct buf scan_text(enum scan_shape shape, size_t limit, const char *text, size_t len, size_t piece)
{
	struct scan scan = { .tree = TREE_INIT };
	struct buf told = BUF_INIT(OUT_MOST);
	enum scan_found found = SCAN_NOTHING;

	scan_begin(&scan, shape, limit);
	for (size_t at = 0; at < len && found != SCAN_BROKEN; at += piece) {
		const char *bytes = text + at;
		size_t left = len - at < piece ? len - at : piece;

		while (left > 0 && found != SCAN_BROKEN) {
			found = scan_next(&scan, &bytes, &left);
			CHECK(bytes + left <= text + len);
			if (found != SCAN_NOTHING)
				tell(&scan, found, &told);
		}
	}
	scan_finish(&scan);
	return told;
}

/* Does jansson take it, too, and see the same in it? */
static void compare(const char *text, size_t len)
{
	struct scan scan = { .tree = TREE_INIT };
	auto_buf again = BUF_INIT(OUT_MOST);
	struct writer writer = WRITER_INIT(&again);
	struct err err = ERR_INIT;
	const char *bytes = text;
	size_t left = len;
	json_t *theirs = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
	json_t *ours;
	int r;

	scan_begin(&scan, SCAN_WHOLE, len);
	while (left > 0 && scan_next(&scan, &bytes, &left) != SCAN_BROKEN)
		continue;
	r = scan_end(&scan, &err);
	if (r == 0)
		tree_write(&scan.tree, tree_root(&scan.tree), NULL, &writer);
	scan_finish(&scan);
	/* What is skipped is not looked at; nothing is as deep as this; and jansson takes a NUL for the end. */
	if (memmem(text, len, "managedFields", 13) == NULL && strcmp(err.text, "JSON nested deeper than 64") != 0 &&
	    memchr(text, '\0', len) == NULL) {
		CHECK((r == 0) == (theirs != NULL));
		ours = json_loadb(buf_text(&again), again.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
		CHECK(r < 0 || json_equal(ours, theirs));
		json_decref(ours);
	}
	json_decref(theirs);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	enum scan_shape shape = len == 0 ? SCAN_WHOLE : (enum scan_shape)(bytes[0] % 3);
	const char *text = (const char *)bytes + (len > 0);
	size_t rest = len > 0 ? len - 1 : 0;
	size_t limit = shape == SCAN_WHOLE ? rest : LIMIT;
	auto_buf whole = scan_text(shape, limit, text, rest, rest + 1);
	auto_buf bytewise = scan_text(shape, limit, text, rest, 1);
	auto_buf cut = scan_text(shape, limit, text, rest, 7);

	CHECK(whole.len == bytewise.len && memcmp(buf_text(&whole), buf_text(&bytewise), whole.len) == 0);
	CHECK(whole.len == cut.len && memcmp(buf_text(&whole), buf_text(&cut), whole.len) == 0);
	compare(text, rest);
	return 0;
}
