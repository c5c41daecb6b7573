/* The tables of SCALEMON-MIB, one mib_*.c each, and what their column lists are written with. No net-snmp. */
#ifndef SCM_AGENT_MIB_H
#define SCM_AGENT_MIB_H

#include "agent/table.h"

#include <stddef.h>

struct scm_event;

extern const struct table mib_agent, mib_host, mib_interface, mib_portal, mib_limit, mib_eperf, mib_event,
    mib_notify;

/* A column that is read only, from a field of the row's struct. */
#define COL_FIELD(ARC, NAME, SYNTAX, KIND, STRUCT, MEMBER)                                                   \
    {                                                                                                        \
        .arc = (ARC), .name = (NAME), .syntax = (SYNTAX), .access = ACCESS_READ, .field = (KIND),            \
        .offset = offsetof(STRUCT, MEMBER)                                                                   \
    }
/* A column that is read only, through a function. */
#define COL_GET(ARC, NAME, SYNTAX, GET)                                                                      \
    {                                                                                                        \
        .arc = (ARC), .name = (NAME), .syntax = (SYNTAX), .access = ACCESS_READ, .get = (GET)                \
    }
/* A column that can be set too, through functions; its rows are not made by SNMP. */
#define COL_WRITE(ARC, NAME, SYNTAX, MIN, MAX, GET, SET)                                                     \
    {                                                                                                        \
        .arc = (ARC), .name = (NAME), .syntax = (SYNTAX), .access = ACCESS_WRITE, .min = (MIN),              \
        .max = (MAX), .get = (GET), .set = (SET)                                                             \
    }
/* An index. */
#define COL_INDEX(ARC, NAME, SYNTAX)                                                                         \
    {                                                                                                        \
        .arc = (ARC), .name = (NAME), .syntax = (SYNTAX), .access = ACCESS_NONE                              \
    }

/* The head of a setter. */
#define SETTER(NAME)                                                                                         \
    static enum set_error NAME(const struct snapshot *snap, struct settings *draft,                          \
                               const struct column *col, const char *name, const struct value *v)

#define COUNT_OF(A) (sizeof(A) / sizeof(A)[0])

/* The row source of a group of scalars. */
size_t scalar_count(const struct snapshot *snap);

/* Getters' ends. */
bool value_int(struct value *v, int32_t i);
bool value_text(struct value *v, const char *text);

/* Copies a string value that fits into a field of a settings row; the rest of the field is zeroed. */
void set_text(char *field, size_t size, const struct value *v);

#endif
