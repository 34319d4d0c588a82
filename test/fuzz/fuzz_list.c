/* A page of a list of the kind that the first line names, decoded twice. */
#include "records.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct fuzz_object object = fuzz_read_object(bytes, len);
	struct list_page first;
	struct list_page second;
	struct err err = ERR_INIT;
	struct err err_again = ERR_INIT;
	int r = list_from_json(object.kind, object.json, object.len, &first, &err);
	size_t i;

	fuzz_check_same_err(r, &err,
			    list_from_json(object.kind, object.json, object.len, &second, &err_again), &err_again);
	if (r == 0) {
		CHECK(first.count == second.count && first.skipped == second.skipped);
		CHECK((first.skipped > 0) == err_is_set(&first.skipped_err));
		CHECK(str_equal(first.continue_token, second.continue_token));
		CHECK(str_equal(first.resource_version, second.resource_version));
		for (i = 0; i < first.count; i++) {
			fuzz_check_record(first.records[i], object.kind);
			fuzz_check_same_record(first.records[i], second.records[i]);
		}
		list_page_finish(&first);
		list_page_finish(&second);
	}
	return 0;
}
