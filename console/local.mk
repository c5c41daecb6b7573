bin_PROGRAMS += scalemon
noinst_LTLIBRARIES += libconsole.la

# Everything but main.c, so that tests link what the program runs.
libconsole_la_SOURCES = %D%/answer.c %D%/answer.h %D%/ask.c %D%/ask.h %D%/conf.c %D%/conf.h %D%/fetch.c %D%/fetch.h \
	%D%/fleet.c %D%/fleet.h %D%/fleet_names.c %D%/known_hosts.c %D%/known_hosts.h %D%/mib.c %D%/mib.h %D%/out.c %D%/out.h \
	%D%/poll.c %D%/poll.h %D%/poll_answer.c %D%/poll_host.h %D%/poll_op.c %D%/poll_snmp.c %D%/poll_timer.c %D%/resolve.c %D%/resolve.h \
	%D%/session.c %D%/session.h \
	%D%/show.c %D%/summary.c %D%/summary.h \
	%D%/job.c %D%/job.h %D%/limit_job.c %D%/limit_job.h %D%/list.c %D%/list.h \
	%D%/portal_job.c %D%/portal_job.h %D%/tail.c %D%/tail.h \
	%D%/cmd_agent.c %D%/cmd_eperf.c %D%/cmd_events.c %D%/cmd_limit.c %D%/cmd_portal.c %D%/cmd_status.c \
	%D%/cmd_top.c %D%/top.h %D%/top_draw.c %D%/top_events.c %D%/top_keys.c %D%/top_limits.c %D%/top_model.c
libconsole_la_CPPFLAGS = $(AM_CPPFLAGS) $(NETSNMP_CFLAGS) $(INIH_CFLAGS) $(JANSSON_CFLAGS) $(NCURSES_CFLAGS)
libconsole_la_LIBADD = libgraph.la libcommon.la $(NETSNMP_LIBS) $(INIH_LIBS) $(JANSSON_LIBS) $(NCURSES_LIBS)

# What both use: text from outside, and the command line.
noinst_LTLIBRARIES += libtext.la
libtext_la_SOURCES = %D%/text.c %D%/text.h %D%/option.c %D%/verb.h

# Graphs and the report of them: what reads RRD files. No net-snmp here.
noinst_LTLIBRARIES += libgraph.la
libgraph_la_SOURCES = %D%/graph.h %D%/graph_build.h %D%/graph_options.h \
	%D%/graph_args.c %D%/graph_args.h %D%/graph_define.c %D%/graph_draw.c %D%/graph_draw.h %D%/graph_file.c %D%/graph_frame.c \
	%D%/graph_kinds.c %D%/graph_kinds.h %D%/graph_legend.c %D%/graph_limit.c %D%/graph_marks.c %D%/graph_marks.h %D%/graph_measure.c \
	%D%/graph_options.c %D%/graph_store.c %D%/graph_store.h %D%/graph_text.c %D%/graph_text.h \
	%D%/graph_theme.c %D%/graph_theme.h %D%/rrdcached.c %D%/rrdcached.h %D%/rrd_header.c %D%/rrd_header.h %D%/cmd_graph.c \
	%D%/report.c %D%/report.h %D%/report_html.c %D%/report_html.h %D%/cmd_report.c
libgraph_la_CPPFLAGS = $(AM_CPPFLAGS) $(RRD_CFLAGS) $(JANSSON_CFLAGS)
libgraph_la_LIBADD = libtext.la libcommon.la $(RRD_LIBS) $(JANSSON_LIBS)

unit_tests += tests/unit/test_graph_text tests/unit/test_graph_marks tests/unit/test_graph
tests_unit_test_graph_text_SOURCES = tests/unit/test_graph_text.c
tests_unit_test_graph_text_LDADD = libgraph.la $(CMOCKA_LIBS)
tests_unit_test_graph_marks_SOURCES = tests/unit/test_graph_marks.c
tests_unit_test_graph_marks_LDADD = libgraph.la $(CMOCKA_LIBS)
tests_unit_test_graph_SOURCES = tests/unit/test_graph.c
tests_unit_test_graph_LDADD = libgraph.la $(RRD_LIBS) $(CMOCKA_LIBS)
tests_unit_test_graph_CPPFLAGS = $(AM_CPPFLAGS) $(RRD_CFLAGS)
bats_tests += tests/integration/graph.bats

fuzz_targets += tests/fuzz/fuzz_rrd_header tests/fuzz/fuzz_graph_marks
tests_fuzz_fuzz_rrd_header_SOURCES = tests/fuzz/fuzz_rrd_header.c
tests_fuzz_fuzz_rrd_header_LDADD = libgraph.la
tests_fuzz_fuzz_rrd_header_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_graph_marks_SOURCES = tests/fuzz/fuzz_graph_marks.c
tests_fuzz_fuzz_graph_marks_LDADD = libgraph.la
tests_fuzz_fuzz_graph_marks_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer

scalemon_SOURCES = %D%/main.c
scalemon_LDADD = libconsole.la

# A responder that stands for a thousand agents: tests and benches.
check_PROGRAMS += tests/integration/answers/answers
tests_integration_answers_answers_SOURCES = \
	tests/integration/answers/answers.c tests/integration/answers/ber.c tests/integration/answers/ber.h \
	tests/integration/answers/table.c tests/integration/answers/table.h \
	tests/integration/answers/usm.c tests/integration/answers/usm.h
tests_integration_answers_answers_LDADD = $(CRYPTO_LIBS)
EXTRA_DIST += tests/integration/answers/status.answers tests/integration/console.bash
bats_tests += tests/integration/console.bats tests/integration/console_completion.bats \
	tests/integration/console_eperf.bats tests/integration/console_errors.bats \
	tests/integration/console_events.bats tests/integration/console_fleet.bats tests/integration/console_top.bats

dist_man_MANS += %D%/scalemon.1 %D%/console.conf.5

bashcompdir = $(datadir)/bash-completion/completions
zshcompdir = $(datadir)/zsh/site-functions
fishcompdir = $(datadir)/fish/vendor_completions.d
dist_zshcomp_DATA = contrib/completion/_scalemon
dist_fishcomp_DATA = contrib/completion/scalemon.fish
EXTRA_DIST += contrib/completion/scalemon.bash
install-data-local: install-bash-completion
uninstall-local: uninstall-bash-completion
.PHONY: install-bash-completion uninstall-bash-completion
install-bash-completion:
	$(MKDIR_P) '$(DESTDIR)$(bashcompdir)'
	$(INSTALL_DATA) '$(srcdir)/contrib/completion/scalemon.bash' '$(DESTDIR)$(bashcompdir)/scalemon'
uninstall-bash-completion:
	rm -f '$(DESTDIR)$(bashcompdir)/scalemon'

# For tests/bench/console/run, and for a test.
check_PROGRAMS += tests/bench/console/rounds
tests_bench_console_rounds_SOURCES = tests/bench/console/rounds.c
tests_bench_console_rounds_CPPFLAGS = $(AM_CPPFLAGS) $(NETSNMP_CFLAGS)
tests_bench_console_rounds_LDADD = libconsole.la

unit_tests += tests/unit/test_console_fetch tests/unit/test_console_out tests/unit/test_console_tail tests/unit/test_console_text
console_test_cppflags = $(AM_CPPFLAGS) $(NETSNMP_CFLAGS) $(JANSSON_CFLAGS)
tests_unit_test_console_fetch_SOURCES = tests/unit/test_console_fetch.c
tests_unit_test_console_fetch_CPPFLAGS = $(console_test_cppflags)
tests_unit_test_console_fetch_LDADD = libconsole.la $(CMOCKA_LIBS)
tests_unit_test_console_out_SOURCES = tests/unit/test_console_out.c
tests_unit_test_console_out_CPPFLAGS = $(console_test_cppflags)
tests_unit_test_console_out_LDADD = libconsole.la $(CMOCKA_LIBS)
tests_unit_test_console_tail_SOURCES = tests/unit/test_console_tail.c
tests_unit_test_console_tail_CPPFLAGS = $(console_test_cppflags)
tests_unit_test_console_tail_LDADD = libconsole.la $(CMOCKA_LIBS)
tests_unit_test_console_text_SOURCES = tests/unit/test_console_text.c
tests_unit_test_console_text_LDADD = libtext.la $(CMOCKA_LIBS)

fuzz_targets += tests/fuzz/fuzz_console_conf tests/fuzz/fuzz_console_fetch
tests_fuzz_fuzz_console_conf_SOURCES = tests/fuzz/fuzz_console_conf.c
tests_fuzz_fuzz_console_conf_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_console_conf_LDADD = libconsole.la
tests_fuzz_fuzz_console_fetch_SOURCES = tests/fuzz/fuzz_console_fetch.c
tests_fuzz_fuzz_console_fetch_CPPFLAGS = $(console_test_cppflags)
tests_fuzz_fuzz_console_fetch_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_console_fetch_LDADD = libconsole.la
