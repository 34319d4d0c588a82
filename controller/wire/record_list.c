#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "wire/json_read.h"
#include "wire/record.h"
#include "wire/record_json.h"

/* A page is as large as the limit of a list makes it; this is a bound on memory, not a wish. */
#define PAGE_MAX_BYTES ((size_t)64 * 1024 * 1024)

static int read_metadata(const json_t *tree, struct list_page *page, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct reader reader = { .arena = &arena, .is_tolerant = true };
	struct read_node top = read_root(&reader, tree);
	struct read_node metadata = read_object(&top, "metadata");
	const char *token = read_text(&metadata, "continue");
	int r = 0;

	resource_version_read(&top, page->resource_version);
	if (!str_is_empty(token)) {
		page->continue_token = strdup(token);
		if (page->continue_token == NULL)
			r = err_set(err, ERR_NOMEM, "no memory for a continue token");
	}
	arena_finish(&arena);
	return r;
}

static int read_items(enum kind kind, const json_t *items, struct list_page *page, struct err *err)
{
	size_t count = json_array_size(items);

	page->records = calloc(count > 0 ? count : 1, sizeof(*page->records));
	if (page->records == NULL)
		return err_set(err, ERR_NOMEM, "no memory for %zu records", count);
	for (size_t i = 0; i < count; i++) {
		struct err why = ERR_INIT;
		int r = record_from_tree(kind, json_array_get(items, i), false,
					 &page->records[page->count], &why);

		if (r == ERR_NOMEM)
			return err_set(err, r, "%s", why.text);
		if (r == 0) {
			page->count++;
			continue;
		}
		page->skipped++;
		if (!err_is_set(&page->skipped_err))
			page->skipped_err = why;
	}
	return 0;
}

int list_from_json(enum kind kind, const char *json, size_t len, struct list_page *ret_page,
		   struct err *err)
{
	struct list_page page = { .count = 0 };
	auto_json *tree = NULL;
	const json_t *items;
	int r = read_tree(json, len, PAGE_MAX_BYTES, &tree, err);

	if (r < 0) {
		err_prefix(err, "list of %s", kind_info(kind)->plural);
		return r;
	}
	items = json_object_get(tree, "items");
	/* Go writes a list without items as null. */
	if (!json_is_object(json_object_get(tree, "metadata")) ||
	    !(json_is_array(items) || json_is_null(items)))
		return err_set(err, ERR_INPUT, "list of %s: not a list", kind_info(kind)->plural);
	r = read_metadata(tree, &page, err);
	if (r == 0)
		r = read_items(kind, items, &page, err);
	if (r < 0) {
		list_page_finish(&page);
		return r;
	}
	*ret_page = page;
	return 0;
}

void list_page_finish(struct list_page *page)
{
	for (size_t i = 0; i < page->count; i++)
		record_unref(page->records[i]);
	free(page->records);
	free(page->continue_token);
	*page = (struct list_page){ .count = 0 };
}
