/* An address as text and as bytes: the same verdict in every form that it can be written in. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

#include "fuzz.h"
#include "net/address.h"

/* An IPv4 address, and the IPv6 forms that carry it. */
static void check4(struct in_addr in)
{
	static const char *const carriers[] = { "::ffff:", "64:ff9b::" };
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = in };
	bool is_private = address_is_private((const struct sockaddr *)&address);
	char text[INET_ADDRSTRLEN];
	char carried[INET6_ADDRSTRLEN];

	CHECK(inet_ntop(AF_INET, &in, text, sizeof(text)) != NULL);
	CHECK(address_text_is_private(text) == is_private);
	for (size_t i = 0; i < sizeof(carriers) / sizeof(carriers[0]); i++) {
		(void)snprintf(carried, sizeof(carried), "%s%s", carriers[i], text);
		CHECK(address_text_is_private(carried) == is_private);
	}
}

static void check6(const struct in6_addr *in6)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_addr = *in6 };
	char text[INET6_ADDRSTRLEN];

	CHECK(inet_ntop(AF_INET6, in6, text, sizeof(text)) != NULL);
	CHECK(address_text_is_private(text) == address_is_private((const struct sockaddr *)&address));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text = fuzz_text(bytes, len);
	bool is_private = address_text_is_private(text);
	struct in_addr in;
	struct in6_addr in6;

	CHECK(is_private || !address_text_is_loopback(text));
	if (inet_pton(AF_INET, text, &in) == 1) {
		struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = in };

		CHECK(address_is_private((const struct sockaddr *)&address) == is_private);
		check4(in);
	} else if (inet_pton(AF_INET6, text, &in6) == 1) {
		struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_addr = in6 };

		CHECK(address_is_private((const struct sockaddr *)&address) == is_private);
		check6(&in6);
	} else {
		CHECK(is_private);
	}
	if (len >= sizeof(in)) {
		memcpy(&in, bytes, sizeof(in));
		check4(in);
	}
	if (len >= sizeof(in6)) {
		memcpy(&in6, bytes, sizeof(in6));
		check6(&in6);
	}
	free(text);
	return 0;
}
