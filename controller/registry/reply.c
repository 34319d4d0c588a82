#include "registry/reply.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "registry/manifest.h"

#define ERROR_BODY_MOST ((size_t)16 * 1024)

struct reply *reply_create(enum reply_kind kind, size_t max_body)
{
	struct reply *reply = memory_alloc(sizeof(*reply));

	reply->kind = kind;
	reply->body = BUF_INIT(max_body);
	reply->content_length = -1;
	return reply;
}

void reply_reset(struct reply *reply)
{
	struct buf body = reply->body;

	buf_reset(&body);
	*reply = (struct reply){ .kind = reply->kind, .body = body, .content_length = -1 };
}

void reply_destroy(struct reply *reply)
{
	if (reply == NULL)
		return;
	buf_finish(&reply->body);
	free(reply);
}

/* Copies a header's value; one that does not fit is noted and left out, never shortened. */
static void copy_header(struct reply *reply, char *to, size_t size, const char *value)
{
	size_t len = strlen(value);

	if (len >= size) {
		reply->has_long_header = true;
		to[0] = '\0';
		return;
	}
	memcpy(to, value, len + 1);
}

/* Is it an entity-tag of RFC 9110, 8.8.3, that can stand in a header? */
static bool is_etag(const char *text)
{
	size_t len = strlen(text);
	size_t start = strncmp(text, "W/", 2) == 0 ? 2 : 0;
	size_t i;

	if (len < start + 2 || len >= REPLY_ETAG_SIZE || text[start] != '"' || text[len - 1] != '"')
		return false;
	for (i = start + 1; i < len - 1; i++) {
		if (text[i] <= 0x20 || text[i] >= 0x7f || text[i] == '"')
			return false;
	}
	return true;
}

/* "application/json", with any parameters, and "application/…+json". */
static bool is_json(const char *content_type)
{
	size_t len = strcspn(content_type, "; \t");

	return (len == 16 && strncasecmp(content_type, "application/json", len) == 0) ||
	       (len > 5 && strncasecmp(content_type, "application/", 12) == 0 &&
		strncasecmp(content_type + len - 5, "+json", 5) == 0);
}

static bool has_right_type(const struct reply *reply)
{
	switch (reply->kind) {
	case REPLY_JSON:
		return is_json(reply->content_type);
	case REPLY_MANIFEST:
		return manifest_type_is_known(reply->content_type);
	case REPLY_BLOB:
		break;
	}
	return true;
}

void reply_on_head(struct reply *reply, const struct http_head *head)
{
	reply->status = head->status;
	reply->retry_after_ms = head->retry_after_ms;
	reply->content_length = head->content_length;
	copy_header(reply, reply->content_type, sizeof(reply->content_type), head->content_type);
	copy_header(reply, reply->digest, sizeof(reply->digest), head->docker_content_digest);
	if (is_etag(head->etag))
		memcpy(reply->etag, head->etag, strlen(head->etag) + 1);
	copy_header(reply, reply->www_authenticate, sizeof(reply->www_authenticate),
		    head->www_authenticate);
	copy_header(reply, reply->link, sizeof(reply->link), head->link);
	copy_header(reply, reply->location, sizeof(reply->location), head->location);
	if (reply->status == 200 && !has_right_type(reply))
		reply->verdict = REPLY_WRONG_TYPE;
}

static bool cut(struct reply *reply)
{
	reply->is_cut = true;
	return false;
}

bool reply_on_bytes(struct reply *reply, const char *bytes, size_t len)
{
	struct err ignored = ERR_INIT;
	size_t left;

	if (reply->verdict != REPLY_FINE)
		return cut(reply);
	if (reply->status != 200) {
		left = ERROR_BODY_MOST > reply->body.len ? ERROR_BODY_MOST - reply->body.len : 0;
		if (len > left || buf_append(&reply->body, bytes, len, &ignored) < 0)
			return cut(reply);
		return true;
	}
	if (reply->content_length > (int64_t)reply->body.limit ||
	    len > reply->body.limit - reply->body.len) {
		reply->verdict = REPLY_TOO_LONG;
		return cut(reply);
	}
	return buf_append(&reply->body, bytes, len, &ignored) == 0;
}
