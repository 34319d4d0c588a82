/* One line of a watch of the kind that the first line names, decoded twice. */
#include "records.h"

static void check(const struct event *event, enum kind kind)
{
	bool has_object = event->type == EVENT_ADDED || event->type == EVENT_MODIFIED ||
			  event->type == EVENT_DELETED;

	CHECK((event->record != NULL) == has_object);
	CHECK(memchr(event->resource_version, '\0', sizeof(event->resource_version)) != NULL);
	CHECK(err_is_set(&event->status) == (event->type == EVENT_ERROR));
	if (has_object)
		fuzz_check_record(event->record, kind);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct fuzz_object object = fuzz_read_object(bytes, len);
	struct event first;
	struct event second;
	struct err err = ERR_INIT;
	struct err err_again = ERR_INIT;
	int r = event_from_json(object.kind, object.json, object.len, &first, &err);

	fuzz_check_same_err(r, &err,
			    event_from_json(object.kind, object.json, object.len, &second, &err_again), &err_again);
	if (r == 0) {
		check(&first, object.kind);
		CHECK(first.type == second.type && first.is_initial_end == second.is_initial_end);
		CHECK(str_equal(first.resource_version, second.resource_version));
		fuzz_check_same_record(first.record, second.record);
		record_unref(first.record);
		record_unref(second.record);
	}
	return 0;
}
