#include "fake/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

/* The value of the next header line "name: …" from *at on, copied, and *at is behind it; NULL when there is no
 * more. */
static char *next_value(const char **at, const char *name)
{
	size_t name_len = strlen(name);

	while (**at != '\0') {
		const char *line = *at;
		const char *end = strstr(line, "\r\n");
		size_t len = end != NULL ? (size_t)(end - line) : strlen(line);

		*at += end != NULL ? len + 2 : len;
		if (len > name_len && line[name_len] == ':' &&
		    strncasecmp(line, name, name_len) == 0) {
			const char *value = line + name_len + 1;

			value += strspn(value, " \t");
			return strndup(value, (size_t)(line + len - value));
		}
	}
	return NULL;
}

static char *header_value(const char *headers, const char *name)
{
	return next_value(&headers, name);
}

int script_request_take(struct buf *bytes, struct script_request *ret_request)
{
	char *head_end = bytes->len == 0 ? NULL : strstr(bytes->data, "\r\n\r\n");
	int method_len = 0;
	int target_start = 0;
	int target_len = 0;
	int line_len = 0;
	size_t head_len;
	size_t body_len = 0;
	char *length;

	if (head_end == NULL)
		return 0;
	head_len = (size_t)(head_end - bytes->data) + 4;
	if (sscanf(bytes->data, "%*s%n %n%*s%n HTTP/1.1%n", &method_len, &target_start, &target_len,
		   &line_len) < 0 ||
	    line_len == 0)
		return -1;
	head_end[2] = '\0';
	length = header_value(bytes->data, "Transfer-Encoding");
	free(length);
	if (length != NULL)
		return -1;
	length = header_value(bytes->data, "Content-Length");
	if (length != NULL)
		body_len = strtoul(length, NULL, 10);
	free(length);
	head_end[2] = '\r';
	if (bytes->len - head_len < body_len)
		return 0;
	*ret_request = (struct script_request){
		.method = strndup(bytes->data, (size_t)method_len),
		.target = strndup(bytes->data + target_start, (size_t)(target_len - target_start)),
		.headers = strndup(bytes->data + line_len + 2, head_len - (size_t)line_len - 4),
		.body = calloc(1, body_len + 1),
		.body_len = body_len,
	};
	CHECK(ret_request->body != NULL);
	memcpy(ret_request->body, bytes->data + head_len, body_len);
	buf_consume(bytes, head_len + body_len);
	return 1;
}

void script_request_finish(struct script_request *request)
{
	free(request->method);
	free(request->target);
	free(request->headers);
	free(request->body);
	*request = (struct script_request){ .method = NULL };
}

bool script_glob(const char *pattern, const char *text)
{
	const char *star = NULL;
	const char *retry = NULL;

	while (*text != '\0') {
		if (*pattern == '*') {
			star = pattern++;
			retry = text;
		} else if (*pattern == *text) {
			pattern++;
			text++;
		} else if (star != NULL) {
			pattern = star + 1;
			text = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

/* Does the request have the header that line (of line_len bytes) asks for, once at least? */
static bool header_fits(const char *headers, const char *line, size_t line_len)
{
	bool is_forbidden = line[0] == '!';
	char *wanted = strndup(line + is_forbidden, line_len - is_forbidden);
	char *colon = strchr(wanted, ':');
	const char *pattern = colon == NULL ? "" : colon + 1 + strspn(colon + 1, " ");
	bool fits = is_forbidden;
	char *value;

	if (colon != NULL)
		*colon = '\0';
	while (fits == is_forbidden && (value = next_value(&headers, wanted)) != NULL) {
		fits = !is_forbidden && script_glob(pattern, value);
		free(value);
	}
	free(wanted);
	return fits;
}

const char *script_difference(const struct fake_step *step, const struct script_request *request,
			      char room[static 512])
{
	if (!str_equal(step->method, request->method))
		return "another method";
	if (!script_glob(step->target, request->target))
		return "another target";
	if (step->body != NULL && (strlen(request->body) != request->body_len ||
				   !script_glob(step->body, request->body))) {
		(void)snprintf(room, 512, "another body: %.400s", request->body);
		return room;
	}
	for (const char *line = step->headers; line != NULL && *line != '\0';) {
		size_t len = strcspn(line, "\n");

		if (!header_fits(request->headers, line, len)) {
			(void)snprintf(room, 512, "header \"%.*s\" is not met", (int)len, line);
			return room;
		}
		line += len + (line[len] == '\n');
	}
	return NULL;
}

/* Does a reply of this status carry a body at all? */
static bool status_has_body(int status)
{
	return status != 204 && status != 304 && status >= 200;
}

void script_body(const struct fake_step *step, const char *method, struct buf *ret_bytes)
{
	size_t len = step->reply_len;

	if (step->reply == NULL || !status_has_body(step->status) || str_equal(method, "HEAD"))
		return;
	CHECK(buf_append(ret_bytes, step->reply, len > 0 ? len : strlen(step->reply), NULL) == 0);
}

void script_reply(const struct fake_step *step, const char *method, struct buf *ret_bytes)
{
	bool is_chunked = step->is_chunked || step->end == FAKE_HOLD;
	size_t len = step->reply == NULL   ? 0
		     : step->reply_len > 0 ? step->reply_len
					   : strlen(step->reply);
	int r = 0;

	if (step->raw != NULL) {
		r = buf_append(ret_bytes, step->raw,
			       step->raw_len > 0 ? step->raw_len : strlen(step->raw), NULL);
	} else if (step->status != 0) {
		r |= buf_printf(ret_bytes, NULL, "HTTP/1.1 %d Scripted\r\n%s", step->status,
				step->reply_headers != NULL ? step->reply_headers : "");
		if (is_chunked)
			r |= buf_puts(ret_bytes, "Transfer-Encoding: chunked\r\n\r\n", NULL);
		else if (status_has_body(step->status))
			r |= buf_printf(ret_bytes, NULL, "Content-Length: %zu\r\n\r\n", len);
		else
			r |= buf_puts(ret_bytes, "\r\n", NULL);
		if (len > 0 && status_has_body(step->status) && !str_equal(method, "HEAD")) {
			if (is_chunked)
				r |= buf_printf(ret_bytes, NULL, "%zx\r\n", len);
			r |= buf_append(ret_bytes, step->reply, len, NULL);
			if (is_chunked)
				r |= buf_puts(ret_bytes, "\r\n", NULL);
		}
		if (is_chunked && step->end != FAKE_HOLD)
			r |= buf_puts(ret_bytes, "0\r\n\r\n", NULL);
	}
	CHECK(r == 0);
	if (step->cut_after > 0 && step->cut_after < ret_bytes->len)
		ret_bytes->len = step->cut_after;
}
