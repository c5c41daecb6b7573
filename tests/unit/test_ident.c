#include "tests/unit/unit.h"

#include "common/ident.h"

static void splits_as_collectd_does(void **state)
{
    struct ident id;
    static const char full[] = "db1.example/interface-eth0/if_octets-a-b:rx";

    assert_true(ident_parse(full, strlen(full), &id));
    assert_string_equal(id.host, "db1.example");
    assert_string_equal(id.plugin, "interface");
    assert_string_equal(id.plugin_instance, "eth0");
    assert_string_equal(id.type, "if_octets");
    assert_string_equal(id.type_instance, "a-b");
    assert_string_equal(id.ds, "rx");

    char buf[IDENT_MAX + 1];
    assert_int_equal(ident_format(&id, buf, sizeof buf), strlen(full) - 3);
    assert_memory_equal(buf, full, strlen(full) - 3);
    assert_int_equal(ident_format(&id, buf, 10), 0);
}

static void host_may_be_absent(void **state)
{
    struct ident id;
    char buf[IDENT_MAX + 1];

    assert_true(ident_parse("load/load", 9, &id));
    assert_string_equal(id.host, "");
    assert_string_equal(id.type_instance, "");
    assert_int_equal(ident_format(&id, buf, sizeof buf), 9);
    assert_string_equal(buf, "load/load");
}

static void refuses_the_rest(void **state)
{
    static const char *const bad[] = {
        "", "load", "a/b/c/d", "/load/load", "host//load", "h/load/", "h/-x/t", "h/p-/t", "h/p/t:", "h/p/t-", "h/p\n/t",
    };
    struct ident id;

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(ident_parse(bad[i], strlen(bad[i]), &id));
    char part[IDENT_PART_MAX + 1 + 9];
    memset(part, 'x', sizeof part);
    memcpy(part + IDENT_PART_MAX + 1, "/load/loa", 9);
    assert_false(ident_parse(part, sizeof part, &id));
    assert_true(ident_parse(part + 1, sizeof part - 1, &id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits_as_collectd_does),
        cmocka_unit_test(host_may_be_absent),
        cmocka_unit_test(refuses_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
