/*
 * bench/store: what the objects of a large cluster take, and what listing them again takes beyond that.
 *
 *	store FILE COUNT…
 *
 * FILE is one Deployment in the form that the apiserver gives it. A list of COUNT of them, each with a name of its own, is
 * read in pieces into an empty store, and once more, with new versions, into the full one, as a watch does that
 * has to list again. Shown is the memory of the process: resident after each, and the most there ever was.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "kube/store.h"

#define PIECE ((size_t)16384)
#define OBJECT_MAX ((size_t)3 * 1024 * 1024)

static void on_item(void *user, const struct record *record, const struct err *err)
{
	struct store *store = user;

	if (record == NULL)
		printf("%s\n", err->text);
	else
		(void)store_put(store, record);
}

static void feed(struct list_stream *list, const char *bytes, size_t len, struct store *store)
{
	for (size_t at = 0; at < len; at += PIECE)
		CHECK(list_stream_feed(list, bytes + at, len - at < PIECE ? len - at : PIECE, on_item, store, NULL) == 0);
}

/* The value of the first "key":"…" of the object. */
static const char *find(const char *object, const char *key, size_t *ret_len)
{
	const char *at = strstr(object, key);

	CHECK(at != NULL);
	at += strlen(key);
	*ret_len = strcspn(at, "\"");
	return at;
}

/* Reads a list of count objects; the names and versions of round. */
static void list(struct store *store, const char *object, size_t count, size_t round)
{
	struct list_stream *stream = list_stream_create(KIND_DEPLOYMENT);
	auto_buf text = BUF_INIT(OBJECT_MAX);
	struct list_head head;
	size_t name_len;
	size_t version_len;
	const char *name = find(object, "\"name\":\"", &name_len);
	const char *version = find(object, "\"resourceVersion\":\"", &version_len);

	CHECK(name < version);
	store_begin(store, KIND_DEPLOYMENT);
	feed(stream, "{\"metadata\":{\"resourceVersion\":\"900000000\"},\"items\":[", 53, store);
	for (size_t i = 0; i < count; i++) {
		buf_reset(&text);
		CHECK(buf_printf(&text, NULL, "%s%.*sweb-%06zu%.*s%zu%s", i == 0 ? "" : ",", (int)(name - object), object, i,
				 (int)(version - name - (ptrdiff_t)name_len), name + name_len, round * 10000000 + i,
				 version + version_len) == 0);
		feed(stream, text.data, text.len, store);
	}
	feed(stream, "]}", 2, store);
	CHECK(list_stream_end(stream, &head, NULL) == 0);
	(void)store_sweep(store, KIND_DEPLOYMENT, head.resource_version);
	list_stream_destroy(stream);
}

/* A line of /proc/self/status, in MiB. */
static double memory_mib(const char *key)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[256];
	double kib = 0;

	CHECK(file != NULL);
	while (fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, key, strlen(key)) == 0)
			kib = strtod(line + strlen(key), NULL);
	}
	(void)fclose(file);
	return kib / 1024;
}

static void measure(const char *object, size_t count)
{
	struct store *store = store_create();
	double before = memory_mib("VmRSS:");
	double steady;

	list(store, object, count, 1);
	steady = memory_mib("VmRSS:");
	printf("%zu objects: %.1f MiB, %.0f bytes each (records %.0f); ", count, steady,
	       (steady - before) * 1024 * 1024 / (double)count,
	       (double)store_bytes(store, KIND_DEPLOYMENT) / (double)count);
	list(store, object, count, 2);
	CHECK(store_count(store, KIND_DEPLOYMENT) == count);
	printf("listed again: %.1f MiB, peak %.1f MiB, %.3f x steady\n", memory_mib("VmRSS:"), memory_mib("VmHWM:"),
	       memory_mib("VmHWM:") / steady);
	store_destroy(store);
}

int main(int argc, char **argv)
{
	static char object[OBJECT_MAX + 1];
	FILE *file = argc > 2 ? fopen(argv[1], "re") : NULL;
	size_t len;

	CHECK(file != NULL);
	len = fread(object, 1, OBJECT_MAX, file);
	(void)fclose(file);
	while (len > 0 && object[len - 1] == '\n')
		object[--len] = '\0';
	for (int i = 2; i < argc; i++)
		measure(object, strtoul(argv[i], NULL, 10));
	return 0;
}
