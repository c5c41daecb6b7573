check_PROGRAMS += $(unit_tests)
if FUZZING
noinst_PROGRAMS += $(fuzz_targets)
endif
lint_tests += %D%/lint/includes.sh
TESTS = $(lint_tests) $(unit_tests) $(bats_tests)

TEST_EXTENSIONS = .bats .sh
LOG_COMPILER = $(top_srcdir)/%D%/unit/run
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' CMOCKA_MESSAGE_OUTPUT=TAP $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
SH_LOG_DRIVER = $(LOG_DRIVER)
BATS_LOG_DRIVER = $(LOG_DRIVER)
BATS_LOG_COMPILER = bats
AM_BATS_LOG_FLAGS = --tap
# What every test may rely on (tests run in the build directory).
AM_TESTS_ENVIRONMENT = export \
	SCM_SRC='$(abs_top_srcdir)' SCM_BUILD='$(abs_top_builddir)' SCM_SANITIZERS='$(SANITIZERS)' \
	SCM_OID_ROOT='$(OID_ROOT)' \
	ASAN_OPTIONS=abort_on_error=1:detect_stack_use_after_return=1:$$ASAN_OPTIONS \
	UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1:$$UBSAN_OPTIONS \
	LSAN_OPTIONS=suppressions=$(abs_top_srcdir)/tests/lsan.supp:print_suppressions=0 \
	TSAN_OPTIONS=suppressions=$(abs_top_srcdir)/tests/tsan.supp:halt_on_error=1:$$TSAN_OPTIONS ;
export SCM_CHECK

EXTRA_DIST += $(lint_tests) $(bats_tests) %D%/unit/run %D%/unit/unit.h %D%/integration %D%/lsan.supp %D%/tsan.supp %D%/data %D%/fuzz %D%/bench

# The tests of what has threads, for a build with --enable-sanitizers=thread.
.PHONY: check-threads check-fuzz
check-threads: $(thread_tests)
	$(MAKE) $(AM_MAKEFLAGS) check TESTS='$(thread_tests)'
check-fuzz: $(fuzz_targets)
	$(SHELL) $(srcdir)/tests/fuzz/run '$(srcdir)/tests/data/fuzz' $(fuzz_targets)
