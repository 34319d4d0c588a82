#include "registry/patience.h"

#include <openssl/rand.h>
#include <stdbool.h>

#define UNREACHED_FIRST_MS 2000
#define UNREACHED_LONGEST_MS 60000
#define REFUSED_FIRST_MS 5000
#define REFUSED_LONGEST_MS 120000

int64_t patience_jitter(int64_t delay_ms)
{
	uint32_t draw = 0;

	if (RAND_bytes((unsigned char *)&draw, sizeof(draw)) != 1)
		return delay_ms;
	return delay_ms * 3 / 4 + delay_ms * (draw % 1000) / 2000;
}

int64_t patience_ms(const struct err *why, int failures)
{
	bool is_refusal = why->class != ERR_NET && why->class != ERR_BUSY;
	int64_t first_ms = is_refusal ? REFUSED_FIRST_MS : UNREACHED_FIRST_MS;
	int64_t longest_ms = is_refusal ? REFUSED_LONGEST_MS : UNREACHED_LONGEST_MS;
	int64_t delay_ms = first_ms << (failures < 8 ? failures : 8);

	delay_ms = patience_jitter(delay_ms < longest_ms ? delay_ms : longest_ms);
	return delay_ms > why->retry_after_ms ? delay_ms : why->retry_after_ms;
}
