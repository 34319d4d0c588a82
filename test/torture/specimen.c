/* What a round can end in, each on purpose, for test_rounds.py: one request for memory that may fail. */

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/memory.h"
#include "fake/server.h"
#include "suite.h"

#define LEN 64

static char *kept; /* pointed to from where nobody ends */
static char *volatile lost;

START_TEST(passes)
{
	free(malloc(LEN));
}
END_TEST

START_TEST(refuses)
{
	char *held = strdup("held by the stack when the assertion fails");
	char *memory = malloc(LEN);

	ck_assert_ptr_nonnull(memory);
	free(memory);
	free(held);
}
END_TEST

START_TEST(keeps)
{
	char **inner = calloc(1, sizeof(*inner));

	if (inner == NULL)
		return;
	*inner = malloc(LEN);
	kept = (char *)inner;
}
END_TEST

/* In a function of its own, so that no frame that still counts holds the pointer. */
static __attribute__((noinline)) void lose(void)
{
	lost = malloc(LEN);
	lost = NULL;
	(void)!malloc(0);
}

START_TEST(leaks)
{
	char *memory = malloc(LEN);

	if (memory == NULL)
		lose();
	free(memory);
}
END_TEST

START_TEST(leaks_and_refuses)
{
	char *memory = malloc(LEN);

	if (memory == NULL)
		lose();
	ck_assert_ptr_nonnull(memory);
	free(memory);
}
END_TEST

START_TEST(crashes)
{
	char *volatile memory = malloc(LEN);

	memory[0] = 'x';
	free(memory);
}
END_TEST

START_TEST(reads_what_it_gave_back)
{
	char **volatile outer = calloc(1, sizeof(*outer));
	char *text = outer == NULL ? NULL : strdup("x");

	if (outer == NULL)
		return;
	*outer = text;
	if (text == NULL)
		free(outer);
	ck_assert_int_eq(**outer, 'x');
	free(*outer);
	free(outer);
}
END_TEST

START_TEST(gives_back_twice)
{
	char *memory = malloc(LEN);
	char *again = malloc(LEN);

	if (again == NULL)
		free(memory);
	free(again);
	free(memory);
}
END_TEST

START_TEST(leaves)
{
	if (malloc(LEN) == NULL)
		_exit(MEMORY_EXIT);
}
END_TEST

START_TEST(spins)
{
	char *memory = malloc(LEN);

	(void)setrlimit(RLIMIT_CPU, &(struct rlimit){ 1, 2 });
	while (memory == NULL)
		errno = 0;
	free(memory);
}
END_TEST

/* In a function of its own: what it asks for may not fail. */
static void ask_what_no_script_expects(void)
{
	static const char request[] = "GET /more HTTP/1.1\r\nHost: x\r\n\r\n";
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct err err = ERR_INIT;
	struct fake_server *server;
	struct loop *loop;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(loop_create(&loop, &err), 0);
	server = fake_server_create(loop, NULL, 0);
	address.sin_port = htons((uint16_t)atoi(strchr(fake_server_host(server), ':') + 1));
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(write(fd, request, strlen(request)), (intmax_t)strlen(request));
	fake_run_for(loop, 1000);
}

START_TEST(leaves_the_script)
{
	char *memory = malloc(LEN);

	if (memory == NULL) {
		ask_what_no_script_expects();
		_exit(MEMORY_EXIT); /* the end that it would have had, if that had not been seen */
	}
	free(memory);
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, passes);
	tcase_add_test(tests, refuses);
	tcase_add_test(tests, keeps);
	tcase_add_test(tests, leaks);
	tcase_add_test(tests, leaks_and_refuses);
	tcase_add_test(tests, crashes);
	tcase_add_test(tests, reads_what_it_gave_back);
	tcase_add_test(tests, gives_back_twice);
	tcase_add_test(tests, leaves);
	tcase_add_test(tests, spins);
	tcase_add_test(tests, leaves_the_script);
}

SUITE_MAIN("specimen", add)
