/*
 * net/address: is a network address one of the public internet?
 *
 * A URL that a stranger wrote (a registry's token realm) must not lead the operator to its own host
 * or into its own network. What counts as private: the special-purpose registries of IANA (RFC 6890
 * and its updates), and the IPv6 forms that carry an IPv4 address inside (mapped, NAT64, 6to4),
 * judged by that address. May include: libc.
 */
#ifndef SLUICE_NET_ADDRESS_H
#define SLUICE_NET_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/* true for loopback, link-local, private, shared, unspecified, multicast, reserved and
 * documentation addresses, and for every family but IPv4 and IPv6. */
bool address_is_private(const struct sockaddr *address);

/* As address_is_private(), for an address as text; text that is no address is private. */
bool address_text_is_private(const char *text);

/* true for 127.0.0.0/8 and ::1 as text ("127.0.0.1", "::1", "[::1]") and for "localhost". */
bool address_text_is_loopback(const char *text);

#endif
