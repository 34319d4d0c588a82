#include "kube/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int file_read(struct arena *arena, const char *path, size_t limit, char **ret_text, struct err *err)
{
	FILE *file = fopen(path, "re");
	char *text;
	size_t len;
	int failed;

	if (file == NULL)
		return err_set(err, errno == ENOENT ? ERR_NOTFOUND : ERR_INPUT, "%s: %s", path,
			       strerror(errno));
	text = arena_alloc(arena, limit + 2);
	len = fread(text, 1, limit + 1, file);
	failed = ferror(file) ? errno : 0;
	(void)fclose(file);
	if (failed != 0)
		return err_set(err, ERR_INPUT, "%s: %s", path, strerror(failed));
	if (len > limit)
		return err_set(err, ERR_INPUT, "%s is longer than %zu bytes", path, limit);
	text[len] = '\0';
	if (strlen(text) != len)
		return err_set(err, ERR_INPUT, "%s is not text", path);
	*ret_text = text;
	return 0;
}
