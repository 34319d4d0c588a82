#include "net/address.h"

#include "suite.h"

static const struct {
	const char *name;
	const char *text;
	bool want_private;
} rows[] = {
	{ "a public IPv4 address", "93.184.216.34", false },
	{ "a public IPv6 address", "2606:2800:220:1::1", false },
	{ "loopback", "127.0.0.1", true },
	{ "the far end of loopback", "127.255.255.254", true },
	{ "just below loopback", "126.255.255.255", false },
	{ "just above loopback", "128.0.0.1", false },
	{ "unspecified", "0.0.0.0", true },
	{ "10/8", "10.96.0.1", true },
	{ "172.16/12 begins", "172.16.0.0", true },
	{ "172.16/12 ends", "172.31.255.255", true },
	{ "above 172.16/12", "172.32.0.0", false },
	{ "192.168/16", "192.168.1.1", true },
	{ "192.169 is public", "192.169.1.1", false },
	{ "the metadata service", "169.254.169.254", true },
	{ "carrier NAT", "100.64.0.1", true },
	{ "above carrier NAT", "100.128.0.1", false },
	{ "multicast", "224.0.0.1", true },
	{ "broadcast", "255.255.255.255", true },
	{ "IPv6 loopback", "::1", true },
	{ "IPv6 unspecified", "::", true },
	{ "IPv6 link-local", "fe80::1", true },
	{ "IPv6 unique local", "fd00::1", true },
	{ "IPv6 multicast", "ff02::1", true },
	{ "a mapped private address", "::ffff:10.0.0.1", true },
	{ "a mapped public address", "::ffff:93.184.216.34", false },
	{ "NAT64 to the metadata service", "64:ff9b::a9fe:a9fe", true },
	{ "NAT64 to a public address", "64:ff9b::5db8:d822", false },
	{ "NAT64 of a local network", "64:ff9b:1::5db8:d822", true },
	{ "6to4 of a private address", "2002:0a00:0001::1", true },
	{ "6to4 of a public address", "2002:5db8:d822::1", false },
	{ "a name is no address", "example.com", true },
	{ "nothing", "", true },
};

START_TEST(knows_private_addresses)
{
	expect_int(rows[_i].name, address_text_is_private(rows[_i].text), rows[_i].want_private);
}
END_TEST

static const struct {
	const char *name;
	const char *text;
	bool want;
} loopbacks[] = {
	{ "the usual one", "127.0.0.1", true },
	{ "another of the block", "127.8.8.8", true },
	{ "IPv6", "::1", true },
	{ "IPv6 in brackets, as in a URL", "[::1]", true },
	{ "by name", "localhost", true },
	{ "a name that begins so", "localhost.example.com", false },
	{ "a name that looks like the address", "127.0.0.1.example.com", false },
	{ "a private address", "10.0.0.1", false },
};

START_TEST(knows_loopback)
{
	expect_int(loopbacks[_i].name, address_text_is_loopback(loopbacks[_i].text), loopbacks[_i].want);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, knows_private_addresses, rows);
	suite_add_rows(tests, knows_loopback, loopbacks);
}

SUITE_MAIN("address", add)
