#include "telemetry/series.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"

#define VALUE_SIZE 128
#define NUMBER_SIZE 32

void family_init(struct family *family, const struct metric_info *info)
{
	*family = (struct family){ .info = info };
}

static void series_free(struct series *series)
{
	for (size_t i = 0; i < METRIC_LABELS; i++)
		free(series->labels[i]);
	free(series->buckets);
	free(series);
}

void family_finish(struct family *family)
{
	for (size_t i = 0; i < family->all.len; i++)
		series_free(family->all.items[i]);
	vec_finish(&family->all);
	map_finish(&family->by_labels);
}

static size_t label_count(const struct metric_info *info)
{
	size_t n = 0;

	while (n < METRIC_LABELS && info->labels[n] != NULL)
		n++;
	return n;
}

static struct series *series_new(struct family *family, const char *const labels[METRIC_LABELS])
{
	struct series *series = memory_alloc(sizeof(*series));

	for (size_t i = 0; i < label_count(family->info); i++) {
		series->labels[i] = memory_strndup(labels[i], str_cut_utf8(labels[i], VALUE_SIZE));
	}
	if (family->info->bound_count > 0) {
		series->buckets = memory_array(family->info->bound_count, sizeof(*series->buckets));
	}
	vec_push(&family->all, series);
	return series;
}

/* Joins the label values by a byte that no name contains. */
static void join(const struct metric_info *info, const char *const labels[METRIC_LABELS],
		 char key[static METRIC_LABELS * (VALUE_SIZE + 1) + 1])
{
	size_t len = 0;

	for (size_t i = 0; i < label_count(info); i++) {
		size_t value_len = str_cut_utf8(labels[i], VALUE_SIZE);

		memcpy(key + len, labels[i], value_len);
		len += value_len;
		key[len++] = '\x1f';
	}
	key[len] = '\0';
}

struct series *family_series(struct family *family, const char *const labels[METRIC_LABELS])
{
	static const char *const others[METRIC_LABELS] = { "other", "other", "other" };
	const char *values[METRIC_LABELS];
	char key[METRIC_LABELS * (VALUE_SIZE + 1) + 1];
	struct series *series;

	for (size_t i = 0; i < METRIC_LABELS; i++)
		values[i] = labels[i] == NULL ? "" : labels[i];
	join(family->info, values, key);
	series = map_get(&family->by_labels, key);
	if (series != NULL)
		return series;
	if (family->all.len >= SERIES_MAX - 1) {
		memcpy(values, others, sizeof(values));
		join(family->info, values, key);
		series = map_get(&family->by_labels, key);
	}
	if (series == NULL) {
		series = series_new(family, values);
		map_put(&family->by_labels, key, series);
	}
	return series;
}

void series_observe(const struct family *family, struct series *series, double value)
{
	series->sum += value;
	series->count++;
	for (size_t i = 0; i < family->info->bound_count; i++) {
		if (value <= family->info->bounds[i]) {
			series->buckets[i]++;
			return;
		}
	}
}

/* The shortest of the usual forms that reads back as the same number. */
static const char *format_number(double value, char text[static NUMBER_SIZE])
{
	(void)snprintf(text, NUMBER_SIZE, "%.15g", value);
	if (strtod(text, NULL) != value)
		(void)snprintf(text, NUMBER_SIZE, "%.17g", value);
	return text;
}

/* Appends a label's value in quotes. The format escapes backslash, quote and newline only. */
static int write_value(struct buf *buf, const char *value, struct err *err)
{
	int r = buf_puts(buf, "\"", err);

	while (r == 0 && *value != '\0') {
		size_t len = str_char_len(value);

		if (len == 0)
			r = buf_puts(buf, STR_REPLACEMENT, err);
		else if (*value == '\n')
			r = buf_puts(buf, "\\n", err);
		else if (*value == '"' || *value == '\\')
			r = buf_printf(buf, err, "\\%c", *value);
		else
			r = buf_append(buf, value, len, err);
		value += len == 0 ? 1 : len;
	}
	return r < 0 ? r : buf_puts(buf, "\"", err);
}

/* Appends name{label="value",…,le="bound"}; without braces when there is nothing in them. */
static int write_name(const struct family *family, const struct series *series, const char *suffix,
		      const char *bound, struct buf *buf, struct err *err)
{
	char separator = '{';
	int r = buf_printf(buf, err, "%s%s", family->info->name, suffix);

	for (size_t i = 0; r == 0 && i < label_count(family->info); i++) {
		r = buf_printf(buf, err, "%c%s=", separator, family->info->labels[i]);
		if (r == 0)
			r = write_value(buf, series->labels[i], err);
		separator = ',';
	}
	if (r == 0 && bound != NULL) {
		r = buf_printf(buf, err, "%cle=\"%s\"", separator, bound);
		separator = ',';
	}
	if (r == 0 && separator == ',')
		r = buf_puts(buf, "}", err);
	return r;
}

static int write_sample(const struct family *family, const struct series *series, const char *suffix,
			const char *bound, double value, struct buf *buf, struct err *err)
{
	char number[NUMBER_SIZE];
	int r = write_name(family, series, suffix, bound, buf, err);

	return r < 0 ? r : buf_printf(buf, err, " %s\n", format_number(value, number));
}

static int write_histogram(const struct family *family, const struct series *series, struct buf *buf,
			   struct err *err)
{
	uint64_t below = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < family->info->bound_count; i++) {
		char bound[NUMBER_SIZE];

		below += series->buckets[i];
		r = write_sample(family, series, "_bucket",
				 format_number(family->info->bounds[i], bound), (double)below, buf, err);
	}
	if (r == 0)
		r = write_sample(family, series, "_bucket", "+Inf", (double)series->count, buf, err);
	if (r == 0)
		r = write_sample(family, series, "_sum", NULL, series->sum, buf, err);
	if (r == 0)
		r = write_sample(family, series, "_count", NULL, (double)series->count, buf, err);
	return r;
}

int family_write(const struct family *family, struct buf *buf, struct err *err)
{
	const struct metric_info *info = family->info;
	int r;

	if (family->all.len == 0)
		return 0;
	r = buf_printf(buf, err, "# HELP %s %s\n# TYPE %s %s\n", info->name, info->help, info->name,
		       metric_type_name(info->type));
	for (size_t i = 0; r == 0 && i < family->all.len; i++) {
		const struct series *series = family->all.items[i];

		r = info->type == METRIC_HISTOGRAM ?
			    write_histogram(family, series, buf, err) :
			    write_sample(family, series, "", NULL, series->value, buf, err);
	}
	return r;
}
