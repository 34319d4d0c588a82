/*
 * web: the shop that the demo moves through its channels. It says its version, and loses no request when it has to go.
 *
 *	GET /         the version and the pod's name
 *	GET /healthz  200, or 503 while draining
 *
 * On SIGTERM it goes on serving for DRAIN_S seconds, since a pod hears of its end before the last node has taken it
 * out of the Service; each answer then closes its connection, so that nobody is left on one when the program ends.
 * One process, one thread, poll(2). VERSION comes from the compiler's command line.
 */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PORT 8080
#define DRAIN_S 5
#define CONNECTIONS_MAX 512
#define REQUEST_MAX 4096

struct connection {
	size_t len; /* bytes of the request so far */
	char request[REQUEST_MAX];
};

static volatile sig_atomic_t must_go;

static void on_sigterm(int number)
{
	(void)number;
	must_go = 1;
}

static time_t now_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static int open_listener(void)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_port = htons(PORT), .sin6_addr = in6addr_any };
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;
	int off = 0;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 256) < 0) {
		perror("web: listen");
		exit(1);
	}
	return fd;
}

/* Writes the answer to one request; false when the connection has to be closed. An answer fits into any socket buffer. */
static bool answer(int fd, const char *request)
{
	bool is_health = strncmp(request, "GET /healthz ", 13) == 0;
	bool is_get = strncmp(request, "GET ", 4) == 0;
	bool closes = must_go || !is_get || strcasestr(request, "\r\nConnection: close\r\n") != NULL;
	const char *status = !is_get ? "405 Method Not Allowed" : is_health && must_go ? "503 Draining" : "200 OK";
	const char *pod = getenv("HOSTNAME");
	char body[256];
	char text[512];
	int len;

	(void)snprintf(body, sizeof(body), "shop %s from %s\n", VERSION, pod == NULL ? "nowhere" : pod);
	len = snprintf(text, sizeof(text), "HTTP/1.1 %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n%s\r\n%s", status,
		       strlen(body), closes ? "Connection: close\r\n" : "", body);
	return send(fd, text, (size_t)len, MSG_NOSIGNAL) == len && !closes;
}

/* Reads what is there and answers every whole request in it; false when the connection has to be closed. */
static bool serve(int fd, struct connection *connection)
{
	ssize_t got = recv(fd, connection->request + connection->len, sizeof(connection->request) - 1 - connection->len, 0);
	char *end;

	if (got <= 0)
		return got < 0 && (errno == EAGAIN || errno == EINTR);
	connection->len += (size_t)got;
	connection->request[connection->len] = '\0';
	while ((end = strstr(connection->request, "\r\n\r\n")) != NULL) {
		size_t used = (size_t)(end + 4 - connection->request);

		end[2] = '\0';
		if (!answer(fd, connection->request))
			return false;
		connection->len -= used;
		memmove(connection->request, connection->request + used, connection->len + 1);
	}
	return connection->len < sizeof(connection->request) - 1;
}

/* Slot 0 is the listener. */
static void accept_all(struct pollfd *slots, struct connection *connections, nfds_t *count)
{
	while (*count <= CONNECTIONS_MAX) {
		int fd = accept4(slots[0].fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd < 0)
			return;
		slots[*count] = (struct pollfd){ .fd = fd, .events = POLLIN };
		connections[*count].len = 0;
		(*count)++;
	}
}

static void close_slot(struct pollfd *slots, struct connection *connections, nfds_t *count, nfds_t i)
{
	(void)close(slots[i].fd);
	(*count)--;
	slots[i] = slots[*count];
	connections[i] = connections[*count];
}

int main(void)
{
	static struct connection connections[CONNECTIONS_MAX + 1];
	static struct pollfd slots[CONNECTIONS_MAX + 1];
	struct sigaction action = { .sa_handler = on_sigterm };
	nfds_t count = 1;
	time_t end_s = 0;

	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGINT, &action, NULL);
	slots[0] = (struct pollfd){ .fd = open_listener(), .events = POLLIN };
	printf("web %s serves on port %d\n", VERSION, PORT);
	(void)fflush(stdout);
	for (;;) {
		(void)poll(slots, count, 200);
		for (nfds_t i = count - 1; i > 0; i--)
			if (slots[i].revents != 0 && !serve(slots[i].fd, &connections[i]))
				close_slot(slots, connections, &count, i);
		accept_all(slots, connections, &count);
		if (must_go && end_s == 0) {
			end_s = now_s() + DRAIN_S;
			printf("web %s drains for %d s\n", VERSION, DRAIN_S);
			(void)fflush(stdout);
		}
		if (end_s != 0 && now_s() >= end_s)
			return 0;
	}
}
