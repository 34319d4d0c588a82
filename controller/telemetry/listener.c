#include "telemetry/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"

#define BACKLOG 64

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_storage storage;
};

/* Splits "host:port", taking the brackets of an IPv6 address away. */
static bool split(const char *text, char host[static INET6_ADDRSTRLEN], int64_t *ret_port)
{
	const char *colon = strrchr(text, ':');
	size_t len;

	if (colon == NULL || !str_to_int(colon + 1, 0, 65535, ret_port))
		return false;
	len = (size_t)(colon - text);
	if (len >= 2 && text[0] == '[' && colon[-1] == ']') {
		text++;
		len -= 2;
	} else if (memchr(text, ':', len) != NULL) {
		return false;
	}
	if (len >= INET6_ADDRSTRLEN)
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	return true;
}

static bool parse(const char *text, union address *ret_address, bool *ret_is_any)
{
	char host[INET6_ADDRSTRLEN];
	int64_t port;

	memset(ret_address, 0, sizeof(*ret_address));
	if (!split(text, host, &port))
		return false;
	*ret_is_any = host[0] == '\0';
	if (inet_pton(AF_INET, host, &ret_address->v4.sin_addr) == 1) {
		ret_address->v4.sin_family = AF_INET;
		ret_address->v4.sin_port = htons((uint16_t)port);
		return true;
	}
	ret_address->v6.sin6_family = AF_INET6;
	ret_address->v6.sin6_port = htons((uint16_t)port);
	return *ret_is_any || inet_pton(AF_INET6, host, &ret_address->v6.sin6_addr) == 1;
}

/* -1 and errno when it cannot be. is_dual: an IPv6 socket that takes IPv4 as well. */
static int open_socket(const union address *address, bool is_dual)
{
	int family = address->any.sa_family;
	socklen_t len = family == AF_INET ? sizeof(address->v4) : sizeof(address->v6);
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1;
	int v6_only = is_dual ? 0 : 1;

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    (family == AF_INET ||
	     setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof(v6_only)) == 0) &&
	    bind(fd, &address->any, len) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	on = errno;
	(void)close(fd);
	errno = on;
	return -1;
}

int listener_open(const char *text, int *ret_fd, struct err *err)
{
	union address address;
	bool is_any;
	int fd;

	if (!parse(text, &address, &is_any))
		return err_set(err, ERR_INPUT,
			       "\"%s\" is no address to listen on: \"host:port\" with an IP address, "
			       "or \":port\"", text);
	fd = open_socket(&address, is_any);
	if (fd < 0 && is_any && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) {
		in_port_t port = address.v6.sin6_port;

		memset(&address, 0, sizeof(address));
		address.v4.sin_family = AF_INET;
		address.v4.sin_port = port;
		fd = open_socket(&address, false);
	}
	if (fd < 0)
		return err_set(err, errno == EADDRINUSE ? ERR_BUSY : ERR_NET, "cannot listen on %s: %s",
			       text, strerror(errno));
	*ret_fd = fd;
	return 0;
}

int listener_port(int fd)
{
	union address address;
	socklen_t len = sizeof(address);

	CHECK(getsockname(fd, &address.any, &len) == 0);
	return ntohs(address.any.sa_family == AF_INET ? address.v4.sin_port : address.v6.sin6_port);
}
