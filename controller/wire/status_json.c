#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "wire/json_read.h"
#include "wire/record.h"
#include "wire/record_json.h"

#define MANAGER_SIZE 128
#define STATUS_MAX_BYTES ((size_t)4 * 1024 * 1024) /* a conflict may name many fields */

struct status { /* metav1.Status, as far as it says what to do next */
	int code;
	const char *reason;
	const char *message;
	int64_t retry_after_ms;
	bool is_version_too_large; /* the server's watch cache is behind the version asked for */
	const char *conflict;      /* message of the first field manager conflict, or NULL */
};

static void read_status(const struct read_node *top, struct status *status)
{
	struct read_node details = read_object(top, "details");
	struct read_node causes = read_list(&details, "causes");

	status->code = (int)read_int(top, "code", 0, 999, 0);
	status->reason = read_text(top, "reason");
	status->message = read_text(top, "message");
	status->retry_after_ms = 1000 * read_int(&details, "retryAfterSeconds", 0, 86400, 0);
	for (size_t i = 0; i < read_count(&causes); i++) {
		struct read_node cause = read_item(&causes, i);

		if (read_is(&cause, "reason", "ResourceVersionTooLarge"))
			status->is_version_too_large = true;
		else if (status->conflict == NULL && read_is(&cause, "reason", "FieldManagerConflict"))
			status->conflict = read_text(&cause, "message");
	}
}

/* Is it an answer of a server that will do better in a while? (apimachinery: IsTooManyRequests,
 * IsServerTimeout, IsTimeout; RFC 9110 for those without a reason.) */
static bool is_busy(int code, const struct status *status)
{
	static const char *const reasons[] = { "TooManyRequests", "ServerTimeout", "Timeout",
					       "ServiceUnavailable" };

	if (code == 429 || code == 503 || status->retry_after_ms > 0)
		return true;
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (str_equal(status->reason, reasons[i]))
			return true;
	}
	return false;
}

static enum err_class class_of(int code, const struct status *status)
{
	if (status->is_version_too_large || code == 410 || str_equal(status->reason, "Expired"))
		return ERR_GONE;
	switch (code) {
	case 401:
	case 403:
		return ERR_DENIED;
	case 404:
		return ERR_NOTFOUND;
	case 409:
		return ERR_CONFLICT;
	default:
		break;
	}
	if ((code >= 500 || code == 429 || code == 408) && is_busy(code, status))
		return ERR_BUSY;
	return code >= 400 && code < 500 ? ERR_INPUT : ERR_NET;
}

/* Takes the manager's name out of `conflict with "kubectl-set" using apps/v1`. The name is a Go string
 * literal; a backslash within it only ever hides a quote or itself here. */
static void take_manager(const char *message, char ret[static MANAGER_SIZE])
{
	const char *at = message == NULL ? NULL : strchr(message, '"');
	char name[MANAGER_SIZE + 4] = "";
	size_t len = 0;

	if (at != NULL) {
		for (at++; *at != '\0' && *at != '"' && len < sizeof(name) - 1; at++) {
			if (*at == '\\' && at[1] != '\0')
				at++;
			name[len++] = *at;
		}
	}
	len = str_cut_utf8(name, MANAGER_SIZE - 1);
	memcpy(ret, name, len);
	ret[len] = '\0';
}

int status_read(int http_status, const struct read_node *top, char *ret_manager, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct reader reader = { .arena = &arena, .is_tolerant = true };
	struct read_node aside = read_with(top, &reader);
	struct status status = { .code = 0 };
	struct err own = ERR_INIT;
	int code;

	read_status(&aside, &status);
	code = http_status != 0 ? http_status : status.code;
	own.http_status = code;
	own.retry_after_ms = status.retry_after_ms;
	if (str_is_empty(status.message))
		(void)err_set(&own, class_of(code, &status), "the server answered %d%s%s", code,
			      status.reason == NULL ? "" : " ",
			      status.reason == NULL ? "" : status.reason);
	else
		(void)err_set(&own, class_of(code, &status), "%s", status.message);
	if (ret_manager != NULL)
		take_manager(status.conflict, ret_manager);
	arena_finish(&arena);
	if (err != NULL && !err_is_set(err))
		*err = own;
	return own.class;
}

int status_to_err(int http_status, const char *body, size_t len, char *ret_manager, struct err *err)
{
	struct reader reader = { .is_tolerant = true };
	auto_json *tree = NULL;
	struct read_node top;

	/* Whatever stands between us and the apiserver may answer with anything: then the number counts. */
	if (read_tree(body, len, STATUS_MAX_BYTES, &tree, NULL) < 0)
		tree = NULL;
	top = read_root(&reader, tree);
	return status_read(http_status, &top, ret_manager, err);
}
