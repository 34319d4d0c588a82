#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "net/http_internal.h"

#define RETRY_AFTER_MAX_S 3600

void head_reader_reset(struct head_reader *reader)
{
	arena_finish(&reader->arena);
	*reader = (struct head_reader){
		.arena = ARENA_INIT_SIZE(1024),
		.head = {
			.content_type = "",
			.www_authenticate = "",
			.docker_content_digest = "",
			.link = "",
			.location = "",
			.etag = "",
			.warning = "",
			.flow_schema = "",
			.content_length = -1,
		},
	};
}

void head_reader_finish(struct head_reader *reader)
{
	arena_finish(&reader->arena);
}

/* Retry-After is whole seconds or a date (RFC 9110, 10.2.3). */
static int64_t retry_after_ms(const char *value)
{
	char *end;
	long seconds = strtol(value, &end, 10);

	if (end == value || *end != '\0') {
		time_t when = curl_getdate(value, NULL);

		seconds = when == -1 ? 0 : (long)(when - time(NULL));
	}
	if (seconds < 0)
		seconds = 0;
	return (seconds > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : seconds) * 1000;
}

static int64_t content_length(const char *value)
{
	char *end;
	long long length = strtoll(value, &end, 10);

	return end == value || *end != '\0' || length < 0 ? -1 : length;
}

/* Sets or, for headers that may come several times, extends a field of the head. */
static void keep(struct head_reader *reader, const char **field, const char *value, bool is_joined)
{
	if (is_joined && (*field)[0] != '\0')
		*field = arena_printf(&reader->arena, "%s, %s", *field, value);
	else
		*field = arena_strdup(&reader->arena, value);
}

static void take_field(struct head_reader *reader, const char *name, const char *value)
{
	struct http_head *head = &reader->head;
	const struct {
		const char *name;
		const char **field;
		bool is_joined;
	} texts[] = {
		{ "Content-Type", &head->content_type, false },
		{ "WWW-Authenticate", &head->www_authenticate, true },
		{ "Docker-Content-Digest", &head->docker_content_digest, false },
		{ "Link", &head->link, false },
		{ "Location", &head->location, false },
		{ "ETag", &head->etag, false },
		{ "Warning", &head->warning, true },
		{ "X-Kubernetes-PF-FlowSchema-UID", &head->flow_schema, false },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (strcasecmp(name, texts[i].name) == 0) {
			keep(reader, texts[i].field, value, texts[i].is_joined);
			return;
		}
	}
	if (strcasecmp(name, "Retry-After") == 0)
		head->retry_after_ms = retry_after_ms(value);
	else if (strcasecmp(name, "Content-Length") == 0)
		head->content_length = content_length(value);
}

/* "HTTP/1.1 200 OK", "HTTP/2 200": the status, 0 when there is none. */
static int status_of(const char *line)
{
	const char *space = strchr(line, ' ');

	return space == NULL ? 0 : (int)strtol(space, NULL, 10);
}

enum head_line head_reader_line(struct head_reader *reader, const char *line, size_t len)
{
	char *text;
	char *value;

	if (len > HTTP_HEAD_LIMIT - reader->bytes)
		return HEAD_TOO_LARGE;
	reader->bytes += len;
	while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == '\n' || line[len - 1] == ' '))
		len--;
	if (len == 0)
		return reader->head.status >= 200 ? HEAD_COMPLETE : HEAD_MORE;
	text = arena_strndup(&reader->arena, line, len);
	if (strncmp(text, "HTTP/", 5) == 0) {
		int status = status_of(text);
		size_t bytes = reader->bytes;

		head_reader_reset(reader);
		reader->head.status = status;
		reader->bytes = bytes;
		return HEAD_MORE;
	}
	value = strchr(text, ':');
	if (value != NULL) {
		*value++ = '\0';
		take_field(reader, text, value + strspn(value, " \t"));
	}
	return HEAD_MORE;
}
