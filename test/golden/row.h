/*
 * test/golden/row: what one row of a world file says: its texts and moments, and what came of a question.
 *
 * What is not right is left out, and makes the whole file wrong. May include: jansson, base, domain/world.h, world_file.h.
 */
#ifndef SLUICE_TEST_GOLDEN_ROW_H
#define SLUICE_TEST_GOLDEN_ROW_H

#include <jansson.h>

#include "world_file.h"

/* Makes the file wrong. what: NULL: something. */
void row_refuse(struct world_file *file, const char *what, const char *why);

/* A text; NULL: there is none. */
const char *row_text_at(const json_t *object, const char *key);

/* A text that has to be there; "" otherwise. */
const char *row_text_of(struct world_file *file, const json_t *json, const char *what);

/* A moment in ms; 0 without one. */
int64_t row_moment_at(struct world_file *file, const json_t *object, const char *key);

/* {class, message, retryAt}. */
void row_failure(struct world_file *file, const json_t *failed, struct lookup_failure *ret);

/* Is the answer known, pending, or has it failed, and why? */
enum knowledge row_knowledge(struct world_file *file, const json_t *row, struct lookup_failure *ret_failure);

#endif
