/* The watch of the kind that the first line names: the same events however it is cut. */
#include "records.h"

struct reading {
	struct event_stream *stream;
	enum kind kind;
	struct buf told;
};

static bool on_event(void *user, const struct event *event, const struct err *err)
{
	struct reading *reading = user;
	bool has_object;

	CHECK((event == NULL) == err_is_set(err));
	fuzz_tell(&reading->told, event == NULL ? NULL : event->record, err);
	if (event == NULL)
		return true;
	has_object = event->type == EVENT_ADDED || event->type == EVENT_MODIFIED || event->type == EVENT_DELETED;
	CHECK((event->record != NULL) == has_object);
	CHECK(memchr(event->resource_version, '\0', sizeof(event->resource_version)) != NULL);
	CHECK(err_is_set(&event->status) == (event->type == EVENT_ERROR));
	if (has_object)
		fuzz_check_record(event->record, reading->kind);
	CHECK(buf_printf(&reading->told, NULL, "%d %s %s\n", event->type, event->resource_version,
			 event->status.text) == 0);
	return true;
}

static bool feed(void *user, const char *bytes, size_t len)
{
	struct reading *reading = user;

	return event_stream_feed(reading->stream, bytes, len, on_event, reading);
}

static struct buf read_watch(const struct fuzz_object *object, size_t piece)
{
	struct reading reading = {
		.stream = event_stream_create(object->kind),
		.kind = object->kind,
		.told = BUF_INIT((size_t)1 << 26),
	};

	fuzz_feed(object->json, object->len, piece, feed, &reading);
	event_stream_destroy(reading.stream);
	return reading.told;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct fuzz_object object = fuzz_read_object(bytes, len);
	auto_buf whole = read_watch(&object, len + 1);
	auto_buf bytewise = read_watch(&object, 1);
	auto_buf cut = read_watch(&object, 7);

	fuzz_check_same_told(&whole, &bytewise);
	fuzz_check_same_told(&whole, &cut);
	return 0;
}
