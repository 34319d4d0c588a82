/*
 * customer: asks the shop again and again, by name, and counts every answer and every request without one.
 *
 *	customer HOST PORT SECONDS
 *
 * In turn: one request on a new connection, the name looked up anew; one on a connection that stays open as long as the
 * server likes. Nothing is tried twice: a request that gets no whole answer with status 200 has failed, and is named on
 * a line of its own. Counting begins with the first answer. Every half second a line of JSON says how it stands.
 */
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_MS 5
#define REPORT_MS 500
#define PATIENCE_S 5
#define VERSIONS_MAX 8
#define ANSWER_MAX 2048

struct count {
	long sent;
	long failed;
	long connections;
	long answers[VERSIONS_MAX];
	char versions[VERSIONS_MAX][32];
};

struct shop {
	const char *host;
	const char *port;
	int fd; /* the connection that stays open, -1 between two */
};

static long long now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* A connection, or -1 with *ret_why said. */
static int connect_to(const struct shop *shop, const char **ret_why)
{
	struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };
	struct timeval patience = { .tv_sec = PATIENCE_S };
	struct addrinfo *found = NULL;
	int on = 1;
	int r = getaddrinfo(shop->host, shop->port, &hints, &found);
	int fd;

	if (r != 0) {
		*ret_why = gai_strerror(r);
		return -1;
	}
	fd = socket(found->ai_family, found->ai_socktype | SOCK_CLOEXEC, 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, found->ai_addr, found->ai_addrlen) < 0) {
		*ret_why = strerror(errno);
		(void)close(fd);
		fd = -1;
	}
	freeaddrinfo(found);
	return fd;
}

/* Is this a whole answer, head and body? */
static bool is_whole(const char *text, size_t len)
{
	const char *body = strstr(text, "\r\n\r\n");
	const char *length = strcasestr(text, "\r\nContent-Length: ");

	return body != NULL && length != NULL && (size_t)(body + 4 - text) + strtoul(length + 18, NULL, 10) <= len;
}

/* Sends one request on fd and reads the whole answer into text. */
static bool ask(int fd, const struct shop *shop, bool closes, char text[static ANSWER_MAX], const char **ret_why)
{
	char request[512];
	int len = snprintf(request, sizeof(request), "GET / HTTP/1.1\r\nHost: %s\r\n%s\r\n", shop->host,
			   closes ? "Connection: close\r\n" : "");
	size_t have = 0;

	text[0] = '\0';
	if (send(fd, request, (size_t)len, MSG_NOSIGNAL) != len) {
		*ret_why = strerror(errno);
		return false;
	}
	while (!is_whole(text, have)) {
		ssize_t got = recv(fd, text + have, ANSWER_MAX - 1 - have, 0);

		if (got <= 0) {
			*ret_why = got == 0 ? "the answer ended early" : strerror(errno);
			return false;
		}
		have += (size_t)got;
		text[have] = '\0';
	}
	*ret_why = "the status is not 200";
	return strncmp(text, "HTTP/1.1 200 ", 13) == 0;
}

static void count_answer(struct count *count, const char *text)
{
	const char *body = strstr(text, "\r\n\r\nshop ");
	char version[32] = "?";

	if (body != NULL)
		(void)sscanf(body + 9, "%31[^ \n]", version);
	for (size_t i = 0; i < VERSIONS_MAX; i++) {
		if (count->versions[i][0] == '\0')
			(void)strcpy(count->versions[i], version);
		if (strcmp(count->versions[i], version) == 0) {
			count->answers[i]++;
			return;
		}
	}
}

/* One request, from the look-up to the last byte. */
static bool request_once(struct shop *shop, bool stays, struct count *count, const char **ret_why)
{
	char text[ANSWER_MAX];
	int fd = stays ? shop->fd : -1;
	bool is_answered;

	count->sent++;
	if (fd < 0) {
		count->connections++;
		fd = connect_to(shop, ret_why);
		if (fd < 0)
			return false;
	}
	is_answered = ask(fd, shop, !stays, text, ret_why);
	if (is_answered)
		count_answer(count, text);
	if (stays && is_answered && strcasestr(text, "\r\nConnection: close\r\n") == NULL) {
		shop->fd = fd;
		return true;
	}
	(void)close(fd);
	if (stays)
		shop->fd = -1;
	return is_answered;
}

static void report(const struct count *count)
{
	printf("{\"sent\": %ld, \"failed\": %ld, \"connections\": %ld, \"answers\": {", count->sent, count->failed,
	       count->connections);
	for (size_t i = 0; i < VERSIONS_MAX && count->versions[i][0] != '\0'; i++)
		printf("%s\"%s\": %ld", i == 0 ? "" : ", ", count->versions[i], count->answers[i]);
	printf("}}\n");
	(void)fflush(stdout);
}

static void pause_ms(long ms)
{
	(void)nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL);
}

/* Returns when the shop has answered once; the time for that is bounded as well. */
static void wait_for_the_shop(struct shop *shop, long long end_ms)
{
	struct count none = { 0 };
	const char *why = "";

	while (now_ms() < end_ms && !request_once(shop, false, &none, &why))
		pause_ms(100);
}

int main(int argc, char **argv)
{
	struct count count = { 0 };
	long long end_ms;
	long long report_ms = 0;

	if (argc != 4) {
		(void)fprintf(stderr, "usage: customer HOST PORT SECONDS\n");
		return 2;
	}
	struct shop shop = { .host = argv[1], .port = argv[2], .fd = -1 };
	end_ms = now_ms() + atol(argv[3]) * 1000;
	wait_for_the_shop(&shop, end_ms);
	for (long i = 0; now_ms() < end_ms; i++) {
		bool stays = i % 2 == 1;
		const char *why = "";

		if (!request_once(&shop, stays, &count, &why)) {
			count.failed++;
			printf("request %ld failed on a connection that %s: %s\n", count.sent, stays ? "stays" : "is new", why);
		}
		if (now_ms() >= report_ms) {
			report(&count);
			report_ms = now_ms() + REPORT_MS;
		}
		pause_ms(PAUSE_MS);
	}
	report(&count);
	return count.failed == 0 ? 0 : 1;
}
