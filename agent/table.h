/* The table engine: SCALEMON-MIB as data. No net-snmp, no I/O: tests drive it in process.
 *
 * A MIB is an array of tables in OID order; a table is a list of columns and a row source; a group of scalars
 * is a table with one row and the index 0. GET, GETNEXT and SET, and the varbinds of notifications, all go
 * through the columns. All functions are pure with respect to the snapshot: one PDU, one snapshot. */
#ifndef SCM_AGENT_TABLE_H
#define SCM_AGENT_TABLE_H

#include "agent/settings.h"
#include "agent/view.h"

enum {
    OID_MAX = 128,     /* sub-identifiers, as RFC 2578 has it */
    TABLE_ARC_MAX = 4, /* of a table's entry, below the root */
    VALUE_BUF_MAX = 72 /* room for what a getter has to format: DateAndTime, ScmDecimal */
};

/* An object identifier; sub-identifiers are 32 bit everywhere in SNMP. */
struct oid_name {
    size_t len;
    uint32_t id[OID_MAX];
};

int oid_cmp(const uint32_t *a, size_t a_len, const uint32_t *b, size_t b_len); /* lexicographic: <0, 0, >0 */

enum value_type { VALUE_INTEGER, VALUE_UNSIGNED, VALUE_COUNTER32, VALUE_STRING, VALUE_OTHER };

/* A value on its way out (string: points into the snapshot or to buf) or in (VALUE_OTHER: a type that no
 * column has). */
struct value {
    enum value_type type;
    union {
        int32_t i;  /* VALUE_INTEGER */
        uint32_t u; /* VALUE_UNSIGNED (Gauge32 and Unsigned32 are one on the wire), VALUE_COUNTER32 */
        struct {
            const char *p;
            size_t len;
        } s; /* VALUE_STRING */
    };
    char buf[VALUE_BUF_MAX];
};

/* One moment: what the getters see. settings are those that the last COMMIT left, which may be newer than the
 * view's. */
struct snapshot {
    const struct view *view; /* NULL before the loop has published one: only the settings answer then */
    const struct settings *settings;
};

/* For getters: a string as it is; a number as ScmDecimal (false: not finite). */
void value_string(struct value *v, const char *p, size_t len);
bool value_decimal(struct value *v, double d);
bool value_time(struct value *v, int64_t ms); /* DateAndTime; false: 0, never */

/* A row: its index and what the row source knows it by. */
struct row {
    uint32_t number;  /* INDEX_NUMBER */
    const char *name; /* INDEX_NAME */
    const void *data; /* the view's or settings' row; for columns with a field, the struct that holds it */
};

/* Outcomes of a SET; the numbers are SNMP's error-status (RFC 3416). */
enum set_error {
    SET_OK = 0,
    SET_NO_ACCESS = 6,
    SET_WRONG_TYPE = 7,
    SET_WRONG_LENGTH = 8,
    SET_WRONG_ENCODING = 9,
    SET_WRONG_VALUE = 10,
    SET_NO_CREATION = 11,
    SET_INCONSISTENT_VALUE = 12,
    SET_RESOURCE_UNAVAILABLE = 13,
    SET_COMMIT_FAILED = 14,
    SET_UNDO_FAILED = 15,
    SET_NOT_WRITABLE = 17,
    SET_INCONSISTENT_NAME = 18
};

/* Syntax of a column: its type on the wire, and what else a value must be. */
enum syntax {
    SYN_INTEGER,  /* INTEGER enumeration or range: min … max */
    SYN_TRUTH,    /* TruthValue */
    SYN_UNSIGNED, /* Unsigned32: min … max */
    SYN_GAUGE,    /* Gauge32 */
    SYN_COUNTER,  /* Counter32 */
    SYN_STRING,   /* SnmpAdminString: UTF-8, min … max bytes */
    SYN_DECIMAL,  /* ScmDecimal: num_decimal() takes it */
    SYN_TIME      /* DateAndTime */
};

enum access { ACCESS_NONE, ACCESS_NOTIFY, ACCESS_READ, ACCESS_WRITE, ACCESS_CREATE };

/* How a getter-less column finds its value in row.data. */
enum field_kind {
    FIELD_NONE,
    FIELD_U32,     /* uint32_t */
    FIELD_OPT,     /* struct view_u32 */
    FIELD_ENUM,    /* any of our enums; 0 is absent */
    FIELD_STRING,  /* char[], NUL-terminated */
    FIELD_POINTER, /* const char *, never NULL */
    FIELD_DECIMAL, /* struct decimal; empty is absent */
    FIELD_TIME     /* int64_t milliseconds since 1970; 0 is absent */
};

/* One step of setting a variable: of this column, in the row of that name ("" for scalars). */
struct column;
typedef enum set_error setter(const struct snapshot *snap, struct settings *draft, const struct column *col,
                              const char *name, const struct value *v);

struct column {
    uint32_t arc;
    const char *name; /* as in the MIB: "scmPortalAdminStatus" */
    enum syntax syntax;
    enum access access;
    uint32_t min, max; /* see enum syntax */
    enum field_kind field;
    size_t offset; /* of the field in row.data */

    /* Instead of a field. false: noSuchInstance. */
    bool (*get)(const struct snapshot *snap, const struct row *row, struct value *out);

    /* The setters of one PDU: all begin()s in the order of the varbinds, then all set()s, then all
     * finish()es. The value has been checked against syntax, min and max. Any may be NULL. They change draft
     * alone, and check what depends on other values: a failure of any drops the whole draft. */
    setter *begin, *set, *finish;
};

enum index_kind { INDEX_SCALAR, INDEX_NUMBER, INDEX_NAME };

struct table {
    const char *name; /* of the entry or the group, as in the MIB */
    uint32_t arcs[TABLE_ARC_MAX];
    size_t n_arcs; /* below the root: {1, 4, 1} for scmPortalEntry, {1, 1} for scmAgent */
    enum index_kind index;
    const struct column *columns; /* ascending by arc */
    size_t n_columns;

    /* Rows are numbered 0 … count-1 in index order, so that finding one is a binary search. Scalars have one.
     */
    size_t (*count)(const struct snapshot *snap);
    void (*at)(const struct snapshot *snap, size_t i, struct row *out);
};

struct mib {
    const uint32_t *root;
    size_t root_len;
    const struct table *const *tables; /* ascending by arcs */
    size_t n_tables;
};

extern const struct mib scalemon_mib; /* agent/mib.c */

enum get_result { GET_OK, GET_NO_OBJECT, GET_NO_INSTANCE, GET_END };

/* GET: the value of exactly this instance. */
enum get_result mib_get(const struct mib *mib, const struct snapshot *snap, const uint32_t *id, size_t len,
                        struct value *out);

/* GETNEXT: the first instance after id that has a value; its name to *next. GET_OK or GET_END. */
enum get_result mib_next(const struct mib *mib, const struct snapshot *snap, const uint32_t *id, size_t len,
                         struct oid_name *next, struct value *out);

struct varbind {
    struct oid_name name;
    struct value value; /* strings stay where the PDU has them */
};

/* SET: applies all varbinds to draft, or fails: then draft is spoilt and *failed the varbind at fault. */
enum set_error mib_set(const struct mib *mib, const struct snapshot *snap, struct settings *draft,
                       const struct varbind *vbs, size_t n, size_t *failed);

/* The column that a name is of, with its table, and in *rest where the index begins; NULL: of none. */
const struct column *mib_column(const struct mib *mib, const uint32_t *id, size_t len, const struct table **t,
                                size_t *rest);

/* A column's value in a row, as GET would give it. */
bool column_get(const struct column *col, const struct snapshot *snap, const struct row *row,
                struct value *out);

/* The name of an instance. row->name or row->number as the table's index has it; scalars need neither. */
void mib_name(const struct mib *mib, const struct table *t, const struct column *col, const struct row *row,
              struct oid_name *out);

#endif
