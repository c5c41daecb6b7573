#include "tests/unit/unit.h"

#include <stdio.h>

#include "console/known_hosts.h"
#include "console/limit_job.h"
#include "console/out.h"
#include "console/resolve.h"
#include "console/summary.h"

#include "common/ident.h"

#include <sys/socket.h>

static const struct out_column columns[] = {
    {"NAME", "name",   false},
    {"N",    "number", true },
    {NULL,   "hidden", false},
    {"TEXT", NULL,     false}
};

static void print(enum out_format format, bool stream, const char *expected)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    struct out *o = out_open(f, format, columns, 4, stream);
    assert_non_null(o);
    out_text(o, "a, \"b\"");
    out_cell(o, json_integer(12345), "12.3k");
    out_text(o, "h");
    out_text(o, "t");
    out_text(o, "");
    out_cell(o, NULL, NULL);
    out_cell(o, json_real(1.42), NULL);
    out_text(o, "longer");
    assert_true(out_close(o));
    fclose(f);
    assert_string_equal(text, expected);
    free(text);
}

static void a_table_is_aligned(void **state)
{
    print(OUT_TABLE, false,
          "NAME        N  TEXT\n"
          "a, \"b\"  12.3k  t\n"
          "-           -  longer\n");
}

static void a_stream_has_its_titles_widths(void **state)
{
    print(OUT_TABLE, true,
          "NAME  N  TEXT\n"
          "a, \"b\"  12.3k  t\n"
          "-     -  longer\n");
}

static void json_is_json(void **state)
{
    print(OUT_JSON, false,
          "[\n"
          "{\"name\":\"a, \\\"b\\\"\",\"number\":12345,\"hidden\":\"h\"},\n"
          "{\"name\":null,\"number\":null,\"hidden\":1.42}\n"
          "]\n");
    print(OUT_JSON, true,
          "{\"name\":\"a, \\\"b\\\"\",\"number\":12345,\"hidden\":\"h\"}\n"
          "{\"name\":null,\"number\":null,\"hidden\":1.42}\n");
}

static void csv_is_quoted(void **state)
{
    print(OUT_CSV, false,
          "name,number,hidden\r\n"
          "\"a, \"\"b\"\"\",12345,h\r\n"
          ",,1.42\r\n");
}

static void units(void **state)
{
    char buf[SHOW_MAX];
    assert_string_equal(show_bits(buf, 0), "0");
    assert_string_equal(show_bits(buf, 678), "678k");
    assert_string_equal(show_bits(buf, 12345), "12.3M");
    assert_string_equal(show_bits(buf, 940000), "940M");
    assert_string_equal(show_bits(buf, 4294967295), "4.3T");
    assert_string_equal(show_bytes(buf, 512), "512Ki");
    assert_string_equal(show_bytes(buf, 3123456), "3.0Gi");
    assert_string_equal(show_load(buf, 7), "0.07");
    assert_string_equal(show_load(buf, 1234), "12.34");
}

static void hosts_of_listval(void **state)
{
    char host[IDENT_PART_MAX + 1];
    static const char line[] = "1698765432.123 web1.example/load/load";
    assert_true(known_host_line(line, strlen(line), host));
    assert_string_equal(host, "web1.example");
    assert_false(known_host_line("no time", 7, host));
    assert_false(known_host_line("1.0 load/load", 13, host)); /* no host part */
    assert_false(known_host_line("", 0, host));
}

static void names_want_a_look_up(void **state)
{
    struct resolve r;
    assert_true(resolve_wanted("web1", 0, &r));
    assert_string_equal(r.name, "web1");
    assert_int_equal(r.port, 0);
    assert_true(resolve_wanted("web1:1161", 161, &r));
    assert_string_equal(r.name, "web1");
    assert_int_equal(r.port, 1161);
    assert_true(resolve_wanted("web1", 161, &r));
    assert_int_equal(r.port, 161);
    assert_true(resolve_wanted("udp:web1", 161, &r));
    assert_string_equal(r.name, "web1");
    assert_true(r.port == 161 && r.family == AF_INET && !r.tcp);
    assert_true(resolve_wanted("tcp6:web1:1161", 161, &r));
    assert_string_equal(r.name, "web1");
    assert_true(r.port == 1161 && r.family == AF_INET6 && r.tcp);
    static const char *const others[] = {"10.0.0.1",
                                         "10.0.0.1:161",
                                         "::1",
                                         "udp6:[::1]:161",
                                         "udp:10.0.0.1",
                                         "udp6:::1",
                                         "tcp:10.0.0.1:161",
                                         "/run/x",
                                         "unix:/run/x",
                                         "dtlsudp:web1:161",
                                         "web1:snmp1",
                                         "udp:",
                                         "",
                                         ":1"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_false(resolve_wanted(others[i], 0, &r));
}

static void one_name_that_is_none_costs_the_other_nothing(void **state)
{
    struct resolve list[3];
    assert_true(resolve_wanted("localhost", 7, &list[0]));
    assert_true(resolve_wanted("no-such-host.invalid", 0, &list[1]));
    assert_true(resolve_wanted("tcp:localhost:8", 0, &list[2]));
    resolve_all(list, 3, 5000);
    assert_true(strcmp(list[0].address, "udp:127.0.0.1:7") == 0 ||
                strcmp(list[0].address, "udp6:[::1]:7") == 0);
    assert_string_equal(list[2].address, "tcp:127.0.0.1:8");
    assert_string_equal(list[1].address, "");
    assert_non_null(list[1].why);
}

static void a_text_cut_inside_a_character_is_shown_all_the_same(void **state)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    struct out *o = out_open(f, OUT_JSON, columns, 1, true);
    assert_non_null(o);
    out_text(o, "failed: \xc3\xa9t\xc3"); /* "été" after five bytes */
    assert_true(out_close(o));
    fclose(f);
    assert_string_equal(text, "{\"name\":\"failed: \xc3\xa9t?\"}\n");
    free(text);
}

static void limit_settings(void **state)
{
    struct limit_wanted w = {0};
    assert_null(limit_setting(&w, "above", "8.5"));
    assert_string_equal(w.threshold, "8.5");
    assert_int_equal(w.direction, 1);
    assert_null(limit_setting(&w, "below", "-3"));
    assert_int_equal(w.direction, 2);
    assert_null(limit_setting(&w, "hits", "1000"));
    assert_int_equal(w.hits, 1000);
    assert_null(limit_setting(&w, "severity", "failure"));
    assert_non_null(limit_setting(&w, "hits", "1001"));
    assert_non_null(limit_setting(&w, "clear", "much"));
    assert_non_null(limit_setting(&w, "severity", "loud"));
    assert_non_null(limit_setting(&w, "colour", "red"));
    assert_non_null(limit_setting(&w, "metric", ""));
}

static struct row *row(struct answer *a, enum mib_table table, const char *name)
{
    struct mib_index index;
    assert_true(mib_index_name(&index, name));
    struct row *r = answer_row_make(a, table, &index);
    assert_non_null(r);
    return r;
}

static void set(struct row *r, enum mib_object object, int64_t v)
{
    r->cells[mib_def(object)->arc - 1] = (struct cell){.kind = CELL_NUMBER, .number = v};
}

static void a_summary_is_the_worst_of_a_host(void **state)
{
    struct answer a = {0};
    struct summary s;
    summarise(&s, HOST_UP, &a);
    assert_int_equal(s.health, HEALTH_WELL);
    assert_string_equal(s.portal_words, "");
    set(row(&a, TABLE_PORTAL, "shop"), PORTAL_OPER, OPER_ON);
    set(row(&a, TABLE_PORTAL, "liferay"), PORTAL_OPER, OPER_BACKOFF);
    set(row(&a, TABLE_LIMIT, "mem"), LIMIT_STATE, LIMIT_OK);
    summarise(&s, HOST_UP, &a);
    assert_int_equal(s.health, HEALTH_WARNING);
    assert_string_equal(s.portal_words, "shop:on liferay:backoff");
    assert_string_equal(s.portal_brief, "1/2 on");
    struct row *mem = row(&a, TABLE_LIMIT, "mem");
    set(mem, LIMIT_STATE, LIMIT_EXCEEDED);
    set(mem, LIMIT_SEVERITY, SEVERITY_FAILURE);
    summarise(&s, HOST_UP, &a);
    assert_int_equal(s.health, HEALTH_FAILURE);
    assert_string_equal(s.alarm_words, "mem!");
    summarise(&s, HOST_NO_ANSWER, &a);
    assert_int_equal(s.health, HEALTH_DOWN);
    assert_string_equal(s.portal_words, ""); /* old values are no values */
    answer_clear(&a);
}

static void words_without_end_are_cut(void **state)
{
    struct answer a = {0};
    struct summary s;
    char name[MIB_NAME_MAX + 1];
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "portal-with-a-long-name-%03d", i);
        set(row(&a, TABLE_PORTAL, name), PORTAL_OPER, OPER_FAILED);
        set(row(&a, TABLE_LIMIT, name), LIMIT_STATE, LIMIT_EXCEEDED);
    }
    summarise(&s, HOST_UP, &a);
    assert_true(strlen(s.portal_words) < SUMMARY_WORDS_MAX);
    assert_int_equal(s.portals, 200);
    assert_string_equal(s.alarm_brief, "200 limits");
    answer_clear(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_is_aligned),
        cmocka_unit_test(a_stream_has_its_titles_widths),
        cmocka_unit_test(json_is_json),
        cmocka_unit_test(csv_is_quoted),
        cmocka_unit_test(units),
        cmocka_unit_test(hosts_of_listval),
        cmocka_unit_test(names_want_a_look_up),
        cmocka_unit_test(one_name_that_is_none_costs_the_other_nothing),
        cmocka_unit_test(a_text_cut_inside_a_character_is_shown_all_the_same),
        cmocka_unit_test(limit_settings),
        cmocka_unit_test(a_summary_is_the_worst_of_a_host),
        cmocka_unit_test(words_without_end_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
