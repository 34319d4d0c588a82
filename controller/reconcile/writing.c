#include "reconcile/writing.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/map.h"
#include "base/memory.h"

struct writing {
	struct map objects; /* object → struct map *: the keys that wait (to itself: a set) */
};

struct writing *writing_create(void)
{
	struct writing *writing = memory_alloc(sizeof(*writing));

	return writing;
}

bool writing_take(struct writing *writing, const char *object, const char *key)
{
	struct map *waiting = map_get(&writing->objects, object);

	if (waiting != NULL) {
		map_put(waiting, key, waiting);
		return false;
	}
	waiting = memory_alloc(sizeof(*waiting));
	map_put(&writing->objects, object, waiting);
	return true;
}

void writing_release(struct writing *writing, const char *object,
		     void (*fn)(void *user, const char *key), void *user)
{
	struct map *waiting = map_remove(&writing->objects, object);
	size_t cursor = 0;
	const char *key;
	void *value;

	CHECK(waiting != NULL);
	while (map_next(waiting, &cursor, &key, &value))
		fn(user, key);
	map_finish(waiting);
	free(waiting);
}

void writing_destroy(struct writing *writing)
{
	size_t cursor = 0;
	const char *key;
	void *value;

	if (writing == NULL)
		return;
	while (map_next(&writing->objects, &cursor, &key, &value)) {
		map_finish(value);
		free(value);
	}
	map_finish(&writing->objects);
	free(writing);
}
