#include "state.h"

#include <string.h>

const uint32_t slot_kinds[SLOT_KINDS] = { SLOT_CHANNELS, SLOT_WORKLOADS, SLOT_PINS, SLOT_PROMOTIONS,
					   SLOT_STOP };

/* Views differ little from the truth: the difference is mostly zeros. */
static void toggle_views(struct state *state)
{
	for (size_t i = 0; i < OPERATORS_MAX; i++) {
		unsigned char *view = (unsigned char *)state->operators[i].view;
		const unsigned char *truth = (const unsigned char *)state->truth;

		for (size_t k = 0; k < sizeof(state->truth) && state->operators[i].is_on; k++)
			view[k] ^= truth[k];
	}
}

/* Eight bytes at a time: a mask of those that are not zero, and these. A run of zero words is a zero and its length. */
size_t state_pack(const struct state *state, unsigned char bytes[static STATE_BYTES_MAX])
{
	struct state copy = *state;
	const unsigned char *from = (const unsigned char *)&copy;
	size_t len = 0;

	_Static_assert(sizeof(copy) % 8 == 0, "whole words");
	toggle_views(&copy);
	for (size_t at = 0; at < sizeof(copy); at += 8) {
		size_t mask_at = len++;
		unsigned mask = 0;

		for (size_t i = 0; i < 8; i++) {
			if (from[at + i] == 0)
				continue;
			mask |= 1u << i;
			bytes[len++] = from[at + i];
		}
		bytes[mask_at] = (unsigned char)mask;
		if (mask != 0)
			continue;
		bytes[len] = 0;
		while (at + 8 < sizeof(copy) && bytes[len] < 255 && memcmp(from + at + 8, "\0\0\0\0\0\0\0", 8) == 0) {
			bytes[len]++;
			at += 8;
		}
		len++;
	}
	return len;
}

size_t state_unpack(const unsigned char *bytes, struct state *ret_state)
{
	unsigned char *to = (unsigned char *)ret_state;
	size_t len = 0;

	memset(ret_state, 0, sizeof(*ret_state));
	for (size_t at = 0; at < sizeof(*ret_state); at += 8) {
		unsigned mask = bytes[len++];

		for (size_t i = 0; i < 8; i++) {
			if ((mask & 1u << i) != 0)
				to[at + i] = bytes[len++];
		}
		if (mask == 0)
			at += 8 * (size_t)bytes[len++];
	}
	toggle_views(ret_state);
	return len;
}

bool object_equal(const struct object *a, const struct object *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

uint32_t slot_kind(uint32_t slot)
{
	return slot < SLOT_WORKLOADS	 ? SLOT_CHANNELS
	       : slot < SLOT_PINS	 ? SLOT_WORKLOADS
	       : slot < SLOT_PROMOTIONS ? SLOT_PINS
	       : slot < SLOT_STOP	 ? SLOT_PROMOTIONS
					 : SLOT_STOP;
}
