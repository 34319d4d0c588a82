/* Writes the exposition of all metrics, each fed once, for promtool. */
#include <stdio.h>
#include <stdlib.h>

#include "feed.h"

int main(void)
{
	struct metrics *metrics = metrics_create("0.0.0");
	struct buf buf = BUF_INIT(1000000);
	struct err err = ERR_INIT;

	feed_all(metrics);
	if (metrics_write(metrics, &buf, &err) < 0) {
		(void)fprintf(stderr, "%s\n", err.text);
		return EXIT_FAILURE;
	}
	(void)fputs(buf_text(&buf), stdout);
	buf_finish(&buf);
	metrics_destroy(metrics);
	return EXIT_SUCCESS;
}
