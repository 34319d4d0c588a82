#include "table.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/* Two lanes of multiply and rotate, of different odd constants; the last piece is filled up with zeros. */
static struct hash hash_bytes(const unsigned char *bytes, size_t len)
{
	struct hash h = { UINT64_C(0x9e3779b97f4a7c15) ^ len, UINT64_C(0xc2b2ae3d27d4eb4f) + len };

	for (size_t at = 0; at < len; at += 8) {
		uint64_t word = 0;

		memcpy(&word, bytes + at, len - at < 8 ? len - at : 8);
		h.a = (h.a ^ word) * UINT64_C(0xff51afd7ed558ccd);
		h.a ^= h.a >> 31;
		h.b = (h.b << 27 | h.b >> 37) ^ word;
		h.b = h.b * UINT64_C(0x9fb21c651e98df25) + UINT64_C(0x165667b19e3779f9);
		h.b ^= h.b >> 29;
	}
	h.a = (h.a ^ h.b >> 32) * UINT64_C(0xd6e8feb86659fd93);
	h.b = (h.b ^ h.a >> 29) * UINT64_C(0xa0761d6478bd642f);
	return (struct hash){ h.a ^ h.a >> 32, h.b ^ h.b >> 32 };
}

/* The slot that holds the hash, or the free one where it belongs. */
static size_t find(const struct table *table, const struct hash *hash)
{
	size_t at = hash->a & (table->slots_size - 1);

	while (table->slots[at] != 0) {
		const struct hash *other = &table->hashes[table->slots[at] - 1];

		if (other->a == hash->a && other->b == hash->b)
			break;
		at = (at + 1) & (table->slots_size - 1);
	}
	return at;
}

static void grow_slots(struct table *table)
{
	table->slots_size = table->slots_size == 0 ? 1024 : table->slots_size * 2;
	free(table->slots);
	table->slots = calloc(table->slots_size, sizeof(*table->slots));
	CHECK(table->slots != NULL);
	for (size_t i = 0; i < table->count; i++)
		table->slots[find(table, &table->hashes[i])] = (uint32_t)i + 1;
}

void *table_grow(void *items, size_t *items_size, size_t count, size_t size)
{
	size_t wanted = *items_size == 0 ? 256 : *items_size;

	while (wanted < count)
		wanted += wanted / 2;
	if (wanted == *items_size)
		return items;
	items = reallocarray(items, wanted, size);
	CHECK(items != NULL);
	memset((char *)items + *items_size * size, 0, (wanted - *items_size) * size);
	*items_size = wanted;
	return items;
}

bool table_add(struct table *table, const void *bytes, size_t len, uint32_t *ret_number)
{
	struct hash hash = hash_bytes(bytes, len);
	size_t at;

	if (table->count * 2 >= table->slots_size)
		grow_slots(table);
	at = find(table, &hash);
	if (table->slots[at] != 0) {
		*ret_number = table->slots[at] - 1;
		return false;
	}
	table->hashes = table_grow(table->hashes, &table->hashes_size, table->count + 1, sizeof(hash));
	table->hashes[table->count] = hash;
	*ret_number = (uint32_t)table->count++;
	table->slots[at] = *ret_number + 1;
	return true;
}

bool table_has(const struct table *table, const void *bytes, size_t len)
{
	struct hash hash = hash_bytes(bytes, len);

	return table->count > 0 && table->slots[find(table, &hash)] != 0;
}

void table_finish(struct table *table)
{
	free(table->hashes);
	free(table->slots);
	*table = (struct table){ .count = 0 };
}
