#include "kube/path.h"

#include <string.h>

#include "base/str.h"

/* Appends "/segment". */
static int append_segment(struct buf *buf, const char *segment, struct err *err)
{
	int r;

	if (segment[0] == '\0' || str_equal(segment, ".") || str_equal(segment, ".."))
		return err_set(err, ERR_INPUT, "\"%s\" cannot be part of a path", segment);
	r = buf_append(buf, "/", 1, err);
	return r < 0 ? r : buf_put_encoded(buf, segment, err);
}

int path_write(struct buf *buf, const char *api, const char *plural, const char *namespace,
	       const char *name, const char *subresource, struct err *err)
{
	int r = buf_puts(buf, api, err);

	if (r == 0 && namespace != NULL) {
		r = append_segment(buf, "namespaces", err);
		r = r < 0 ? r : append_segment(buf, namespace, err);
	}
	r = r < 0 ? r : append_segment(buf, plural, err);
	if (r == 0 && name != NULL)
		r = append_segment(buf, name, err);
	if (r == 0 && subresource != NULL)
		r = append_segment(buf, subresource, err);
	return r;
}

int path_write_kind(struct buf *buf, enum kind kind, const char *namespace, const char *name,
		    const char *subresource, struct err *err)
{
	const struct kind_info *info = kind_info(kind);

	return path_write(buf, info->path, info->plural, info->is_namespaced ? namespace : NULL,
			  name, subresource, err);
}

int path_query(struct buf *buf, const char *key, const char *value, struct err *err)
{
	int r;

	if (str_is_empty(value))
		return 0;
	r = buf_puts(buf, strchr(buf_text(buf), '?') == NULL ? "?" : "&", err);
	r = r < 0 ? r : buf_put_encoded(buf, key, err);
	r = r < 0 ? r : buf_append(buf, "=", 1, err);
	return r < 0 ? r : buf_put_encoded(buf, value, err);
}
