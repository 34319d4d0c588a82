#include "telemetry/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"

#define LINE_SIZE 8192
#define TAIL_SIZE 64     /* room kept for what closes a line */
#define LIMIT_SLOTS 64   /* a power of two */
#define LIMIT_BURST 5
#define LIMIT_WINDOW_MS 10000

/* How often one line was seen in its window. Lines that share a slot push each other out, which lets
 * more through, never less. */
struct limit {
	uint64_t hash;
	int64_t since_ms;
	unsigned count;
};

struct sink {
	enum log_level level;
	int fd;
	int64_t (*now_ms)(void);
	struct limit limits[LIMIT_SLOTS];
};

static struct sink sink = { .level = LOG_LEVEL_INFO, .fd = STDERR_FILENO };

static const char *const level_names[] = { "error", "warn", "info", "debug" };

struct line {
	size_t len;
	bool is_truncated;
	char text[LINE_SIZE];
};

void log_open(enum log_level level, int fd, int64_t (*now_ms)(void))
{
	memset(&sink, 0, sizeof(sink));
	sink.level = level;
	sink.fd = fd;
	sink.now_ms = now_ms;
}

bool log_parse_level(const char *text, enum log_level *ret_level)
{
	for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
		if (str_equal(text, level_names[i])) {
			*ret_level = (enum log_level)i;
			return true;
		}
	}
	return false;
}

bool log_is_enabled(enum log_level level)
{
	return level <= sink.level;
}

/* How many bytes may come before the tail. */
static size_t room_in(const struct line *line)
{
	return line->len < LINE_SIZE - TAIL_SIZE ? LINE_SIZE - TAIL_SIZE - line->len : 0;
}

/* Appends len bytes if they leave room for the tail. */
static bool put(struct line *line, const char *bytes, size_t len)
{
	if (len > room_in(line)) {
		line->is_truncated = true;
		return false;
	}
	memcpy(line->text + line->len, bytes, len);
	line->len += len;
	return true;
}

/* Appends what closes something that put() opened: for this the tail is kept. */
static void put_tail(struct line *line, const char *text)
{
	size_t len = strlen(text);

	CHECK(line->len + len <= LINE_SIZE);
	memcpy(line->text + line->len, text, len);
	line->len += len;
}

/* Appends the character of len bytes at text (0: a byte that is none) as JSON wants it. C1 controls
 * (U+0080 to U+009F) are escaped too: terminals obey them. */
static bool put_char(struct line *line, const char *text, size_t len)
{
	unsigned char byte = (unsigned char)text[0];
	char escape[8];
	int escape_len;

	if (len == 0)
		return put(line, STR_REPLACEMENT, strlen(STR_REPLACEMENT));
	if (byte == '"' || byte == '\\')
		escape_len = snprintf(escape, sizeof(escape), "\\%c", byte);
	else if (byte == '\n')
		escape_len = snprintf(escape, sizeof(escape), "\\n");
	else if (byte < 0x20 || byte == 0x7F)
		escape_len = snprintf(escape, sizeof(escape), "\\u%04x", byte);
	else if (byte == 0xC2 && (unsigned char)text[1] < 0xA0)
		escape_len = snprintf(escape, sizeof(escape), "\\u%04x", (unsigned char)text[1]);
	else
		return put(line, text, len);
	return put(line, escape, (size_t)escape_len);
}

/* Appends text in quotes; what does not fit is cut between characters. */
static void put_quoted(struct line *line, const char *text)
{
	if (!put(line, "\"", 1))
		return;
	while (*text != '\0') {
		size_t len = str_char_len(text);

		if (!put_char(line, text, len))
			break;
		text += len == 0 ? 1 : len;
	}
	put_tail(line, "\"");
}

/* Appends ,"key": and says whether a value may follow. Keys are our own words: nothing to escape. */
static bool put_key(struct line *line, const char *key)
{
	char text[80];
	int len = snprintf(text, sizeof(text), ",\"%s\":", key);

	CHECK(len > 0 && (size_t)len < sizeof(text));
	/* The quotes of a text, or the digits of a number, must fit as well. */
	if ((size_t)len + 24 > room_in(line)) {
		line->is_truncated = true;
		return false;
	}
	return put(line, text, (size_t)len);
}

static void put_text(struct line *line, const char *key, const char *text)
{
	if (text != NULL && put_key(line, key))
		put_quoted(line, text);
}

static void put_number(struct line *line, const char *key, int64_t number)
{
	char digits[24];

	if (!put_key(line, key))
		return;
	(void)snprintf(digits, sizeof(digits), "%" PRId64, number);
	(void)put(line, digits, strlen(digits));
}

static void put_field(struct line *line, const struct log_field *field)
{
	switch (field->kind) {
	case LOG_KIND_TEXT:
		put_text(line, field->key, field->text);
		break;
	case LOG_KIND_NUMBER:
		put_number(line, field->key, field->number);
		break;
	case LOG_KIND_ERROR:
		if (err_is_set(field->err)) {
			put_text(line, "error", field->err->text);
			put_text(line, "errorClass", err_class_name(field->err->class));
		}
		break;
	case LOG_KIND_NONE:
		break;
	}
}

/* FNV-1a over the bytes of a line from the level on. */
static uint64_t hash_of(const char *bytes, size_t len)
{
	uint64_t hash = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001b3u;
	return hash;
}

/* May this line be written now? ret_repeated: how many of its like were not, since the last one. */
static bool limit_allows(uint64_t hash, int64_t now_ms, unsigned *ret_repeated)
{
	struct limit *limit = &sink.limits[(hash ^ (hash >> 32)) % LIMIT_SLOTS];
	bool is_over = now_ms - limit->since_ms >= LIMIT_WINDOW_MS || now_ms < limit->since_ms;

	*ret_repeated = 0;
	if (limit->hash != hash || limit->count == 0 || is_over) {
		if (limit->hash == hash && limit->count > LIMIT_BURST)
			*ret_repeated = limit->count - LIMIT_BURST;
		*limit = (struct limit){ .hash = hash, .since_ms = now_ms, .count = 1 };
		return true;
	}
	return ++limit->count <= LIMIT_BURST;
}

/* One write() for a line, so that lines of several processes do not mix. A full pipe loses the line:
 * an operator that waits for its log's reader does no work. */
static void write_line(const struct line *line)
{
	ssize_t n;

	do
		n = write(sink.fd, line->text, line->len);
	while (n < 0 && errno == EINTR);
}

void log_write(enum log_level level, const char *msg, const struct log_field *fields)
{
	int64_t now_ms = sink.now_ms != NULL ? sink.now_ms() : clock_now_ms();
	struct line line;
	char time[CLOCK_TEXT_SIZE];
	unsigned repeated;
	size_t head;

	if (!log_is_enabled(level))
		return;
	line.is_truncated = false;
	line.len = (size_t)snprintf(line.text, sizeof(line.text), "{\"ts\":\"%s\"",
				    clock_format_micro(now_ms, time));
	head = line.len;
	put_text(&line, "level", level_names[level]);
	put_text(&line, "msg", msg);
	for (; fields->kind != LOG_KIND_NONE; fields++)
		put_field(&line, fields);
	if (!limit_allows(hash_of(line.text + head, line.len - head), now_ms, &repeated))
		return;
	if (repeated > 0)
		put_number(&line, "repeated", repeated);
	put_tail(&line, line.is_truncated ? ",\"truncated\":true}\n" : "}\n");
	write_line(&line);
}
