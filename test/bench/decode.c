/*
 * bench/decode: how fast objects of the apiserver are read, and how much memory that asks for.
 *
 *	decode FILE…
 *
 * Each file is one object in the form that the apiserver gives it. It is made into a watch: the same line again and again, in
 * pieces as a connection brings them. Four readers take it in turn, in rounds, and the median of each is shown:
 *
 *	jansson  splits lines and makes a tree of each, duplicate keys refused
 *	yajl     calls back into the tree of wire/json_tree, managedFields left out
 *	scan     wire/json_scan, the same tree
 *	record   wire/record's event_stream: the tree, and a record out of it
 *
 * Time is the process's own CPU time, so that a machine at work disturbs little; to be compared within one run.
 * Requests for memory are counted by wrapping malloc and its like here, and by the hooks of both libraries.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <yajl/yajl_parse.h>

#include "base/buf.h"
#include "wire/json_scan.h"
#include "wire/record.h"

#define STREAM_BYTES ((size_t)16 * 1024 * 1024)
#define PIECE ((size_t)16384)
#define ROUNDS 9
#define LINE_MAX_BYTES ((size_t)4 * 1024 * 1024)

static size_t requests; /* for memory */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

void *__wrap_malloc(size_t size)
{
	requests++;
	return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	requests++;
	return __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
	requests++;
	return __real_realloc(memory, size);
}

struct given { /* a stream of one object again and again */
	enum kind kind;
	size_t object_len;
	size_t events;
	struct buf bytes;
};

/* ---- jansson ---- */

static size_t read_line(const char *line, size_t len)
{
	json_t *tree = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL);
	bool is_good = json_is_object(json_object_get(tree, "object"));

	json_decref(tree);
	return is_good;
}

static size_t with_jansson(const struct given *given)
{
	auto_buf rest = BUF_INIT(LINE_MAX_BYTES);
	size_t events = 0;

	for (size_t at = 0; at < given->bytes.len; at += PIECE) {
		const char *bytes = given->bytes.data + at;
		size_t left = given->bytes.len - at < PIECE ? given->bytes.len - at : PIECE;
		const char *end;

		while ((end = memchr(bytes, '\n', left)) != NULL) {
			CHECK(buf_append(&rest, bytes, (size_t)(end - bytes), NULL) == 0);
			events += read_line(rest.data, rest.len);
			buf_reset(&rest);
			left -= (size_t)(end - bytes) + 1;
			bytes = end + 1;
		}
		CHECK(buf_append(&rest, bytes, left, NULL) == 0);
	}
	return events;
}

/* ---- yajl ---- */

struct building {
	struct tree tree;
	struct err err;
	unsigned skipped; /* brackets open within managedFields */
	bool is_next_skipped;
	size_t events;
};

static int end_value(struct building *building)
{
	building->is_next_skipped = false;
	if (building->skipped > 0 || building->tree.depth > 0)
		return 1;
	building->events++;
	tree_reset(&building->tree);
	return 1;
}

static int take(struct building *building, enum tree_type type, const char *text, size_t len)
{
	uint32_t from = building->tree.text_len;

	if (building->skipped > 0)
		return 1;
	if (text != NULL && (tree_append(&building->tree, text, len, &building->err) < 0 ||
			     tree_append(&building->tree, "", 1, &building->err) < 0))
		return 0;
	return tree_add(&building->tree, type, from, &building->err) < 0 ? 0 : end_value(building);
}

static int on_null(void *user)
{
	return take(user, TREE_NULL, NULL, 0);
}

static int on_boolean(void *user, int value)
{
	return take(user, value ? TREE_TRUE : TREE_FALSE, NULL, 0);
}

static int on_number(void *user, const char *text, size_t len)
{
	return take(user, TREE_INTEGER, text, len);
}

static int on_string(void *user, const unsigned char *text, size_t len)
{
	return take(user, TREE_TEXT, (const char *)text, len);
}

static int on_key(void *user, const unsigned char *key, size_t len)
{
	struct building *building = user;
	uint32_t from = building->tree.text_len;

	if (building->skipped > 0)
		return 1;
	building->is_next_skipped = building->tree.depth == 3 && len == 13 && memcmp(key, "managedFields", 13) == 0;
	if (building->is_next_skipped)
		return 1;
	return tree_append(&building->tree, (const char *)key, len, &building->err) == 0 &&
	       tree_append(&building->tree, "", 1, &building->err) == 0 &&
	       tree_add_key(&building->tree, from, &building->err) == 0;
}

static int open_bracket(struct building *building, enum tree_type type)
{
	if (building->skipped > 0 || building->is_next_skipped) {
		building->skipped++;
		return 1;
	}
	return tree_open(&building->tree, type, &building->err) == 0;
}

static int close_bracket(struct building *building)
{
	if (building->skipped > 0)
		building->skipped--;
	else if (tree_close(&building->tree, &building->err) < 0)
		return 0;
	return end_value(building);
}

static int on_map(void *user)
{
	return open_bracket(user, TREE_OBJECT);
}

static int on_list(void *user)
{
	return open_bracket(user, TREE_LIST);
}

static int on_end(void *user)
{
	return close_bracket(user);
}

static void *yajl_wants(void *user, size_t size)
{
	(void)user;
	return __wrap_malloc(size);
}

static void *yajl_wants_more(void *user, void *memory, size_t size)
{
	(void)user;
	return __wrap_realloc(memory, size);
}

static void yajl_gives_back(void *user, void *memory)
{
	(void)user;
	free(memory);
}

static size_t with_yajl(const struct given *given)
{
	static const yajl_callbacks callbacks = { .yajl_null = on_null, .yajl_boolean = on_boolean,
						  .yajl_number = on_number, .yajl_string = on_string,
						  .yajl_start_map = on_map, .yajl_map_key = on_key, .yajl_end_map = on_end,
						  .yajl_start_array = on_list, .yajl_end_array = on_end };
	yajl_alloc_funcs memory = { yajl_wants, yajl_wants_more, yajl_gives_back, NULL };
	struct building building = { .tree = TREE_INIT };
	yajl_handle handle = yajl_alloc(&callbacks, &memory, &building);

	(void)yajl_config(handle, yajl_allow_multiple_values, 1);
	for (size_t at = 0; at < given->bytes.len; at += PIECE) {
		size_t len = given->bytes.len - at < PIECE ? given->bytes.len - at : PIECE;

		CHECK(yajl_parse(handle, (const unsigned char *)given->bytes.data + at, len) == yajl_status_ok);
	}
	yajl_free(handle);
	tree_finish(&building.tree);
	return building.events;
}

/* ---- ours ---- */

static size_t with_scan(const struct given *given)
{
	struct scan scan = { .tree = TREE_INIT };
	size_t events = 0;

	scan_begin(&scan, SCAN_LINES, LINE_MAX_BYTES);
	for (size_t at = 0; at < given->bytes.len; at += PIECE) {
		const char *bytes = given->bytes.data + at;
		size_t left = given->bytes.len - at < PIECE ? given->bytes.len - at : PIECE;

		while (left > 0)
			events += scan_next(&scan, &bytes, &left) == SCAN_DOCUMENT;
	}
	scan_finish(&scan);
	return events;
}

static bool on_event(void *user, const struct event *event, const struct err *err)
{
	size_t *events = user;

	if (event == NULL)
		printf("%s\n", err->text);
	*events += event != NULL;
	return true;
}

static size_t with_record(const struct given *given)
{
	struct event_stream *stream = event_stream_create(given->kind);
	size_t events = 0;

	for (size_t at = 0; at < given->bytes.len; at += PIECE)
		(void)event_stream_feed(stream, given->bytes.data + at,
					given->bytes.len - at < PIECE ? given->bytes.len - at : PIECE, on_event, &events);
	event_stream_destroy(stream);
	return events;
}

/* ---- measuring ---- */

static const struct {
	const char *name;
	size_t (*read)(const struct given *given);
} readers[] = {
	{ "jansson", with_jansson },
	{ "yajl", with_yajl },
	{ "scan", with_scan },
	{ "record", with_record },
};

#define READERS (sizeof(readers) / sizeof(readers[0]))

static double cpu_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a;
	double y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* The file as a watch. */
static struct given give(const char *path)
{
	struct given given = { .bytes = BUF_INIT(2 * STREAM_BYTES) };
	auto_buf object = BUF_INIT(LINE_MAX_BYTES);
	char room[4096];
	FILE *file = fopen(path, "re");
	json_t *tree;
	size_t len;

	CHECK(file != NULL);
	while ((len = fread(room, 1, sizeof(room), file)) > 0)
		CHECK(buf_append(&object, room, len, NULL) == 0);
	(void)fclose(file);
	while (object.len > 0 && object.data[object.len - 1] == '\n')
		object.data[--object.len] = '\0';
	tree = json_loadb(object.data, object.len, 0, NULL);
	for (int kind = 0; kind < KIND_COUNT; kind++) {
		if (strcmp(kind_info((enum kind)kind)->name, json_string_value(json_object_get(tree, "kind"))) == 0)
			given.kind = (enum kind)kind;
	}
	json_decref(tree);
	given.object_len = object.len;
	for (; given.bytes.len < STREAM_BYTES; given.events++)
		CHECK(buf_printf(&given.bytes, NULL, "{\"type\":\"MODIFIED\",\"object\":%s}\n", object.data) == 0);
	return given;
}

static void measure(const char *path)
{
	struct given given = give(path);
	double seconds[READERS][ROUNDS];
	double asked[READERS];
	double mib = (double)given.bytes.len / 1024 / 1024;

	for (size_t round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < READERS; i++) {
			double began = cpu_s();

			requests = 0;
			CHECK(readers[i].read(&given) == given.events);
			seconds[i][round] = cpu_s() - began;
			asked[i] = (double)requests / (double)given.events;
		}
	}
	printf("%s, %zu bytes\n", strrchr(path, '/') == NULL ? path : strrchr(path, '/') + 1, given.object_len);
	for (size_t i = 0; i < READERS; i++)
		qsort(seconds[i], ROUNDS, sizeof(double), compare);
	for (size_t i = 0; i < READERS; i++) {
		double median = seconds[i][ROUNDS / 2];

		printf("  %-8s %5.1f x jansson  %6.0f MiB/s  %8.0f events/s  %6.2f requests for memory an event\n",
		       readers[i].name, seconds[0][ROUNDS / 2] / median, mib / median, (double)given.events / median, asked[i]);
	}
	buf_finish(&given.bytes);
}

int main(int argc, char **argv)
{
	json_set_alloc_funcs(__wrap_malloc, free);
	for (int i = 1; i < argc; i++)
		measure(argv[i]);
	return 0;
}
