/* One object of the kind that the first line names, decoded twice. */
#include "records.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct fuzz_object object = fuzz_read_object(bytes, len);
	struct record *first = NULL;
	struct record *second = NULL;
	struct err err = ERR_INIT;
	struct err err_again = ERR_INIT;
	int r = record_from_json(object.kind, object.json, object.len, &first, &err);

	fuzz_check_same_err(r, &err,
			    record_from_json(object.kind, object.json, object.len, &second, &err_again), &err_again);
	if (r == 0) {
		fuzz_check_record(first, object.kind);
		fuzz_check_same_record(first, second);
		record_unref(first);
		record_unref(second);
	}
	return 0;
}
