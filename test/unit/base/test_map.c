#include "base/map.h"

#include <stdio.h>

#include "suite.h"

#define KEYS 2000

static const char *key_of(size_t n, char text[static 40])
{
	(void)snprintf(text, 40, "shop-%zu/channel-%zu", n % 7, n);
	return text;
}

START_TEST(an_empty_map_has_nothing)
{
	struct map map = { 0 };
	size_t cursor = 0;
	const char *key;
	void *value;

	expect("no value", map_get(&map, "a") == NULL);
	expect("nothing to remove", map_remove(&map, "a") == NULL);
	expect("nothing to walk", !map_next(&map, &cursor, &key, &value));
	map_finish(&map);
}
END_TEST

START_TEST(a_second_put_replaces)
{
	struct map map = MAP_INIT;
	char key[] = "name";
	int a;
	int b;

	expect("nothing was there", map_put(&map, key, &a) == NULL);
	key[0] = 'N';
	expect("the key was copied", map_get(&map, "name") == &a);
	expect("the old value comes back", map_put(&map, "name", &b) == &a);
	expect("the new one is in", map_get(&map, "name") == &b);
	expect_int("one key", map_len(&map), 1);
	expect("an empty text is a key too", map_put(&map, "", &a) == NULL);
	expect("of its own", map_get(&map, "") == &a);
	expect("removed", map_remove(&map, "name") == &b);
	expect("gone", map_get(&map, "name") == NULL);
	expect("the other one stays", map_get(&map, "") == &a);
	map_finish(&map);
}
END_TEST

START_TEST(many_keys_come_and_go)
{
	static const uint64_t seeds[] = { 0, 1, 0x9e3779b97f4a7c15u };
	struct map map = MAP_INIT;
	int *values = calloc(KEYS, sizeof(*values));
	char text[40];

	set_seed(seeds[_i]);
	for (size_t n = 0; n < KEYS; n++)
		expect_quick("a new key", map_put(&map, key_of(n, text), &values[n]) == NULL);
	for (size_t n = 0; n < KEYS; n += 3)
		expect_quick("removed", map_remove(&map, key_of(n, text)) == &values[n]);
	for (size_t n = 0; n < KEYS; n++)
		expect_quick("there unless removed",
		       map_get(&map, key_of(n, text)) == (n % 3 == 0 ? NULL : &values[n]));
	for (size_t n = 0; n < KEYS; n += 3)
		expect_quick("a removed key is new again", map_put(&map, key_of(n, text), &values[n]) == NULL);
	expect_int("all are back", map_len(&map), KEYS);
	for (size_t n = 0; n < KEYS; n++)
		expect_quick("with their value", map_get(&map, key_of(n, text)) == &values[n]);
	map_finish(&map);
	free(values);
}
END_TEST

/* Keys that come and go leave tombstones; they must neither fill the table nor make it grow. */
START_TEST(churn_does_not_grow_the_table)
{
	struct map map = MAP_INIT;
	char text[40];
	int value;

	for (size_t n = 0; n < 2000; n++) {
		map_put(&map, key_of(n, text), &value);
		if (n >= 10)
			expect_quick("an old key leaves", map_remove(&map, key_of(n - 10, text)) == &value);
	}
	expect_int("ten are left", map_len(&map), 10);
	expect_quick("the table stays small", map.items.size <= 64);
	map_finish(&map);
}
END_TEST

/* Most maps have one key, and there are tens of thousands of those. */
START_TEST(the_table_fits_its_keys)
{
	struct map map = MAP_INIT;
	char text[40];
	int value;

	map_put(&map, key_of(0, text), &value);
	expect_int("slots for one key", (int64_t)map.items.size, 4);
	for (size_t n = 1; n < 5000; n++) {
		map_put(&map, key_of(n, text), &value);
		expect_quick("a slot is free, where a search ends", map.items.used < map.items.size);
		expect_quick("it is at most four times too large", map.items.size <= 4 * map_len(&map));
	}
	expect_int("all are there", (int64_t)map_len(&map), 5000);
	for (size_t n = 0; n < 5000; n++)
		expect_quick("each is found", map_get(&map, key_of(n, text)) == &value);
	map_finish(&map);
}
END_TEST

START_TEST(a_walk_meets_each_key_once)
{
	struct map map = MAP_INIT;
	unsigned char seen[1000] = { 0 };
	size_t cursor = 0;
	size_t count = 0;
	const char *key;
	void *value;
	char text[40];

	for (size_t n = 0; n < sizeof(seen); n++)
		map_put(&map, key_of(n, text), &seen[n]);
	while (map_next(&map, &cursor, &key, &value)) {
		size_t n = (size_t)((unsigned char *)value - seen);

		expect_str("key and value belong together", key, key_of(n, text));
		expect_int("met for the first time", seen[n], 0);
		seen[n] = 1;
		count++;
		if (n % 2 == 0)
			expect_quick("the one just met may be removed",
			       map_remove(&map, key_of(n, text)) == value);
	}
	expect_int("all were met", count, sizeof(seen));
	expect_int("half of them left", map_len(&map), sizeof(seen) / 2);
	map_finish(&map);
}
END_TEST

/* Sixteen slots, twelve keys: with every seed some of them collide and the probe wraps around. */
START_TEST(collisions_wrap_around)
{
	struct map map = MAP_INIT;
	int values[12];
	char text[40];

	set_seed((uint64_t)_i * 0x2545f4914f6cdd1du);
	for (size_t n = 0; n < 12; n++)
		map_put(&map, key_of(n, text), &values[n]);
	expect_int("twelve keys need sixteen slots", map.items.size, 16);
	for (size_t n = 0; n < 12; n += 2)
		expect_quick("removed", map_remove(&map, key_of(n, text)) == &values[n]);
	for (size_t n = 0; n < 12; n++)
		expect_quick("a removed neighbour hides nobody",
		       map_get(&map, key_of(n, text)) == (n % 2 == 0 ? NULL : &values[n]));
	map_finish(&map);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, an_empty_map_has_nothing);
	tcase_add_test(tests, a_second_put_replaces);
	tcase_add_loop_test(tests, many_keys_come_and_go, 0, 3);
	tcase_add_test(tests, churn_does_not_grow_the_table);
	tcase_add_test(tests, the_table_fits_its_keys);
	tcase_add_test(tests, a_walk_meets_each_key_once);
	tcase_add_loop_test(tests, collisions_wrap_around, 0, 200);
}

SUITE_MAIN("map", add)
