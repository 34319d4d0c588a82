#include "wire/packer.h"

#include <lz4.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define DICTIONARY_MAX ((size_t)16 * 1024) /* LZ4 looks back over 64 KiB; preparing more takes longer than it saves */
#define WORTH_LEARNING 4 /* what takes more than this part of itself; digests and uids do not get smaller */
#define ROOM_KEPT ((size_t)64 * 1024)
#define WORD sizeof(uintptr_t)

/* A record, and behind it where its pointers are. */
static size_t image_len(size_t size)
{
	return size + record_pointers_len(size);
}

static bool is_pointer(const unsigned char *pointers, size_t word)
{
	return (pointers[word / 8] >> (word % 8) & 1) != 0;
}

/* What pointers point to lies mostly in the order of the pointers, so each becomes the distance from where the one before it points to: that stays
 * the same when a text before them is longer in another record. */
static void make_relative(char *image, size_t size, const unsigned char *pointers, const void *base)
{
	uintptr_t before = (uintptr_t)base;

	for (size_t i = 0; i < size / WORD; i++) {
		uintptr_t target;
		uintptr_t distance;

		if (!is_pointer(pointers, i))
			continue;
		memcpy(&target, image + i * WORD, WORD);
		distance = target - before;
		memcpy(image + i * WORD, &distance, WORD);
		before = target;
	}
}

static void make_absolute(char *image, size_t size, const unsigned char *pointers)
{
	uintptr_t target = (uintptr_t)image;

	for (size_t i = 0; i < size / WORD; i++) {
		uintptr_t distance;

		if (!is_pointer(pointers, i))
			continue;
		memcpy(&distance, image + i * WORD, WORD);
		target += distance;
		memcpy(image + i * WORD, &target, WORD);
	}
}

/* The record without what is only true of it in its place. */
static void draw(const struct record *record, char *image)
{
	struct record *copy = (struct record *)(void *)image;

	memcpy(image, record, record->size);
	copy->refs = 0;
	copy->arena = ARENA_INIT;
	copy->pointers = NULL;
	make_relative(image, record->size, record->pointers, record);
	memcpy(image + record->size, record->pointers, record_pointers_len(record->size));
}

static size_t compress(const struct packer *packer, const char *image, size_t len, char *ret_packed)
{
	LZ4_stream_t stream;
	int bound = LZ4_compressBound((int)len);
	int packed;

	(void)LZ4_initStream(&stream, sizeof(stream));
	(void)LZ4_loadDict(&stream, packer->dictionary, (int)packer->dictionary_len);
	packed = LZ4_compress_fast_continue(&stream, image, ret_packed, (int)len, bound, 1);
	CHECK(packed > 0);
	return (size_t)packed;
}

static bool learn(struct packer *packer, const char *image, size_t len)
{
	if (packer->dictionary_len + len > DICTIONARY_MAX)
		return false;
	packer->dictionary = memory_resize(packer->dictionary, packer->dictionary_len + len, 1);
	memcpy(packer->dictionary + packer->dictionary_len, image, len);
	packer->dictionary_len += len;
	return true;
}

/* Room for the image, and for it packed behind it. */
static void make_room(struct packer *packer, size_t len)
{
	size_t size = len + (size_t)LZ4_compressBound((int)len);

	if (packer->room_size < size || packer->room_size > ROOM_KEPT) {
		free(packer->room);
		packer->room = memory_alloc(size);
		packer->room_size = size;
	}
}

const char *packer_pack(struct packer *packer, const struct record *record, struct packing *ret_packing)
{
	size_t len = image_len(record->size);
	char *packed;
	size_t packed_len;

	CHECK(record->pointers != NULL && len <= LZ4_MAX_INPUT_SIZE);
	make_room(packer, len);
	packed = packer->room + len;
	draw(record, packer->room);
	packed_len = compress(packer, packer->room, len, packed);
	if (packed_len > len / WORTH_LEARNING && learn(packer, packer->room, len))
		packed_len = compress(packer, packer->room, len, packed);
	*ret_packing = (struct packing){ .size = (uint32_t)record->size,
					 .len = (uint32_t)packed_len,
					 .dictionary_len = (uint32_t)packer->dictionary_len };
	return packed;
}

const struct record *packer_unpack(const struct packer *packer, const struct packing *packing, const char *bytes,
				   struct arena *arena)
{
	size_t len = image_len(packing->size);
	char *image = arena_alloc(arena, len);
	int got = LZ4_decompress_safe_usingDict(bytes, image, (int)packing->len, (int)len, packer->dictionary,
						(int)packing->dictionary_len);

	CHECK(got == (int)len);
	make_absolute(image, packing->size, (const unsigned char *)image + packing->size);
	return (const struct record *)(const void *)image;
}

void packer_finish(struct packer *packer)
{
	free(packer->dictionary);
	free(packer->room);
	*packer = PACKER_INIT;
}
