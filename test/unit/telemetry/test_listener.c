#include "telemetry/listener.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "suite.h"

static const struct {
	const char *name;
	const char *address;
	int want;
	int family;
} rows[] = {
	{ "every address", ":0", 0, AF_INET6 },
	{ "an IPv4 address", "127.0.0.1:0", 0, AF_INET },
	{ "an IPv6 address", "[::1]:0", 0, AF_INET6 },
	{ "an IPv6 address without brackets", "::1:0", ERR_INPUT, 0 },
	{ "no port", "127.0.0.1", ERR_INPUT, 0 },
	{ "an empty port", "127.0.0.1:", ERR_INPUT, 0 },
	{ "a port that is none", "127.0.0.1:65536", ERR_INPUT, 0 },
	{ "a negative port", "127.0.0.1:-1", ERR_INPUT, 0 },
	{ "a port by name", "127.0.0.1:http", ERR_INPUT, 0 },
	{ "a host by name", "localhost:0", ERR_INPUT, 0 },
	{ "an address that is none", "127.0.0.256:0", ERR_INPUT, 0 },
	{ "brackets around IPv4", "[127.0.0.1", ERR_INPUT, 0 },
	{ "a host that is too long", "1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:1111:0", ERR_INPUT, 0 },
	{ "nothing", "", ERR_INPUT, 0 },
	{ "an address of somebody else", "192.0.2.1:0", ERR_NET, 0 },
};

START_TEST(addresses_are_read)
{
	struct err err = ERR_INIT;
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	int fd = -1;
	int r = listener_open(rows[_i].address, &fd, &err);

	expect_int(rows[_i].name, r, rows[_i].want);
	if (r == 0) {
		ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
		expect_int(rows[_i].name, address.ss_family, rows[_i].family);
		expect(rows[_i].name, listener_port(fd) > 0);
		close(fd);
	} else {
		expect_contains(rows[_i].name, err.text, rows[_i].address);
	}
}
END_TEST

START_TEST(a_port_is_taken_once)
{
	struct err err = ERR_INIT;
	char address[32];
	int first = -1;
	int second = -1;

	ck_assert_int_eq(listener_open("127.0.0.1:0", &first, &err), 0);
	(void)snprintf(address, sizeof(address), "127.0.0.1:%d", listener_port(first));
	expect_int("the second is told", listener_open(address, &second, &err), ERR_BUSY);
	expect_contains("and where", err.text, address);
	close(first);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, addresses_are_read, rows);
	tcase_add_test(tests, a_port_is_taken_once);
}

SUITE_MAIN("listener", add)
