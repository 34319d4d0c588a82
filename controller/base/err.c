#include "base/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* Text that may have been cut to its room loses the half character at its end. */
static void trim_to_utf8(char *text, size_t size)
{
	text[str_cut_utf8(text, size - 1)] = '\0';
}

int err_vset(struct err *err, enum err_class class, const char *fmt, va_list ap)
{
	if (err == NULL || err_is_set(err))
		return class;
	err->class = class;
	(void)vsnprintf(err->text, sizeof(err->text), fmt, ap);
	trim_to_utf8(err->text, sizeof(err->text));
	return class;
}

int err_set(struct err *err, enum err_class class, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)err_vset(err, class, fmt, ap);
	va_end(ap);
	return class;
}

void err_prefix(struct err *err, const char *fmt, ...)
{
	char context[160];
	char old[sizeof(err->text)];
	va_list ap;

	if (err == NULL || !err_is_set(err))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(context, sizeof(context), fmt, ap);
	va_end(ap);
	trim_to_utf8(context, sizeof(context));
	memcpy(old, err->text, sizeof(old));
	(void)snprintf(err->text, sizeof(err->text), "%s: %.*s", context,
		       (int)(sizeof(old) - strlen(context) - 3), old);
	trim_to_utf8(err->text, sizeof(err->text));
}

void err_clear(struct err *err)
{
	*err = ERR_INIT;
}

const char *err_class_name(int class)
{
	static const char *const names[] = { "None", "Input", "Conflict", "Gone", "NotFound",
					     "Denied", "Busy", "Net", "NoMemory", "Bug" };

	if (class > ERR_NONE || class < ERR_BUG)
		return "Unknown";
	return names[-class];
}

void err_check_failed(const char *cond, const char *file, int line)
{
	(void)fprintf(stderr, "sluice: check failed at %s:%d: %s\n", file, line, cond);
	abort();
}
