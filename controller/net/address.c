#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"

struct block4 {
	uint32_t network;
	unsigned bits;
};

struct block6 {
	uint8_t network[16];
	unsigned bits;
};

static const struct block4 private4[] = {
	{ 0x00000000, 8 },  /* this network */
	{ 0x0a000000, 8 },  /* private */
	{ 0x64400000, 10 }, /* shared (carrier NAT) */
	{ 0x7f000000, 8 },  /* loopback */
	{ 0xa9fe0000, 16 }, /* link-local, metadata services among it */
	{ 0xac100000, 12 }, /* private */
	{ 0xc0000000, 24 }, /* protocol assignments */
	{ 0xc0000200, 24 }, /* documentation */
	{ 0xc0a80000, 16 }, /* private */
	{ 0xc6120000, 15 }, /* benchmarks */
	{ 0xc6336400, 24 }, /* documentation */
	{ 0xcb007100, 24 }, /* documentation */
	{ 0xe0000000, 3 },  /* multicast and reserved */
};

static const struct block6 private6[] = {
	{ { 0 }, 96 },                      /* unspecified, loopback, IPv4-compatible */
	{ { 0x01 }, 64 },                   /* discard */
	{ { 0x00, 0x64, 0xff, 0x9b, 0x00, 0x01 }, 48 }, /* NAT64 of a local network */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32 }, /* documentation */
	{ { 0x20, 0x01 }, 32 },             /* Teredo */
	{ { 0xfc }, 7 },                    /* unique local */
	{ { 0xfe, 0x80 }, 10 },             /* link-local */
	{ { 0xfe, 0xc0 }, 10 },             /* site-local */
	{ { 0xff }, 8 },                    /* multicast */
};

/* IPv6 prefixes behind which an IPv4 address stands, at byte offset at. */
static const struct {
	struct block6 block;
	size_t at;
} carriers[] = {
	{ { { [10] = 0xff, [11] = 0xff }, 96 }, 12 },  /* mapped */
	{ { { 0x00, 0x64, 0xff, 0x9b }, 96 }, 12 },     /* NAT64 */
	{ { { 0x20, 0x02 }, 16 }, 2 },                  /* 6to4 */
};

static bool is_private4(uint32_t address)
{
	for (size_t i = 0; i < sizeof(private4) / sizeof(private4[0]); i++) {
		if ((address ^ private4[i].network) >> (32 - private4[i].bits) == 0)
			return true;
	}
	return false;
}

static bool is_within6(const uint8_t address[16], const struct block6 *block)
{
	unsigned bytes = block->bits / 8;
	unsigned rest = block->bits % 8;

	return memcmp(address, block->network, bytes) == 0 &&
	       (rest == 0 || (address[bytes] ^ block->network[bytes]) >> (8 - rest) == 0);
}

static bool is_private6(const uint8_t address[16])
{
	for (size_t i = 0; i < sizeof(carriers) / sizeof(carriers[0]); i++) {
		uint32_t inner;

		if (!is_within6(address, &carriers[i].block))
			continue;
		memcpy(&inner, address + carriers[i].at, sizeof(inner));
		return is_private4(ntohl(inner));
	}
	for (size_t i = 0; i < sizeof(private6) / sizeof(private6[0]); i++) {
		if (is_within6(address, &private6[i]))
			return true;
	}
	return false;
}

bool address_is_private(const struct sockaddr *address)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	switch (address->sa_family) {
	case AF_INET:
		memcpy(&in, address, sizeof(in));
		return is_private4(ntohl(in.sin_addr.s_addr));
	case AF_INET6:
		memcpy(&in6, address, sizeof(in6));
		return is_private6(in6.sin6_addr.s6_addr);
	default:
		return true;
	}
}

bool address_text_is_private(const char *text)
{
	struct in_addr in;
	struct in6_addr in6;

	if (inet_pton(AF_INET, text, &in) == 1)
		return is_private4(ntohl(in.s_addr));
	if (inet_pton(AF_INET6, text, &in6) == 1)
		return is_private6(in6.s6_addr);
	return true;
}

bool address_text_is_loopback(const char *text)
{
	struct in_addr in;

	if (inet_pton(AF_INET, text, &in) == 1)
		return ntohl(in.s_addr) >> 24 == 127;
	return str_equal(text, "::1") || str_equal(text, "[::1]") || str_equal(text, "localhost");
}
