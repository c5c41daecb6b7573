/* The table engine and SCALEMON-MIB's tables, in process: order, holes, indexes, errors of SET, RowStatus,
 * notifications. */
#include "tests/unit/unit.h"

#include "agent/event.h"
#include "agent/mib.h"
#include "agent/notify.h"

#include <stdio.h>
#include <time.h>

/* ---- a random world ---- */

static unsigned seed;

static unsigned rnd(unsigned n)
{
    return (unsigned)rand_r(&seed) % n;
}

static void random_name(char name[SCM_NAME_MAX + 1])
{
    size_t len = 1 + rnd(rnd(4) ? 4 : SCM_NAME_MAX);

    memset(name, 0, SCM_NAME_MAX + 1);
    for (size_t i = 0; i < len; i++)
        name[i] = (char)('a' + rnd(3));
}

static int cmp_name(const void *a, const void *b)
{
    return name_cmp(a, b);
}

static int cmp_number(const void *a, const void *b)
{
    const struct view_interface *x = a, *y = b;

    return x->ifindex < y->ifindex ? -1 : x->ifindex > y->ifindex;
}

/* n sorted rows that begin with a name, each once; returns how many are left. */
static size_t random_rows(void *rows, size_t n, size_t size)
{
    char *at = rows;
    size_t kept = 0;

    for (size_t i = 0; i < n; i++)
        random_name(at + i * size);
    qsort(rows, n, size, cmp_name);
    for (size_t i = 0; i < n; i++)
        if (kept == 0 || name_cmp(at + (kept - 1) * size, at + i * size) != 0)
            memmove(at + kept++ * size, at + i * size, size);
    return kept;
}

static struct view_u32 maybe(void)
{
    return (struct view_u32){(uint32_t)rnd(1000000), rnd(3) > 0};
}

static struct view *random_view(void)
{
    struct view *v = view_new(rnd(20), rnd(6), rnd(6), rnd(6));

    assert_non_null(v);
    v->started_ms = rnd(2) ? 1700000000000 : 0;
    v->feed_age_ms = maybe();
    v->host.load1 = maybe();
    v->host.mem_used = maybe();
    for (size_t i = 0; i < v->n_interfaces; i++) {
        struct view_interface *f = &v->interfaces[i];
        f->ifindex = (uint32_t)i * 7 + 1 + rnd(7);
        f->in_rate = maybe();
        f->speed = maybe();
    }
    qsort(v->interfaces, v->n_interfaces, sizeof *v->interfaces, cmp_number);
    v->n_portals = random_rows(v->portals, v->n_portals, sizeof *v->portals);
    for (size_t i = 0; i < v->n_portals; i++) {
        v->portals[i].oper = (enum portal_oper)(1 + rnd(7));
        v->portals[i].has_exit_code = rnd(2);
        v->portals[i].last_change_ms = rnd(2) ? 1600000000000 : 0;
    }
    v->n_limits = random_rows(v->limits, v->n_limits, sizeof *v->limits);
    v->n_eperfs = random_rows(v->eperfs, v->n_eperfs, sizeof *v->eperfs);
    for (size_t i = 0; i < v->n_eperfs; i++) {
        v->eperfs[i].upload = maybe();
        v->eperfs[i].has_protocol = false;
    }
    return v;
}

static struct settings *settings_for(const struct view *v)
{
    struct settings *s = settings_new("eth0");

    for (size_t i = 0; i < v->n_portals; i++)
        assert_true(settings_add_portal(s, v->portals[i].name, PORTAL_ADMIN_HOLD));
    for (size_t i = 0; i < v->n_limits; i++) {
        struct setting_limit *l = settings_limit_new(s, v->limits[i].name);
        assert_non_null(l);
        if (rnd(2))
            strcpy(l->metric, "load/load:shortterm");
        if (rnd(2))
            decimal_set(&l->threshold, "4.5", 3);
    }
    return s;
}

/* ---- order: against all instances, listed the slow way ---- */

struct instances {
    struct oid_name *names;
    size_t n;
};

static int cmp_oid(const void *a, const void *b)
{
    const struct oid_name *x = a, *y = b;

    return oid_cmp(x->id, x->len, y->id, y->len);
}

static struct instances list_all(const struct snapshot *snap)
{
    struct instances all = {calloc(2000, sizeof *all.names), 0};
    struct value v;

    for (size_t k = 0; k < scalemon_mib.n_tables; k++) {
        const struct table *t = scalemon_mib.tables[k];
        for (size_t c = 0; c < t->n_columns; c++)
            for (size_t i = 0; i < t->count(snap) && t->columns[c].access >= ACCESS_READ; i++) {
                struct row row;
                t->at(snap, i, &row);
                if (column_get(&t->columns[c], snap, &row, &v)) {
                    assert_true(all.n < 2000);
                    mib_name(&scalemon_mib, t, &t->columns[c], &row, &all.names[all.n++]);
                }
            }
    }
    qsort(all.names, all.n, sizeof *all.names, cmp_oid);
    return all;
}

/* Something near an instance, or near nothing. */
static void random_probe(const struct instances *all, struct oid_name *out)
{
    if (all->n > 0)
        *out = all->names[rnd((unsigned)all->n)];
    switch (rnd(6)) {
    case 0:
        out->len = rnd((unsigned)out->len + 1);
        break;
    case 1:
        out->id[rnd((unsigned)out->len)] += rnd(2) ? 1 : UINT32_MAX;
        break;
    case 2:
        if (out->len < OID_MAX)
            out->id[out->len++] = rnd(3);
        break;
    case 3:
        out->id[out->len - 1 - rnd(3)] = rnd(130);
        break;
    case 4:
        while (out->len < OID_MAX)
            out->id[out->len++] = UINT32_MAX;
        break;
    default:
        break;
    }
}

static void next_and_get_agree_with_a_list(void **state)
{
    for (int round = 0; round < 100; round++) {
        struct view *view = random_view();
        struct settings *settings = settings_for(view);
        const struct snapshot snap = {rnd(10) ? view : NULL, settings};
        struct instances all = list_all(&snap);
        struct oid_name probe = {.len = 0}, next;
        struct value v;

        for (size_t i = 0; i < all.n; i++) { /* a walk meets each once, in order */
            assert_int_equal(mib_next(&scalemon_mib, &snap, probe.id, probe.len, &next, &v), GET_OK);
            assert_int_equal(cmp_oid(&next, &all.names[i]), 0);
            probe = next;
        }
        assert_int_equal(mib_next(&scalemon_mib, &snap, probe.id, probe.len, &next, &v), GET_END);
        for (int k = 0; k < 300; k++) {
            random_probe(&all, &probe);
            size_t i = 0;
            while (i < all.n && cmp_oid(&all.names[i], &probe) <= 0)
                i++;
            assert_int_equal(mib_next(&scalemon_mib, &snap, probe.id, probe.len, &next, &v),
                             i < all.n ? GET_OK : GET_END);
            if (i < all.n)
                assert_int_equal(cmp_oid(&next, &all.names[i]), 0);
            bool there = i > 0 && cmp_oid(&all.names[i - 1], &probe) == 0;
            assert_int_equal(mib_get(&scalemon_mib, &snap, probe.id, probe.len, &v) == GET_OK, there);
        }
        free(all.names);
        settings_release(settings);
        view_release(view);
    }
}

static void exceptions_are_told_apart(void **state)
{
    struct settings *s = settings_new("");
    const struct snapshot snap = {NULL, s};
    uint32_t id[OID_MAX];
    size_t root = scalemon_mib.root_len;
    struct value v;
    static const struct {
        uint32_t rel[8];
        size_t len;
        enum get_result want;
    } rows[] = {
        {{1, 1, 1, 0},        4, GET_OK         },
        {{1, 1, 1, 1},        4, GET_NO_INSTANCE},
        {{1, 1, 1},           3, GET_NO_INSTANCE},
        {{1, 1, 1, 0, 0},     5, GET_NO_INSTANCE},
        {{1, 1, 10, 0},       4, GET_NO_OBJECT  },
        {{1, 2, 1, 0},        4, GET_NO_INSTANCE},
        {{1, 4, 1, 1, 1, 97}, 6, GET_NO_OBJECT  }, /* an index cannot be read */
        {{1, 4, 1, 3, 1, 97}, 6, GET_NO_INSTANCE},
        {{1, 8, 1, 0},        4, GET_NO_OBJECT  }, /* only notifications carry it */
        {{1, 9, 1, 0},        4, GET_NO_OBJECT  },
        {{1},                 1, GET_NO_OBJECT  },
        {{0},                 0, GET_NO_OBJECT  },
    };

    memcpy(id, scalemon_mib.root, root * sizeof *id);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        memcpy(id + root, rows[i].rel, sizeof rows[i].rel);
        if (mib_get(&scalemon_mib, &snap, id, root + rows[i].len, &v) != rows[i].want)
            fail_msg("row %zu", i);
    }
    settings_release(s);
}

/* ---- the columns are the text's ---- */

static const char *access_text(enum access a)
{
    switch (a) {
    case ACCESS_NONE:
        return "not-accessible";
    case ACCESS_NOTIFY:
        return "accessible-for-notify";
    case ACCESS_READ:
        return "read-only";
    case ACCESS_WRITE:
        return "read-write";
    case ACCESS_CREATE:
        return "read-create";
    }
    return "?";
}

/* min and max as the text has them; false: the text has none. */
static bool text_range(const char *syntax, uint32_t *min, uint32_t *max)
{
    const char *p = strstr(syntax, "..");

    if (strstr(syntax, "TruthValue")) {
        *min = 1, *max = 2;
    } else if (strstr(syntax, "TestAndIncr")) {
        *min = 0, *max = INT32_MAX;
    } else if (strstr(syntax, "RowStatus")) {
        *min = 1, *max = 6;
    } else if (strstr(syntax, "StorageType")) {
        *min = 1, *max = 5;
    } else if (strchr(syntax, '{') != NULL) {
        *min = (uint32_t)strtoul(strchr(syntax, '(') + 1, NULL, 10);
        *max = (uint32_t)strtoul(strrchr(syntax, '(') + 1, NULL, 10);
    } else if (p != NULL) {
        *max = (uint32_t)strtoul(p + 2, NULL, 10);
        while (p[-1] >= '0' && p[-1] <= '9')
            p--;
        *min = (uint32_t)strtoul(p, NULL, 10);
    } else if (strstr(syntax, "SnmpAdminString")) {
        *min = 0, *max = 255;
    } else if (strstr(syntax, "Unsigned32")) {
        *min = 0, *max = UINT32_MAX;
    } else {
        return false;
    }
    return true;
}

static bool syntax_fits(enum syntax s, const char *text)
{
    switch (s) {
    case SYN_INTEGER:
        return strstr(text, "INTEGER") || strstr(text, "Integer32") || strstr(text, "TestAndIncr") ||
               strstr(text, "RowStatus") || strstr(text, "StorageType");
    case SYN_TRUTH:
        return strstr(text, "TruthValue");
    case SYN_UNSIGNED:
        return strstr(text, "Unsigned32");
    case SYN_GAUGE:
        return strstr(text, "Gauge32");
    case SYN_COUNTER:
        return strstr(text, "Counter32");
    case SYN_STRING:
        return strstr(text, "SnmpAdminString") || strstr(text, "ScmOutput");
    case SYN_DECIMAL:
        return strstr(text, "ScmDecimal");
    case SYN_TIME:
        return strstr(text, "DateAndTime");
    }
    return false;
}

/* "| a | b | c | d |" in place. */
static bool cells(char *line, char *cell[4])
{
    char *save = NULL;

    for (int i = 0; i < 4; i++)
        if ((cell[i] = strtok_r(i ? NULL : line, "|", &save)) == NULL)
            return false;
    return true;
}

static void columns_are_those_of_the_text(void **state)
{
    char path[4096], line[1024], *cell[4];
    size_t k = 0, c = 0;

    snprintf(path, sizeof path, "%s/mibs/OIDS.md", getenv("SCM_SRC") ? getenv("SCM_SRC") : ".");
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f) != NULL) {
        if (strncmp(line, "| 1.3.", 6) != 0 || !cells(line, cell) || strstr(cell[3], "-") == NULL)
            continue;
        if (k < scalemon_mib.n_tables && c == scalemon_mib.tables[k]->n_columns)
            k++, c = 0;
        assert_true(k < scalemon_mib.n_tables);
        const struct table *t = scalemon_mib.tables[k];
        const struct column *col = &t->columns[c++];
        char rel[64] = "", want[80];
        for (size_t i = 0; i < t->n_arcs; i++)
            snprintf(rel + strlen(rel), sizeof rel - strlen(rel), "%u.", t->arcs[i]);
        snprintf(want, sizeof want, ".2010.%s%u ", rel, col->arc);
        uint32_t min, max;
        if (strstr(cell[0], want) == NULL || strstr(cell[1], col->name) == NULL ||
            strlen(cell[1]) != strlen(col->name) + 2 || strstr(cell[3], access_text(col->access)) == NULL ||
            !syntax_fits(col->syntax, cell[2]))
            fail_msg("%s%s:%s:%s is not %s", cell[0], cell[1], cell[2], cell[3], col->name);
        if (col->access >= ACCESS_WRITE && col->syntax != SYN_DECIMAL &&
            (!text_range(cell[2], &min, &max) || (int64_t)min != col->min || (max != col->max)))
            fail_msg("%s: range %u..%u is not the text's: %s", col->name, col->min, col->max, cell[2]);
    }
    fclose(f);
    assert_int_equal(k, scalemon_mib.n_tables - 1);
    assert_int_equal(c, scalemon_mib.tables[k]->n_columns);
}

/* ---- SET ---- */

static struct varbind vb(uint32_t group, uint32_t table, uint32_t col, const char *name)
{
    struct varbind out = {.value.type = VALUE_OTHER};
    const struct row row = {.name = name};

    for (size_t k = 0; k < scalemon_mib.n_tables; k++) {
        const struct table *t = scalemon_mib.tables[k];
        if (t->arcs[1] == group && t->n_arcs == (table ? 3u : 2u)) {
            const struct column fake = {.arc = col};
            mib_name(&scalemon_mib, t, &fake, &row, &out.name);
        }
    }
    assert_true(out.name.len > 0);
    return out;
}

static struct varbind vb_int(uint32_t group, uint32_t table, uint32_t col, const char *name, int32_t i)
{
    struct varbind out = vb(group, table, col, name);

    value_int(&out.value, i);
    return out;
}

static struct varbind vb_u32(uint32_t group, uint32_t table, uint32_t col, const char *name, uint32_t u)
{
    struct varbind out = vb(group, table, col, name);

    out.value.type = VALUE_UNSIGNED;
    out.value.u = u;
    return out;
}

static struct varbind vb_text(uint32_t group, uint32_t table, uint32_t col, const char *name,
                              const char *text)
{
    struct varbind out = vb(group, table, col, name);

    value_text(&out.value, text);
    return out;
}

/* Portal "p" and a limit of the configuration, "c": load above 8. */
static struct settings *small_settings(void)
{
    struct settings *s = settings_new("eth0");
    struct setting_limit l = {
        .name = "c", .metric = "load/load:shortterm", .direction = LIMIT_ABOVE, .status = ROW_ACTIVE};

    assert_non_null(s);
    assert_true(settings_add_portal(s, "p", PORTAL_ADMIN_HOLD));
    assert_true(decimal_set(&l.threshold, "8", 1));
    assert_true(settings_add_limit(s, &l));
    return s;
}

/* Applies one PDU to *s; *s is the new one if it was good. */
static enum set_error apply(struct settings **s, const struct varbind *vbs, size_t n, size_t *failed)
{
    struct settings *draft = settings_clone(*s);
    struct view *view = view_new(0, 0, 0, 1);
    const struct snapshot snap = {view, *s};

    memcpy(view->eperfs[0].name, "t", 2);
    enum set_error e = mib_set(&scalemon_mib, &snap, draft, vbs, n, failed);
    view_release(view);
    if (e == SET_OK) {
        settings_release(*s);
        *s = draft;
    } else {
        settings_release(draft);
    }
    return e;
}

static void one_varbind(struct settings **s, struct varbind v, enum set_error want)
{
    size_t failed = 9;
    enum set_error e = apply(s, &v, 1, &failed);

    if (e != want)
        fail_msg("expected %d, got %d", want, e);
    assert_int_equal(failed, 0);
}

static void errors_are_rfc_3416s(void **state)
{
    struct settings *s = small_settings();
    char long_text[402];

    memset(long_text, '1', 400);
    long_text[400] = '\0';
    one_varbind(&s, vb_int(4, 1, 3, "p", 1), SET_OK);
    one_varbind(&s, vb_int(4, 1, 3, "p", 0), SET_WRONG_VALUE);
    one_varbind(&s, vb_int(4, 1, 3, "p", 4), SET_WRONG_VALUE);
    one_varbind(&s, vb_u32(4, 1, 3, "p", 1), SET_WRONG_TYPE);
    one_varbind(&s, vb_text(4, 1, 3, "p", "on"), SET_WRONG_TYPE);
    one_varbind(&s, vb(4, 1, 3, "p"), SET_WRONG_TYPE);
    one_varbind(&s, vb_int(4, 1, 3, "q", 1), SET_NO_CREATION);
    one_varbind(&s, vb_int(4, 1, 4, "p", 1), SET_NOT_WRITABLE);
    one_varbind(&s, vb_int(4, 1, 99, "p", 1), SET_NOT_WRITABLE);
    one_varbind(&s, vb_text(4, 1, 6, "p", "alice"), SET_OK);
    one_varbind(&s, vb_text(4, 1, 6, "p", long_text), SET_WRONG_LENGTH);
    one_varbind(&s, vb_text(4, 1, 6, "p", "a\nb"), SET_WRONG_VALUE);
    one_varbind(&s, vb_text(4, 1, 6, "p", "\xff"), SET_WRONG_VALUE);
    one_varbind(&s, vb_text(4, 1, 6, "p", "Zo\xc3\xab"), SET_OK);
    one_varbind(&s, vb_text(5, 1, 4, "c", "4.5"), SET_OK);
    one_varbind(&s, vb_text(5, 1, 4, "c", "4,5"), SET_WRONG_VALUE);
    one_varbind(&s, vb_text(5, 1, 4, "c", "4.5x"), SET_WRONG_VALUE);
    one_varbind(&s, vb_text(5, 1, 4, "c", "nan"), SET_WRONG_VALUE);
    one_varbind(&s, vb_text(5, 1, 4, "c", "-0x1"), SET_WRONG_VALUE);
    one_varbind(&s, vb_text(5, 1, 4, "c", ""), SET_WRONG_VALUE);
    one_varbind(&s, vb_text(5, 1, 4, "c", long_text), SET_WRONG_VALUE);
    one_varbind(&s, vb_u32(5, 1, 6, "c", 1000), SET_OK);
    one_varbind(&s, vb_u32(5, 1, 6, "c", 1001), SET_WRONG_VALUE);
    one_varbind(&s, vb_u32(5, 1, 6, "c", 0), SET_WRONG_VALUE);
    one_varbind(&s, vb_text(5, 1, 2, "new", "load/load"), SET_INCONSISTENT_NAME);
    one_varbind(&s, vb_text(5, 1, 2, "c", ""), SET_WRONG_LENGTH);
    one_varbind(&s, vb_u32(6, 1, 14, "t", 7), SET_OK);
    one_varbind(&s, vb_u32(6, 1, 14, "u", 7), SET_NO_CREATION);
    one_varbind(&s, vb_int(1, 0, 6, "", 2), SET_OK);
    one_varbind(&s, vb_int(1, 0, 6, "", 3), SET_WRONG_VALUE);
    one_varbind(&s, vb_int(1, 0, 1, "", 3), SET_NOT_WRITABLE);
    one_varbind(&s, vb_int(1, 0, 7, "", 1), SET_INCONSISTENT_VALUE);
    one_varbind(&s, vb_int(1, 0, 7, "", 0), SET_OK);
    one_varbind(&s, vb_int(1, 0, 7, "", 0), SET_INCONSISTENT_VALUE);
    assert_int_equal(s->set_lock, 1);

    struct varbind bad_index = vb_int(4, 1, 3, "p", 1);
    bad_index.name.id[bad_index.name.len - 1] = 300;
    one_varbind(&s, bad_index, SET_NO_CREATION);
    bad_index.name.len--;
    one_varbind(&s, bad_index, SET_NO_CREATION);
    settings_release(s);
}

static void a_pdu_is_all_or_nothing(void **state)
{
    struct settings *s = small_settings();
    size_t failed;
    struct varbind vbs[] = {vb_int(4, 1, 3, "p", 1), vb_text(4, 1, 6, "p", "me"), vb_int(1, 0, 7, "", 5)};

    assert_int_equal(apply(&s, vbs, 3, &failed), SET_INCONSISTENT_VALUE);
    assert_int_equal(failed, 2);
    assert_int_equal(settings_portal(s, "p")->admin, PORTAL_ADMIN_HOLD);
    value_int(&vbs[2].value, 0);
    assert_int_equal(apply(&s, vbs, 3, &failed), SET_OK);
    assert_int_equal(settings_portal(s, "p")->admin, PORTAL_ADMIN_ON);
    assert_string_equal(settings_portal(s, "p")->requester, "me");

    /* the same variable twice: the same value is one setting, two values are a contradiction */
    struct varbind twice[] = {vb_int(4, 1, 3, "p", 2), vb_int(4, 1, 3, "p", 2)};
    assert_int_equal(apply(&s, twice, 2, &failed), SET_OK);
    value_int(&twice[1].value, 1);
    assert_int_equal(apply(&s, twice, 2, &failed), SET_INCONSISTENT_VALUE);
    assert_int_equal(failed, 1);
    settings_release(s);
}

/* Nobody's words are held against somebody else. */
static void who_says_nothing_is_not_named_after_the_last_one(void **state)
{
    struct settings *s = small_settings();
    size_t failed;
    struct varbind mine[] = {vb_text(4, 1, 6, "p", "me"), vb_int(4, 1, 3, "p", 1)};

    assert_int_equal(apply(&s, mine, 2, &failed), SET_OK);
    assert_int_equal(apply(&s, mine, 2, &failed), SET_OK); /* sent twice */
    one_varbind(&s, vb_int(4, 1, 3, "p", 1), SET_OK);      /* and no change is nobody's */
    assert_string_equal(settings_portal(s, "p")->requester, "me");
    one_varbind(&s, vb_int(4, 1, 3, "p", 2), SET_OK);
    assert_string_equal(settings_portal(s, "p")->requester, "");
    one_varbind(&s, vb_text(4, 1, 6, "p", "late"), SET_OK);
    assert_string_equal(settings_portal(s, "p")->requester, "late");
    settings_release(s);
}

static void row_status_is_rfc_2579s(void **state)
{
    struct settings *s = small_settings();
    size_t failed;

    /* createAndGo wants everything in one PDU, in any order */
    one_varbind(&s, vb_int(5, 1, 13, "a", ROW_CREATE_AND_GO), SET_INCONSISTENT_VALUE);
    struct varbind go[] = {vb_text(5, 1, 4, "a", "4.5"), vb_int(5, 1, 13, "a", ROW_CREATE_AND_GO),
                           vb_text(5, 1, 2, "a", "load/load:midterm"), vb_int(5, 1, 3, "a", LIMIT_ABOVE)};
    assert_int_equal(apply(&s, go, 4, &failed), SET_OK);
    assert_int_equal(settings_limit(s, "a")->status, ROW_ACTIVE);
    assert_int_equal(settings_limit(s, "a")->hits, 1);
    assert_int_equal(settings_limit(s, "a")->storage, STORAGE_NONVOLATILE);
    assert_string_equal(limit_clear(settings_limit(s, "a"))->text, "4.5");
    assert_int_equal(apply(&s, go, 4, &failed), SET_INCONSISTENT_VALUE); /* sent twice: there already */
    assert_int_equal(failed, 1);

    /* createAndWait grows column by column */
    one_varbind(&s, vb_int(5, 1, 13, "w", ROW_CREATE_AND_WAIT), SET_OK);
    assert_int_equal(settings_limit(s, "w")->status, ROW_NOT_READY);
    one_varbind(&s, vb_int(5, 1, 13, "w", ROW_ACTIVE), SET_INCONSISTENT_VALUE);
    one_varbind(&s, vb_int(5, 1, 13, "w", ROW_NOT_IN_SERVICE), SET_INCONSISTENT_VALUE);
    one_varbind(&s, vb_text(5, 1, 2, "w", "load/load:midterm"), SET_OK);
    one_varbind(&s, vb_int(5, 1, 3, "w", LIMIT_BELOW), SET_OK);
    one_varbind(&s, vb_text(5, 1, 4, "w", "2"), SET_OK);
    assert_int_equal(settings_limit(s, "w")->status, ROW_NOT_IN_SERVICE);
    one_varbind(&s, vb_text(5, 1, 5, "w", "1"), SET_OK); /* on the wrong side: not ready any more */
    assert_int_equal(settings_limit(s, "w")->status, ROW_NOT_READY);
    one_varbind(&s, vb_text(5, 1, 5, "w", "3"), SET_OK);
    one_varbind(&s, vb_int(5, 1, 13, "w", ROW_ACTIVE), SET_OK);
    one_varbind(&s, vb_text(5, 1, 5, "w", "1"), SET_INCONSISTENT_VALUE); /* an active row stays ready */
    one_varbind(&s, vb_int(5, 1, 13, "w", ROW_NOT_IN_SERVICE), SET_OK);
    one_varbind(&s, vb_int(5, 1, 13, "w", ROW_ACTIVE), SET_OK);
    one_varbind(&s, vb_int(5, 1, 12, "w", STORAGE_VOLATILE), SET_OK);
    one_varbind(&s, vb_int(5, 1, 12, "w", 1), SET_WRONG_VALUE);
    one_varbind(&s, vb_int(5, 1, 12, "w", 5), SET_WRONG_VALUE);

    /* verbs that are none, or come too late */
    one_varbind(&s, vb_int(5, 1, 13, "w", ROW_NOT_READY), SET_WRONG_VALUE);
    one_varbind(&s, vb_int(5, 1, 13, "w", 7), SET_WRONG_VALUE);
    one_varbind(&s, vb_int(5, 1, 13, "none", ROW_ACTIVE), SET_INCONSISTENT_VALUE);
    one_varbind(&s, vb_int(5, 1, 13, "none", ROW_DESTROY), SET_OK);
    one_varbind(&s, vb_int(5, 1, 13, "w", ROW_DESTROY), SET_OK);
    assert_null(settings_limit(s, "w"));

    /* what goes need not be in order, wherever in the PDU that is said */
    struct varbind gone[] = {vb_text(5, 1, 5, "a", "9"), vb_int(5, 1, 13, "a", ROW_DESTROY), vb_int(5, 1, 3, "a", LIMIT_ABOVE)};
    assert_int_equal(settings_limit(s, "a")->status, ROW_ACTIVE);
    assert_int_equal(apply(&s, gone, 1, &failed), SET_INCONSISTENT_VALUE);
    assert_int_equal(apply(&s, gone, 3, &failed), SET_OK);
    assert_null(settings_limit(s, "a"));
    assert_int_equal(apply(&s, go, 4, &failed), SET_OK);

    /* a limit of the configuration: overridden, reverted, never gone */
    one_varbind(&s, vb_int(5, 1, 13, "c", ROW_DESTROY), SET_INCONSISTENT_VALUE);
    one_varbind(&s, vb_text(5, 1, 4, "c", "8"), SET_OK); /* as it was: still the configuration's */
    assert_int_equal(settings_limit(s, "c")->storage, STORAGE_PERMANENT);
    one_varbind(&s, vb_text(5, 1, 4, "c", "9"), SET_OK);
    assert_int_equal(settings_limit(s, "c")->storage, STORAGE_NONVOLATILE);
    one_varbind(&s, vb_int(5, 1, 12, "c", STORAGE_VOLATILE), SET_INCONSISTENT_VALUE);
    one_varbind(&s, vb_int(5, 1, 13, "c", ROW_DESTROY), SET_OK);
    assert_string_equal(settings_limit(s, "c")->threshold.text, "8");
    assert_int_equal(settings_limit(s, "c")->storage, STORAGE_PERMANENT);
    settings_release(s);
}

/* ---- notifications ---- */

struct collected {
    size_t n;
    struct oid_name names[NOTIFY_VARBINDS_MAX];
    char values[NOTIFY_VARBINDS_MAX][64];
};

static bool collect(void *arg, const struct oid_name *name, const struct value *v)
{
    struct collected *c = arg;
    char *text = c->values[c->n];

    c->names[c->n++] = *name;
    if (v->type == VALUE_STRING)
        snprintf(text, 64, "%.*s", (int)v->s.len, v->s.p);
    else
        snprintf(text, 64, "%u", v->u);
    return true;
}

static void a_notification_carries_the_moment(void **state)
{
    const struct scm_event e = {.index = 77,
                            .time_ms = 1700000000000,
                            .type = EVENT_LIMIT_EXCEEDED,
                            .object = "load-high",
                            .old_state = "ok",
                            .new_state = "exceeded",
                            .value = "9.25",
                            .text = "hot",
                            .metric = "web1/load/load:shortterm",
                            .host = "web1",
                            .threshold = "8",
                            .requester = "",
                            .since_ms = 1700000000000,
                            .code = LIMIT_FAILURE,
                            .state = LIMIT_STATE_EXCEEDED};
    static const char *const want[] = {"77",       NULL,  "load-high", "ok",
                                       "exceeded", "hot", "2",         "9.25",
                                       "8",        "2",   NULL,        "web1/load/load:shortterm",
                                       "web1"};
    struct collected got = {0};
    struct oid_name trap;

    assert_true(notify_oid(&scalemon_mib, &e, &trap));
    assert_int_equal(trap.id[trap.len - 1], 2);
    assert_int_equal(trap.id[trap.len - 2], 0);
    assert_true(notify_objects(&scalemon_mib, &e, collect, &got));
    assert_int_equal(got.n, COUNT_OF(want));
    for (size_t i = 0; i < got.n; i++)
        if (want[i] != NULL)
            assert_string_equal(got.values[i], want[i]);
    /* scmEventIndex.77 and scmLimitState."load-high" */
    assert_int_equal(got.names[0].id[got.names[0].len - 1], 77);
    assert_int_equal(got.names[6].id[got.names[6].len - 10], 9);

    const struct scm_event silent = {.type = EVENT_STORE, .object = "store"};
    assert_false(notify_oid(&scalemon_mib, &silent, &trap));
}

static void times_and_decimals_are_written_right(void **state)
{
    struct value v;
    static const unsigned char want[11] = {0x07, 0xe8, 2, 29, 23, 59, 58, 7, '+', 0, 0};

    assert_true(value_time(&v, 1709251198700));
    assert_int_equal(v.s.len, 11);
    assert_memory_equal(v.s.p, want, 11);
    assert_false(value_time(&v, 0));

    static const struct {
        double d;
        const char *text;
    } rows[] = {
        {0,             "0"                },
        {4.5,           "4.5"              },
        {0.1,           "0.1"              },
        {-3,            "-3"               },
        {1e20,          "1e+20"            },
        {1.0 / 3,       "0.333333333333333"},
        {123456789012., "123456789012"     },
        {1000000,       "1000000"          },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_true(value_decimal(&v, rows[i].d));
        if (v.s.len < strlen(rows[i].text) || strncmp(v.s.p, rows[i].text, strlen(rows[i].text)) != 0)
            fail_msg("%g: got %.*s", rows[i].d, (int)v.s.len, v.s.p);
        assert_true(strtod(v.s.p, NULL) >= rows[i].d && strtod(v.s.p, NULL) <= rows[i].d);
    }
    assert_false(value_decimal(&v, 1.0 / 0.0));
    assert_false(value_decimal(&v, 0.0 / 0.0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(next_and_get_agree_with_a_list),
        cmocka_unit_test(exceptions_are_told_apart),
        cmocka_unit_test(columns_are_those_of_the_text),
        cmocka_unit_test(errors_are_rfc_3416s),
        cmocka_unit_test(a_pdu_is_all_or_nothing),
        cmocka_unit_test(who_says_nothing_is_not_named_after_the_last_one),
        cmocka_unit_test(row_status_is_rfc_2579s),
        cmocka_unit_test(a_notification_carries_the_moment),
        cmocka_unit_test(times_and_decimals_are_written_right),
    };

    seed = getenv("SCM_SEED") ? (unsigned)strtoul(getenv("SCM_SEED"), NULL, 10) : (unsigned)time(NULL);
    printf("# seed %u\n", seed);
    fflush(stdout);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
