/*
 * ask: puts questions to the registry room over the real network and prints what was observed.
 *
 *	ask [--insecure HOST]… [--realm-host HOST] [--mirror HOST=URL]… [--ca FILE] [--ca-of HOST=FILE]…
 *	    [--user NAME --password TEXT] [--secret FILE] [--timeout MS] [--age MS] [--rounds N] [--pause MS] QUESTION…
 *
 * A question is REPOSITORY (its tags) or REPOSITORY=REFERENCE (its digest). Each round asks all of them, waits
 * for the answers and then for the pause. At the end one line for each question goes to standard output,
 * fields separated by tabs: question, state, error class, digest, index or image, number of tags, the
 * tags with a space between, milliseconds until it may be asked again, text of the error.
 * test_over_network.py and the ring of the real registry start it.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "net/http.h"
#include "net/loop.h"
#include "registry/observed.h"

struct ask {
	struct loop *loop;
	struct registry *registry;
	struct timer *timer;
	struct credentials credentials;
	char **questions;
	int count;
	int64_t age_ms;
	int rounds;
	int64_t pause_ms;
	int64_t timeout_ms;
};

static void fail(const char *what, const struct err *err)
{
	fprintf(stderr, "ask: %s: %s\n", what, err->text);
	exit(2);
}

/* Splits a question in place; NULL reference: tags. Copies, because it is asked again. */
static void split(const char *question, char *repository, size_t size, const char **ret_reference)
{
	const char *equals = strchr(question, '=');
	size_t len = equals == NULL ? strlen(question) : (size_t)(equals - question);

	snprintf(repository, size, "%.*s", (int)len, question);
	*ret_reference = equals == NULL ? NULL : equals + 1;
}

static bool is_asking(struct ask *ask, const char *question)
{
	const char *reference;
	char repository[512];

	split(question, repository, sizeof(repository), &reference);
	if (reference == NULL)
		return registry_tags(ask->registry, repository, &ask->credentials)->is_asking;
	return registry_digest(ask->registry, repository, reference, &ask->credentials)->is_asking;
}

/* When every question of the round has its answer: the next round, or the end. */
static void look(struct ask *ask)
{
	int i;

	for (i = 0; i < ask->count; i++) {
		if (is_asking(ask, ask->questions[i]))
			return;
	}
	if (--ask->rounds > 0)
		timer_start(ask->timer, ask->pause_ms);
	else
		loop_stop(ask->loop);
}

static void on_observed(void *user, const char *repository)
{
	(void)repository;
	look(user);
}

static void start_round(void *user)
{
	struct ask *ask = user;
	const char *reference;
	char repository[512];
	int i;

	for (i = 0; i < ask->count; i++) {
		split(ask->questions[i], repository, sizeof(repository), &reference);
		if (reference == NULL)
			registry_list_tags(ask->registry, repository, &ask->credentials, ask->age_ms);
		else
			registry_resolve(ask->registry, repository, reference, &ask->credentials,
					 ask->age_ms);
	}
	look(ask);
}

static const char *state_name(enum observed_state state)
{
	static const char *const names[] = { "None", "Pending", "Known", "Failed" };

	return names[state];
}

static long long wait_of(int64_t retry_at_ms)
{
	return retry_at_ms == 0 ? 0 : (long long)(retry_at_ms - clock_now_ms());
}

static void print_tags(const char *question, const struct tags_observation *tags)
{
	size_t i;

	printf("%s\t%s\t%s\t\t\t%zu\t", question, state_name(tags->state), err_class_name((int)tags->err.class),
	       tags->count);
	for (i = 0; i < tags->count; i++)
		printf("%s%s", i == 0 ? "" : " ", tags->names[i]);
	printf("\t%lld\t%s\n", wait_of(tags->retry_at_ms), tags->err.text);
}

static void print_digest(const char *question, const struct digest_observation *digest)
{
	printf("%s\t%s\t%s\t%s\t%s\t0\t\t%lld\t%s\n", question, state_name(digest->state),
	       err_class_name((int)digest->err.class), digest->digest,
	       digest->digest[0] == '\0' ? "" : digest->is_index ? "index" : "image",
	       wait_of(digest->retry_at_ms), digest->err.text);
}

static void print(struct ask *ask)
{
	const char *reference;
	char repository[512];
	int i;

	for (i = 0; i < ask->count; i++) {
		split(ask->questions[i], repository, sizeof(repository), &reference);
		if (reference == NULL)
			print_tags(ask->questions[i],
				   registry_tags(ask->registry, repository, &ask->credentials));
		else
			print_digest(ask->questions[i], registry_digest(ask->registry, repository, reference,
									&ask->credentials));
	}
}

/* The whole of a small file, malloc'd. */
static char *read_file(const char *path)
{
	char *text = calloc(1, 65536);
	FILE *file = fopen(path, "r");

	if (file == NULL || text == NULL || fread(text, 1, 65535, file) == 0) {
		fprintf(stderr, "ask: cannot read %s\n", path);
		exit(2);
	}
	fclose(file);
	return text;
}

#define MOST 8 /* of what may be repeated, with the NULL at the end */

struct arguments {
	const char *insecure[MOST];
	const char *realm[2];
	const char *mirrors[MOST];
	struct registry_ca cas[MOST];
	char *ca;
	char *secret;
	const char *user;
	const char *password;
};

static void add(const char **list, const char *item)
{
	size_t count = 0;

	while (list[count] != NULL)
		count++;
	if (count + 1 == MOST)
		exit(2);
	list[count] = item;
}

/* Adds "HOST=FILE". */
static void add_ca(struct registry_ca *cas, char *text)
{
	char *equals = strchr(text, '=');
	size_t count = 0;

	while (cas[count].host != NULL)
		count++;
	if (equals == NULL || count + 1 == MOST)
		exit(2);
	*equals = '\0';
	cas[count] = (struct registry_ca){ .host = text, .pem = read_file(equals + 1) };
}

static void parse(int argc, char **argv, struct ask *ask, struct arguments *arguments)
{
	static const struct option options[] = {
		{ "insecure", required_argument, NULL, 'i' }, { "realm-host", required_argument, NULL, 'r' },
		{ "ca", required_argument, NULL, 'c' },	      { "user", required_argument, NULL, 'u' },
		{ "password", required_argument, NULL, 'p' }, { "secret", required_argument, NULL, 's' },
		{ "mirror", required_argument, NULL, 'm' },   { "ca-of", required_argument, NULL, 'o' },
		{ "age", required_argument, NULL, 'a' },      { "rounds", required_argument, NULL, 'n' },
		{ "pause", required_argument, NULL, 'w' },    { "timeout", required_argument, NULL, 't' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'i': add(arguments->insecure, optarg); break;
		case 'm': add(arguments->mirrors, optarg); break;
		case 'o': add_ca(arguments->cas, optarg); break;
		case 'r': arguments->realm[0] = optarg; break;
		case 'c': arguments->ca = read_file(optarg); break;
		case 's': arguments->secret = read_file(optarg); break;
		case 'u': arguments->user = optarg; break;
		case 'p': arguments->password = optarg; break;
		case 'a': ask->age_ms = strtoll(optarg, NULL, 10); break;
		case 'n': ask->rounds = (int)strtol(optarg, NULL, 10); break;
		case 't': ask->timeout_ms = strtoll(optarg, NULL, 10); break;
		case 'w': ask->pause_ms = strtoll(optarg, NULL, 10); break;
		default: exit(2);
		}
	}
	ask->questions = argv + optind;
	ask->count = argc - optind;
}

/* Takes the credentials from the arguments; those of a secret are for the first question's repository. */
static void read_credentials(struct ask *ask, const struct arguments *arguments)
{
	const char *reference;
	char repository[512];
	struct err err = ERR_INIT;
	int r = 0;

	if (arguments->secret != NULL && ask->count > 0) {
		split(ask->questions[0], repository, sizeof(repository), &reference);
		r = registry_credentials(ask->registry, arguments->secret, strlen(arguments->secret), repository,
					 &ask->credentials, &err);
	} else if (arguments->user != NULL) {
		r = credentials_init(&ask->credentials, arguments->user, arguments->password, &err);
	}
	if (r < 0)
		fail("credentials", &err);
}

int main(int argc, char **argv)
{
	struct ask ask = { .age_ms = 60000, .rounds = 1 };
	struct arguments arguments = { .user = NULL };
	struct registry_options options;
	struct http *http = NULL;
	struct err err = ERR_INIT;

	parse(argc, argv, &ask, &arguments);
	if (loop_create(&ask.loop, &err) < 0 || http_create(ask.loop, &http, &err) < 0)
		fail("loop", &err);
	options = (struct registry_options){
		.insecure_hosts = arguments.insecure,
		.realm_hosts = arguments.realm,
		.mirrors = arguments.mirrors,
		.cas = arguments.cas,
		.ca_pem = arguments.ca,
		.timeout_ms = ask.timeout_ms,
		.on_observed = on_observed,
		.user = &ask,
	};
	if (registry_create(http, &options, &ask.registry, &err) < 0)
		fail("registry", &err);
	read_credentials(&ask, &arguments);
	ask.timer = timer_open(ask.loop, start_round, &ask);
	timer_start(ask.timer, 0);
	loop_run(ask.loop);
	print(&ask);
	timer_close(ask.timer);
	registry_destroy(ask.registry);
	http_destroy(http);
	loop_destroy(ask.loop);
	credentials_finish(&ask.credentials);
	for (struct registry_ca *ca = arguments.cas; ca->host != NULL; ca++)
		free((char *)(uintptr_t)ca->pem);
	free(arguments.ca);
	free(arguments.secret);
	return 0;
}
