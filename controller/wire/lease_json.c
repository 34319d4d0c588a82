#include "wire/lease_json.h"

#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "wire/json_read.h"
#include "wire/json_write.h"

#define LEASE_MAX ((size_t)256 * 1024)
#define SECONDS_MAX 2147483647

/* Parses json and looks whether it is a Lease at all. */
static int read_lease_tree(const char *json, size_t len, struct tree **ret_tree, struct err *err)
{
	int r = read_tree(json, len, LEASE_MAX, ret_tree, err);

	if (r == 0 && !tree_is(tree_get(*ret_tree, tree_root(*ret_tree), "metadata"), TREE_OBJECT))
		r = err_set(err, ERR_INPUT, "no metadata");
	if (r < 0)
		err_prefix(err, "Lease");
	return r;
}

int lease_record_read(const char *json, size_t len, struct arena *arena, struct lease_record *ret_record,
		      struct err *err)
{
	struct reader reader = { .arena = arena, .err = err };
	auto_json *tree = NULL;
	struct read_node top;
	struct read_node metadata;
	struct read_node spec;
	const char *holder;
	const char *raw;
	int r = read_lease_tree(json, len, &tree, err);

	if (r < 0)
		return r;
	top = read_root(&reader, tree);
	metadata = read_object(&top, "metadata");
	spec = read_object(&top, "spec");
	raw = read_raw(&top, "spec");
	holder = read_text(&spec, "holderIdentity");
	*ret_record = (struct lease_record){
		.resource_version = read_needed_text(&metadata, "resourceVersion"),
		.spec = raw == NULL ? "" : raw,
		.holder = holder == NULL ? "" : holder,
		.duration_ms = 1000 * read_int(&spec, "leaseDurationSeconds", 0, SECONDS_MAX, 0),
		.acquired_ms = read_time(&spec, "acquireTime", 0),
		.transitions = read_int(&spec, "leaseTransitions", 0, SECONDS_MAX, 0),
	};
	if (err_is_set(err)) {
		err_prefix(err, "Lease");
		return err->class;
	}
	return 0;
}

/* The claim's members of a spec: a MicroTime has six digits behind the point. */
static void write_claim(struct writer *writer, const struct lease_claim *claim)
{
	char time[CLOCK_TEXT_SIZE];

	write_text(writer, "holderIdentity", claim->holder);
	write_int(writer, "leaseDurationSeconds", claim->duration_ms / 1000);
	write_text(writer, "acquireTime", clock_format_micro(claim->acquired_ms, time));
	write_text(writer, "renewTime", clock_format_micro(claim->renewed_ms, time));
	write_int(writer, "leaseTransitions", claim->transitions);
}

int lease_claim_new(const char *namespace, const char *name, const struct lease_claim *claim,
		    char **ret_json, struct err *err)
{
	struct buf buf = BUF_INIT(LEASE_MAX);
	struct writer writer = WRITER_INIT(&buf);

	write_object(&writer, NULL);
	write_text(&writer, "apiVersion", "coordination.k8s.io/v1");
	write_text(&writer, "kind", "Lease");
	write_object(&writer, "metadata");
	write_text(&writer, "namespace", namespace);
	write_text(&writer, "name", name);
	write_object_end(&writer);
	write_object(&writer, "spec");
	write_claim(&writer, claim);
	write_object_end(&writer);
	write_object_end(&writer);
	return write_take(&writer, ret_json, err);
}

/* Is it one of the members that a claim writes? */
static bool is_claimed(const char *key)
{
	static const char *const keys[] = { "holderIdentity", "leaseDurationSeconds", "acquireTime", "renewTime",
					    "leaseTransitions" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (str_equal(key, keys[i]))
			return true;
	}
	return false;
}

/* The spec with the claim in it, and all else that it had. */
static void write_spec(struct writer *writer, const struct tree *tree, const struct tree_node *spec,
		       const struct lease_claim *claim)
{
	const struct tree_node *at = NULL;

	write_object(writer, "spec");
	while (tree_is(spec, TREE_OBJECT) && (at = tree_next(tree, spec, at)) != NULL) {
		if (!is_claimed(tree_key(tree, at)))
			tree_write(tree, at, tree_key(tree, at), writer);
	}
	write_claim(writer, claim);
	write_object_end(writer);
}

/* An update without managedFields leaves them as they are, and they are the larger part: reading has left
 * them out. */
int lease_claim_update(const char *json, size_t len, const struct lease_claim *claim, char **ret_json,
		       struct err *err)
{
	auto_buf text = BUF_INIT(2 * LEASE_MAX);
	struct writer writer = WRITER_INIT(&text);
	auto_json *tree = NULL;
	const struct tree_node *root;
	const struct tree_node *at = NULL;
	int r = read_lease_tree(json, len, &tree, err);

	if (r < 0)
		return r;
	root = tree_root(tree);
	write_object(&writer, NULL);
	while ((at = tree_next(tree, root, at)) != NULL) {
		if (!str_equal(tree_key(tree, at), "spec"))
			tree_write(tree, at, tree_key(tree, at), &writer);
	}
	write_spec(&writer, tree, tree_get(tree, root, "spec"), claim);
	write_object_end(&writer);
	return write_take(&writer, ret_json, err);
}
