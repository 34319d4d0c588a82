/* A list of the kind that the first line names: the same items however it is cut. */
#include "records.h"

struct reading {
	struct list_stream *stream;
	enum kind kind;
	struct buf told;
	struct err err; /* it is no list */
};

static void on_item(void *user, const struct record *record, const struct err *err)
{
	struct reading *reading = user;

	CHECK((record == NULL) == err_is_set(err));
	if (record != NULL)
		fuzz_check_record(record, reading->kind);
	fuzz_tell(&reading->told, record, err);
}

static bool feed(void *user, const char *bytes, size_t len)
{
	struct reading *reading = user;

	return list_stream_feed(reading->stream, bytes, len, on_item, reading, &reading->err) == 0;
}

static struct buf read_list(const struct fuzz_object *object, size_t piece)
{
	struct reading reading = {
		.stream = list_stream_create(object->kind),
		.kind = object->kind,
		.told = BUF_INIT((size_t)1 << 26),
	};
	struct list_head head = { .resource_version = "", .continue_token = NULL };

	fuzz_feed(object->json, object->len, piece, feed, &reading);
	if (!err_is_set(&reading.err))
		CHECK(list_stream_end(reading.stream, &head, &reading.err) == reading.err.class);
	CHECK(buf_printf(&reading.told, NULL, "%d %s %s %s\n", reading.err.class, reading.err.text,
			 head.resource_version, head.continue_token == NULL ? "-" : head.continue_token) == 0);
	list_stream_destroy(reading.stream);
	return reading.told;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct fuzz_object object = fuzz_read_object(bytes, len);
	auto_buf whole = read_list(&object, len + 1);
	auto_buf bytewise = read_list(&object, 1);
	auto_buf cut = read_list(&object, 7);

	fuzz_check_same_told(&whole, &bytewise);
	fuzz_check_same_told(&whole, &cut);
	return 0;
}
