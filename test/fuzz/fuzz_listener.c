/* The address to listen on: what was bound is bound again when it is written as text. Machines without IPv6 listen where
 * they can.
 *
 * It takes the place of the kernel's sockets, so that no port of this machine is opened. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/str.h"
#include "fuzz.h"
#include "telemetry/listener.h"

#define BOUND_SIZE (INET6_ADDRSTRLEN + 10)

static struct {
	bool lacks_ipv6;
	int v6_only;
	char bound[BOUND_SIZE]; /* "": nothing was */
} kernel;

int socket(int family, int type, int protocol)
{
	CHECK((type & SOCK_NONBLOCK) != 0 && (type & SOCK_CLOEXEC) != 0 && protocol == 0);
	CHECK(family == AF_INET || family == AF_INET6);
	if (family == AF_INET6 && kernel.lacks_ipv6) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	CHECK(fd >= 0 && len == sizeof(kernel.v6_only));
	if (level == IPPROTO_IPV6 && name == IPV6_V6ONLY)
		memcpy(&kernel.v6_only, value, sizeof(kernel.v6_only));
	return 0;
}

int bind(int fd, __CONST_SOCKADDR_ARG address, socklen_t len)
{
	char text[INET6_ADDRSTRLEN];
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	CHECK(fd >= 0 && kernel.bound[0] == '\0');
	if (len == sizeof(v4)) {
		memcpy(&v4, address.__sockaddr__, sizeof(v4));
		CHECK(v4.sin_family == AF_INET && inet_ntop(AF_INET, &v4.sin_addr, text, sizeof(text)) != NULL);
		(void)snprintf(kernel.bound, sizeof(kernel.bound), "%s:%d", text, ntohs(v4.sin_port));
		return 0;
	}
	CHECK(len == sizeof(v6));
	memcpy(&v6, address.__sockaddr__, sizeof(v6));
	CHECK(v6.sin6_family == AF_INET6 && inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof(text)) != NULL);
	CHECK(kernel.v6_only || str_equal(text, "::"));
	if (kernel.v6_only)
		(void)snprintf(kernel.bound, sizeof(kernel.bound), "[%s]:%d", text, ntohs(v6.sin6_port));
	else
		(void)snprintf(kernel.bound, sizeof(kernel.bound), ":%d", ntohs(v6.sin6_port));
	return 0;
}

int listen(int fd, int backlog)
{
	CHECK(fd >= 0 && backlog > 0 && kernel.bound[0] != '\0');
	return 0;
}

static int open_at(const char *text, bool lacks_ipv6, char ret_bound[static BOUND_SIZE])
{
	struct err err = ERR_INIT;
	int fd = -1;
	int r;

	kernel.lacks_ipv6 = lacks_ipv6;
	kernel.bound[0] = '\0';
	r = listener_open(text, &fd, &err);
	CHECK(r == err.class && (r == 0) == (fd >= 0) && (r == 0) == (kernel.bound[0] != '\0'));
	if (r == 0)
		(void)close(fd);
	memcpy(ret_bound, kernel.bound, sizeof(kernel.bound));
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *text = fuzz_text(bytes, len);
	char bound[BOUND_SIZE];
	char again[BOUND_SIZE];
	char old[BOUND_SIZE];
	int r = open_at(text, false, bound);
	int r_old = open_at(text, true, old);

	CHECK(r == 0 || (r == ERR_INPUT && r_old == ERR_INPUT));
	if (r == 0) {
		CHECK(open_at(bound, false, again) == 0 && str_equal(bound, again));
		CHECK(r_old == (bound[0] == '[' ? ERR_NET : 0));
		if (bound[0] == ':')
			CHECK(str_has_prefix(old, "0.0.0.0") && str_equal(old + strlen("0.0.0.0"), bound));
		else
			CHECK(r_old < 0 || str_equal(old, bound));
	}
	free(text);
	return 0;
}
