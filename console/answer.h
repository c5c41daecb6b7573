/* What a host answered: scalars, and rows of tables, as typed cells. Plain memory, owned by whoever holds the
 * answer.
 *
 * A text cell is already clean (text.h): nothing that is stored here can do harm to a terminal. */
#ifndef SCM_CONSOLE_ANSWER_H
#define SCM_CONSOLE_ANSWER_H

#include "console/mib.h"

struct cell {
    enum { CELL_ABSENT, CELL_NUMBER, CELL_TEXT } kind;
    int64_t number; /* CELL_NUMBER; a DateAndTime is ms since 1970, UTC */
    char *text;     /* CELL_TEXT; owned */
};

struct row {
    struct mib_index index;
    struct cell cells[MIB_CELLS]; /* by arc - 1 */
};

struct rows {
    struct row *row; /* ascending by index */
    size_t n, room;
};

struct answer {
    struct cell scalars[MIB_SCALARS];
    struct rows tables[MIB_TABLES];
};

void answer_clear(struct answer *a); /* frees what it holds; a zeroed answer is an empty one */

/* Never NULL: an absent cell where there is none. */
const struct cell *answer_scalar(const struct answer *a, enum mib_object object);
const struct cell *row_cell(const struct row *row, enum mib_object object);

/* The row of that index, or NULL. */
struct row *answer_row(const struct answer *a, enum mib_table table, const struct mib_index *index);
struct row *answer_row_named(const struct answer *a, enum mib_table table, const char *name);
/* The same, made where there is none; NULL: out of memory. Pointers to other rows of the table are void after
 * it. */
struct row *answer_row_make(struct answer *a, enum mib_table table, const struct mib_index *index);

/* The number of a cell, or otherwise where it has none. The text, or "". */
int64_t cell_number(const struct cell *c, int64_t otherwise);
const char *cell_text(const struct cell *c);

/* Reads a variable as object's syntax has it. Returns NULL, or (static) what is wrong with it: an expected
 * type. A value that says "none" (an empty decimal, a zero date) is an absent cell. */
const char *cell_read(struct cell *c, enum mib_object object, const netsnmp_variable_list *v);

#endif
