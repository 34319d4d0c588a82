#include "prometheus/credentials.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"
#include "net/base64.h"
#include "wire/secret_json.h"

/* The entries of the Secret, NULL where there is none. */
struct entries {
	char *token;
	char *username;
	char *password;
	char *ca_pem;
};

static void wipe(char *text)
{
	secret_wipe(text, text == NULL ? 0 : strlen(text));
}

/* An entry's text without the line break that an editor leaves at its end. */
static int read_entry(const char *json, size_t len, const char *key, char **ret_text, struct err *err)
{
	size_t text_len = 0;
	int r = secret_optional_from_json(json, len, key, ret_text, &text_len, err);

	if (r < 0 || *ret_text == NULL)
		return r;
	if (strlen(*ret_text) != text_len)
		return err_set(err, ERR_INPUT, "the Secret's entry %s holds a NUL", key);
	while (text_len > 0 && ((*ret_text)[text_len - 1] == '\n' || (*ret_text)[text_len - 1] == '\r'))
		(*ret_text)[--text_len] = '\0';
	return 0;
}

static bool is_sendable(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text <= 0x20 || *text >= 0x7f)
			return false;
	}
	return true;
}

static int write_basic(const struct entries *entries, char **ret_text)
{
	struct arena arena = ARENA_INIT;
	char *pair = arena_printf(&arena, "%s:%s", entries->username, entries->password);
	char *code = base64_encode(&arena, pair, strlen(pair));
	int r = asprintf(ret_text, "Basic %s", code);

	explicit_bzero(pair, strlen(pair));
	explicit_bzero(code, strlen(code));
	arena_finish(&arena);
	return r;
}

static int write_authorization(const struct entries *entries, char **ret_text, struct err *err)
{
	int r = 0;

	if (entries->token != NULL && entries->username != NULL)
		return err_set(err, ERR_INPUT, "the Secret has a token and a username: it should have one of them");
	if ((entries->username != NULL) != (entries->password != NULL))
		return err_set(err, ERR_INPUT, "the Secret has only one of username and password");
	if (entries->token != NULL && (!is_sendable(entries->token) || *entries->token == '\0'))
		return err_set(err, ERR_INPUT, "the Secret's token is empty, or holds a space or a line break");
	if (entries->token != NULL)
		r = asprintf(ret_text, "Bearer %s", entries->token);
	else if (entries->username != NULL)
		r = write_basic(entries, ret_text);
	return r < 0 ? err_set(err, ERR_NOMEM, "no memory for credentials") : 0;
}

int prometheus_credentials_read(const char *json, size_t len, struct prometheus_credentials *ret_credentials,
				struct err *err)
{
	struct prometheus_credentials credentials = { .authorization = NULL };
	struct entries entries = { .token = NULL };
	int r = read_entry(json, len, "token", &entries.token, err);

	r = r < 0 ? r : read_entry(json, len, "username", &entries.username, err);
	r = r < 0 ? r : read_entry(json, len, "password", &entries.password, err);
	r = r < 0 ? r : read_entry(json, len, "ca.crt", &entries.ca_pem, err);
	r = r < 0 ? r : write_authorization(&entries, &credentials.authorization, err);
	if (r == 0 && credentials.authorization == NULL && entries.ca_pem == NULL)
		r = err_set(err, ERR_INPUT, "the Secret has none of token, username and password, ca.crt");
	if (r == 0) {
		credentials.ca_pem = entries.ca_pem;
		*ret_credentials = credentials;
	} else {
		wipe(entries.ca_pem);
		wipe(credentials.authorization);
	}
	wipe(entries.token);
	wipe(entries.username);
	wipe(entries.password);
	return r;
}

void prometheus_credentials_finish(struct prometheus_credentials *credentials)
{
	wipe(credentials->authorization);
	wipe(credentials->ca_pem);
	*credentials = (struct prometheus_credentials){ .authorization = NULL };
}
