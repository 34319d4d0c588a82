#include "wire/signature_json.h"

#include "wire/json_read.h"

/* A document while it is read. */
struct document {
	struct reader reader;
	struct err wrong;
	struct read_node root;
};

/* Parses an object of at most limit bytes. */
static int open_document(struct document *document, const char *json, size_t len, size_t limit, struct arena *arena,
			 struct tree **ret_tree, struct err *err)
{
	int r = read_tree(json, len, limit, ret_tree, err);

	if (r < 0)
		return r;
	if (!tree_is(tree_root(*ret_tree), TREE_OBJECT))
		return err_set(err, ERR_INPUT, "not a JSON object");
	document->wrong = ERR_INIT;
	document->reader = (struct reader){ .arena = arena, .err = &document->wrong };
	document->root = read_root(&document->reader, *ret_tree);
	return 0;
}

/* The first field that was wrong, if any. */
static int close_document(const struct document *document, struct err *err)
{
	return err_is_set(&document->wrong) ? err_set(err, document->wrong.class, "%s", document->wrong.text) : 0;
}

/* ---- manifests ---- */

static void read_part(const struct read_node *node, struct signature_part *part)
{
	struct read_node annotations = read_object(node, "annotations");

	*part = (struct signature_part){
		.media_type = read_text(node, "mediaType"),
		.artifact_type = read_text(node, "artifactType"),
		.digest = read_text(node, "digest"),
		.size = read_int(node, "size", 0, INT64_MAX, -1),
		.signature = read_text(&annotations, "dev.cosignproject.cosign/signature"),
		.predicate_type = read_text(&annotations, "dev.sigstore.bundle.predicateType"),
	};
}

static int read_parts(const char *json, size_t len, const char *key, struct arena *arena,
		      struct signature_parts *ret_parts, struct err *err)
{
	auto_json *tree = NULL;
	struct document document;
	struct read_node list;
	int r = open_document(&document, json, len, SIGNATURE_MANIFEST_MAX, arena, &tree, err);

	*ret_parts = (struct signature_parts){ .items = NULL };
	if (r < 0)
		return r;
	list = read_list(&document.root, key);
	if (!err_is_set(&document.wrong) && !read_is_present(&list))
		return err_set(err, ERR_INPUT, "no \"%s\" in it", key);
	ret_parts->count = read_count(&list);
	ret_parts->items = arena_new_array(arena, ret_parts->count, struct signature_part);
	for (size_t i = 0; i < ret_parts->count; i++) {
		struct read_node item = read_item(&list, i);

		read_part(&item, &ret_parts->items[i]);
	}
	return close_document(&document, err);
}

int signature_layers_from_json(const char *json, size_t len, struct arena *arena,
			       struct signature_parts *ret_layers, struct err *err)
{
	return read_parts(json, len, "layers", arena, ret_layers, err);
}

int signature_referrers_from_json(const char *json, size_t len, struct arena *arena,
				  struct signature_parts *ret_referrers, struct err *err)
{
	return read_parts(json, len, "manifests", arena, ret_referrers, err);
}

/* ---- what is signed ---- */

int signature_payload_from_json(const char *json, size_t len, struct arena *arena,
				struct signature_payload *ret_payload, struct err *err)
{
	auto_json *tree = NULL;
	struct document document;
	struct read_node critical;
	struct read_node identity;
	struct read_node image;
	int r = open_document(&document, json, len, SIGNATURE_PAYLOAD_MAX, arena, &tree, err);

	*ret_payload = (struct signature_payload){ .type = NULL };
	if (r < 0)
		return r;
	critical = read_object(&document.root, "critical");
	identity = read_object(&critical, "identity");
	image = read_object(&critical, "image");
	ret_payload->type = read_text(&critical, "type");
	ret_payload->digest = read_text(&image, "docker-manifest-digest");
	ret_payload->reference = read_text(&identity, "docker-reference");
	return close_document(&document, err);
}

int signature_bundle_from_json(const char *json, size_t len, struct arena *arena,
			       struct signature_bundle *ret_bundle, struct err *err)
{
	auto_json *tree = NULL;
	struct document document;
	struct read_node envelope;
	struct read_node signatures;
	int r = open_document(&document, json, len, SIGNATURE_PAYLOAD_MAX, arena, &tree, err);

	*ret_bundle = (struct signature_bundle){ .media_type = NULL };
	if (r < 0)
		return r;
	envelope = read_object(&document.root, "dsseEnvelope");
	signatures = read_list(&envelope, "signatures");
	ret_bundle->media_type = read_text(&document.root, "mediaType");
	ret_bundle->payload_type = read_text(&envelope, "payloadType");
	ret_bundle->payload = read_text(&envelope, "payload");
	ret_bundle->count = read_count(&signatures);
	if (ret_bundle->count > 0) {
		struct read_node first = read_item(&signatures, 0);

		ret_bundle->signature = read_text(&first, "sig");
	}
	return close_document(&document, err);
}

int signature_statement_from_json(const char *json, size_t len, struct arena *arena,
				  struct signature_statement *ret_statement, struct err *err)
{
	auto_json *tree = NULL;
	struct document document;
	struct read_node subjects;
	size_t count;
	int r = open_document(&document, json, len, SIGNATURE_PAYLOAD_MAX, arena, &tree, err);

	*ret_statement = (struct signature_statement){ .type = NULL };
	if (r < 0)
		return r;
	ret_statement->type = read_text(&document.root, "_type");
	ret_statement->predicate_type = read_text(&document.root, "predicateType");
	subjects = read_list(&document.root, "subject");
	count = read_count(&subjects);
	ret_statement->digests = arena_new_array(arena, count, const char *);
	for (size_t i = 0; i < count; i++) {
		struct read_node item = read_item(&subjects, i);
		struct read_node digest = read_object(&item, "digest");
		const char *hex = read_text(&digest, "sha256");

		if (hex != NULL)
			ret_statement->digests[ret_statement->count++] = hex;
	}
	return close_document(&document, err);
}
