#include "tests/unit/unit.h"

#include "console/fetch.h"

static const enum mib_object scalars[] = {AGENT_STARTED, LOAD1};
static const enum mib_object columns[] = {PORTAL_ADMIN, PORTAL_OPER};
static const struct fetch_spec spec = {
    .scalars = scalars, .n_scalars = 2, .columns = columns, .n_columns = 2, .rows_max = 3, .rows_usual = 1};

static struct fetch fetch;
static struct answer answer;
static netsnmp_variable_list *vars;
static char why[FETCH_WHY_MAX];

static int start(void **state)
{
    memset(&answer, 0, sizeof answer);
    fetch_start(&fetch, &spec, &answer);
    vars = NULL;
    why[0] = '\0';
    return 0;
}

static int end(void **state)
{
    answer_clear(&answer);
    snmp_free_varbind(vars);
    return 0;
}

static void add(enum mib_object object, const char *row, u_char type, const void *value, size_t len)
{
    oid name[MIB_OID_MAX];
    struct mib_index index;
    if (row != NULL)
        assert_true(mib_index_name(&index, row));
    size_t n = mib_instance(object, row != NULL ? &index : NULL, name);
    assert_non_null(snmp_varlist_add_variable(&vars, name, n, type, value, len));
}

static void number(enum mib_object object, const char *row, u_char type, long v)
{
    add(object, row, type, &v, sizeof v);
}

static void started(void)
{
    static const u_char date[] = {0x07, 0xea, 11, 21, 22, 5, 1, 3, '+', 0, 0};
    add(AGENT_STARTED, NULL, ASN_OCTET_STR, date, sizeof date);
}

static enum fetch_result take(long error)
{
    enum fetch_result r = fetch_take(&fetch, error, vars, why);
    snmp_free_varbind(vars);
    vars = NULL;
    return r;
}

static void one_request_does_for_a_small_host(void **state)
{
    struct fetch_request request;
    fetch_next(&fetch, &request);
    assert_int_equal(request.n, 4);
    assert_int_equal(request.non_repeaters, 2);
    assert_int_equal(request.repetitions, 2);
    started();
    number(LOAD1, NULL, ASN_GAUGE, 142);
    number(PORTAL_ADMIN, "liferay", ASN_INTEGER, 1);
    number(PORTAL_OPER, "liferay", ASN_INTEGER, 3);
    number(PORTAL_OPER, "liferay", ASN_INTEGER, 3); /* the column ended: the next one shows */
    number(LIMIT_STATE, "load", ASN_INTEGER, 1);
    assert_int_equal(take(0), FETCH_DONE);
    assert_int_equal(cell_number(answer_scalar(&answer, LOAD1), 0), 142);
    assert_int_equal(cell_number(answer_scalar(&answer, AGENT_STARTED), 0), 1795298701300);
    const struct row *row = answer_row_named(&answer, TABLE_PORTAL, "liferay");
    assert_non_null(row);
    assert_int_equal(cell_number(row_cell(row, PORTAL_OPER), 0), OPER_ON);
}

static void goes_on_where_the_answer_was_cut(void **state)
{
    struct fetch_request request;
    oid name[MIB_OID_MAX];
    struct mib_index index;
    started();
    number(LOAD1, NULL, ASN_GAUGE, 1);
    number(PORTAL_ADMIN, "a", ASN_INTEGER, 1);
    assert_int_equal(take(0), FETCH_MORE);
    fetch_next(&fetch, &request);
    assert_int_equal(request.n, 2);
    assert_int_equal(request.non_repeaters, 0);
    mib_index_name(&index, "a");
    size_t len = mib_instance(PORTAL_ADMIN, &index, name);
    assert_int_equal(request.oids[0].len, len);
    assert_memory_equal(request.oids[0].name, name, len * sizeof *name);
    assert_int_equal(request.oids[1].len, mib_oid(PORTAL_OPER, name));
}

static void absent_scalars_stay_absent(void **state)
{
    number(AGENT_ADMIN, NULL, ASN_INTEGER, 1); /* GETNEXT shows the object after */
    number(LOAD5, NULL, ASN_GAUGE, 7);
    add(LOAD1, NULL, SNMP_ENDOFMIBVIEW, NULL, 0);
    add(LOAD1, NULL, SNMP_ENDOFMIBVIEW, NULL, 0);
    assert_int_equal(take(0), FETCH_DONE);
    assert_int_equal(answer_scalar(&answer, AGENT_STARTED)->kind, CELL_ABSENT);
    assert_int_equal(answer_scalar(&answer, LOAD1)->kind, CELL_ABSENT);
    assert_int_equal(answer_scalar(&answer, LOAD5)->kind, CELL_ABSENT);
}

static void lie(const char *expected)
{
    assert_int_equal(take(0), FETCH_LIE);
    if (strstr(why, expected) == NULL)
        fail_msg("%s; expected %s", why, expected);
}

static void a_wrong_type_is_a_lie(void **state)
{
    struct counter64 big = {1, 2};
    started();
    add(LOAD1, NULL, ASN_COUNTER64, &big, sizeof big);
    lie("scmLoad1 is Counter64, expected a Gauge32");
}

static void a_wrong_date_is_a_lie(void **state)
{
    add(AGENT_STARTED, NULL, ASN_OCTET_STR, "yesterday", 9);
    lie("scmAgentStarted is OCTET STRING of 9 bytes, expected a DateAndTime");
}

static void standing_still_is_a_lie(void **state)
{
    started();
    number(LOAD1, NULL, ASN_GAUGE, 1);
    number(PORTAL_ADMIN, "b", ASN_INTEGER, 1);
    number(PORTAL_OPER, "b", ASN_INTEGER, 1);
    number(PORTAL_ADMIN, "b", ASN_INTEGER, 1);
    lie("does not advance");
}

static void going_back_is_a_lie(void **state)
{
    started();
    number(LOAD1, NULL, ASN_GAUGE, 1);
    number(PORTAL_ADMIN, "bb", ASN_INTEGER, 1);
    number(PORTAL_OPER, "bb", ASN_INTEGER, 1);
    number(PORTAL_ADMIN, "z", ASN_INTEGER, 1); /* shorter names come first */
    lie("does not advance");
}

static void too_many_rows_are_a_lie(void **state)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    started();
    number(LOAD1, NULL, ASN_GAUGE, 1);
    for (size_t i = 0; i < 2; i++) {
        number(PORTAL_ADMIN, names[i], ASN_INTEGER, 1);
        number(PORTAL_OPER, names[i], ASN_INTEGER, 1);
    }
    assert_int_equal(take(0), FETCH_MORE);
    for (size_t i = 2; i < 4; i++) {
        number(PORTAL_ADMIN, names[i], ASN_INTEGER, 1);
        number(PORTAL_OPER, names[i], ASN_INTEGER, 1);
    }
    lie("more than 3 rows");
}

static void more_variables_than_asked_are_a_lie(void **state)
{
    started();
    number(LOAD1, NULL, ASN_GAUGE, 1);
    for (int i = 0; i < 5; i++)
        add(PORTAL_ADMIN, "a", SNMP_ENDOFMIBVIEW, NULL, 0);
    lie("more variables than the 6");
}

static void no_variables_are_a_lie(void **state)
{
    lie("0 variables");
}

static void an_index_that_is_none_is_a_lie(void **state)
{
    oid name[MIB_OID_MAX];
    long one = 1;
    started();
    number(LOAD1, NULL, ASN_GAUGE, 1);
    size_t n = mib_oid(PORTAL_ADMIN, name);
    name[n++] = 2;
    name[n++] = 'a'; /* one character where the length says two */
    snmp_varlist_add_variable(&vars, name, n, ASN_INTEGER, &one, sizeof one);
    lie("index that its table cannot have");
}

static void control_characters_in_an_index_are_a_lie(void **state)
{
    started();
    number(LOAD1, NULL, ASN_GAUGE, 1);
    number(PORTAL_ADMIN, "\033[2J", ASN_INTEGER, 1);
    lie("index that its table cannot have");
}

static void too_big_asks_for_less(void **state)
{
    struct fetch_request request;
    assert_int_equal(take(SNMP_ERR_TOOBIG), FETCH_MORE);
    fetch_next(&fetch, &request);
    assert_int_equal(request.repetitions, 1);
    assert_int_equal(request.non_repeaters, 2);
    assert_int_equal(take(SNMP_ERR_TOOBIG), FETCH_ERROR);
    assert_non_null(strstr(why, "tooBig"));
}

static void an_error_is_told(void **state)
{
    assert_int_equal(take(SNMP_ERR_GENERR), FETCH_ERROR);
    assert_non_null(strstr(why, "genErr"));
}

static void texts_are_cleaned(void **state)
{
    static const enum mib_object one[] = {AGENT_VERSION};
    const struct fetch_spec version = {.scalars = one, .n_scalars = 1};
    fetch_start(&fetch, &version, &answer);
    add(AGENT_VERSION, NULL, ASN_OCTET_STR, "1\033[2J", 5);
    assert_int_equal(take(0), FETCH_DONE);
    assert_string_equal(cell_text(answer_scalar(&answer, AGENT_VERSION)), "1?[2J");
}

static void every_object_knows_its_own_instances(void **state)
{
    for (int o = 0; o < MIB_OBJECTS; o++) {
        const struct mib_def *def = mib_def((enum mib_object)o);
        struct mib_index index = {.number = 7}, back;
        oid name[MIB_OID_MAX];
        if (def->table != TABLE_EVENT)
            mib_index_name(&index, "name");
        size_t n = mib_instance((enum mib_object)o, def->table == TABLE_NONE ? NULL : &index, name);
        assert_int_equal(mib_match((enum mib_object)o, name, n, &back), MATCH_INSTANCE);
        if (def->table != TABLE_NONE)
            assert_int_equal(mib_index_cmp(def->table, &index, &back), 0);
        for (int other = 0; other < MIB_OBJECTS; other++)
            if (other != o)
                assert_int_equal(mib_match((enum mib_object)other, name, n, &back), MATCH_OTHER);
    }
}

static void a_row_is_found_among_many(void **state)
{
    char name[8];
    struct mib_index index;
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "p%d", i * 37 % 300);
        assert_true(mib_index_name(&index, name));
        assert_non_null(answer_row_make(&answer, TABLE_PORTAL, &index));
    }
    const struct rows *rows = &answer.tables[TABLE_PORTAL];
    assert_int_equal(rows->n, 300);
    for (size_t i = 1; i < rows->n; i++)
        assert_true(mib_index_cmp(TABLE_PORTAL, &rows->row[i - 1].index, &rows->row[i].index) < 0);
    assert_non_null(answer_row_named(&answer, TABLE_PORTAL, "p299"));
    assert_null(answer_row_named(&answer, TABLE_PORTAL, "p300"));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, end)
    const struct CMUnitTest tests[] = {
        TEST(one_request_does_for_a_small_host),
        TEST(goes_on_where_the_answer_was_cut),
        TEST(absent_scalars_stay_absent),
        TEST(a_wrong_type_is_a_lie),
        TEST(a_wrong_date_is_a_lie),
        TEST(standing_still_is_a_lie),
        TEST(going_back_is_a_lie),
        TEST(too_many_rows_are_a_lie),
        TEST(more_variables_than_asked_are_a_lie),
        TEST(no_variables_are_a_lie),
        TEST(an_index_that_is_none_is_a_lie),
        TEST(control_characters_in_an_index_are_a_lie),
        TEST(too_big_asks_for_less),
        TEST(an_error_is_told),
        TEST(texts_are_cleaned),
        TEST(every_object_knows_its_own_instances),
        TEST(a_row_is_found_among_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
