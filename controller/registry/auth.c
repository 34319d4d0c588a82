#include "registry/auth.h"

#include <string.h>
#include <strings.h>

#define MOST_MEMBERS 32

/* Where the reading is, and what it is about. */
struct reader {
	const char *at;
	const char *end;
	bool is_kept;        /* its parameters go into the offer */
	bool has_realm;
	bool has_service;
	struct auth_offer *offer;
};

static bool is_token_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_at_end(const struct reader *reader)
{
	return reader->at == reader->end;
}

static void skip_space(struct reader *reader)
{
	while (!is_at_end(reader) && (*reader->at == ' ' || *reader->at == '\t'))
		reader->at++;
}

/* Passes over commas and space: lists may have empty members. */
static void skip_commas(struct reader *reader)
{
	while (!is_at_end(reader) && (*reader->at == ' ' || *reader->at == '\t' || *reader->at == ','))
		reader->at++;
}

/* Reads a token; false when there is none. */
static bool read_token(struct reader *reader, const char **ret_token, size_t *ret_len)
{
	const char *start = reader->at;

	while (!is_at_end(reader) && is_token_char(*reader->at))
		reader->at++;
	*ret_token = start;
	*ret_len = (size_t)(reader->at - start);
	return *ret_len > 0;
}

static bool token_is(const char *token, size_t len, const char *word)
{
	return len == strlen(word) && strncasecmp(token, word, len) == 0;
}

/* Reads the value of a parameter into ret of size bytes: a token or a quoted string. */
static int read_value(struct reader *reader, char *ret, size_t size, struct err *err)
{
	bool is_quoted = !is_at_end(reader) && *reader->at == '"';
	size_t len = 0;

	reader->at += is_quoted ? 1 : 0;
	for (; !is_at_end(reader); reader->at++) {
		char c = *reader->at;

		if (is_quoted ? c == '"' : !is_token_char(c))
			break;
		if (is_quoted && c == '\\' && ++reader->at == reader->end)
			break;
		c = *reader->at;
		if ((unsigned char)c < 0x20 || c == 0x7f)
			return err_set(err, ERR_INPUT, "the WWW-Authenticate header holds a control character");
		if (len + 1 >= size)
			return err_set(err, ERR_INPUT, "a parameter of the WWW-Authenticate header is too long");
		ret[len++] = c;
	}
	ret[len] = '\0';
	if (is_quoted && (is_at_end(reader) || *reader->at++ != '"'))
		return err_set(err, ERR_INPUT, "the WWW-Authenticate header ends inside a quoted string");
	if (!is_quoted && len == 0)
		return err_set(err, ERR_INPUT, "the WWW-Authenticate header has a parameter without a value");
	return 0;
}

/* Keeps a parameter of the first Bearer challenge that we need; a second one of the same name is a
 * trick. */
static int keep_param(struct reader *reader, const char *name, size_t len, const char *value,
		      struct err *err)
{
	bool is_realm = token_is(name, len, "realm");
	bool is_service = token_is(name, len, "service");
	bool *seen = is_realm ? &reader->has_realm : &reader->has_service;
	char *kept = is_realm ? reader->offer->realm : reader->offer->service;
	size_t size = is_realm ? AUTH_REALM_SIZE : AUTH_SERVICE_SIZE;

	if (!reader->is_kept || !(is_realm || is_service))
		return 0;
	if (*seen)
		return err_set(err, ERR_INPUT, "the WWW-Authenticate header says \"%s\" twice",
			       is_realm ? "realm" : "service");
	if (strlen(value) >= size)
		return err_set(err, ERR_INPUT, "a parameter of the WWW-Authenticate header is too long");
	*seen = true;
	memcpy(kept, value, strlen(value) + 1);
	return 0;
}

/* Finishes the present challenge. */
static int end_challenge(struct reader *reader, struct err *err)
{
	if (reader->is_kept && !reader->has_realm)
		return err_set(err, ERR_INPUT, "the WWW-Authenticate header has Bearer without a realm");
	reader->is_kept = false;
	return 0;
}

/* Starts a challenge of the scheme that token names. */
static int start_challenge(struct reader *reader, const char *token, size_t len, struct err *err)
{
	int r = end_challenge(reader, err);

	if (r < 0)
		return r;
	reader->is_kept = token_is(token, len, "bearer") && !reader->offer->has_bearer;
	reader->offer->has_bearer |= reader->is_kept;
	reader->offer->has_basic |= token_is(token, len, "basic");
	return 0;
}

/* Is the token just read followed by "=" and a value, that is: is it the name of a parameter? "abc=="
 * is a token68 and no parameter. */
static bool is_param(const struct reader *reader)
{
	const char *at = reader->at;

	while (at < reader->end && (*at == ' ' || *at == '\t'))
		at++;
	if (at == reader->end || *at != '=')
		return false;
	for (at++; at < reader->end && (*at == ' ' || *at == '\t'); at++)
		;
	return at < reader->end && *at != '=' && *at != ',';
}

static int read_param(struct reader *reader, const char *name, size_t len, struct err *err)
{
	char value[AUTH_REALM_SIZE];
	int r;

	skip_space(reader);
	reader->at++; /* the "=" that is_param() saw */
	skip_space(reader);
	r = read_value(reader, value, sizeof(value), err);
	return r < 0 ? r : keep_param(reader, name, len, value, err);
}

/* Passes over the token68 that some schemes have instead of parameters ("Negotiate YII…=="). */
static void skip_token68(struct reader *reader)
{
	while (!is_at_end(reader) && (is_token_char(*reader->at) || strchr("/=", *reader->at) != NULL) &&
	       *reader->at != '\0')
		reader->at++;
}

/* Reads a scheme with its first parameter, or one more parameter. */
static int read_member(struct reader *reader, bool *in_challenge, struct err *err)
{
	const char *token;
	size_t len;
	int r;

	if (!read_token(reader, &token, &len))
		return err_set(err, ERR_INPUT, "the WWW-Authenticate header does not follow its grammar");
	if (*in_challenge && is_param(reader))
		return read_param(reader, token, len, err);
	*in_challenge = true;
	r = start_challenge(reader, token, len, err);
	if (r < 0 || is_at_end(reader) || *reader->at == ',')
		return r;
	if (*reader->at != ' ' && *reader->at != '\t')
		return err_set(err, ERR_INPUT, "the WWW-Authenticate header does not follow its grammar");
	skip_space(reader);
	if (is_at_end(reader) || *reader->at == ',')
		return 0;
	if (read_token(reader, &token, &len) && is_param(reader))
		return read_param(reader, token, len, err);
	skip_token68(reader);
	return 0;
}

int auth_parse(const char *text, size_t len, struct auth_offer *ret_offer, struct err *err)
{
	struct reader reader = { .at = text, .end = text + len, .offer = ret_offer };
	bool in_challenge = false;
	int members;
	int r;

	*ret_offer = (struct auth_offer){ .has_basic = false };
	for (members = 0;; members++) {
		skip_commas(&reader);
		if (is_at_end(&reader))
			return end_challenge(&reader, err);
		if (members == MOST_MEMBERS)
			return err_set(err, ERR_INPUT, "the WWW-Authenticate header is too long a list");
		r = read_member(&reader, &in_challenge, err);
		if (r < 0)
			return r;
		skip_space(&reader);
		if (!is_at_end(&reader) && *reader.at != ',')
			return err_set(err, ERR_INPUT,
				       "the WWW-Authenticate header does not follow its grammar");
	}
}
