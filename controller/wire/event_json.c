#include "wire/event_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "wire/json_write.h"

/* The limits of the apiserver's validation, in bytes. */
#define WORD_MAX 128 /* reason, action, reportingInstance */
#define NOTE_MAX 1024
#define EVENT_MAX ((size_t)64 * 1024)

const char *event_namespace(const struct event_report *report)
{
	return str_is_empty(report->regarding.namespace) ? "default" : report->regarding.namespace;
}

const char *event_name(const struct event_report *report, uint64_t number, char name[static EVENT_NAME_SIZE])
{
	const char *object = report->regarding.name;
	size_t len = strnlen(object, EVENT_NAME_SIZE - 1 - 17);

	/* A label of a DNS name ends in a letter or a digit, also where it was cut. */
	while (len > 0 && (object[len - 1] == '.' || object[len - 1] == '-'))
		len--;
	(void)snprintf(name, EVENT_NAME_SIZE, "%.*s.%016" PRIx64, (int)len, object, number);
	return name;
}

/* Writes at most max bytes of text, counting what will stand in for bytes that are no UTF-8. */
static void write_cut(struct writer *writer, const char *key, const char *text, size_t max)
{
	size_t len = 0;
	size_t written = 0;

	while (text[len] != '\0') {
		size_t step = str_char_len(text + len);

		written += step == 0 ? strlen(STR_REPLACEMENT) : step;
		if (written > max)
			break;
		len += step == 0 ? 1 : step;
	}
	write_bytes(writer, key, text, len);
}

static void write_reference(struct writer *writer, const char *key, const struct event_object *object)
{
	if (object->kind == NULL)
		return;
	write_object(writer, key);
	write_text(writer, "apiVersion", object->api_version);
	write_text(writer, "kind", object->kind);
	write_text(writer, "namespace", str_is_empty(object->namespace) ? NULL : object->namespace);
	write_text(writer, "name", object->name);
	write_text(writer, "uid", object->uid);
	write_object_end(writer);
}

static void write_series(struct writer *writer, const struct event_series *series)
{
	char time[CLOCK_TEXT_SIZE];

	write_object(writer, "series");
	write_int(writer, "count", series->count);
	write_text(writer, "lastObservedTime", clock_format_micro(series->last_ms, time));
	write_object_end(writer);
}

int event_write(const struct event_report *report, const struct event_series *series, const char *name,
		const char *controller, const char *instance, char **ret_json, struct err *err)
{
	struct buf buf = BUF_INIT(EVENT_MAX);
	struct writer writer = WRITER_INIT(&buf);
	char time[CLOCK_TEXT_SIZE];

	write_object(&writer, NULL);
	write_text(&writer, "apiVersion", "events.k8s.io/v1");
	write_text(&writer, "kind", "Event");
	write_object(&writer, "metadata");
	write_text(&writer, "namespace", event_namespace(report));
	write_text(&writer, "name", name);
	write_object_end(&writer);
	write_text(&writer, "eventTime", clock_format_micro(series->first_ms, time));
	write_text(&writer, "reportingController", controller);
	write_cut(&writer, "reportingInstance", instance, WORD_MAX);
	write_text(&writer, "type", report->is_warning ? "Warning" : "Normal");
	write_cut(&writer, "reason", report->reason, WORD_MAX);
	write_cut(&writer, "action", report->action, WORD_MAX);
	write_cut(&writer, "note", report->note, NOTE_MAX);
	write_reference(&writer, "regarding", &report->regarding);
	write_reference(&writer, "related", &report->related);
	if (series->count > 1)
		write_series(&writer, series);
	write_object_end(&writer);
	return write_take(&writer, ret_json, err);
}

int event_write_series(const struct event_series *series, char **ret_json, struct err *err)
{
	struct buf buf = BUF_INIT(EVENT_MAX);
	struct writer writer = WRITER_INIT(&buf);

	CHECK(series->count > 1);
	write_object(&writer, NULL);
	write_series(&writer, series);
	write_object_end(&writer);
	return write_take(&writer, ret_json, err);
}
