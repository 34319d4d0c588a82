/* Records at rest: what is unpacked is what was packed, and takes little. */
#include "wire/packer.h"

#include <stdlib.h>

#include "base/str.h"
#include "given.h"

#define MANY 400

static bool is_pointer(const struct record *record, size_t word)
{
	return (record->pointers[word / 8] >> (word % 8) & 1) != 0;
}

/* The same in every word, but for what is only true of a record in its place. */
static void expect_same(const char *row, const struct record *want, const struct record *got)
{
	const uintptr_t *a = (const uintptr_t *)want;
	const uintptr_t *b = (const uintptr_t *)got;
	size_t head = sizeof(struct record) / sizeof(*a);

	expect_int(row, got->kind, want->kind);
	expect(row, got->refs == 0 && got->pointers == NULL && got->arena.blocks == NULL);
	expect(row, (const void *)got->meta == got->object);
	expect_int(row, (const char *)got->object - (const char *)got, (const char *)want->object - (const char *)want);
	for (size_t i = head; i < want->size / sizeof(*a); i++) {
		uintptr_t moved = is_pointer(want, i) ? (uintptr_t)got - (uintptr_t)want : 0;

		ck_assert_msg(b[i] == a[i] + moved, "%s: word %zu of %zu differs", row, i, want->size / sizeof(*a));
	}
	ck_assert_mem_eq(b + want->size / sizeof(*a), a + want->size / sizeof(*a), want->size % sizeof(*a));
}

/* Packs it into a block of its own, of exactly its length. */
static char *pack(struct packer *packer, const struct record *record, struct packing *ret_packing)
{
	const char *bytes = packer_pack(packer, record, ret_packing);
	char *own = malloc(ret_packing->len);

	ck_assert_ptr_nonnull(own);
	memcpy(own, bytes, ret_packing->len);
	return own;
}

static void check_round(const char *row, struct packer *packer, const struct record *record)
{
	struct arena arena = ARENA_INIT;
	struct packing packing;
	char *bytes = pack(packer, record, &packing);

	expect_int(row, packing.size, record->size);
	expect_same(row, record, packer_unpack(packer, &packing, bytes, &arena));
	arena_finish(&arena);
	free(bytes);
}

static const struct {
	const char *name;
	enum kind kind;
	const char *yaml;
} plain[] = {
	{ "nothing but a name", KIND_FREE_NAMESPACE, "metadata: {name: a}\n" },
	{ "a Service", KIND_SERVICE,
	  "metadata: {name: web, namespace: n, uid: u, resourceVersion: '3', labels: {sluice.dev/channel: shop}}\n"
	  "spec: {selector: {app: web}, ports: [{name: http, port: 80}, {port: 53, protocol: UDP}]}\n" },
	{ "pins", KIND_PINS, "metadata: {name: sluice-pins, namespace: n}\ndata: {Deployment.a.b: 'x@sha256:1', CronJob.c.d: y}\n" },
	{ "a Deployment", KIND_DEPLOYMENT,
	  "metadata: {name: web, namespace: n, ownerReferences: [{kind: App, name: a, uid: u, controller: true}]}\n"
	  "spec: {replicas: 3, selector: {matchLabels: {a: b}}, template: {spec: {containers: [{name: a, image: x}, {name: b, image: y}]}}}\n" },
};

START_TEST(unpacks_what_was_packed)
{
	struct record *record = given_record(plain[_i].name, plain[_i].kind, plain[_i].yaml);
	struct packer packer = PACKER_INIT;

	check_round(plain[_i].name, &packer, record);
	check_round("a second time, with a dictionary that has learned it", &packer, record);
	record_unref(record);
	packer_finish(&packer);
}
END_TEST

static const struct {
	const char *name;
	const char *folder; /* the environment's name for it */
	enum kind kind;
} files[] = {
	{ "channels.yaml", "WIRE_DATA", KIND_CHANNEL },      { "promotions.yaml", "WIRE_DATA", KIND_PROMOTION },
	{ "stops.yaml", "WIRE_DATA", KIND_STOP },            { "channels.yaml", "CRD_SAMPLES", KIND_CHANNEL },
	{ "promotions.yaml", "CRD_SAMPLES", KIND_PROMOTION },
};

/* Every field of the schema is in one of them. */
START_TEST(unpacks_every_field)
{
	char *text = given_file_of(files[_i].folder, files[_i].name);
	auto_buf out = BUF_INIT(GIVEN_MAX);
	struct packer packer = PACKER_INIT;
	struct err err = ERR_INIT;
	char *save = NULL;

	ck_assert_int_eq(yaml_to_json(text, strlen(text), &out, &err), 0);
	for (char *line = strtok_r(out.data, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		struct record *record = NULL;

		ck_assert_msg(record_from_json(files[_i].kind, line, strlen(line), &record, &err) == 0, "%s", err.text);
		check_round(files[_i].name, &packer, record);
		record_unref(record);
	}
	packer_finish(&packer);
	free(text);
}
END_TEST

/* The next of a row of words that follow from the first. */
static unsigned word(unsigned *state)
{
	*state = *state * 1664525U + 1013904223U;
	return *state;
}

/* Pins with so many entries, of which each is unlike those of another seed. */
static struct record *large_pins(size_t count, unsigned seed)
{
	auto_buf yaml = BUF_INIT(GIVEN_MAX);
	unsigned state = seed;

	ck_assert_int_eq(buf_printf(&yaml, NULL, "metadata: {name: sluice-pins, namespace: n, uid: u-%u}\ndata:\n", seed), 0);
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(buf_printf(&yaml, NULL, "  Deployment.web-%zu.web: 'registry.example.com/web@sha256:%08x%08x%08x'\n",
					    i, word(&state), word(&state), word(&state)),
				 0);
	return given_record("large pins", KIND_PINS, buf_text(&yaml));
}

/* More than a block of scratch memory, so that it is read a third time to find its pointers; and more than the dictionary takes. */
START_TEST(unpacks_what_is_large)
{
	struct packer packer = PACKER_INIT;

	for (unsigned seed = 0; seed < 3; seed++) {
		struct record *record = large_pins(500, seed);

		expect("larger than the dictionary", record->size > (size_t)32 * 1024);
		check_round("large", &packer, record);
		record_unref(record);
	}
	packer_finish(&packer);
}
END_TEST

/* What was packed before the dictionary grew can be read afterwards. */
START_TEST(a_dictionary_that_grows_forgets_nothing)
{
	struct packer packer = PACKER_INIT;
	struct arena arena = ARENA_INIT;
	struct packing packings[MANY];
	struct record *records[MANY];
	char *bytes[MANY];
	size_t dictionaries = 0;

	for (size_t i = 0; i < MANY; i++) {
		size_t known = packer.dictionary_len;

		records[i] = large_pins(i % 17, (unsigned)i);
		bytes[i] = pack(&packer, records[i], &packings[i]);
		dictionaries += packer.dictionary_len > known ? 1 : 0;
	}
	expect("it grew more than once", dictionaries > 1);
	expect("and has an end", packer.dictionary_len <= (size_t)16 * 1024);
	for (size_t i = 0; i < MANY; i++) {
		expect_same("packed before", records[i], packer_unpack(&packer, &packings[i], bytes[i], &arena));
		record_unref(records[i]);
		free(bytes[i]);
	}
	arena_finish(&arena);
	packer_finish(&packer);
}
END_TEST

/* As they stand in a cluster: the tenth, and all after it, are as small as this. */
#define META(name, n)                                                                                                       \
	"metadata: {name: " name "-00" n ", namespace: shop-beta, uid: 0d7cf6d2-43a1-4f3a-8f6e-1f1a0b7ad0" n ", "              \
	"resourceVersion: '12345" n "', generation: 4, creationTimestamp: 2026-11-24T10:00:" n "Z, "                           \
	"labels: {app: web-00" n ", sluice.dev/channel: shop-00" n "}}\n"

static const struct {
	const char *name;
	enum kind kind;
	const char *yaml[2];
	size_t budget; /* bytes, of the second */
} budgets[] = {
	{ "a Deployment", KIND_DEPLOYMENT,
	  { META("web", "17") "spec: {replicas: 3, selector: {matchLabels: {app: web-0017}}, template: {spec: {containers: [{name: web, "
			      "image: 'r.example/web@sha256:1111111111111111111111111111111111111111111111111111111111111111'}]}}}\n",
	    META("web", "18") "spec: {replicas: 3, selector: {matchLabels: {app: web-0018}}, template: {spec: {containers: [{name: web, "
			      "image: 'r.example/web@sha256:2f1c9a0b7d3e55aa1f0e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a6978'}]}}}\n" },
	  200 },
	{ "a Service", KIND_SERVICE,
	  { META("web", "17") "spec: {selector: {app: web-0017}, ports: [{name: http, port: 80, targetPort: 8080}]}\n",
	    META("web", "18") "spec: {selector: {app: web-0018}, ports: [{name: http, port: 80, targetPort: 8080}]}\n" },
	  100 },
	{ "a promotion", KIND_PROMOTION,
	  { META("shop-r-0a1b2c3d4e", "17") "spec: {channel: shop, from: {namespace: shop-staging, channel: shop}, requestedBy: alice}\n",
	    META("shop-r-0a1b2c3d4e", "18") "spec: {channel: shop, from: {namespace: shop-staging, channel: shop}, requestedBy: alice}\n" },
	  100 },
};

START_TEST(takes_no_more_memory_than_budgeted)
{
	struct packer packer = PACKER_INIT;
	struct packing packing = { .len = 0 };

	for (size_t i = 0; i < 2; i++) {
		struct record *record = given_record(budgets[_i].name, budgets[_i].kind, budgets[_i].yaml[i]);

		(void)packer_pack(&packer, record, &packing);
		record_unref(record);
	}
	ck_assert_msg(packing.len <= budgets[_i].budget, "%s takes %u bytes, more than %zu", budgets[_i].name, packing.len,
		      budgets[_i].budget);
	packer_finish(&packer);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, unpacks_what_was_packed, plain);
	suite_add_rows(tests, unpacks_every_field, files);
	tcase_add_test(tests, unpacks_what_is_large);
	tcase_add_test(tests, a_dictionary_that_grows_forgets_nothing);
	suite_add_rows(tests, takes_no_more_memory_than_budgeted, budgets);
}

SUITE_MAIN("wire: packer", add)
