#include "kube/token.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "kube/file.h"

#define TOKEN_LIMIT ((size_t)64 * 1024)
#define REREAD_MS 60000
#define TROUBLE_MS 10000

/* Reads the file into *ret_text (malloc'd). */
static int read_token(const char *file, char **ret_text, struct err *err)
{
	struct arena arena = ARENA_INIT;
	char *text = NULL;
	size_t len;
	int r = file_read(&arena, file, TOKEN_LIMIT, &text, err);

	if (r == 0) {
		while (isspace((unsigned char)*text))
			text++;
		len = strlen(text);
		while (len > 0 && isspace((unsigned char)text[len - 1]))
			len--;
		text[len] = '\0';
		for (size_t i = 0; i < len && r == 0; i++) {
			if (!isgraph((unsigned char)text[i]))
				r = err_set(err, ERR_INPUT, "%s holds no token", file);
		}
		if (r == 0 && len == 0)
			r = err_set(err, ERR_INPUT, "%s is empty", file);
	}
	if (r == 0) {
		*ret_text = strdup(text);
		r = *ret_text == NULL ? err_set(err, ERR_NOMEM, "no memory for a token") : 0;
		str_wipe(text);
	}
	arena_finish(&arena);
	return r;
}

int token_init(struct token *token, const char *text, const char *file, int64_t now_ms,
	       struct err *err)
{
	*token = (struct token){ .due_ms = now_ms + REREAD_MS };
	if (file != NULL) {
		token->file = strdup(file);
		if (token->file == NULL)
			return err_set(err, ERR_NOMEM, "no memory for a file name");
		return read_token(file, &token->text, err);
	}
	if (text == NULL)
		return 0;
	token->text = strdup(text);
	return token->text == NULL ? err_set(err, ERR_NOMEM, "no memory for a token") : 0;
}

enum token_news token_look(struct token *token, int64_t now_ms, bool must)
{
	struct err err = ERR_INIT;
	enum token_news news;
	char *text = NULL;

	if (token->file == NULL || (now_ms < token->due_ms && !must))
		return TOKEN_SAME;
	if (read_token(token->file, &text, &err) < 0) {
		token->due_ms = now_ms + TROUBLE_MS;
		news = str_equal(err.text, token->trouble.text) ? TOKEN_SAME : TOKEN_TROUBLE;
	} else {
		token->due_ms = now_ms + REREAD_MS;
		news = str_equal(text, token->text) ? TOKEN_SAME : TOKEN_NEW;
		str_wipe_free(token->text);
		token->text = text;
	}
	token->trouble = err;
	return news;
}

void token_finish(struct token *token)
{
	str_wipe_free(token->text);
	free(token->file);
	*token = (struct token){ .text = NULL };
}
