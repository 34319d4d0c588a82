#include "kube/material.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/memory.h"
#include "base/str.h"
#include "kube/file.h"
#include "kube/kubeconfig.h"
#include "net/pem.h"

#define FILE_LIMIT ((size_t)1024 * 1024)
#define LOOK_MS (5 * 60 * 1000)
#define TROUBLE_LOOK_MS 10000

/* What the part holds now: the file's content, or the text that it was given. */
static int read_part(const struct material_part *part, const char *name, struct arena *arena,
		     const char **ret_text, struct err *err)
{
	char *text = NULL;

	*ret_text = part->text;
	if (part->file == NULL)
		return 0;
	if (file_read(arena, part->file, FILE_LIMIT, &text, err) < 0) {
		err_prefix(err, "%s", name);
		return err->class;
	}
	*ret_text = text;
	return 0;
}

/* What the three hold now, if all of it can be used. */
struct texts {
	struct arena arena;
	const char *ca;
	const char *cert;
	const char *key;
};

static int read_texts(const struct material *material, struct texts *texts, struct err *err)
{
	struct arena *arena = &texts->arena;
	int r = read_part(&material->ca, "certificate-authority", arena, &texts->ca, err);

	if (r == 0)
		r = read_part(&material->cert, "client-certificate", arena, &texts->cert, err);
	if (r == 0)
		r = read_part(&material->key, "client-key", arena, &texts->key, err);
	if (r == 0 && texts->ca != NULL && pem_check_authorities(texts->ca, err) < 0) {
		r = ERR_INPUT;
		err_prefix(err, "certificate-authority");
	}
	if (r == 0 && texts->cert != NULL && pem_check_pair(texts->cert, texts->key, err) < 0) {
		r = ERR_INPUT;
		err_prefix(err, "client-certificate and client-key");
	}
	return r;
}

/* A key that came from a file is in the arena's memory. */
static void finish_texts(struct texts *texts, const struct material *material)
{
	if (texts->key != material->key.text)
		str_wipe(texts->key);
	arena_finish(&texts->arena);
}

static bool take_text(struct material_part *part, const char *text)
{
	if (str_equal(part->text, text))
		return false;
	str_wipe_free(part->text);
	part->text = memory_strdup(text);
	return true;
}

/* Is any of them another one than before? */
static bool take_texts(struct material *material, const struct texts *texts)
{
	bool is_new = take_text(&material->ca, texts->ca);

	is_new = take_text(&material->cert, texts->cert) || is_new;
	return take_text(&material->key, texts->key) || is_new;
}

int material_init(struct material *material, const struct kubeconfig *config, int64_t now_ms,
		  struct err *err)
{
	struct texts texts = { .arena = ARENA_INIT };
	int r;

	*material = (struct material){
		.ca = { memory_strdup(config->ca_file), memory_strdup(config->ca_pem) },
		.cert = { memory_strdup(config->cert_file), memory_strdup(config->cert_pem) },
		.key = { memory_strdup(config->key_file), memory_strdup(config->key_pem) },
		.due_ms = now_ms + LOOK_MS,
	};
	r = read_texts(material, &texts, err);
	if (r == 0)
		(void)take_texts(material, &texts);
	finish_texts(&texts, material);
	if (r < 0)
		material_finish(material);
	return r;
}

enum material_news material_look(struct material *material, int64_t now_ms, bool must)
{
	struct texts texts = { .arena = ARENA_INIT };
	enum material_news news = MATERIAL_SAME;
	struct err err = ERR_INIT;

	bool has_files = material->ca.file != NULL || material->cert.file != NULL ||
			 material->key.file != NULL;

	if (!has_files || (now_ms < material->due_ms && !must))
		return MATERIAL_SAME;
	if (read_texts(material, &texts, &err) < 0) {
		material->due_ms = now_ms + TROUBLE_LOOK_MS;
		if (!str_equal(err.text, material->trouble.text))
			news = MATERIAL_TROUBLE;
	} else {
		material->due_ms = now_ms + LOOK_MS;
		news = take_texts(material, &texts) ? MATERIAL_NEW : MATERIAL_SAME;
	}
	material->trouble = err;
	finish_texts(&texts, material);
	return news;
}

static void finish_part(struct material_part *part)
{
	free(part->file);
	str_wipe_free(part->text);
}

void material_finish(struct material *material)
{
	finish_part(&material->ca);
	finish_part(&material->cert);
	finish_part(&material->key);
	*material = (struct material){ .due_ms = 0 };
}
